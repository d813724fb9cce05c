import type { User } from "../../identity/index.ts";

/** How long the writer of a sign-in is given for the second of its two writes. */
const SECOND_WRITE_MS = 1500;

/**
 * A sign-in is stored in two writes. Whoever sees the first waits a moment for the second, and finishes the job
 * only when the writer seems to have died in between: deciding at once would make both collide every time.
 */
export class UnfinishedSignIns {
  readonly #seen = new Map<string, { version: string; at: number }>();
  /** Versions that this operator has written, of what Okta's directory says: it decides on them itself. */
  readonly #complete = new Map<string, string>();

  /** @returns ms to wait before deciding on this user; 0 when there is nothing to wait for */
  waitMs(user: User): number {
    if (user.source === "Local" || user.decided) {
      this.forget(user.ref);
      return 0;
    }
    if (this.isOfDirectory(user)) return 0;
    const seen = this.#seen.get(user.ref);
    if (seen?.version !== user.version) {
      this.#seen.set(user.ref, { version: user.version, at: performance.now() });
      return SECOND_WRITE_MS;
    }
    return Math.max(0, SECOND_WRITE_MS - (performance.now() - seen.at));
  }

  /** Nobody else writes what follows from this version of a user. */
  isComplete({ ref, version }: User): void {
    this.#complete.set(ref, version);
  }

  /** Whether this version was written of what Okta's directory says. */
  isOfDirectory({ ref, version }: User): boolean {
    return this.#complete.get(ref) === version;
  }

  forget(ref: string): void {
    this.#seen.delete(ref);
    this.#complete.delete(ref);
  }
}
