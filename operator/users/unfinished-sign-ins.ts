import type { User } from "../../identity/index.ts";

/** How long the writer of a sign-in is given for the second of its two writes. */
const SECOND_WRITE_MS = 1500;

/**
 * A sign-in is stored in two writes. Whoever sees the first waits a moment for the second, and finishes the job
 * only when the writer seems to have died in between: deciding at once would make both collide every time.
 */
export class UnfinishedSignIns {
  readonly #seen = new Map<string, { version: string; at: number }>();

  /** @returns ms to wait before deciding on this user; 0 when there is nothing to wait for */
  waitMs(user: User): number {
    if (user.source === "Local" || user.decided) {
      this.#seen.delete(user.ref);
      return 0;
    }
    const seen = this.#seen.get(user.ref);
    if (seen?.version !== user.version) {
      this.#seen.set(user.ref, { version: user.version, at: performance.now() });
      return SECOND_WRITE_MS;
    }
    return Math.max(0, SECOND_WRITE_MS - (performance.now() - seen.at));
  }

  forget(ref: string): void {
    this.#seen.delete(ref);
  }
}
