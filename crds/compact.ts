import { hash } from "node:crypto";
import { Shared, SharedStrings } from "../kubernetes/index.ts";
import { TimedList } from "./timed-list.ts";
import type { OktaRoleMapping, OrganizationUser } from "./types.ts";

type User = OrganizationUser;
type Group = NonNullable<User["spec"]["groups"]>[number];
type Role = NonNullable<NonNullable<User["status"]>["roles"]>[number];
type Condition = NonNullable<NonNullable<User["status"]>["conditions"]>[number];
type Change = Omit<NonNullable<NonNullable<User["status"]>["history"]>[number], "time">;
type SignIn = Omit<NonNullable<NonNullable<User["status"]>["signIns"]>[number], "time">;

/** `kubectl apply` notes the whole object in here once more. */
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/**
 * Makes what a cache of OrganizationUsers does to each: what many have in common (groups, roles, wordings) is kept
 * once. That is most of what there is. Nothing is left out, since users are written back whole.
 */
export function userCompactor(): (user: User) => User {
  const strings = new SharedStrings();
  const groups = new Shared<Group>();
  const roles = new Shared<Role>();
  const lists = new Shared<string[]>();
  const changes = new Shared<Change>();
  const signIns = new Shared<readonly SignIn[]>();

  // Fields that this program doesn't know keep an object to itself.
  const sharedGroup = (group: Group): Group => {
    const { name, id, ...others } = group;
    return isEmpty(others) ? groups.of(JSON.stringify([name, id]), group) : group;
  };
  const sharedRole = (role: Role): Role => {
    const { name, mapping, group, groupID, ...others } = shareAll(
      role,
      ["name", "mapping", "group", "groupID"],
      strings,
    );
    return isEmpty(others) ? roles.of(JSON.stringify([name, mapping, group, groupID]), role) : role;
  };
  const sharedList = (list: string[]): string[] =>
    lists.of(
      JSON.stringify(list),
      list.map((text) => strings.of(text)),
    );
  // A mapping's change is the same for thousands.
  const sharedChange = (change: Change): Change => {
    const known = changes.of(digestOf(change), change);
    if (known !== change) return known;
    if (change.granted) change.granted = change.granted.map(sharedRole);
    if (change.revoked) change.revoked = change.revoked.map(sharedRole);
    change.what = sharedList(change.what) as Change["what"];
    return shareAll(change, ["reason", "message"], strings);
  };

  return (user) => {
    const { metadata, spec, status } = user;
    shareAll(metadata, ["namespace", "creationTimestamp"], strings);
    shareAll(spec.organizationRef, ["name"], strings);
    shareAll(spec, ["issuer", "groupsFrom", "oktaStatus"], strings);
    if (spec.groups) spec.groups = spec.groups.map(sharedGroup);
    if (status?.groups) status.groups = sharedList(status.groups);
    if (status?.roleNames) status.roleNames = sharedList(status.roleNames);
    if (status?.roles) status.roles = status.roles.map(sharedRole);
    if (status?.summary) shareAll(status.summary, ["groups", "roles", "mappings"], strings);
    if (status) shareAll(status, ["since", "lastLoginTime"], strings);
    if (status?.history) status.history = TimedList.of(status.history, (rest) => rest.map(sharedChange));
    if (status?.signIns)
      status.signIns = TimedList.of(status.signIns, (rest) => signIns.of(digestOf(rest), rest));
    shareConditions(status?.conditions, strings);
    return user;
  };
}

/**
 * The same for OktaRoleMappings, without what kubectl notes for itself: of a mapping only the status is ever written,
 * field by field, so nothing is lost.
 */
export function mappingCompactor(): (mapping: OktaRoleMapping) => OktaRoleMapping {
  const strings = new SharedStrings();
  return (mapping) => {
    const { metadata, spec, status } = mapping;
    shareAll(metadata, ["namespace", "creationTimestamp"], strings);
    if (metadata.annotations?.[LAST_APPLIED] !== undefined) {
      const { [LAST_APPLIED]: _, ...annotations } = metadata.annotations;
      metadata.annotations = annotations;
    }
    shareAll(spec.organizationRef, ["name"], strings);
    spec.roles = spec.roles.map((name) => strings.of(name));
    if (status?.summary) shareAll(status.summary, ["roles"], strings);
    shareConditions(status?.conditions, strings);
    return mapping;
  };
}

function shareConditions(conditions: Condition[] | undefined, strings: SharedStrings): void {
  for (const condition of conditions ?? [])
    shareAll(condition, ["type", "reason", "message", "lastTransitionTime"], strings);
}

/** A key for what is long: as a key of its own it would be in memory twice. */
function digestOf(value: unknown): string {
  return hash("sha256", JSON.stringify(value), "base64").slice(0, 22);
}

function isEmpty(object: object): boolean {
  return Object.keys(object).length === 0;
}

/** Puts an equal, shared string in the place of each of these. */
function shareAll<K extends string, T extends { [P in K]?: string }>(
  object: T,
  keys: readonly K[],
  strings: SharedStrings,
): T {
  const texts: { [P in K]?: string } = object;
  for (const key of keys) {
    const text = texts[key];
    if (text !== undefined) texts[key] = strings.of(text);
  }
  return object;
}
