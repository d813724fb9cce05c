import { LAG_MS } from "./looks.ts";

/** What a pass is to look at: everything, or some groups. */
export type PassScope = "all" | ReadonlySet<string>;

/** Something for which members of groups are to be read, from when it was heard until nothing more is to be expected. */
interface Need {
  readonly groups: PassScope;
  readonly heardAt: number;
  /** When a pass for it began last that came to its end. */
  passedAt?: number;
}

/** When members are read for a hint, in ms after it was heard: Okta's own reads may trail it. */
const AT_MS = [0, 5_000, LAG_MS];

/**
 * For what members of groups are to be read, by a key of whoever asks. A pass may do for many of them, so that any number
 * of hints costs no more than three passes.
 */
export class PassNeeds {
  readonly #now: () => number;
  readonly #needs = new Map<string, Need>();

  /** @param now a clock that never goes back, ms */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get size(): number {
    return this.#needs.size;
  }

  /**
   * @param key tells a hint from the next one about the same: what is known already isn't begun anew
   * @returns whether it is new
   */
  take(key: string, groups: PassScope): boolean {
    if (this.#needs.has(key)) return false;
    this.#needs.set(key, { groups, heardAt: this.#now() });
    return true;
  }

  /** Forgets those that aren't among these any more. */
  keep(keys: ReadonlySet<string>): void {
    for (const key of this.#needs.keys()) if (!keys.has(key)) this.#needs.delete(key);
  }

  /**
   * ms until the next pass is due; undefined: none is
   * @param held groups that aren't to be read yet
   */
  dueMs(held: ReadonlySet<string> = NONE): number | undefined {
    const times = [...this.#needs.values()].filter((need) => !isHeld(need, held)).map(dueAt);
    return times.length === 0 ? undefined : Math.max(0, Math.min(...times) - this.#now());
  }

  /** Groups of which members are to be read once more now, since Okta's own reads may have trailed what was heard. */
  dueAgain(): string[] {
    const again = this.#due(NONE).filter(({ passedAt }) => passedAt !== undefined);
    return [...new Set(again.flatMap(({ groups }) => (groups === "all" ? [] : [...groups])))];
  }

  /** What is due now. @param held groups that aren't to be read yet */
  due(held: ReadonlySet<string> = NONE): PassScope | undefined {
    const due = this.#due(held);
    if (due.length === 0) return undefined;
    const groups = new Set<string>();
    for (const need of due) {
      if (need.groups === "all") return "all";
      for (const id of need.groups) groups.add(id);
    }
    return groups;
  }

  #due(held: ReadonlySet<string>): Need[] {
    const now = this.#now();
    return [...this.#needs.values()].filter((need) => dueAt(need) <= now && !isHeld(need, held));
  }

  /**
   * A pass has come to its end.
   * @param startedAt when it began, by the clock
   * @param unread groups of it that could not be read
   * @returns the keys of those for which nothing more is to be expected
   */
  passed(scope: PassScope, startedAt: number, unread: ReadonlySet<string> = NONE): string[] {
    const done: string[] = [];
    for (const [key, need] of this.#needs) {
      if (need.heardAt > startedAt || !covers(scope, need.groups) || isHeld(need, unread)) continue;
      need.passedAt = startedAt;
      if (startedAt - need.heardAt < LAG_MS) continue;
      this.#needs.delete(key);
      done.push(key);
    }
    return done;
  }
}

function dueAt({ heardAt, passedAt }: Need): number {
  const next = AT_MS.find((ms) => passedAt === undefined || heardAt + ms > passedAt);
  return heardAt + (next ?? LAG_MS);
}

const NONE: ReadonlySet<string> = new Set();

/** Whether it is about one of these groups alone. */
function isHeld({ groups }: Need, held: ReadonlySet<string>): boolean {
  return groups !== "all" && groups.isSubsetOf(held);
}

function covers(scope: PassScope, groups: PassScope): boolean {
  if (scope === "all") return true;
  return groups !== "all" && groups.isSubsetOf(scope);
}
