import { createHash } from "node:crypto";
import { type AlmostNamed, add, GroupIndex, remove } from "./group-index.ts";
import type { ReceivedGroup } from "./identity.ts";
import { digestOf, SetDigest } from "./set-digest.ts";

/** A named entry in an organization's catalogue. */
export interface Role {
  readonly name: string;
  readonly displayName?: string;
  readonly admin?: boolean;
}

/** A group as a mapping names it. */
export interface MappedGroup {
  readonly name?: string;
  readonly id?: string;
  /** What the directory calls a group that is named by id. */
  readonly currentName?: string;
  /** What it called it before. */
  readonly formerNames?: readonly string[];
}

/** A mapping as the policy needs it: people in these groups hold these roles. */
export interface Mapping {
  readonly name: string;
  readonly groups: readonly MappedGroup[];
  readonly roles: readonly string[];
  /** Somebody has paused it: it gives nobody anything new, and nobody loses what they hold through it. */
  readonly paused?: true;
}

/** What `resolveAccess` asks of an organization's accepted mappings and roles. */
export interface Policy {
  /** The catalogue by role name. */
  readonly roles: ReadonlyMap<string, Role>;
  /**
   * The accepted mappings that name this group. Where they name it by id, ids alone are compared: a name is no evidence
   * of an id, since it may have passed to another group.
   */
  mappingsOf(group: ReceivedGroup): Iterable<Mapping>;
  /** Whether any accepted mapping names a group by id. */
  readonly namesByID: boolean;
  /** Whether this accepted mapping names a group by id. */
  isByID(mapping: string): boolean;
  /** Whether this is, or once was, the name of a group that an accepted mapping names by id, as far as is known. */
  mayMeanID(name: string): boolean;
  /** As `mayMeanID`, of one mapping, and that it still gives the role. */
  hasCalled(name: string, through: { readonly mapping: string; readonly role: string }): boolean;
  /** Whether this mapping is there but can't be accepted: it then neither grants nor takes. */
  isSuspended(mapping: string): boolean;
  /** Whether somebody has paused this mapping: it then gives nothing new, and takes nothing at all. */
  isPaused(mapping: string): boolean;
  /** Whether this mapping is suspended or paused. */
  isOutOfForce(mapping: string): boolean;
  /** The names of all that are. */
  namesOutOfForce(): Iterable<string>;
  /** The mappings that name this group and are suspended or paused, so that they give nothing new. */
  outOfForce(group: ReceivedGroup): Iterable<Mapping>;
  /** The accepted mappings that name no such group, but one whose name is almost the same (see `foldedName`). */
  almostNaming(name: string): Iterable<AlmostNamed<Mapping>>;
  /** The accepted mappings that name by id a group that is, or once was, called so, as far as is known. */
  namingByID(name: string): Iterable<Mapping>;
}

/** What people of an organization are decided by. */
export interface PolicyInForce {
  /** Whose word counts. People whom another issuer has named are other people. */
  readonly issuer: string;
  readonly policy: Policy;
  /** A change that would deactivate too many users waits for approval: see `safeguards/`. */
  readonly held: boolean;
  /** Somebody has paused the organization: nobody's access changes, but for what is certain about one person. */
  readonly paused?: boolean;
}

/**
 * An organization's mappings, compiled for look-up by group and kept current change by change: a change costs
 * what the mapping itself is large, however many mappings there are.
 *
 * A mapping is accepted as a whole or not at all. One that names a role that isn't in the catalogue is
 * suspended until it is put right, so that a typing error is neither applied in part nor takes roles away.
 */
export class CompiledPolicy implements Policy {
  readonly #roles = new Map<string, Role>();
  readonly #mappings = new Map<string, Mapping>();
  readonly #suspended = new Set<string>();
  readonly #paused = new Set<string>();
  readonly #accepted = new GroupIndex<Mapping>();
  /** Those that are suspended or paused. */
  readonly #outOfForce = new GroupIndex<Mapping>();
  /** By the names, present and former, of groups that are named by id. They match nobody. */
  readonly #byNameOfID = new Map<string, Mapping[]>();
  readonly #digest = new SetDigest();
  #hash: string | undefined;

  constructor(roles: readonly Role[] = [], mappings: Iterable<Mapping> = []) {
    for (const role of roles) this.#roles.set(role.name, role);
    for (const mapping of mappings) this.setMapping(mapping);
  }

  get roles(): ReadonlyMap<string, Role> {
    return this.#roles;
  }

  get mappings(): ReadonlyMap<string, Mapping> {
    return this.#mappings;
  }

  mappingsOf(group: ReceivedGroup): Iterable<Mapping> {
    return this.#accepted.of(group);
  }

  outOfForce(group: ReceivedGroup): Iterable<Mapping> {
    return this.#outOfForce.of(group);
  }

  almostNaming(name: string): Iterable<AlmostNamed<Mapping>> {
    return this.#accepted.almost(name);
  }

  namingByID(name: string): Iterable<Mapping> {
    return this.#byNameOfID.get(name) ?? [];
  }

  hasCalled(name: string, { mapping: key, role }: { mapping: string; role: string }): boolean {
    const mapping = this.#suspended.has(key) ? undefined : this.#mappings.get(key);
    if (!mapping?.roles.includes(role)) return false;
    return mapping.groups.some((group) => namesOfID(group).includes(name));
  }

  get namesByID(): boolean {
    return this.#accepted.namesByID;
  }

  isByID(mapping: string): boolean {
    if (this.isOutOfForce(mapping)) return false;
    return this.#mappings.get(mapping)?.groups.some(({ id }) => id !== undefined) === true;
  }

  mayMeanID(name: string): boolean {
    return this.#byNameOfID.has(name);
  }

  isSuspended(mapping: string): boolean {
    return this.#suspended.has(mapping);
  }

  isPaused(mapping: string): boolean {
    return this.#paused.has(mapping);
  }

  isOutOfForce(mapping: string): boolean {
    return this.#suspended.has(mapping) || this.#paused.has(mapping);
  }

  *namesOutOfForce(): Iterable<string> {
    yield* this.#suspended;
    yield* this.#paused;
  }

  /** Replaces the catalogue. Mappings are accepted or suspended anew. */
  setRoles(roles: readonly Role[]): void {
    this.#hash = undefined;
    this.#roles.clear();
    for (const role of roles) this.#roles.set(role.name, role);
    const indexes = [this.#accepted, this.#outOfForce, this.#byNameOfID, this.#suspended, this.#paused];
    for (const index of indexes) index.clear();
    for (const mapping of this.#mappings.values()) this.#accept(mapping);
  }

  /** Adds or replaces one mapping. */
  setMapping(mapping: Mapping): void {
    this.removeMapping(mapping.name);
    this.#hash = undefined;
    this.#mappings.set(mapping.name, mapping);
    this.#digest.add(digestOf(mappingAsText(mapping)));
    this.#accept(mapping);
  }

  /** Removes one mapping; one that isn't there is no error. */
  removeMapping(name: string): void {
    const mapping = this.#mappings.get(name);
    if (!mapping) return;
    this.#hash = undefined;
    this.#mappings.delete(name);
    this.#digest.remove(digestOf(mappingAsText(mapping)));
    this.#withdraw(mapping);
  }

  /** Eight hex digits that name this very state of mappings and roles: what an approval refers to. */
  hash(): string {
    this.#hash ??= createHash("sha256")
      .update(JSON.stringify([[...this.#roles.keys()].sort(), this.#digest.toString()]))
      .digest("hex")
      .slice(0, 8);
    return this.#hash;
  }

  /** By its roles: or it is suspended. One that is paused matches nobody either. */
  #accept(mapping: Mapping): void {
    const isSuspended = !mapping.paused && unknownRoles(mapping.roles, this.#roles).length > 0;
    if (mapping.paused) this.#paused.add(mapping.name);
    if (isSuspended) this.#suspended.add(mapping.name);
    if (mapping.paused || isSuspended) {
      this.#outOfForce.add(mapping);
      return;
    }
    this.#accepted.add(mapping);
    for (const group of mapping.groups)
      for (const name of namesOfID(group)) add(this.#byNameOfID, name, mapping);
  }

  #withdraw(mapping: Mapping): void {
    this.#suspended.delete(mapping.name);
    this.#paused.delete(mapping.name);
    this.#accepted.remove(mapping);
    this.#outOfForce.remove(mapping);
    for (const group of mapping.groups)
      for (const name of namesOfID(group)) remove(this.#byNameOfID, name, mapping);
  }
}

/** The names in `roles` that the catalogue lacks, in order. */
export function unknownRoles(roles: readonly string[], catalogue: ReadonlyMap<string, Role>): string[] {
  return roles.filter((role) => !catalogue.has(role));
}

/** The names, present and former, of a group that is named by id, as far as the directory has told. */
function namesOfID({ id, currentName, formerNames = [] }: MappedGroup): readonly string[] {
  if (id === undefined) return [];
  return currentName === undefined ? formerNames : [currentName, ...formerNames];
}

/** The same for all that mean the same. */
function mappingAsText({ name, groups, roles, paused }: Mapping): string {
  return JSON.stringify([name, groups.map(groupAsText).sort(), [...roles].sort(), ...(paused ? [true] : [])]);
}

function groupAsText(group: MappedGroup): string {
  return group.id === undefined ? `name:${group.name}` : `id:${group.id}`;
}
