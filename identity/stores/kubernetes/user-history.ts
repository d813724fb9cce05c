import { listOf } from "../../../crds/timed-list.ts";
import type { OrganizationUser } from "../../../crds/types.ts";
import { rfc3339 } from "../../../kubernetes/index.ts";
import type { Grant } from "../../access.ts";
import type { Cause } from "../../causes.ts";
import { type AccessChange, accessChange, type NotedSignIn, withChange, withSignIns } from "../../history.ts";
import type { User } from "../../user.ts";

type Status = NonNullable<OrganizationUser["status"]>;
type StoredChange = NonNullable<Status["history"]>[number];
type StoredGrant = NonNullable<StoredChange["granted"]>[number];
type StoredSignIn = NonNullable<Status["signIns"]>[number];

/** The changes that a status tells of; undefined where there are none. */
export function accessChangesOf(status: OrganizationUser["status"]): readonly AccessChange[] | undefined {
  return status?.history && listOf(status.history).map(toChange);
}

/** The sign-ins that a status tells of; undefined where there are none. */
export function signInsOf(status: OrganizationUser["status"]): readonly NotedSignIn[] | undefined {
  return status?.signIns && listOf(status.signIns).map(toSignIn);
}

/**
 * The history after a change, in the very status that makes it: what isn't stored hasn't happened, and what is stored has
 * happened once.
 * @param object as it was, but for its spec
 * @param next the status that is to be written
 * @param before the account as it was
 */
export function historyWith(
  object: OrganizationUser,
  next: Status,
  { before, cause, now }: { before: User | undefined; cause: Cause; now: number },
): Pick<Status, "history"> {
  const { status: previous } = object;
  const known = accessChangesOf(previous) ?? [];
  const change = accessChange(accountBefore(object, before), accountOf(object, next), cause, now);
  if (!change) return previous?.history ? { history: previous.history } : {};
  return { history: withChange(known, change).map(fromChange) };
}

/** What of a status is about sign-ins, after these. @returns `isChanged`: something of it isn't stored yet */
export function signInsWith(
  previous: OrganizationUser["status"],
  signIns: readonly NotedSignIn[] = [],
): { fields: Pick<Status, "signIns" | "lastLoginTime">; isChanged: boolean } {
  const { lastLoginTime } = previous ?? {};
  const known = signInsOf(previous) ?? [];
  const noted = withSignIns(known, signIns);
  const admitted = signIns.filter(({ outcome }) => outcome === "Admitted").map(({ at }) => at);
  const loginTime =
    admitted.length === 0 ? lastLoginTime : latest(lastLoginTime, rfc3339(Math.max(...admitted)));
  const stored = noted === known ? previous?.signIns : noted.map(fromSignIn);
  return {
    fields: {
      ...(stored === undefined ? {} : { signIns: stored }),
      ...(loginTime === undefined ? {} : { lastLoginTime: loginTime }),
    },
    isChanged: noted !== known || loginTime !== lastLoginTime,
  };
}

function latest(a: string | undefined, b: string): string {
  return a === undefined || Date.parse(a) < Date.parse(b) ? b : a;
}

/** By the status it was a local one as long as that says how sessions of such began: also where a writer died after the spec. */
function accountBefore({ spec, status }: OrganizationUser, before: User | undefined) {
  const isLocal = status?.localSignIn !== undefined || before?.source === "Local";
  return accountOf({ spec: { ...spec, source: isLocal ? "Local" : spec.source } }, status);
}

function accountOf({ spec }: Pick<OrganizationUser, "spec">, status: OrganizationUser["status"]) {
  const message = status?.conditions?.find(({ type }) => type === "Active")?.message ?? "";
  return {
    source: spec.source,
    sessionEpoch: status?.sessionEpoch ?? 0,
    active: status?.state === "Active",
    grants: (status?.roles ?? []).map(({ name, ...cause }): Grant => ({ role: name, ...cause })),
    message,
  };
}

function toChange({ time, granted, revoked, moreGranted, moreRevoked, ...rest }: StoredChange): AccessChange {
  return {
    at: Date.parse(time),
    ...rest,
    granted: (granted ?? []).map(toGrant),
    revoked: (revoked ?? []).map(toGrant),
    moreGranted: moreGranted ?? 0,
    moreRevoked: moreRevoked ?? 0,
  };
}

function fromChange(change: AccessChange): StoredChange {
  const { at, what, granted, revoked, moreGranted, moreRevoked, reason, message } = change;
  return {
    time: rfc3339(at),
    what: [...what],
    ...(granted.length === 0 ? {} : { granted: granted.map(fromGrant) }),
    ...(moreGranted === 0 ? {} : { moreGranted }),
    ...(revoked.length === 0 ? {} : { revoked: revoked.map(fromGrant) }),
    ...(moreRevoked === 0 ? {} : { moreRevoked }),
    reason,
    message,
  };
}

function toGrant({ name, ...cause }: StoredGrant): Grant {
  return { role: name, ...cause };
}

function fromGrant({ role, mapping, group }: Grant): StoredGrant {
  return {
    name: role,
    ...(mapping === undefined ? {} : { mapping }),
    ...(group === undefined ? {} : { group }),
  };
}

function toSignIn({ time, outcome, reason }: StoredSignIn): NotedSignIn {
  return { at: Date.parse(time), outcome, reason };
}

function fromSignIn({ at, outcome, reason }: NotedSignIn): StoredSignIn {
  return { time: rfc3339(at), outcome, reason };
}
