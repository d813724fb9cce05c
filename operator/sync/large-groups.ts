import { quotedNames, type ReadGroup } from "../../identity/index.ts";
import { OktaError } from "../../okta/errors.ts";

/** How soon they are read again: others may have had the memory. */
const AGAIN_MS = 10 * 60_000;
const MOST_NAMED = 10;

/** Groups have more members than this process has memory for, beside what else it has. */
class GroupsTooLargeError extends OktaError {
  readonly code = "groups-too-large";

  constructor(groups: readonly string[]) {
    super(
      `${quotedNames(groups, { most: MOST_NAMED })} can't be read, since there is no memory for so many members: map smaller ` +
        "groups, or give the operator more (operator.resources.limits.memory). Other groups are followed.",
    );
  }
}

/** Groups that had more members than there was memory for, and when they are read again: others needn't wait for them. */
export class LargeGroups {
  readonly #groups = new Map<string, { readonly name: string; readonly againAt: number }>();

  /** What a reading of these groups has shown. */
  read(groups: readonly ReadGroup[], tooLarge: readonly ReadGroup[]): void {
    for (const { id } of groups) this.#groups.delete(id);
    for (const { id, name = id } of tooLarge)
      this.#groups.set(id, { name, againAt: performance.now() + AGAIN_MS });
  }

  get ids(): ReadonlySet<string> {
    return new Set(this.#groups.keys());
  }

  /** The ids of those that aren't to be read yet. */
  waiting(): ReadonlySet<string> {
    const now = performance.now();
    return new Set([...this.#groups].filter(([, { againAt }]) => againAt > now).map(([id]) => id));
  }

  /** Forgets those that nobody names any more. */
  keep(named: { has(id: string): boolean }): void {
    for (const id of this.#groups.keys()) if (!named.has(id)) this.#groups.delete(id);
  }

  /** What there is to tell; undefined: nothing. */
  get error(): OktaError | undefined {
    if (this.#groups.size === 0) return undefined;
    return new GroupsTooLargeError([...this.#groups.values()].map(({ name }) => name));
  }

  /** The ids of those that are to be read again. */
  due(): string[] {
    const now = performance.now();
    return [...this.#groups].filter(([, { againAt }]) => againAt <= now).map(([id]) => id);
  }

  /** ms until one of them is; infinite where there is none. */
  dueMs(): number {
    const next = Math.min(...[...this.#groups.values()].map(({ againAt }) => againAt));
    return Math.max(0, next - performance.now());
  }
}
