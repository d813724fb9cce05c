import { Shared, SharedStrings } from "../kubernetes/index.ts";
import { type Packing, TimedList } from "./timed-list.ts";
import type { OktaRoleMapping, OrganizationUser } from "./types.ts";

type User = OrganizationUser;
type Group = NonNullable<User["spec"]["groups"]>[number];
type Role = NonNullable<NonNullable<User["status"]>["roles"]>[number];
type Condition = NonNullable<NonNullable<User["status"]>["conditions"]>[number];
type StoredChange = NonNullable<NonNullable<User["status"]>["history"]>[number];
type StoredSignIn = NonNullable<NonNullable<User["status"]>["signIns"]>[number];
type SignIn = Omit<StoredSignIn, "time">;

/** What a change says beside roles, which thousands have in common, and how many of the roles behind it came and went. */
interface ChangeHead {
  readonly fields: Omit<StoredChange, "time" | "granted" | "revoked">;
  readonly granted: number | undefined;
  readonly revoked: number | undefined;
}

/** Some of them are somebody's own, and stand for nobody else. */
const MOST_HEADS = 4_096;

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
  const heads = new Shared<ChangeHead>(MOST_HEADS);
  const signInLists = new Shared<readonly SignIn[]>(MOST_HEADS);

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
  const changes: Packing<StoredChange, readonly (ChangeHead | Role)[]> = {
    pack: (list) => {
      const packed = list.flatMap(({ granted, revoked, ...fields }) => {
        const head: ChangeHead = { fields, granted: granted?.length, revoked: revoked?.length };
        const key = JSON.stringify([fields, head.granted, head.revoked]);
        return [heads.of(key, head), ...[...(granted ?? []), ...(revoked ?? [])].map(sharedRole)];
      });
      return packed.slice(); // a list that has grown has room for a dozen more
    },
    unpack: unpackedChanges,
  };
  const signIns: Packing<StoredSignIn, readonly SignIn[]> = {
    pack: (list) => signInLists.of(JSON.stringify(list), list),
    unpack: (list) => [...list],
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
    if (status?.history) status.history = TimedList.of(status.history, changes);
    if (status?.signIns) status.signIns = TimedList.of(status.signIns, signIns);
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

function unpackedChanges(packed: readonly (ChangeHead | Role)[]): Omit<StoredChange, "time">[] {
  const list: Omit<StoredChange, "time">[] = [];
  for (let at = 0; at < packed.length; ) {
    const head = packed[at++];
    if (!head || !("fields" in head)) break; // a head comes first, and behind it as many roles as it says
    const { fields, granted, revoked } = head;
    const roles = packed.slice(at, at + (granted ?? 0) + (revoked ?? 0)) as Role[];
    at += roles.length;
    list.push({
      ...fields,
      ...(granted === undefined ? {} : { granted: roles.slice(0, granted) }),
      ...(revoked === undefined ? {} : { revoked: roles.slice(granted ?? 0) }),
    });
  }
  return list;
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
