import { pauseWords } from "../crds/annotations.ts";
import { organizationOf } from "../crds/organization-key.ts";
import type { Condition, OktaRoleMapping, Organization } from "../crds/types.ts";
import type {
  MappedGroup,
  Mapping,
  OrganizationTerms,
  OwnedMapping,
  PolicySource,
  Role,
  SourceChange,
} from "../identity/index.ts";
import type { Cache, Change } from "../kubernetes/index.ts";

/** Organization and OktaRoleMapping objects as policies take them. */
export function policySource(caches: {
  organizations: Pick<Cache<Organization>, "get" | "subscribe">;
  mappings: Pick<Cache<OktaRoleMapping>, "subscribe">;
}): PolicySource {
  return {
    organization: (key) => {
      const found = caches.organizations.get(key);
      return found && termsOf(found);
    },
    subscribe: (listener) => {
      const tell = (change: SourceChange | undefined): void => {
        if (change) listener(change);
      };
      caches.organizations.subscribe((change) => tell(organizationChange(change)));
      caches.mappings.subscribe((change) => tell(mappingChange(change)));
    },
  };
}

/** The condition by which the operator says that a change of this organization's policy waits for approval. */
export function heldCondition({ status }: Organization): Condition | undefined {
  return status?.conditions?.find(
    (each) => each.type === "DeactivationsWithinLimit" && each.status === "False",
  );
}

function termsOf(organization: Organization): OrganizationTerms {
  const { okta, roles } = organization.spec;
  const paused = pauseWords(organization) !== undefined;
  return { issuer: okta.issuer, roles, held: heldCondition(organization) !== undefined, paused };
}

function organizationChange(change: Change<Organization>): SourceChange | undefined {
  const { before, after } = beforeAndAfter(change);
  if (
    before &&
    after &&
    before.spec.okta.issuer === after.spec.okta.issuer &&
    (pauseWords(before) === undefined) === (pauseWords(after) === undefined) &&
    sameRoles(before.spec.roles, after.spec.roles)
  )
    return undefined;
  return {
    kind: "organization",
    organization: change.key,
    ...(before ? { before: termsOf(before) } : {}),
    ...(after ? { after: termsOf(after) } : {}),
  };
}

function mappingChange(change: Change<OktaRoleMapping>): SourceChange | undefined {
  const { before, after } = beforeAndAfter(change);
  if (before && after && sameRule(before, after)) return undefined;
  return {
    kind: "mapping",
    ...(before ? { before: owned(before) } : {}),
    ...(after ? { after: owned(after) } : {}),
  };
}

function beforeAndAfter<T extends OktaRoleMapping | Organization>(
  change: Change<T>,
): { before?: T; after?: T } {
  switch (change.kind) {
    case "added":
      return { after: change.object };
    case "updated":
      return { before: change.previous, after: change.object };
    case "deleted":
      return { before: change.object };
  }
}

function sameRoles(a: readonly Role[], b: readonly Role[]): boolean {
  return JSON.stringify(a.map(roleKey).sort()) === JSON.stringify(b.map(roleKey).sort());
}

function roleKey({ name, admin }: Role): string {
  return `${name}|${admin === true}`;
}

function sameRule(a: OktaRoleMapping, b: OktaRoleMapping): boolean {
  return a.metadata.uid === b.metadata.uid && JSON.stringify(owned(a)) === JSON.stringify(owned(b));
}

function owned(mapping: OktaRoleMapping): OwnedMapping {
  return { organization: organizationOf(mapping), mapping: compiled(mapping) };
}

/** A mapping object as the policy takes it. A group named by id also goes by the names that its status knows. */
export function compiled(mapping: OktaRoleMapping): Mapping {
  const { groups: written, roles } = mapping.spec;
  const { name } = mapping.metadata;
  const paused = pauseWords(mapping) === undefined ? {} : ({ paused: true } as const);
  if (written.every(({ id }) => id === undefined)) return { name, groups: written, roles, ...paused };
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
  return { name, groups, roles, ...paused };
}
