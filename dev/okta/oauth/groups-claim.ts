import type { GroupsClaim, GroupsFilter } from "../seed.ts";

/** Okta's limit of a groups claim. */
const mostGroups = 100;

/** More groups than a claim may hold. The words are Okta's. */
export class TooManyGroupsError extends Error {
  readonly code = "too-many-groups";

  constructor() {
    super("The groups claim matched too many groups and must be configured to match fewer groups.");
    this.name = "TooManyGroupsError";
  }
}

/** Where claims are read. */
export type ClaimsUse = "id_token" | "userinfo";

export interface GroupsClaimRules {
  emptyGroupsClaim: "omit" | "empty";
  manyGroups: "truncate" | "fail" | "all";
}

/**
 * The value of a groups claim for somebody in groups of these names; undefined: the claim is left out.
 * @throws TooManyGroupsError over 100 groups, where the rules say so
 */
export function groupsClaim(
  names: readonly string[],
  { filter, whenEmpty }: Pick<GroupsClaim, "filter" | "whenEmpty">,
  { emptyGroupsClaim, manyGroups }: GroupsClaimRules,
): string[] | undefined {
  const matches = matcher(filter);
  const groups = names.filter(matches);
  if (groups.length === 0) return (whenEmpty ?? emptyGroupsClaim) === "empty" ? [] : undefined;
  if (groups.length <= mostGroups) return groups;
  switch (manyGroups) {
    case "all":
      return groups;
    case "truncate":
      return groups.slice(0, mostGroups);
    case "fail":
      throw new TooManyGroupsError();
  }
}

/** Filters are case-sensitive; a REGEX is one for the whole name. */
function matcher({ type, value }: GroupsFilter): (name: string) => boolean {
  switch (type) {
    case "STARTS_WITH":
      return (name) => name.startsWith(value);
    case "EQUALS":
      return (name) => name === value;
    case "CONTAINS":
      return (name) => name.includes(value);
    case "REGEX": {
      const regex = new RegExp(`^(?:${value})$`, "u");
      return (name) => regex.test(name);
    }
  }
}
