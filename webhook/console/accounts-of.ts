import type { User } from "../../identity/index.ts";
import type { Roster } from "./roster.ts";

/** Accounts of one address at the most. It has one, or a local one beside it. */
const MOST_ACCOUNTS = 10;

/**
 * The accounts of an address, whatever its case.
 * @param organization "namespace/name"
 * @param caller who asks, for the roster's turns
 * @throws RosterBusyError; StoreError
 */
export async function accountsOf(
  email: string,
  organization: string,
  caller: string,
  roster: Pick<Roster, "all">,
): Promise<User[]> {
  const wanted = email.toLowerCase();
  const found: User[] = [];
  const search = { search: email, sort: "email", descending: false } as const;
  for await (const users of roster.all(organization, search, caller)) {
    for (const user of users) if (user.email?.toLowerCase() === wanted) found.push(user);
    if (found.length >= MOST_ACCOUNTS) break;
  }
  return found.slice(0, MOST_ACCOUNTS);
}
