import { isDeepStrictEqual } from "node:util";
import type { Role, User, UserEvent } from "../../../identity/index.ts";
import { Roster, type RosterPage, type RosterQuery } from "../../../webhook/console/roster.ts";
import { account } from "../../identity/an-account.ts";

export const ACME = "acme/acme";

/** Users that a test makes, changes and deletes, and a roster of them. */
export function usersScene({ unusedMs }: { unusedMs?: number } = {}) {
  const users = new Map<string, User>();
  const listeners = new Set<(event: UserEvent) => void>();
  const catalogues = new Map<string, readonly Role[]>();
  let versions = 0;
  let reads = 0;
  /** What is awaited before each user is read. */
  let whileReading: (() => Promise<void>) | undefined;
  const tell = (event: UserEvent): void => {
    for (const listener of listeners) listener(event);
  };
  const store = {
    read: async (ref: string) => users.get(ref),
    subscribe: (listener: (event: UserEvent) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async *users(organization: string) {
      reads++;
      for (const user of [...users.values()]) {
        await whileReading?.();
        if (user.organization === organization) yield user;
      }
    },
  };
  const none: readonly Role[] = [];
  const makeRoster = (): Roster =>
    new Roster({
      store,
      catalogue: (key) => catalogues.get(key) ?? none,
      ...(unusedMs === undefined ? {} : { unusedMs }),
    });
  return {
    users,
    catalogues,
    makeRoster,
    roster: makeRoster(),
    /** How often everybody was read. */
    reads: () => reads,
    slowReads(wait: (() => Promise<void>) | undefined): void {
      whileReading = wait;
    },
    put(name: string, changes: Partial<User> = {}): void {
      const organization = changes.organization ?? ACME;
      const ref = `acme/${name}`;
      const previous = users.get(ref);
      const user = account({
        ref,
        uid: name,
        subject: name,
        email: `${name}@acme.example`,
        ...changes,
        organization,
        version: previous?.version ?? "",
      });
      if (isDeepStrictEqual(user, previous)) return;
      const stored = { ...user, version: String(++versions) };
      users.set(ref, stored);
      tell(previous ? { kind: "updated", user: stored, previous } : { kind: "added", user: stored });
    },
    remove(name: string): void {
      const user = users.get(`acme/${name}`);
      if (!user) return;
      users.delete(user.ref);
      tell({ kind: "deleted", user });
    },
  };
}

export const FIRST: RosterQuery = { sort: "email", descending: false, limit: 10 };

/** The names of the accounts on a page, in its order. */
export function namesOn({ users }: Pick<RosterPage, "users">): string[] {
  return users.map(({ ref }) => ref.slice(ref.indexOf("/") + 1));
}
