import type { OktaRoleMapping, Organization } from "../crds/types.ts";
import type { Cache, Change } from "../kubernetes/index.ts";
import type { Organization as Decisive } from "./decide.ts";
import { CompiledPolicy, type MappedGroup, type Mapping, type Role } from "./policy.ts";

/** The annotation by which somebody lets a held change of this policy go through. */
export const APPROVAL_ANNOTATION = "rolemapping.dev/approve-deactivations";

/** A policy has changed: people in these groups (by name or id) may now hold something else. */
export interface PolicyChange {
  /** "namespace/name" */
  readonly organization: string;
  /** `all`: the organization has come or gone. */
  readonly groups: ReadonlySet<string> | "all";
}

/**
 * The policy of every organization, kept current from the caches of Organizations and OktaRoleMappings. Make it
 * before anything else that subscribes to those caches, so that whoever hears of a change finds the policy done.
 */
export class Policies {
  readonly #organizations: Cache<Organization>;
  readonly #policies = new Map<string, CompiledPolicy>();
  readonly #listeners = new Set<(change: PolicyChange) => void>();

  constructor(caches: { organizations: Cache<Organization>; mappings: Cache<OktaRoleMapping> }) {
    this.#organizations = caches.organizations;
    caches.organizations.subscribe((change) => this.#organizationChanged(change));
    caches.mappings.subscribe((change) => this.#mappingChanged(change));
  }

  /** Undefined when there is no such organization. */
  of(organization: string): (Decisive & { policy: CompiledPolicy; organization: Organization }) | undefined {
    const object = this.#organizations.get(organization);
    if (!object) return undefined;
    return { organization: object, policy: this.#policy(organization), held: isHeld(object) };
  }

  subscribe(listener: (change: PolicyChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #policy(organization: string): CompiledPolicy {
    const known = this.#policies.get(organization);
    if (known) return known;
    const made = new CompiledPolicy();
    this.#policies.set(organization, made);
    return made;
  }

  #organizationChanged(change: Change<Organization>): void {
    const { kind, key, object } = change;
    const policy = this.#policy(key);
    const roles = kind === "deleted" ? [] : object.spec.roles;
    if (change.kind === "updated" && sameRoles(change.previous.spec.roles, roles)) return;
    policy.setRoles(roles);
    this.#tell({
      organization: key,
      groups: kind === "updated" ? groupsOf(policy.mappings.values()) : "all",
    });
  }

  #mappingChanged(change: Change<OktaRoleMapping>): void {
    const { kind, object } = change;
    const before = previousOf(change);
    if (kind === "updated" && before && sameRule(before, object)) return;
    const touched = new Map<string, Set<string>>();
    const touch = (mapping: OktaRoleMapping): void => {
      const organization = organizationOf(mapping);
      const groups = touched.get(organization) ?? new Set();
      for (const label of groupsOf([compiled(mapping)])) groups.add(label);
      touched.set(organization, groups);
    };
    if (before) {
      this.#policy(organizationOf(before)).removeMapping(before.metadata.name);
      touch(before);
    }
    if (kind !== "deleted") {
      this.#policy(organizationOf(object)).setMapping(compiled(object));
      touch(object);
    }
    for (const [organization, groups] of touched) this.#tell({ organization, groups });
  }

  #tell(change: PolicyChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

/** The organization of a mapping as "namespace/name". */
export function organizationOf(mapping: OktaRoleMapping): string {
  return `${mapping.metadata.namespace}/${mapping.spec.organizationRef.name}`;
}

/** Whether a change of this organization's policy waits for approval: the operator says so in a condition. */
export function isHeld(organization: Organization): boolean {
  const condition = organization.status?.conditions?.find(({ type }) => type === "DeactivationsWithinLimit");
  return condition?.status === "False";
}

/** A mapping object as the policy takes it. A group named by id also goes by the name that its status knows. */
function compiled(mapping: OktaRoleMapping): Mapping {
  const known = new Map((mapping.status?.groups ?? []).map(({ id, name }) => [id, name]));
  const groups = mapping.spec.groups.map(({ name, id }): MappedGroup => {
    if (id === undefined) return name === undefined ? {} : { name };
    const currentName = known.get(id);
    return currentName === undefined ? { id } : { id, currentName };
  });
  return { name: mapping.metadata.name, groups, roles: mapping.spec.roles };
}

function previousOf(change: Change<OktaRoleMapping>): OktaRoleMapping | undefined {
  switch (change.kind) {
    case "added":
      return undefined;
    case "updated":
      return change.previous;
    case "deleted":
      return change.object;
  }
}

function groupsOf(mappings: Iterable<Mapping>): Set<string> {
  const labels = new Set<string>();
  for (const { groups } of mappings) {
    for (const { name, id, currentName } of groups) {
      for (const label of [name, id, currentName]) if (label !== undefined) labels.add(label);
    }
  }
  return labels;
}

function sameRoles(a: readonly Role[], b: readonly Role[]): boolean {
  return JSON.stringify(a.map(roleKey).sort()) === JSON.stringify(b.map(roleKey).sort());
}

function roleKey({ name, admin }: Role): string {
  return `${name}|${admin === true}`;
}

function sameRule(a: OktaRoleMapping, b: OktaRoleMapping): boolean {
  return a.metadata.uid === b.metadata.uid && JSON.stringify(rule(a)) === JSON.stringify(rule(b));
}

function rule(mapping: OktaRoleMapping): unknown {
  return [organizationOf(mapping), compiled(mapping)];
}
