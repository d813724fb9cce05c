import {
  digestOf,
  foldedName,
  isActive,
  type ReceivedGroup,
  roleNames,
  type User,
  type UserSource,
} from "../../identity/index.ts";

/** Undecided: the account is there, and what it holds hasn't been worked out yet. */
export const USER_STATES = ["Active", "Deactivated", "Undecided"] as const;
/** Where accounts come from. */
export const USER_SOURCES = ["Okta", "Local"] as const satisfies readonly UserSource[];
export type UserState = (typeof USER_STATES)[number];

export function userState(user: User): UserState {
  if (!user.access) return "Undecided";
  return isActive(user) ? "Active" : "Deactivated";
}

/** What is kept of a user to find and to sort them by: little, beside what the store has of them anyway. */
export interface Entry {
  readonly ref: string;
  /** As `folded`; "" where there is none. */
  readonly email: string;
  /** As `folded`; "" where there is none. */
  readonly name: string;
  /** In ms since 1970; 0: never. */
  readonly lastSignIn: number;
  readonly state: UserState;
  readonly source: UserSource;
  readonly roles: readonly string[];
  readonly groups: readonly ReceivedGroup[];
  /** Of which version of which account this is. */
  readonly digest: bigint;
}

/** @param shared gives one list for all who hold the same roles */
export function entryOf(user: User, shared: (roles: readonly string[]) => readonly string[]): Entry {
  const { ref, uid, version, email = "", name = "", lastLoginTime = 0, source, groups } = user;
  return {
    ref,
    email: folded(email),
    name: folded(name),
    lastSignIn: lastLoginTime,
    state: userState(user),
    source,
    roles: shared(roleNames(user.access?.grants ?? [])),
    groups,
    digest: digestOf(`${ref}\n${uid}\n${version}`),
  };
}

const ASCII = /^[ -~]*$/;

/** A text without what people overlook or can't type: case, accents, kinds of spaces. To find and to sort by alone. */
function folded(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  return foldedName(text)
    .normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "");
}

/** Whom to show. What is left out makes no difference; of several, all have to be true. */
export interface RosterFilter {
  /** A part of the email or of the name, whatever its case and accents. */
  readonly search?: string | undefined;
  /** The name of a role that they hold. */
  readonly role?: string | undefined;
  /** The name or the id of a group that was received for them, exactly: as mappings compare them. */
  readonly group?: string | undefined;
  readonly state?: UserState | undefined;
  readonly source?: UserSource | undefined;
}

/** Whether somebody is to be shown; undefined when everybody is. */
export function matcher(filter: RosterFilter): ((entry: Entry) => boolean) | undefined {
  const { role, group, state, source } = filter;
  const search = folded(filter.search ?? "").trim();
  const conditions: ((entry: Entry) => boolean)[] = [];
  // What costs least comes first.
  if (state !== undefined) conditions.push((entry) => entry.state === state);
  if (source !== undefined) conditions.push((entry) => entry.source === source);
  if (role !== undefined) conditions.push(({ roles }) => roles.includes(role));
  if (search !== "") conditions.push(({ email, name }) => email.includes(search) || name.includes(search));
  if (group !== undefined)
    conditions.push(({ groups }) => groups.some(({ name, id }) => name === group || id === group));
  return conditions.length === 0 ? undefined : (entry) => conditions.every((holds) => holds(entry));
}
