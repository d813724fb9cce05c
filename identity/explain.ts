import { type Access, type Grant, grantKey, noAccess } from "./access.ts";
import { resolveSignIn, resolveStoredAccess } from "./account-access.ts";
import type {
  Explanation,
  HeldCause,
  MappingGap,
  NoAccessExplanation,
  Obstacle,
  ReceivedGroups,
  RoleExplanation,
} from "./explanation.ts";
import { type GroupsRefusal, mayBeCut } from "./groups-verdict.ts";
import { groupLabel, type Identity, isActiveInOkta } from "./identity.ts";
import { type NearMiss, nearMisses, outOfForce } from "./near-misses.ts";
import type { CompiledPolicy, Mapping, PolicyInForce } from "./policy.ts";
import { resolveAccess } from "./resolve-access.ts";
import { identityOf, isActive, type User } from "./user.ts";

/** Whom it is about: an account, what Okta says of somebody who has none, or nobody of whom anything is known. */
export interface Explained {
  readonly user?: User | undefined;
  readonly identity?: Identity | undefined;
}

/** What people of an organization are decided by, and what hinders that. */
export interface Circumstances {
  /** Undefined when the organization doesn't exist. */
  readonly inForce: (PolicyInForce & { readonly policy: CompiledPolicy }) | undefined;
  /** Why sign-ins are refused by their groups at present, as the organization's conditions say. */
  readonly claim?: GroupsRefusal | undefined;
}

/** What is listed at the most: groups that were received, causes, mappings, and groups of one mapping. */
const MOST_RECEIVED = 50;
const MOST_CAUSES = 20;
const MOST_MAPPINGS = 20;
const MOST_OF_MAPPING = 5;

/**
 * The one explanation of why somebody has a role or hasn't: pages, the API and texts for `kubectl` are made from it. It
 * matches nothing by itself: what is held is what is stored, what is decided is what `resolveStoredAccess` decides.
 *
 * Pure. It names mappings and groups: what the person themselves may read of it, `inWords` says.
 * @param asked the roles to explain, by name. Default: the whole catalogue, and what is held beside it
 */
export function explain(
  person: Explained,
  circumstances: Circumstances,
  asked?: readonly string[],
): Explanation {
  const facts = factsOf(person, circumstances);
  const catalogue = [...(circumstances.inForce?.policy.roles.keys() ?? [])];
  const roles = asked ?? [...new Set([...catalogue, ...facts.held.map(({ role }) => role)])];
  const { user, identity } = facts;
  return {
    account: user?.access ? (isActive(user) ? "Active" : "Deactivated") : user ? "Undecided" : "None",
    ...(user ? { source: user.source } : {}),
    ...(identity ? { received: receivedGroups(identity) } : {}),
    ...(user?.lastLoginTime === undefined ? {} : { lastLoginTime: user.lastLoginTime }),
    roles: roles.map((role) => explainRole(role, facts)),
  };
}

/** What everything else follows from. */
interface Facts {
  readonly circumstances: Circumstances;
  readonly user: User | undefined;
  /** Undefined for local accounts, and where nothing is known. */
  readonly identity: Identity | undefined;
  /** As the door sees it. */
  readonly held: readonly Grant[];
  readonly decided: readonly Grant[];
  readonly decidedKeys: ReadonlySet<string>;
  /** The keys of what the groups give by themselves, and of what would be held if nothing were paused or held as a whole. */
  readonly byGroups: ReadonlySet<string>;
  readonly unhindered: ReadonlySet<string>;
  /** By mapping: the groups of it that the person is in, and what comes close. */
  readonly matched: ReadonlyMap<string, readonly string[]>;
  readonly misses: ReadonlyMap<string, readonly NearMiss[]>;
  /** By role: the mappings that would give it. That takes all mappings, so that it is done where somebody asks only. */
  readonly giving: () => ReadonlyMap<string, readonly Mapping[]>;
}

function factsOf(person: Explained, circumstances: Circumstances): Facts {
  const { inForce } = circumstances;
  const { user } = person;
  const identity = user ? identityOf(user) : person.identity;
  // Whom another issuer has named is somebody else, whatever groups they had.
  const groups = identity && identity.issuer === inForce?.issuer ? identity.groups : [];
  const byGroups = inForce ? resolveAccess({ groups }, inForce.policy).grants : [];
  const decided = decidedAccess({ user, identity }, inForce).grants;
  const unhindered = inForce && { ...inForce, held: false, paused: false };
  return {
    circumstances,
    user,
    identity,
    held: user && isActive(user) ? (user.access?.grants ?? []) : [],
    decided,
    decidedKeys: new Set(decided.map(grantKey)),
    byGroups: new Set(byGroups.map(grantKey)),
    unhindered: new Set(decidedAccess({ user, identity }, unhindered).grants.map(grantKey)),
    matched: grouped(byGroups, ({ mapping = "", group = "" }) => [mapping, group]),
    misses: grouped(inForce ? nearMisses(groups, inForce.policy) : [], (miss) => [miss.mapping, miss]),
    giving: once(() => mappingsByRole(inForce?.policy)),
  };
}

function decidedAccess({ user, identity }: Explained, inForce: Circumstances["inForce"]): Access {
  if (user) return resolveStoredAccess(user, inForce);
  if (identity && inForce && identity.issuer === inForce.issuer)
    return resolveSignIn(identity, undefined, inForce).access;
  return noAccess("NoMappedGroup", "Nothing is known of this person.");
}

function mappingsByRole(policy: CompiledPolicy | undefined): Map<string, Mapping[]> {
  const each = [...(policy?.mappings.values() ?? [])].flatMap((mapping) =>
    mapping.roles.map((role) => ({ mapping, role })),
  );
  return grouped(each, ({ mapping, role }) => [role, mapping]);
}

/**
 * What hinders somebody who holds nothing at all. It costs what their own groups cost, however many mappings there are:
 * everybody who is refused asks for it.
 */
export function explainNoAccess(person: Explained, circumstances: Circumstances): NoAccessExplanation {
  const facts = factsOf(person, circumstances);
  const isDecided = facts.decided.length > 0;
  return { obstacles: obstaclesOf(isDecided, facts), misses: [...facts.misses.values()].flat() };
}

function explainRole(role: string, facts: Facts): RoleExplanation {
  const { held, decided, circumstances } = facts;
  const known = circumstances.inForce?.policy.roles.get(role);
  const grants = held.filter((grant) => grant.role === role);
  const isDecided = decided.some((grant) => grant.role === role);
  const about = {
    role,
    displayName: known?.displayName ?? role,
    admin: known?.admin === true,
    holds: grants.length > 0,
    decided: isDecided,
  };
  if (about.holds) {
    const shown = grants.slice(0, MOST_CAUSES);
    const causes = shown.map((grant) => ({ ...grant, code: heldCode(grant, facts) }));
    return { ...about, causes, obstacles: [], mappings: [], more: grants.length - causes.length };
  }
  const isOfMappings = facts.user?.source !== "Local" && circumstances.inForce !== undefined;
  const obstacles: Obstacle[] = [
    ...(circumstances.inForce && !known ? [{ code: "RoleUnknown" as const }] : []),
    ...obstaclesOf(isDecided, facts),
    ...(isOfMappings && !facts.giving().has(role) ? [{ code: "NoMapping" as const }] : []),
  ];
  const isAboutMappings = !obstacles.some(({ code }) => BESIDE_MAPPINGS.has(code));
  const gaps = isAboutMappings ? gapsOf(role, facts) : [];
  const mappings = gaps.slice(0, MOST_MAPPINGS);
  return { ...about, causes: [], obstacles, mappings, more: gaps.length - mappings.length };
}

function heldCode(grant: Grant, facts: Facts): HeldCause["code"] {
  const { circumstances, decidedKeys, byGroups, unhindered, user } = facts;
  const { inForce } = circumstances;
  const { mapping } = grant;
  const key = grantKey(grant);
  if (!inForce || !decidedKeys.has(key)) return "NotTakenYet";
  if (mapping === undefined && user?.source === "Local") return "LocalAccount";
  if (byGroups.has(key)) return "MappedGroup";
  if (unhindered.has(key)) {
    if (mapping !== undefined && inForce.policy.isPaused(mapping)) return "MappingPaused";
    if (mapping !== undefined && inForce.policy.isSuspended(mapping)) return "MappingSuspended";
    return "NameWithoutID";
  }
  return inForce.paused ? "OrganizationPaused" : "DeactivationHeld";
}

/** Where one of these is so, no mapping could help. */
const BESIDE_MAPPINGS: ReadonlySet<Obstacle["code"]> = new Set([
  "OrganizationNotFound",
  "LocalAccount",
  "IssuerChanged",
]);

function obstaclesOf(isDecided: boolean, { circumstances, user, identity }: Facts): Obstacle[] {
  const { inForce, claim } = circumstances;
  if (!inForce) return [{ code: "OrganizationNotFound" }];
  const found: Obstacle[] = [];
  if (isDecided && user) found.push({ code: "NotAppliedYet" });
  if (user?.source === "Local") return [...found, { code: "LocalAccount" }];
  if (!user) found.push({ code: "NoAccount" });
  if (identity && !isActiveInOkta(identity.status))
    found.push({ code: "NotActiveInOkta", status: identity.status ?? "" });
  if (identity && identity.issuer !== inForce.issuer)
    found.push({ code: "IssuerChanged", issuer: identity.issuer });
  if (inForce.paused) found.push({ code: "OrganizationPaused" });
  if (claim !== undefined) found.push({ code: claim });
  if (identity?.groupsFrom === "MissingClaim") found.push({ code: "ClaimMissing" });
  if (identity && mayBeCut(identity)) found.push({ code: "ListMayBeCut" });
  return found;
}

function gapsOf(role: string, { circumstances, giving, matched, misses }: Facts): MappingGap[] {
  const policy = circumstances.inForce?.policy;
  if (!policy) return [];
  const gaps = (giving().get(role) ?? []).flatMap((mapping): readonly MappingGap[] => {
    const { name } = mapping;
    const groups = matched.get(name);
    if (groups) return [{ code: "InGroup", mapping: name, groups: some([...new Set(groups)]) }];
    const close = misses.get(name);
    if (close) return close.slice(0, MOST_OF_MAPPING);
    return [policy.isOutOfForce(name) ? outOfForce(mapping, policy) : notInGroups(mapping)];
  });
  return gaps.sort(
    (a, b) => rank(a) - rank(b) || (a.mapping < b.mapping ? -1 : a.mapping > b.mapping ? 1 : 0),
  );
}

function notInGroups({ name, groups }: Mapping): MappingGap {
  const labels = groups.map(({ name, id, currentName }) => name ?? currentName ?? id ?? "");
  return { code: "NotInGroups", mapping: name, groups: some(labels), total: labels.length };
}

/** The most telling first. */
function rank(gap: MappingGap): number {
  switch (gap.code) {
    case "InGroup":
      return 0;
    case "NameDiffers":
      return 2;
    case "NameWithoutID":
    case "OtherGroupOfName":
      return 3;
    case "NotInGroups":
      return 4;
    case "MappingSuspended":
    case "MappingPaused":
      return gap.group === undefined ? 5 : 1;
  }
}

function some(names: readonly string[]): string[] {
  return names.slice(0, MOST_OF_MAPPING);
}

function receivedGroups({ groups, groupsFrom }: Identity): ReceivedGroups {
  const labels = groups.map(groupLabel).sort();
  return { from: groupsFrom, groups: labels.slice(0, MOST_RECEIVED), total: labels.length };
}

function grouped<T, V>(items: Iterable<T>, entry: (item: T) => readonly [string, V]): Map<string, V[]> {
  const groups = new Map<string, V[]>();
  for (const item of items) {
    const [key, value] = entry(item);
    const known = groups.get(key);
    if (known) known.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}

/** Computed when it is asked for first. */
function once<T>(compute: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: compute() };
    return made.value;
  };
}
