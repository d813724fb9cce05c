import type { OktaRoleMapping } from "../../crds/types.ts";
import type { ReadGroup } from "../../identity/index.ts";
import type { Directory } from "../../okta/directory/directory.ts";
import { type MappedGroups, mappedGroups } from "./mapped-groups.ts";
import type { PassScope } from "./pass-needs.ts";

/** What a pass reads of what mappings name. */
export interface ToRead {
  readonly groups: readonly ReadGroup[];
  /** Names of groups that are gone. */
  readonly gone: readonly string[];
  /** What of it mappings name, for `NamedGroups`. */
  readonly keys: readonly string[];
}

/** What mappings name, and whose members of it have been read: by this leader, or one before it. */
export class NamedGroups {
  /** Groups, as they were called, and names whose members have been read. Undefined: another leader has read everything. */
  #read: Set<string> | undefined;

  /**
   * @param lastRead when all members were read last, in ms since 1970, as a status has it
   * @returns what has come to be named, or isn't there any more, since members were read: by what a pass is asked for it
   */
  unread(mappings: Iterable<OktaRoleMapping>, lastRead: number): ReadonlySet<string> {
    const all = [...mappings];
    const now = scopes(mappedGroups(all));
    // What nobody names any more is read anew when somebody does, and so is a group that is called otherwise by now.
    const read = (this.#read ?? readBefore(all, lastRead)).intersection(now);
    this.#read = read;
    return new Set([...now].filter(([as]) => !read.has(as)).map(([, scope]) => scope));
  }

  /** @param keys as in `ToRead` */
  read(scope: PassScope, keys: readonly string[]): void {
    if (scope === "all") this.#read = new Set(keys);
    else for (const key of keys) this.#read?.add(key);
  }
}

/** @throws DirectoryError where it has to be asked whether a group was deleted */
export async function toRead(
  scope: PassScope,
  { found, gone, notShown }: MappedGroups,
  directory: Pick<Directory, "groupByID">,
): Promise<ToRead> {
  const names = [...gone].filter((name) => scope === "all" || scope.has(goneKey(name)));
  const ids = scope === "all" ? [...found.keys()] : [...scope].filter((key) => !key.startsWith(GONE));
  const groups: ReadGroup[] = [];
  for (const id of ids) {
    const known = found.get(id);
    if (known) groups.push(known);
    // No mapping is known to name it, by now: where it was deleted, nobody is in it any more.
    else if (!(await directory.groupByID(id))) groups.push({ id, byID: false });
  }
  const read = groups.filter(({ id }) => found.has(id));
  const keys = [...read.map((group) => groupKey(group, notShown)), ...names.map(goneKey)];
  return { groups, gone: names, keys };
}

/** What another leader has read: of mappings that haven't changed since. Times in a status are of whole seconds. */
function readBefore(mappings: readonly OktaRoleMapping[], lastRead: number): Set<string> {
  const old = mappings.filter(({ metadata, status }) => {
    const resolved = status?.conditions?.find(({ type }) => type === "GroupsResolved");
    if (!resolved || resolved.observedGeneration !== metadata.generation) return false;
    // Where an edit's groups are found as those before it were, the condition's time is that of before.
    const { lastChange } = status ?? {};
    const times = [resolved.lastTransitionTime, ...(lastChange ? [lastChange.time] : [])];
    return times.every((time) => Date.parse(time) < lastRead);
  });
  return new Set(scopes(mappedGroups(old)).keys());
}

const GONE = "name ";

function goneKey(name: string): string {
  return GONE + name;
}

/** A group that is shown again is read anew. */
function groupKey({ id, name = "" }: ReadGroup, notShown: ReadonlySet<string>): string {
  return `${id} ${notShown.has(id) ? "not shown " : ""}${name}`;
}

/** What mappings name, as it is called, and by what it is asked to be read: the id of a group, or a name that is gone. */
function scopes({ found, gone, notShown }: MappedGroups): Map<string, string> {
  return new Map([
    ...[...found.values()].map((group) => [groupKey(group, notShown), group.id] as const),
    ...[...gone].map((name) => [goneKey(name), goneKey(name)] as const),
  ]);
}
