/** A group as it was received: a claim carries names only, the directory both. */
export interface ReceivedGroup {
  readonly name?: string;
  readonly id?: string;
}

/** Where a person's groups were read: the claim, its absence (see `groupsVerdict`), or Okta's own API. */
export type GroupsSource = "Claim" | "MissingClaim" | "Directory";

/** The two attributes that name a person for good. Email and name are attributes and may change. */
export interface Subject {
  readonly issuer: string;
  readonly subject: string;
}

/** What Okta says about a person. */
export interface Identity extends Subject {
  readonly email?: string;
  /** True only where Okta says so: an unverified address never links accounts. */
  readonly emailVerified: boolean;
  readonly name?: string;
  /** Okta's user status where the directory was asked; a sign-in alone doesn't carry it. */
  readonly status?: string;
  readonly groups: readonly ReceivedGroup[];
  readonly groupsFrom: GroupsSource;
}

/**
 * Statuses of people who may hold access. The others (STAGED, PROVISIONED, SUSPENDED, DEPROVISIONED, and
 * whatever Okta adds later) may not, although such users can still be members of groups.
 * Source: Okta, "User status values" of the Users API.
 */
const PEOPLE: ReadonlySet<string> = new Set(["ACTIVE", "PASSWORD_EXPIRED", "RECOVERY", "LOCKED_OUT"]);

/** Whether Okta's status lets somebody hold access. Absent means that Okta just signed them in. */
export function isActiveInOkta(status: string | undefined): boolean {
  return status === undefined || PEOPLE.has(status);
}

/** The way a group is shown to people: its name, or its id where only that is known. */
export function groupLabel(group: ReceivedGroup): string {
  return group.name ?? group.id ?? "";
}

/** What can't be seen: characters without width, soft hyphens, marks of direction and the like (UAX 44). */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;

/** What most names are: of their differences these know case and spaces alone. */
const ASCII = /^[ -~]*$/;

/**
 * A group's name without the differences that people overlook: case, surrounding space, kinds and number of spaces,
 * what can't be seen, and the ways in which Unicode can write one letter (NFC and NFD, full width). Never decides access.
 */
export function foldedName(name: string): string {
  if (ASCII.test(name)) return name.replace(/ {2,}/g, " ").trim().toLowerCase();
  return name.normalize("NFKC").replace(INVISIBLE, "").replace(/\s+/gu, " ").trim().toLowerCase();
}

/**
 * How two names differ that fold to the same, in words for what can't be seen where they stand side by side; undefined
 * where that shows by itself.
 */
export function unseenDifference(a: string, b: string): string | undefined {
  const unseen = (differ: (name: string) => string): boolean => differ(a) !== differ(b);
  if (unseen((name) => (name.match(INVISIBLE) ?? []).join(""))) return "a character that can't be seen";
  if (unseen((name) => (name.match(/[^\S ]/gu) ?? []).join(""))) return "another kind of space";
  if (unseen((name) => /^\s*/u.exec(name)?.[0] ?? "")) return "a space at the beginning";
  if (unseen((name) => /\s*$/u.exec(name)?.[0] ?? "")) return "a space at the end";
  if (a.normalize("NFC") === b.normalize("NFC")) return "the way in which a letter is written in Unicode";
  return undefined;
}

/** Whether both lists hold the same groups in whatever order. */
export function sameGroups(a: readonly ReceivedGroup[], b: readonly ReceivedGroup[]): boolean {
  if (a.length !== b.length) return false;
  const keys = new Set(a.map(groupKey));
  return keys.size === new Set(b.map(groupKey)).size && b.every((group) => keys.has(groupKey(group)));
}

function groupKey(group: ReceivedGroup): string {
  return JSON.stringify([group.name ?? null, group.id ?? null]);
}
