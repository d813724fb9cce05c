import { type IdentityStore, isActive, type User, type UserEvent } from "../../identity/index.ts";

/** How many users an organization has, and how many of them are active. */
export interface Counts {
  readonly registered: number;
  readonly active: number;
}

/** Counts users per organization, change by change, so that a count never costs a walk through all users. */
export class UserCounts {
  readonly #counts = new Map<string, { registered: number; active: number }>();

  constructor(store: Pick<IdentityStore, "subscribe">) {
    store.subscribe((event) => this.#changed(event));
  }

  of(organization: string): Counts {
    return this.#counts.get(organization) ?? { registered: 0, active: 0 };
  }

  #changed({ kind, user, previous }: UserEvent): void {
    const [before, now] = kind === "deleted" ? [user, undefined] : [previous, user];
    if (before) this.#add(before.organization, -1, isActive(before) ? -1 : 0);
    if (now) this.#add(now.organization, 1, isActive(now) ? 1 : 0);
  }

  #add(organization: string, registered: number, active: number): void {
    const counts = this.#counts.get(organization) ?? { registered: 0, active: 0 };
    counts.registered += registered;
    counts.active += active;
    if (counts.registered > 0) this.#counts.set(organization, counts);
    else this.#counts.delete(organization);
  }
}

/** The mappings through which a user holds something, as "namespace/name". */
export function mappingsOf(user: User | undefined): Set<string> {
  const namespace = user?.ref.slice(0, user.ref.indexOf("/"));
  const names = (user?.access?.grants ?? []).flatMap(({ mapping }) => mapping ?? []);
  return new Set(names.map((name) => `${namespace}/${name}`));
}
