import { createHash } from "node:crypto";
import type { ReceivedGroup } from "./identity.ts";

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
}

/** What `resolveAccess` asks of an organization's accepted mappings and roles. */
export interface Policy {
  /** The catalogue by role name. */
  readonly roles: ReadonlyMap<string, Role>;
  /** The accepted mappings that name this group. */
  mappingsOf(group: ReceivedGroup): Iterable<Mapping>;
  /** Whether this name was once that of a group that the mapping names by id, and still gives the role. */
  hasCalled(name: string, through: { readonly mapping: string; readonly role: string }): boolean;
  /** Whether this mapping is there but can't be accepted: it then neither grants nor takes. */
  isSuspended(mapping: string): boolean;
}

/** What people of an organization are decided by. */
export interface PolicyInForce {
  /** Whose word counts. People whom another issuer has named are other people. */
  readonly issuer: string;
  readonly policy: Policy;
  /** A change that would deactivate too many users waits for approval: see `safeguards/`. */
  readonly held: boolean;
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
  readonly #byName = new Map<string, Mapping[]>();
  readonly #byID = new Map<string, Mapping[]>();
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
    const named = group.name === undefined ? undefined : this.#byName.get(group.name);
    const numbered = group.id === undefined ? undefined : this.#byID.get(group.id);
    if (!named) return numbered ?? [];
    if (!numbered) return named;
    return new Set([...named, ...numbered]);
  }

  hasCalled(name: string, { mapping: key, role }: { mapping: string; role: string }): boolean {
    const mapping = this.#suspended.has(key) ? undefined : this.#mappings.get(key);
    if (!mapping?.roles.includes(role)) return false;
    return mapping.groups.some(
      ({ id, formerNames }) => id !== undefined && formerNames?.includes(name) === true,
    );
  }

  /** Whether any accepted mapping names a group by id. */
  get namesByID(): boolean {
    return this.#byID.size > 0;
  }

  isSuspended(mapping: string): boolean {
    return this.#suspended.has(mapping);
  }

  /** Replaces the catalogue. Mappings are accepted or suspended anew. */
  setRoles(roles: readonly Role[]): void {
    this.#hash = undefined;
    this.#roles.clear();
    for (const role of roles) this.#roles.set(role.name, role);
    for (const mapping of [...this.#mappings.values()]) this.setMapping(mapping);
  }

  /** Adds or replaces one mapping. */
  setMapping(mapping: Mapping): void {
    this.removeMapping(mapping.name);
    this.#hash = undefined;
    this.#mappings.set(mapping.name, mapping);
    if (unknownRoles(mapping.roles, this.#roles).length > 0) {
      this.#suspended.add(mapping.name);
      return;
    }
    for (const group of mapping.groups) {
      for (const name of namesOf(group)) add(this.#byName, name, mapping);
      if (group.id !== undefined) add(this.#byID, group.id, mapping);
    }
  }

  /** Removes one mapping; one that isn't there is no error. */
  removeMapping(name: string): void {
    const mapping = this.#mappings.get(name);
    if (!mapping) return;
    this.#hash = undefined;
    this.#mappings.delete(name);
    this.#suspended.delete(name);
    for (const group of mapping.groups) {
      for (const groupName of namesOf(group)) remove(this.#byName, groupName, mapping);
      if (group.id !== undefined) remove(this.#byID, group.id, mapping);
    }
  }

  /** Eight hex digits that name this very state of mappings and roles: what an approval refers to. */
  hash(): string {
    this.#hash ??= this.#computeHash();
    return this.#hash;
  }

  #computeHash(): string {
    const state = [
      [...this.#roles.keys()].sort(),
      [...this.#mappings.values()]
        .map((mapping) => [mapping.name, mapping.groups.map(groupAsText).sort(), [...mapping.roles].sort()])
        .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    ];
    return createHash("sha256").update(JSON.stringify(state)).digest("hex").slice(0, 8);
  }
}

/** The names in `roles` that the catalogue lacks, in order. */
export function unknownRoles(roles: readonly string[], catalogue: ReadonlyMap<string, Role>): string[] {
  return roles.filter((role) => !catalogue.has(role));
}

/** The names that a claim may carry for this group. One named by id is matched by its current name, too. */
function namesOf(group: MappedGroup): string[] {
  const name = group.name ?? group.currentName;
  return name === undefined ? [] : [name];
}

function groupAsText(group: MappedGroup): string {
  return group.id === undefined ? `name:${group.name}` : `id:${group.id}`;
}

function add(index: Map<string, Mapping[]>, key: string, mapping: Mapping): void {
  const entry = index.get(key);
  if (!entry) index.set(key, [mapping]);
  // A mapping may name one group twice, by its name and by its id.
  else if (entry.at(-1) !== mapping) entry.push(mapping);
}

function remove(index: Map<string, Mapping[]>, key: string, mapping: Mapping): void {
  const left = index.get(key)?.filter((other) => other !== mapping) ?? [];
  if (left.length > 0) index.set(key, left);
  else index.delete(key);
}
