import type { PersonHint } from "../../crds/types.ts";
import type { Looked } from "./look-at-person.ts";
import { type Expected, nextLook } from "./looks.ts";
import { mayBeOfOne } from "./person-failures.ts";
import { retryMs } from "./retry.ts";

/** Somebody who is to be looked at, from when that was heard until nothing more is to be expected. */
interface Look {
  hint: PersonHint;
  /** By a clock that never goes back, ms. */
  heardAt: number;
  dueAt: number;
  failures: number;
  isFailing: boolean;
  isUnderWay: boolean;
  /** Whether what was heard has been seen, and is stored. */
  isSeen: boolean;
}

/** How soon is looked again where Okta couldn't be asked. */
const AFTER_FAILURE = { baseMs: 1_000, maxMs: 60_000 };
/** People who are looked at at once. */
const AT_ONCE = 8;
/** Whoever was looked at so long ago is forgotten, unless pages of that time are being read. */
const REMEMBERED_MS = 30 * 60_000;

/** Who of an organization is to be looked at in Okta, and when. */
export class PersonLooks {
  readonly #now: () => number;
  readonly #looks = new Map<string, Look>();
  /** When somebody was last looked at, in ms since 1970. */
  readonly #lookedAt = new Map<string, number>();
  readonly #remembering = new Set<{ readonly since: number }>();
  #underWay = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get size(): number {
    return this.#looks.size;
  }

  has(id: string): boolean {
    return this.#looks.has(id);
  }

  /** Whether they couldn't be looked at, or stored, last, for a reason that is about them alone. */
  isFailing(id: string): boolean {
    return this.#looks.get(id)?.isFailing === true;
  }

  /** Takes a hint, unless it is known already. What is heard of somebody anew begins anew. */
  take(hint: PersonHint): void {
    const known = this.#looks.get(hint.id);
    if (known && known.hint.heardTime === hint.heardTime) return;
    const now = this.#now();
    const isUnderWay = known?.isUnderWay ?? false;
    this.#looks.set(hint.id, {
      hint,
      heardAt: now,
      dueAt: now,
      failures: 0,
      isFailing: false,
      isUnderWay,
      isSeen: false,
    });
  }

  /** Forgets those that aren't among these any more: somebody has taken them out. */
  keep(ids: ReadonlySet<string>): void {
    for (const id of this.#looks.keys()) if (!ids.has(id)) this.#looks.delete(id);
  }

  /** ms until somebody is due; undefined: nobody will be, or as many as may be are being looked at. */
  dueMs(): number | undefined {
    if (this.#underWay >= AT_ONCE) return undefined;
    let due: number | undefined;
    for (const { dueAt, isUnderWay } of this.#looks.values())
      if (!isUnderWay) due = Math.min(due ?? Number.POSITIVE_INFINITY, dueAt);
    return due === undefined ? undefined : Math.max(0, due - this.#now());
  }

  /** Those who are due, as many as may be looked at: they are under way until `ended`. */
  *due(): Generator<{ hint: PersonHint; expected: Expected; lookedAt: number }> {
    const now = this.#now();
    for (const look of this.#looks.values()) {
      if (this.#underWay >= AT_ONCE) return;
      if (look.isUnderWay || look.dueAt > now) continue;
      look.isUnderWay = true;
      this.#underWay++;
      this.#remember(look.hint.id);
      yield { hint: look.hint, expected: look.hint, lookedAt: now - look.heardAt };
    }
  }

  /** @returns whether nothing more is to be expected, so that the hint may be taken out */
  ended(
    hint: PersonHint,
    lookedAt: number,
    looked: Looked | { readonly kind: "failed"; readonly error: unknown },
  ): boolean {
    this.#underWay--;
    const look = this.#looks.get(hint.id);
    if (!look) return false;
    look.isUnderWay = false;
    if (look.hint.heardTime !== hint.heardTime) return false; // it has begun anew
    const now = this.#now();
    switch (looked.kind) {
      case "failed":
        look.failures++;
        look.isFailing = mayBeOfOne(looked.error);
        look.dueAt = now + retryMs(looked.error, look.failures, AFTER_FAILURE);
        return false;
      default: {
        look.failures = 0;
        look.isFailing = false;
        look.isSeen ||= looked.kind === "seen" && looked.agrees;
        // Who has no account may be getting one by what was so a moment before: until then there is nothing to be seen.
        const next = nextLook(lookedAt, look.isSeen || looked.kind === "nobody");
        if (next !== undefined) look.dueAt = look.heardAt + next;
        else this.#looks.delete(hint.id);
        return next === undefined;
      }
    }
  }

  /** Until what this returns is disposed of, it is remembered who is looked at from now on: pages are being read. */
  remembering(): Disposable {
    const one = { since: Date.now() - REMEMBERED_MS };
    this.#remembering.add(one);
    return { [Symbol.dispose]: () => void this.#remembering.delete(one) };
  }

  /** Whether somebody has been looked at after this time. @param since ms since 1970 */
  isLookedAt(id: string, since: number): boolean {
    return (this.#lookedAt.get(id) ?? 0) > since;
  }

  #remember(id: string): void {
    const now = Date.now();
    this.#lookedAt.delete(id);
    this.#lookedAt.set(id, now);
    const since = Math.min(now - REMEMBERED_MS, ...[...this.#remembering].map(({ since }) => since));
    for (const [oldest, at] of this.#lookedAt) {
      if (at > since) break;
      this.#lookedAt.delete(oldest);
    }
  }
}
