import type { OktaRoleMapping } from "../../crds/types.ts";
import type { ReadGroup } from "../../identity/index.ts";
import { knownCondition } from "../progress.ts";

/** What the mappings of an organization name, as far as it has been found in Okta. */
export interface MappedGroups {
  /** By Okta's id. */
  readonly found: ReadonlyMap<string, ReadGroup>;
  /** Names by which mappings name groups, where Okta has said that there is none. */
  readonly gone: ReadonlySet<string>;
  /** Names of which Okta has never shown a group: there may be one that these credentials aren't allowed to see. */
  readonly unknown: ReadonlySet<string>;
  /** The ids of groups that Okta doesn't show any more, and doesn't say either that they were deleted. */
  readonly notShown: ReadonlySet<string>;
  /** Whether Okta is still to say which groups some of the mappings mean. */
  readonly isOpen: boolean;
}

/** The groups that mappings name, by what their status has of them. */
export function mappedGroups(mappings: Iterable<OktaRoleMapping>): MappedGroups {
  const found = new Map<string, ReadGroup>();
  const gone = new Set<string>();
  const unknown = new Set<string>();
  const notShown = new Set<string>();
  let isOpen = false;
  for (const mapping of mappings) {
    const { spec, status } = mapping;
    const known = status?.groups ?? [];
    const resolved = knownCondition(mapping, "GroupsResolved")?.status;
    const isRead = resolved === "False";
    isOpen ||= resolved === undefined || resolved === "Unknown";
    for (const { id, shown } of known) if (id !== undefined && shown === false) notShown.add(id);
    for (const { id, name } of spec.groups) {
      if (id !== undefined) {
        add(found, { ...known.find((group) => group.id === id), id, byID: true });
        continue;
      }
      const named = known.filter((group) => group.name === name && group.id !== undefined);
      for (const group of named) add(found, { ...group, id: group.id ?? "", byID: false });
      if (!isRead || named.length > 0 || name === undefined) continue;
      const isUnknown = known.some((group) => group.name === name && group.shown === false);
      (isUnknown ? unknown : gone).add(name);
    }
  }
  return { found, gone, unknown, notShown, isOpen };
}

function add(
  found: Map<string, ReadGroup>,
  { id, name, formerNames = [], byID }: { id: string; name?: string; formerNames?: string[]; byID: boolean },
): void {
  const known = found.get(id);
  const former = new Set([...(known?.formerNames ?? []), ...formerNames]);
  found.set(id, {
    id,
    ...(name === undefined ? {} : { name }),
    ...(former.size === 0 ? {} : { formerNames: [...former] }),
    byID: byID || known?.byID === true,
  });
}
