import { organizationOf } from "../../crds/organization-key.ts";
import type { MappedGroup, OktaRoleMapping, Organization } from "../../crds/types.ts";
import { keyOf } from "../../kubernetes/index.ts";
import type { Directory } from "../../okta/directory/directory.ts";
import { DirectoryRateLimitedError } from "../../okta/directory/directory-errors.ts";
import type { CountedGroup } from "../../okta/directory/resources.ts";
import { OktaError } from "../../okta/errors.ts";
import type { DirectoryClients } from "../../organizations/directory-clients.ts";
import { reasonOf } from "../okta-reason.ts";
import type { KnownGroups } from "./known-groups.ts";
import type { FoundGroup, GroupsCheck } from "./mapping-conditions.ts";

/** What looking up a mapping's groups gave: a verdict, what to show in its status, and when to look again. */
export interface LookedUp {
  readonly check: GroupsCheck;
  readonly groups: FoundGroup[];
  /** ms; undefined: nothing that time alone would change */
  readonly againMs?: number;
  /** It isn't finished yet: what was said before holds until it is. */
  readonly unfinished?: true;
}

/** Groups are renamed, made and deleted in Okta without a word: they are looked at again at this pace. */
const LOOK_AGAIN_MS = 5 * 60_000;
/** With many mappings the pace is slower, since Okta's rate limits are small and shared: so long for each of them. */
const EACH_MS = 2_000;
const LOOK_AGAIN_FAILED_MS = 30_000;
/** How long one reconcile may read. What is left is read by the next, which goes on from there. */
const READ_MS = 20_000;
const READING = "The groups are still being read from Okta's directory.";
/** What was read of an unfinished look-up counts for so long. */
const UNFINISHED_MS = 10 * 60_000;

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
  /** What was found of the first groups of mappings whose others are still to be read. */
  readonly #unfinished = new Map<string, { spec: string; at: number; found: Found[][] }>();

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

  /**
   * A directory that can't be read is one of the answers, and keeps what is known already.
   * @throws the signal's reason when it aborts
   */
  async lookUp(
    mapping: OktaRoleMapping,
    organization: Organization | undefined,
    signal?: AbortSignal,
  ): Promise<LookedUp> {
    if (!organization?.spec.okta.directory) return this.#withoutDirectory(mapping);
    const key = keyOf(mapping);
    const spec = [mapping.metadata, organization.metadata]
      .map(({ uid, generation }) => `${uid}/${generation}`)
      .join(" ");
    const known = this.#looked.get(key);
    const age = known ? this.#now() - known.at : Number.POSITIVE_INFINITY;
    if (known?.spec === spec && known.found.againMs !== undefined && age < known.found.againMs)
      return { ...known.found, againMs: known.found.againMs - age };
    const found = await this.#read(mapping, organization, this.#begun(key, spec), signal);
    if (found.unfinished && known?.spec === spec && known.found.check.kind === "read")
      return { ...known.found, againMs: found.againMs ?? 0 };
    this.#looked.set(key, { spec, at: this.#now(), found });
    return found;
  }

  forget(mapping: string): void {
    this.#looked.delete(mapping);
    this.#unfinished.delete(mapping);
  }

  /** Where a look-up goes on: what it finds is added to this. */
  #begun(key: string, spec: string): Found[][] {
    const before = this.#unfinished.get(key);
    if (before?.spec === spec && this.#now() - before.at < UNFINISHED_MS) return before.found;
    const found: Found[][] = [];
    this.#unfinished.set(key, { spec, at: this.#now(), found });
    return found;
  }

  #withoutDirectory(mapping: OktaRoleMapping): LookedUp {
    const { groups } = mapping.spec;
    const names = groups.flatMap(({ name }) => name ?? []);
    const byID = groups.flatMap(({ id }) => id ?? []);
    const hints = this.#known.hints(organizationOf(mapping), names);
    return { check: { kind: "no-directory", byID, hints }, groups: [] };
  }

  async #read(
    mapping: OktaRoleMapping,
    organization: Organization,
    found: Found[][],
    signal: AbortSignal | undefined,
  ): Promise<LookedUp> {
    const start = this.#now();
    const { groups: wanted } = mapping.spec;
    try {
      const directory = await this.#directories.of(organization);
      if (!directory) return this.#withoutDirectory(mapping);
      for (const group of wanted.slice(found.length)) {
        signal?.throwIfAborted();
        if (this.#now() - start > READ_MS)
          return { ...failed(mapping, "Reading", READING, 0), unfinished: true };
        found.push(await findGroup(directory, group));
      }
      this.#unfinished.delete(keyOf(mapping));
      const all = found.flat();
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
      signal?.throwIfAborted();
      if (error instanceof DirectoryRateLimitedError)
        return { ...failed(mapping, reasonOf(error), error.message, error.retryAfterMs), unfinished: true };
      const reason = error instanceof OktaError ? reasonOf(error) : "DirectoryUnreadable";
      const message = error instanceof Error ? error.message : String(error);
      return failed(mapping, reason, message, LOOK_AGAIN_FAILED_MS);
    }
  }
}

/** What was found before stays in the status: names of groups that are mapped by id depend on it. */
function failed({ status }: OktaRoleMapping, reason: string, message: string, againMs: number): LookedUp {
  return { check: { kind: "failed", reason, message }, groups: [...(status?.groups ?? [])], againMs };
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
    return [group ? { group: shown(group) } : { missing: id }];
  }
  if (name === undefined) return [];
  const { exact, near } = await directory.groupsByName(name);
  if (exact.length > 0) return exact.map((group) => ({ group: shown(group) }));
  const [almost] = near;
  return [{ missing: name, ...(almost ? { near: almost.name } : {}) }];
}

/** What a mapping's status holds of a group. */
function shown({ id, name, members }: CountedGroup): FoundGroup {
  return { name, id, members };
}
