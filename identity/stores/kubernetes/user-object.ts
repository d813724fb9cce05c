import { organizationOf } from "../../../crds/organization-key.ts";
import type { OrganizationUser } from "../../../crds/types.ts";
import { rfc3339 } from "../../../kubernetes/index.ts";
import { type Access, type AccessReason, type Grant, roleNames, sameAccess } from "../../access.ts";
import type { Identity } from "../../identity.ts";
import { namesSummary } from "../../shown-names.ts";
import type { NewUser, UserChange } from "../../store.ts";
import { accountName, isAsStored, type User } from "../../user.ts";
import { endedSessionsOf, endRequestOf, sessionFields } from "./user-sessions.ts";

type Spec = OrganizationUser["spec"];
type Status = NonNullable<OrganizationUser["status"]>;
type Condition = NonNullable<Status["conditions"]>[number];

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** The user that an object stands for. Made anew each time: to keep one for every object would double the memory. */
export function toUser(object: OrganizationUser): User {
  const { metadata, spec, status } = object;
  const user: Writable<User> = {
    ref: `${metadata.namespace}/${metadata.name}`,
    version: metadata.resourceVersion ?? "",
    uid: metadata.uid ?? "",
    organization: organizationOf(object),
    source: spec.source,
    groups: spec.groups ?? [],
    localRoles: spec.roles ?? [],
    decided: status?.observedGeneration !== undefined && status.observedGeneration === metadata.generation,
    sessionEpoch: status?.sessionEpoch ?? 0,
  };
  if (spec.issuer !== undefined) user.issuer = spec.issuer;
  if (spec.subject !== undefined) user.subject = spec.subject;
  if (spec.email !== undefined) user.email = spec.email;
  if (spec.name !== undefined) user.name = spec.name;
  if (spec.groupsFrom !== undefined) user.groupsFrom = spec.groupsFrom;
  if (spec.oktaStatus !== undefined) user.oktaStatus = spec.oktaStatus;
  if (spec.serviceAccountName !== undefined) user.serviceAccountName = spec.serviceAccountName;
  if (spec.serviceAccountNamespace !== undefined) user.serviceAccountNamespace = spec.serviceAccountNamespace;
  const endedSessions = endedSessionsOf(object);
  if (endedSessions !== undefined) user.endedSessions = endedSessions;
  const endRequest = endRequestOf(object);
  if (endRequest !== undefined) user.endRequest = endRequest;
  const active = status?.conditions?.find(({ type }) => type === "Active");
  if (status && active) {
    user.access = accessOf(status, active);
    user.activeSince = Date.parse(active.lastTransitionTime);
    if (!status.summary) user.outdated = true;
  }
  if (status?.lastLoginTime) user.lastLoginTime = Date.parse(status.lastLoginTime);
  return user;
}

function accessOf(status: Status, active: Condition): Access {
  return {
    active: status.state === "Active",
    grants: (status.roles ?? []).map(toGrant),
    groups: status.groups ?? [],
    // Written by this file alone, from an AccessReason.
    reason: active.reason as AccessReason,
    message: active.message,
  };
}

function toGrant({ name, mapping, group, groupID }: NonNullable<Status["roles"]>[number]): Grant {
  const grant: Writable<Grant> = { role: name };
  if (mapping !== undefined) grant.mapping = mapping;
  if (group !== undefined) grant.group = group;
  if (groupID !== undefined) grant.groupID = groupID;
  return grant;
}

/** A new Okta user's object, without its status: the API server takes that in a second write only. */
export function newObject({ organization, identity }: NewUser): OrganizationUser {
  const [namespace = "", name = ""] = organization.split("/");
  return {
    apiVersion: "rolemapping.dev/v1alpha1",
    kind: "OrganizationUser",
    metadata: { namespace, name: accountName(name, identity) },
    spec: { organizationRef: { name }, ...oktaSpec(identity) },
  };
}

/** The spec after Okta has said this; undefined when it says so already. */
export function specWith(object: OrganizationUser, identity: Identity | undefined): Spec | undefined {
  if (!identity) return undefined;
  if (isAsStored(toUser(object), identity)) return undefined;
  return { organizationRef: object.spec.organizationRef, ...oktaSpec(identity) };
}

function oktaSpec(identity: Identity): Omit<Spec, "organizationRef"> {
  return {
    source: "Okta",
    issuer: identity.issuer,
    subject: identity.subject,
    ...optional("email", identity.email),
    ...optional("name", identity.name),
    groups: identity.groups.map(({ name, id }) => ({ ...optional("name", name), ...optional("id", id) })),
    groupsFrom: identity.groupsFrom,
    ...optional("oktaStatus", identity.status),
  };
}

/** The status after a change; undefined when it is as it should be already. */
export function statusWith(object: OrganizationUser, change: UserChange, now: number): Status | undefined {
  const { access, signedInAt } = change;
  const previous = object.status;
  const loginTime = signedInAt === undefined ? undefined : rfc3339(signedInAt);
  const sameLogin = loginTime === undefined || loginTime === previous?.lastLoginTime;
  const { decided, access: stored, outdated } = toUser(object);
  const sameDecision =
    !access || (decided && !outdated && stored !== undefined && sameAccess(stored, access));
  const deactivated = previous?.state === "Active" && access?.active === false;
  const sessions = sessionFields(object, change, { deactivated, now });
  if (sameLogin && sameDecision && !sessions.isChanged) return undefined;
  const base = access && !sameDecision ? accessStatus(access, object, now) : previous;
  // Without a decision there is no account that could sign in.
  if (base?.state === undefined) return undefined;
  const { endedSessions: _, localSignIn: __, ...rest }: Partial<Status> & typeof base = base;
  return {
    ...rest,
    ...sessions.fields,
    summary: summaryOf(object, base),
    ...optional("lastLoginTime", loginTime ?? previous?.lastLoginTime),
  };
}

/** What of a status follows from access. */
function accessStatus(access: Access, object: OrganizationUser, now: number): Omit<Status, "sessionEpoch"> {
  const previous = object.status;
  const observedGeneration = object.metadata.generation ?? 1;
  const condition = (type: string, status: "True" | "False", reason: string, message: string): Condition => {
    const before = previous?.conditions?.find((known) => known.type === type);
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : rfc3339(now);
    return { type, status, reason, message, observedGeneration, lastTransitionTime };
  };
  return {
    observedGeneration,
    state: access.active ? "Active" : "Deactivated",
    groups: [...access.groups],
    roles: access.grants.map(({ role, mapping, group, groupID }) => {
      return {
        name: role,
        ...optional("mapping", mapping),
        ...optional("group", group),
        ...optional("groupID", groupID),
      };
    }),
    roleNames: roleNames(access.grants),
    conditions: [
      condition("Active", access.active ? "True" : "False", access.reason, access.message),
      condition("Ready", "True", "Reconciled", "The status follows from the spec and the mappings."),
    ],
  };
}

/** What the columns of a list show. */
function summaryOf(
  { spec }: OrganizationUser,
  { groups = [], roleNames = [] }: Partial<Status>,
): NonNullable<Status["summary"]> {
  return {
    ...optional("name", spec.name === undefined ? undefined : namesSummary([spec.name])),
    groups: namesSummary(groups),
    roles: namesSummary(roleNames),
  };
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
}
