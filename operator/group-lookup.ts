import type { MappedGroup, OktaRoleMapping, Organization } from "../crds/types.ts";
import { organizationOf } from "../identity/index.ts";
import type { Directory } from "../okta/directory.ts";
import type { DirectoryClients } from "../okta/directory-clients.ts";
import { OktaError, reasonOf } from "../okta/errors.ts";
import type { KnownGroups } from "./known-groups.ts";
import type { FoundGroup, GroupsCheck } from "./mapping-conditions.ts";

/** What looking up a mapping's groups gave: a verdict, what to show in its status, and when to look again. */
export interface LookedUp {
  readonly check: GroupsCheck;
  readonly groups: FoundGroup[];
  /** ms; undefined: nothing that time alone would change */
  readonly againMs?: number;
}

/** Groups are renamed, made and deleted in Okta without a word: they are looked at again at this pace. */
const LOOK_AGAIN_MS = 5 * 60_000;
/** With many mappings the pace is slower, since Okta's rate limits are small and shared: so long for each of them. */
const EACH_MS = 2_000;
const LOOK_AGAIN_FAILED_MS = 30_000;

interface Found {
  readonly group?: FoundGroup;
  readonly missing?: string;
  readonly near?: string;
}

/** Looks up the groups of mappings: in the directory where there is one, else among those people came with. */
export class GroupLookup {
  readonly #directories: DirectoryClients;
  readonly #known: KnownGroups;
  readonly #mappingsOf: (organization: string) => number;
  readonly #now: () => number;
  readonly #looked = new Map<string, { spec: string; at: number; found: LookedUp }>();

  /** @param mappingsOf how many mappings an organization ("namespace/name") has */
  constructor(deps: {
    directories: DirectoryClients;
    known: KnownGroups;
    mappingsOf: (organization: string) => number;
    now?: () => number;
  }) {
    this.#directories = deps.directories;
    this.#known = deps.known;
    this.#mappingsOf = deps.mappingsOf;
    this.#now = deps.now ?? (() => performance.now());
  }

  /** Never throws: a directory that can't be read is one of the answers, and keeps what is known already. */
  async lookUp(mapping: OktaRoleMapping, organization: Organization | undefined): Promise<LookedUp> {
    if (!organization?.spec.okta.directory) return this.#withoutDirectory(mapping);
    const key = `${mapping.metadata.namespace}/${mapping.metadata.name}`;
    const spec = [mapping.metadata, organization.metadata]
      .map(({ uid, generation }) => `${uid}/${generation}`)
      .join(" ");
    const known = this.#looked.get(key);
    const age = known ? this.#now() - known.at : Number.POSITIVE_INFINITY;
    if (known?.spec === spec && known.found.againMs !== undefined && age < known.found.againMs)
      return { ...known.found, againMs: known.found.againMs - age };
    const found = await this.#read(mapping, organization);
    this.#looked.set(key, { spec, at: this.#now(), found });
    return found;
  }

  forget(mapping: string): void {
    this.#looked.delete(mapping);
  }

  #withoutDirectory(mapping: OktaRoleMapping): LookedUp {
    const { groups } = mapping.spec;
    const names = groups.flatMap(({ name }) => name ?? []);
    const byID = groups.flatMap(({ id }) => id ?? []);
    const hints = this.#known.hints(organizationOf(mapping), names);
    return { check: { kind: "no-directory", byID, hints }, groups: [] };
  }

  async #read(mapping: OktaRoleMapping, organization: Organization): Promise<LookedUp> {
    try {
      const directory = await this.#directories.of(organization);
      if (!directory) return this.#withoutDirectory(mapping);
      const all: Found[] = [];
      for (const group of mapping.spec.groups) all.push(...(await findGroup(directory, group)));
      return {
        check: {
          kind: "read",
          missing: all.flatMap(({ missing, near }) => (near === undefined ? (missing ?? []) : [])),
          hints: all.flatMap(({ missing: written, near: actual }) =>
            written === undefined || actual === undefined ? [] : [{ written, actual }],
          ),
        },
        groups: all.flatMap(({ group }) => (group ? remembering(group, mapping) : [])).slice(0, MOST_GROUPS),
        againMs: Math.max(LOOK_AGAIN_MS, this.#mappingsOf(organizationOf(mapping)) * EACH_MS),
      };
    } catch (error) {
      const reason = error instanceof OktaError ? reasonOf(error) : "DirectoryUnreadable";
      const message = error instanceof Error ? error.message : String(error);
      // What was found before stays in the status: names of groups that are mapped by id depend on it.
      const groups = [...(mapping.status?.groups ?? [])];
      return { check: { kind: "failed", reason, message }, groups, againMs: LOOK_AGAIN_FAILED_MS };
    }
  }
}

/** What the status of a mapping holds (see the schema). */
const MOST_GROUPS = 500;
const MOST_FORMER_NAMES = 5;

/** A group with the names that it had before: who came by one of them is still in it. */
function remembering(group: FoundGroup, { status }: OktaRoleMapping): FoundGroup {
  const before = status?.groups?.find(({ id }) => id === group.id);
  const names = before?.name === group.name ? [] : [before?.name ?? []].flat();
  const formerNames = [...names, ...(before?.formerNames ?? [])].filter((name) => name !== group.name);
  return formerNames.length === 0
    ? group
    : { ...group, formerNames: formerNames.slice(0, MOST_FORMER_NAMES) };
}

/** One entry of a mapping may be several groups, since two groups may share a name. */
async function findGroup(directory: Directory, { id, name }: MappedGroup): Promise<Found[]> {
  if (id !== undefined) {
    const group = await directory.groupByID(id);
    return [group ? await described(directory, group) : { missing: id }];
  }
  if (name === undefined) return [];
  const { exact, near } = await directory.groupsByName(name);
  if (exact.length > 0) return Promise.all(exact.map((group) => described(directory, group)));
  const [almost] = near;
  return [{ missing: name, ...(almost ? { near: almost.name } : {}) }];
}

async function described(directory: Directory, { id, name }: { id: string; name: string }): Promise<Found> {
  return { group: { name, id, members: await directory.groupMemberCount(id) } };
}
