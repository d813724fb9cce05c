import type { z } from "zod";
import type { Organization } from "../../crds/types.ts";
import type { Grant, User } from "../../identity/index.ts";
import { splitKey } from "../../kubernetes/index.ts";
import { userState } from "../console/roster-entry.ts";
import { heldRoles } from "../held-roles.ts";
import type * as shapes from "./shapes.ts";

type PersonAnswer = z.infer<typeof shapes.Person>;
type UserAnswer = z.infer<typeof shapes.User>;
type UserSummaryAnswer = z.infer<typeof shapes.UserSummary>;

/** A user as they stand in a list. */
export function userSummary(user: User, organization: Organization): UserSummaryAnswer {
  return { ...common(user), roles: rolesOf(user, organization).map(({ causes: _, ...role }) => role) };
}

/** A user, as administrators see them: beside all else, what has changed and why. */
export function userAnswer(user: User, organization: Organization): UserAnswer {
  const { history = [], signIns = [] } = user;
  return {
    ...personAnswer(user, organization),
    history: history.map(({ at, what, granted, revoked, ...rest }) => ({
      time: new Date(at).toISOString(),
      what: [...what],
      granted: granted.map(grantAnswer),
      revoked: revoked.map(grantAnswer),
      ...rest,
    })),
    signIns: signIns.map(({ at, outcome, reason }) => ({
      time: new Date(at).toISOString(),
      outcome,
      reason,
    })),
  };
}

/** A user, as they may see themselves, with what their roles follow from. No session and no token is in it. */
export function personAnswer(user: User, organization: Organization): PersonAnswer {
  const { issuer, subject, oktaStatus, groups, groupsFrom } = user;
  return {
    ...common(user),
    organization: user.organization,
    ...(issuer === undefined ? {} : { issuer }),
    ...(subject === undefined ? {} : { subject }),
    ...(oktaStatus === undefined ? {} : { oktaStatus }),
    groups: groups.map(({ name, id }) => ({
      ...(name === undefined ? {} : { name }),
      ...(id === undefined ? {} : { id }),
    })),
    ...(groupsFrom === undefined ? {} : { groupsFrom }),
    roles: rolesOf(user, organization),
  };
}

function common(user: User): Omit<UserSummaryAnswer, "roles"> {
  const { ref, email, name, source, access, activeSince, lastLoginTime } = user;
  return {
    id: splitKey(ref).name,
    ...(email === undefined ? {} : { email }),
    ...(name === undefined ? {} : { name }),
    source,
    state: userState(user),
    ...(activeSince === undefined ? {} : { since: new Date(activeSince).toISOString() }),
    ...(access === undefined ? {} : { reason: access.reason, message: access.message }),
    ...(lastLoginTime === undefined ? {} : { lastSignIn: new Date(lastLoginTime).toISOString() }),
  };
}

function grantAnswer({ role, mapping, group }: Grant): UserAnswer["history"][number]["granted"][number] {
  return {
    role,
    ...(mapping === undefined ? {} : { mapping }),
    ...(group === undefined ? {} : { group }),
  };
}

function rolesOf(user: User, organization: Organization): PersonAnswer["roles"] {
  const causes = Map.groupBy(user.access?.grants ?? [], ({ role }) => role);
  // heldRoles has one for each cause.
  const roles = new Map(heldRoles(user, organization).map((role) => [role.name, role]));
  return [...roles.values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, displayName, admin }) => ({
      name,
      displayName,
      admin,
      causes: (causes.get(name) ?? []).map(({ mapping, group, groupID }) => ({
        ...(mapping === undefined ? {} : { mapping }),
        ...(group === undefined ? {} : { group }),
        ...(groupID === undefined ? {} : { groupID }),
      })),
    }));
}
