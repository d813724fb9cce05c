import type { Policies, Policy, ReceivedGroup, User } from "../../identity/index.ts";
import type { EvidenceDeps, GroupEvidence } from "./group-evidence.ts";

export interface GroupsDeps extends EvidenceDeps {
  readonly policies: Pick<Policies, "of">;
}

/**
 * Those of somebody's stored groups of which Okta's own list of their groups says nothing: Okta leaves out what these
 * credentials aren't allowed to see, so that somebody is out of a group only where the group is shown, or was deleted, or an
 * event has said so. Of what no mapping names nothing is asked, since it gives nothing.
 * @param received their groups, as Okta lists them
 * @param left ids of groups that an event took them out of
 * @throws DirectoryError
 */
export async function groupsNotShown(
  user: User,
  received: readonly ReceivedGroup[],
  { evidence, left }: { readonly evidence: GroupEvidence; readonly left: readonly string[] },
  { policies, mapped }: GroupsDeps,
): Promise<ReceivedGroup[]> {
  const policy = policies.of(user.organization)?.policy;
  const names = new Set(received.map(({ name }) => name));
  const known = new Set([...received.map(({ id }) => id), ...left]);
  const isListed = ({ id, name }: ReceivedGroup) => (id === undefined ? names.has(name) : known.has(id));
  const missing = user.groups.filter((group) => !isListed(group) && policy && isNamed(group, policy));
  if (missing.length === 0) return [];
  const { found, gone } = mapped();
  const notShown: ReceivedGroup[] = [];
  for (const group of missing) {
    const { id, name } = group;
    if (id === undefined && name !== undefined && gone.has(name)) continue;
    const meant = id === undefined ? [...found.values()].filter((each) => isCalled(each, name)) : [{ id }];
    const open = meant.map((each) => each.id).filter((each) => !known.has(each));
    const states = await Promise.all(open.map((each) => evidence.of(each)));
    // Of a name of which no group was ever found nobody can say who is in it.
    if (meant.length === 0 || states.includes("not-shown")) notShown.push(group);
  }
  return notShown;
}

function isNamed(group: ReceivedGroup, policy: Policy): boolean {
  const { name } = group;
  if ([...policy.mappingsOf(group), ...policy.outOfForce(group)].length > 0) return true;
  return group.id === undefined && name !== undefined && policy.mayMeanID(name);
}

function isCalled(
  group: { readonly name?: string; readonly formerNames?: readonly string[] },
  name: string | undefined,
): boolean {
  return name !== undefined && (group.name === name || group.formerNames?.includes(name) === true);
}
