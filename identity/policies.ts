import type { OktaRoleMapping, Organization, OrganizationUser } from "../crds/types.ts";
import type { Cache, Change } from "../kubernetes/index.ts";
import type { Organization as Decisive } from "./account-decisions.ts";
import { CompiledPolicy, type MappedGroup, type Mapping, type Role } from "./policy.ts";

/** The annotation by which somebody lets a held change of this policy go through. */
export const APPROVAL_ANNOTATION = "rolemapping.dev/approve-deactivations";

/** A policy has changed: people whom it touches may now hold something else. */
export interface PolicyChange {
  /** "namespace/name" */
  readonly organization: string;
  /** `all`: the organization has come or gone. */
  readonly touched: Touched | "all";
}

/** People who may get something are found by their groups, people who may lose something by what they hold. */
export interface Touched {
  /** The names and ids of groups that the mappings name or named. */
  readonly groups: Set<string>;
  /**
   * The names of the mappings. Groups alone don't find everybody: while a mapping is suspended, people keep what
   * they hold through it by groups that it has meanwhile ceased to name.
   */
  readonly mappings: Set<string>;
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
    const { issuer } = object.spec.okta;
    return { organization: object, issuer, policy: this.#policy(organization), held: isHeld(object) };
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
    const newIssuer =
      change.kind === "updated" && change.previous.spec.okta.issuer !== object.spec.okta.issuer;
    if (change.kind === "updated" && !newIssuer && sameRoles(change.previous.spec.roles, roles)) return;
    policy.setRoles(roles);
    if (kind === "deleted") this.#dropIfUnused(key);
    this.#tell({
      organization: key,
      touched: kind === "updated" && !newIssuer ? touchedBy(policy.mappings.values()) : "all",
    });
  }

  #mappingChanged(change: Change<OktaRoleMapping>): void {
    const { kind, object } = change;
    const before = previousOf(change);
    if (kind === "updated" && before && sameRule(before, object)) return;
    const touched = new Map<string, Mapping[]>();
    const touch = (organization: string, mapping: Mapping): void => {
      touched.set(organization, [...(touched.get(organization) ?? []), mapping]);
    };
    if (before) {
      const organization = organizationOf(before);
      this.#policy(organization).removeMapping(before.metadata.name);
      this.#dropIfUnused(organization);
      touch(organization, compiled(before));
    }
    if (kind !== "deleted") {
      const mapping = compiled(object);
      this.#policy(organizationOf(object)).setMapping(mapping);
      touch(organizationOf(object), mapping);
    }
    for (const [organization, mappings] of touched)
      this.#tell({ organization, touched: touchedBy(mappings) });
  }

  /** Organizations come and go: what is left of one that is gone and has no mappings isn't kept. */
  #dropIfUnused(organization: string): void {
    if (this.#organizations.get(organization)) return;
    if (this.#policies.get(organization)?.mappings.size === 0) this.#policies.delete(organization);
  }

  #tell(change: PolicyChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

/** The organization of a mapping or a user as "namespace/name". Joined, not concatenated: see `keyOf`. */
export function organizationOf({ metadata, spec }: OktaRoleMapping | OrganizationUser): string {
  return [metadata.namespace, spec.organizationRef.name].join("/");
}

/** Whether a change of this organization's policy waits for approval: the operator says so in a condition. */
export function isHeld(organization: Organization): boolean {
  const condition = organization.status?.conditions?.find(({ type }) => type === "DeactivationsWithinLimit");
  return condition?.status === "False";
}

/** A mapping object as the policy takes it. A group named by id also goes by the names that its status knows. */
function compiled(mapping: OktaRoleMapping): Mapping {
  const { groups: written, roles } = mapping.spec;
  const { name } = mapping.metadata;
  if (written.every(({ id }) => id === undefined)) return { name, groups: written, roles };
  const known = new Map((mapping.status?.groups ?? []).map((group) => [group.id, group]));
  const groups = written.map(({ name, id }): MappedGroup => {
    if (id === undefined) return name === undefined ? {} : { name };
    const { name: currentName, formerNames } = known.get(id) ?? {};
    return {
      id,
      ...(currentName === undefined ? {} : { currentName }),
      ...(formerNames === undefined ? {} : { formerNames }),
    };
  });
  return { name, groups, roles };
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

function touchedBy(mappings: Iterable<Mapping>): Touched {
  const touched = { groups: new Set<string>(), mappings: new Set<string>() };
  for (const mapping of mappings) {
    touched.mappings.add(mapping.name);
    for (const { name, id, currentName } of mapping.groups) {
      for (const label of [name, id, currentName]) if (label !== undefined) touched.groups.add(label);
    }
  }
  return touched;
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
