import { organizationOf } from "../../../crds/organization-key.ts";
import type { OrganizationUser } from "../../../crds/types.ts";
import { rfc3339 } from "../../../kubernetes/index.ts";
import { type Access, type AccessReason, type Grant, roleNames, sameAccess } from "../../access.ts";
import { changeCause } from "../../change-cause.ts";
import type { Identity } from "../../identity.ts";
import { namesSummary } from "../../shown-names.ts";
import type { NewUser, UserChange } from "../../store.ts";
import { accountName, isAsStored, type User } from "../../user.ts";
import { accessChangesOf, historyWith, signInsOf, signInsWith } from "./user-history.ts";
import { endedSessionsOf, endRequestOf, sessionFields } from "./user-sessions.ts";

type Spec = OrganizationUser["spec"];
type Status = NonNullable<OrganizationUser["status"]>;
type Condition = NonNullable<Status["conditions"]>[number];

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** The user that an object stands for. Made anew each time: to keep one for every object would double the memory. */
export function toUser(object: OrganizationUser): User {
  const { spec, status } = object;
  const user: Writable<User> = new StoredUser(object);
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
    if (status.since !== undefined) user.accessSince = Date.parse(status.since);
    if (!status.summary || status.since === undefined) user.outdated = true;
  }
  if (status?.lastLoginTime) user.lastLoginTime = Date.parse(status.lastLoginTime);
  return user;
}

/** What every account has. Its history is read from the object when somebody asks for it, since hardly anybody does. */
class StoredUser implements User {
  readonly ref: string;
  readonly version: string;
  readonly uid: string;
  readonly organization: string;
  readonly source: User["source"];
  readonly groups: User["groups"];
  readonly localRoles: User["localRoles"];
  readonly decided: boolean;
  readonly sessionEpoch: number;
  readonly #status: OrganizationUser["status"];

  constructor(object: OrganizationUser) {
    const { metadata, spec, status } = object;
    this.ref = `${metadata.namespace}/${metadata.name}`;
    this.version = metadata.resourceVersion ?? "";
    this.uid = metadata.uid ?? "";
    this.organization = organizationOf(object);
    this.source = spec.source;
    this.groups = spec.groups ?? [];
    this.localRoles = spec.roles ?? [];
    this.decided =
      status?.observedGeneration !== undefined && status.observedGeneration === metadata.generation;
    this.sessionEpoch = status?.sessionEpoch ?? 0;
    this.#status = status;
  }

  get history(): User["history"] {
    return accessChangesOf(this.#status);
  }

  get signIns(): User["signIns"] {
    return signInsOf(this.#status);
  }
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

/**
 * The status after a change; undefined when it is as it should be already.
 * @param before the account as it was before this change, and before the spec was written of it; undefined: there was none
 */
export function statusWith(
  object: OrganizationUser,
  change: UserChange,
  { before, now }: { before: User | undefined; now: number },
): Status | undefined {
  const { access } = change;
  const previous = object.status;
  const signIns = signInsWith(previous, change.signIns);
  const user = toUser(object);
  const { decided, access: stored, outdated } = user;
  const sameDecision =
    !access || (decided && !outdated && stored !== undefined && sameAccess(stored, access));
  const deactivated = previous?.state === "Active" && access?.active === false;
  const sessions = sessionFields(object, change, { deactivated, now });
  if (!signIns.isChanged && sameDecision && !sessions.isChanged) return undefined;
  const base = access && !sameDecision ? accessStatus(access, object, now) : previous;
  // Without a decision there is no account that could sign in.
  if (base?.state === undefined) return undefined;
  const { endedSessions: _, localSignIn: __, ...rest }: Partial<Status> & typeof base = base;
  const next: Status = { ...rest, ...sessions.fields, ...signIns.fields, summary: summaryOf(object, base) };
  const history = historyWith(object, next, { before, cause: changeCause(before ?? user, change), now });
  return { ...next, ...history, since: sinceOf(previous, next, now) };
}

/** When state or roles last changed; where an earlier version didn't keep that, the state alone. */
function sinceOf(previous: OrganizationUser["status"], next: Status, now: number): string {
  const says = (status: OrganizationUser["status"]): string =>
    JSON.stringify([status?.state, status?.roleNames ?? []]);
  if (!previous || says(previous) !== says(next)) return rfc3339(now);
  const active = previous.conditions?.find(({ type }) => type === "Active");
  return previous.since ?? active?.lastTransitionTime ?? rfc3339(now);
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
  { groups = [], roleNames = [], roles = [] }: Partial<Status>,
): NonNullable<Status["summary"]> {
  return {
    ...optional("name", spec.name === undefined ? undefined : namesSummary([spec.name])),
    groups: namesSummary(groups),
    roles: namesSummary(roleNames),
    mappings: namesSummary([...new Set(roles.flatMap(({ mapping }) => mapping ?? []))]),
  };
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
}
