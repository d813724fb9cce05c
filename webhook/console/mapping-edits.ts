import { createHash } from "node:crypto";
import type { MappedGroup } from "../../crds/types.ts";
import { CompiledPolicy, type Mapping, type Role } from "../../identity/index.ts";
import { compiled } from "../../organizations/policy-source.ts";
import { groupsBeyond, groupsIn } from "./group-lines.ts";
import type { ReadMapping } from "./read-mappings.ts";
import type { RoleField } from "./role-fields.ts";
import type { Slices } from "./scan-turns.ts";

/** What the form would change: the groups of one role's field. */
export interface Edit {
  readonly field: RoleField;
  /** None: the mapping is to be deleted, since a mapping has at least one. */
  readonly groups: readonly MappedGroup[];
  readonly added: readonly MappedGroup[];
  readonly removed: readonly MappedGroup[];
}

/** What somebody has filled in, by role. */
export type FilledIn = ReadonlyMap<string, string>;

export interface Edits {
  readonly edits: readonly Edit[];
  /** What is wrong with what was filled in, by role. */
  readonly problems: ReadonlyMap<string, string>;
}

/** What differs from what is there. A role that isn't in the form stays as it is. */
export function editsOf(fields: readonly RoleField[], filledIn: FilledIn): Edits {
  const edits: Edit[] = [];
  const problems = new Map<string, string>();
  for (const field of fields) {
    const text = filledIn.get(field.role.name);
    if (text === undefined) continue;
    const read = groupsIn(text);
    if ("problem" in read) {
      problems.set(field.role.name, read.problem);
      continue;
    }
    const added = groupsBeyond(read.groups, field.groups);
    const removed = groupsBeyond(field.groups, read.groups);
    if (added.length + removed.length === 0) continue;
    // In the order in which they stand in the mapping, so that a diff shows the change alone.
    const kept = field.groups.filter((group) => !removed.includes(group));
    edits.push({ field, groups: [...kept, ...added], added, removed });
  }
  return { edits, problems };
}

/**
 * The policy as it is and as it would be. What doesn't change is the same object in both.
 * @param slices this is a piece of
 */
export async function policies(
  roles: readonly Role[],
  mappings: readonly ReadMapping[],
  edits: readonly Edit[],
  slices: Pick<Slices, "pause">,
): Promise<{ readonly before: CompiledPolicy; readonly after: CompiledPolicy }> {
  const before = new CompiledPolicy(roles);
  const after = new CompiledPolicy(roles);
  const changed = new Map(edits.map((edit) => [edit.field.mapping, edit]));
  for (const { object } of mappings) {
    const mapping = compiled(object);
    before.setMapping(mapping);
    if (!changed.has(mapping.name)) after.setMapping(mapping);
    await slices.pause();
  }
  for (const edit of edits) {
    const mapping = editedMapping(edit, before.mappings);
    if (mapping) after.setMapping(mapping);
  }
  return { before, after };
}

/**
 * Names what somebody who looks at a preview goes by: the mappings, the roles, which of these administer, and in whose Okta the
 * groups are. That is more than an approval is about, whose hash must stay as it is.
 */
export function seenHash(policy: CompiledPolicy, issuer: string): string {
  const admins = [...policy.roles.values()].filter(({ admin }) => admin).map(({ name }) => name);
  return createHash("sha256")
    .update(JSON.stringify([policy.hash(), issuer, admins.sort()]))
    .digest("hex")
    .slice(0, 8);
}

/** The mapping as it would be; undefined where it would be gone. */
function editedMapping({ field, groups }: Edit, before: ReadonlyMap<string, Mapping>): Mapping | undefined {
  if (groups.length === 0) return undefined;
  const was = before.get(field.mapping);
  const known = new Map(was?.groups.flatMap((group) => (group.id === undefined ? [] : [[group.id, group]])));
  return {
    ...(was?.paused ? { paused: true } : {}),
    name: field.mapping,
    roles: [field.role.name],
    groups: groups.map((group) => (group.id === undefined ? group : (known.get(group.id) ?? group))),
  };
}
