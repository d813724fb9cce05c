import type { IdentityStore, UserEvent } from "./store.ts";
import { isActive, type User } from "./user.ts";

/**
 * Counts through each mapping how many active users hold something, change by change: a walk through all users of a
 * mapping, each time that somebody signs in through it, would cost the more the more they are.
 */
export class MappingCounts {
  /** By organization ("namespace/name") and mapping; none of them is 0. */
  readonly #counts = new Map<string, Map<string, number>>();

  /** Make it before the store has anything to tell. */
  constructor(store: Pick<IdentityStore, "subscribe">) {
    store.subscribe((event) => this.#changed(event));
  }

  /** @param organization "namespace/name" */
  of(organization: string, mapping: string): number {
    return this.#counts.get(organization)?.get(mapping) ?? 0;
  }

  #changed({ kind, user, previous }: UserEvent): void {
    const [before, now] = kind === "deleted" ? [user, undefined] : [previous, user];
    if (before) this.#add(before, -1);
    if (now) this.#add(now, 1);
  }

  #add(user: User, by: 1 | -1): void {
    if (!isActive(user)) return;
    const counts = this.#counts.get(user.organization) ?? new Map<string, number>();
    for (const mapping of mappingsOf(user)) {
      const count = (counts.get(mapping) ?? 0) + by;
      if (count > 0) counts.set(mapping, count);
      else counts.delete(mapping);
    }
    if (counts.size > 0) this.#counts.set(user.organization, counts);
    else this.#counts.delete(user.organization);
  }
}

/** The names of the mappings through which a user holds something, each once. */
export function mappingsOf(user: User | undefined): Set<string> {
  return new Set((user?.access?.grants ?? []).flatMap(({ mapping }) => mapping ?? []));
}
