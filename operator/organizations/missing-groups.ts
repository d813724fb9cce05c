import type { OktaRoleMapping } from "../../crds/types.ts";
import { shownName } from "../../identity/index.ts";

/** What a mapping's object says of its groups. */
export type MappingSays = Pick<OktaRoleMapping, "spec" | "status">;

/**
 * A group that people no longer are in, with what the directory has shown of it, where there is one: whether it was
 * deleted, renamed or emptied, or is as it was, so that it is the claim that leaves it out.
 * @param group as people's access names it: its name, or its id
 */
export function missingGroup(group: string, mappings: readonly MappingSays[]): string {
  const shown = `"${shownName(group)}"`;
  const found = mappings.flatMap(({ status }) => status?.groups ?? []);
  const same = found.filter(({ id, name }) => group === name || group === id);
  const members = same.flatMap((each) => each.members ?? []);
  if (members.length > 0) {
    const all = members.reduce((sum, each) => sum + each, 0);
    return all === 0
      ? `${shown} (which everybody has left)`
      : `${shown} (which has ${all} ${all === 1 ? "member" : "members"} in Okta: does a filter leave it out?)`;
  }
  if (same.some(({ shown: isShown }) => isShown === false))
    return `${shown} (which Okta doesn't show to the directory's credentials)`;
  const renamed = found.find(({ formerNames = [] }) => formerNames.includes(group));
  if (renamed?.name !== undefined) return `${shown} (which is "${shownName(renamed.name)}" now)`;
  return mappings.some((mapping) => lacks(mapping, group)) ? `${shown} (which Okta no longer has)` : shown;
}

function lacks({ spec, status }: MappingSays, group: string): boolean {
  const resolved = status?.conditions?.find(({ type }) => type === "GroupsResolved");
  const isNamed = spec.groups.some(({ id, name }) => group === name || group === id);
  return isNamed && resolved?.status === "False" && resolved.message.includes(JSON.stringify(group));
}
