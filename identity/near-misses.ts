import { groupLabel, type ReceivedGroup, unseenDifference } from "./identity.ts";
import { type Mapping, type Policy, unknownRoles } from "./policy.ts";
import { cut, quotedNames } from "./shown-names.ts";

/** A mapping that somebody's groups come close to, and yet it gives them nothing. */
export type NearMiss =
  /** They were received with a name that is almost the mapped one: case, spaces, what can't be seen. */
  | {
      readonly code: "NameDiffers";
      readonly mapping: string;
      readonly group: string;
      readonly mapped: string;
      /** In words, where it can't be seen. */
      readonly difference?: string;
    }
  /** They were received with a name alone, and the mapping names a group by id that is, or was, called so. */
  | {
      readonly code: "NameWithoutID";
      readonly mapping: string;
      readonly group: string;
      readonly ids: readonly string[];
    }
  /** They are in another group of the same name than the one that the mapping names by id. */
  | {
      readonly code: "OtherGroupOfName";
      readonly mapping: string;
      readonly group: string;
      readonly groupID: string;
      readonly ids: readonly string[];
    }
  | MappingOutOfForce;

/** They are in its group, where one is named, but it gives nothing new now. */
export type MappingOutOfForce =
  | {
      readonly code: "MappingSuspended";
      readonly mapping: string;
      readonly group?: string;
      /** What the catalogue lacks. */
      readonly unknownRoles: readonly string[];
    }
  | { readonly code: "MappingPaused"; readonly mapping: string; readonly group?: string };

/** Names and roles that are listed at the most. */
const MOST = 5;

/** The mappings that these groups come close to, in an order that depends on nothing else. */
export function nearMisses(groups: readonly ReceivedGroup[], policy: Policy): NearMiss[] {
  const found = groups.flatMap((group) => [
    ...Array.from(policy.outOfForce(group), (mapping) => outOfForce(mapping, policy, groupLabel(group))),
    ...(group.name === undefined ? [] : byName(group.name, group, policy)),
  ]);
  if (found.length < 2) return found;
  const byKey = new Map(found.map((miss) => [keyOf(miss), miss]));
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, miss]) => miss);
}

function keyOf(miss: NearMiss): string {
  const more = "mapped" in miss ? miss.mapped : "groupID" in miss ? miss.groupID : "";
  return [miss.group, miss.mapping, miss.code, more].join("\n");
}

/** Why a mapping that is suspended or paused gives nothing. @param group that somebody is in, if they are */
export function outOfForce(mapping: Mapping, policy: Policy, group?: string): MappingOutOfForce {
  const { name, roles } = mapping;
  const through = { mapping: name, ...(group === undefined ? {} : { group }) };
  if (policy.isPaused(name)) return { code: "MappingPaused", ...through };
  return {
    code: "MappingSuspended",
    ...through,
    unknownRoles: unknownRoles(roles, policy.roles).slice(0, MOST),
  };
}

function byName(name: string, { id }: ReceivedGroup, policy: Policy): NearMiss[] {
  const differing = Array.from(policy.almostNaming(name), ({ entry, name: mapped }): NearMiss => {
    const difference = unseenDifference(mapped, name);
    return {
      code: "NameDiffers",
      mapping: entry.name,
      group: name,
      mapped,
      ...(difference === undefined ? {} : { difference }),
    };
  });
  const naming = [...policy.namingByID(name)].filter(
    ({ groups }) => !groups.some((group) => group.name === name || (id !== undefined && group.id === id)),
  );
  const meant = naming.map((mapping): NearMiss => {
    const about = { mapping: mapping.name, group: name, ids: idsOf(mapping, name) };
    return id === undefined
      ? { code: "NameWithoutID", ...about }
      : { code: "OtherGroupOfName", ...about, groupID: id };
  });
  return [...differing, ...meant];
}

function idsOf({ groups }: Mapping, name: string): string[] {
  return groups
    .filter(({ currentName, formerNames = [] }) => currentName === name || formerNames.includes(name))
    .flatMap(({ id }) => id ?? [])
    .slice(0, MOST);
}

/** For those who may know which groups are mapped: one sentence on what to put right. */
export function nearMissSentence(miss: NearMiss): string {
  switch (miss.code) {
    case "NameDiffers": {
      const by = miss.difference === undefined ? "" : ` (they differ by ${miss.difference})`;
      return (
        `Near miss: ${quoted(miss.group)} was received, and mapping ${miss.mapping} names ` +
        `${quoted(miss.mapped)}${by}; group names match exactly.`
      );
    }
    case "NameWithoutID":
      return (
        `Near miss: ${quoted(miss.group)} was received without an id, and mapping ${miss.mapping} names a group of ` +
        `that name by its id ${listed(miss.ids)}; a name is no evidence of it.`
      );
    case "OtherGroupOfName":
      return (
        `Near miss: ${quoted(miss.group)} was received with the id ${quoted(miss.groupID)}, and mapping ` +
        `${miss.mapping} names another group of that name, ${listed(miss.ids)}.`
      );
    case "MappingSuspended":
      return (
        `${inGroup(miss)}mapping ${miss.mapping} gives nothing until its roles are put right: ` +
        `${listed(miss.unknownRoles)} ${miss.unknownRoles.length === 1 ? "isn't" : "aren't"} in the catalogue.`
      );
    case "MappingPaused":
      return `${inGroup(miss)}mapping ${miss.mapping} is paused and gives nothing new.`;
  }
}

function inGroup({ group }: MappingOutOfForce): string {
  return group === undefined ? "The " : `In group ${quoted(group)}, but `;
}

/** A name in quotes, in one line, and not too long. */
export function quoted(name: string): string {
  return `"${cut(name, LONGEST)}"`;
}

/** Characters of a name in a sentence. */
const LONGEST = 100;

/** Names in quotes, as many as a sentence bears. @param all how many there are, if these are not all */
export function listed(names: readonly string[], all = names.length): string {
  return quotedNames(names, { most: MOST, all, longest: LONGEST });
}
