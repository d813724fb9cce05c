import { pauseWords } from "../crds/annotations.ts";
import { indexKey, organizationOf } from "../crds/organization-key.ts";
import type { OktaHints, OktaRoleMapping, Organization } from "../crds/types.ts";
import {
  adminRolesHeld,
  type IdentityStore,
  isWaiting,
  mappingsOf,
  type Policies,
  type PolicyChange,
  sameGroups,
  type User,
  type UserEvent,
} from "../identity/index.ts";
import {
  type Cache,
  type Change,
  type ConfigMap,
  type Controller,
  type KubernetesObject,
  keyOf,
  type Source,
} from "../kubernetes/index.ts";
import { heldCondition } from "../organizations/policy-source.ts";
import type { KnownGroups } from "./mappings/known-groups.ts";
import type { DirectorySync } from "./sync/directory-sync.ts";
import type { CacheLag } from "./users/cache-lag.ts";
import { approvalIn } from "./users/deactivation-approval.ts";
import { isAskedToEnd } from "./users/end-sessions.ts";
import type { PendingDeactivations } from "./users/pending-deactivations.ts";
import type { UnfinishedSignIns } from "./users/unfinished-sign-ins.ts";

export interface Controllers {
  /** By organization: says which release keeps it. */
  readonly keepers: Controller;
  readonly organizations: Controller;
  readonly mappings: Controller;
  readonly users: Controller;
  /** By organization: keeps which sessions have ended for good. */
  readonly watermarks: Controller;
  /** By user: ends the sessions of whom somebody wants to be put out. */
  readonly sessionEnds: Controller;
  /** By organization: counts whom its changed policy would deactivate. */
  readonly policies: Controller;
}

export interface WiringDeps {
  readonly organizations: Cache<Organization>;
  readonly mappings: Cache<OktaRoleMapping>;
  /** Which login paths are reserved for whom. */
  readonly reservations: Cache<ConfigMap>;
  readonly store: IdentityStore;
  readonly policies: Policies;
  readonly pending: PendingDeactivations;
  readonly known: KnownGroups;
  readonly unfinished: UnfinishedSignIns;
  readonly cacheLag: CacheLag;
  readonly hints: Cache<OktaHints>;
  readonly sync: Pick<DirectorySync, "follow">;
}

/**
 * A cache that nobody waits for: what has been heard of Okta makes things known sooner, and where it can't be read, all
 * else goes on.
 */
function withoutWaiting<T extends KubernetesObject>(cache: Cache<T>): Source<Change<T>> {
  return { subscribe: (listener) => cache.subscribe(listener), existing: () => cache.existing() };
}

/** Counts follow sign-ins at this pace at the most, however many people sign in. */
const COUNTS = { afterMs: 1000 };

/**
 * Says of each controller what it looks at when it starts, and what it looks at again when something changes. All of it
 * takes place in the turn of the event loop in which the change is seen, so that nobody is written by a changed policy
 * before everybody is counted.
 */
export function wire(controllers: Controllers, deps: WiringDeps): void {
  const { organizations, mappings, reservations, store, policies, known } = deps;

  controllers.keepers.follow(organizations);

  controllers.organizations
    .follow(organizations)
    .enqueueOn(reservations, (change) => waitingFor(change, deps))
    .enqueueOn(withoutWaiting(deps.hints), (change) => changedHints(change, deps), COUNTS)
    .enqueueOn(store, (event) => organizationToCount(event, deps), COUNTS);

  controllers.mappings
    .follow(mappings)
    .enqueueOn(mappings, (change) => changedMapping(change, deps))
    .enqueueOn(organizations, (change) => mappingsIn(change, deps))
    .enqueueOn(known, ({ organization, folded }) => almostNamed(organization, folded, deps))
    .enqueueOn(store, mappingsToCount, COUNTS);

  controllers.policies
    .enqueueFirst(() => everyPolicy(deps))
    .enqueueOn(policies, (change) => changedPolicy(change, deps));

  controllers.users
    .enqueueFirst((signal) => usersOfNoPolicy(deps, signal)) // the others come when their organization is counted
    .enqueueOn(store, (event) => changedUser(event, deps))
    .enqueueOn(organizations, (change) => usersToApprove(change, deps));

  controllers.watermarks.follow(organizations);

  controllers.sessionEnds
    .enqueueFirst((signal) => usersToPutOut(deps, signal))
    .enqueueOn(store, ({ kind, user }) => (kind !== "deleted" && isAskedToEnd(user) ? [user.ref] : []));
}

/** When whom a changed policy would deactivate is counted, everybody whom it touches is looked at again. */
export async function enqueueCounted(
  organization: string,
  controllers: Controllers,
  pending: PendingDeactivations,
  signal: AbortSignal,
): Promise<void> {
  for (const ref of await pending.count(organization, signal)) controllers.users.queue.add(ref);
  controllers.organizations.queue.add(organization);
}

/** What has been heard is looked at at once; the organization says something of it now and then. */
function changedHints({ key }: Change<OktaHints>, { sync }: WiringDeps): string[] {
  sync.follow(key);
  return [key];
}

/** Whoever asks for a login path hears of it when it is reserved, left or free. */
function waitingFor(change: Change<ConfigMap>, { organizations }: WiringDeps): string[] {
  const after = change.kind === "deleted" ? {} : (change.object.data ?? {});
  const before = change.kind === "added" ? {} : ((previousOf(change) ?? change.object).data ?? {});
  return Object.keys({ ...before, ...after })
    .filter((path) => before[path] !== after[path])
    .flatMap((path) => organizations.by("loginPath", path).map(keyOf));
}

/** The reason tells who has come to be held, the groups why; admins may be what others are held for the want of. */
function organizationToCount({ kind, user, previous }: UserEvent, { policies }: WiringDeps): string[] {
  if (kind !== "updated" || !previous || user.source === "Local") return [user.organization];
  const policy = policies.of(user.organization)?.policy;
  const admin = (of: User): string => (policy ? adminRolesHeld(of, of.access, policy).join() : "");
  const isSame =
    admin(previous) === admin(user) &&
    previous.access?.active === user.access?.active &&
    previous.access?.reason === user.access?.reason &&
    (!isWaiting(user) || sameGroups(previous.groups, user.groups));
  return isSame ? [] : [user.organization];
}

function mappingsIn(change: Change<Organization>, { mappings }: WiringDeps): string[] {
  const { object } = change;
  const previous = previousOf(change);
  const isSame =
    previous &&
    object.metadata.generation === previous.metadata.generation &&
    pauseWords(object) === pauseWords(previous);
  return isSame ? [] : mappings.by("organization", change.key).map(keyOf);
}

/** It may name other groups now, or know what they are called in Okta. */
function changedMapping({ object }: Change<OktaRoleMapping>, { sync }: WiringDeps): string[] {
  sync.follow(organizationOf(object));
  return [];
}

/** The first who comes with a group's right name shows which mappings have it almost right. */
function almostNamed(organization: string, folded: string, { mappings }: WiringDeps): string[] {
  return mappings.by("foldedGroup", indexKey(organization, folded)).map(keyOf);
}

/** Those that the user has come to hold something through, or has ceased to. */
function mappingsToCount({ kind, user, previous }: UserEvent): Iterable<string> {
  const before = mappingsOf(kind === "deleted" ? user : previous);
  const after = mappingsOf(kind === "deleted" ? undefined : user);
  const namespace = user.ref.slice(0, user.ref.indexOf("/"));
  return Array.from(before.symmetricDifference(after), (name) => `${namespace}/${name}`);
}

/** What changed while nobody was watching isn't known: everybody is counted before anybody is deactivated. */
function* everyPolicy({ organizations, pending }: WiringDeps): Generator<string> {
  for (const organization of organizations.list().map(keyOf)) {
    pending.policyChanged({ organization, touched: "all" });
    yield organization;
  }
}

/** It concerns also those who came with almost the same names: that is what they are told as the reason. */
function changedPolicy(change: PolicyChange, { pending, known }: WiringDeps): string[] {
  const { organization, touched } = change;
  const near = touched === "all" ? [] : known.almost(organization, touched.groups);
  if (touched === "all" || near.length === 0) pending.policyChanged(change);
  else
    pending.policyChanged({
      organization,
      touched: { ...touched, groups: new Set([...touched.groups, ...near]) },
    });
  return [organization];
}

async function* usersOfNoPolicy(
  { store, policies }: WiringDeps,
  signal: AbortSignal,
): AsyncGenerator<string> {
  for await (const { ref, organization } of store.all()) {
    if (signal.aborted) return;
    if (!policies.of(organization)) yield ref;
  }
}

async function* usersToPutOut({ store }: WiringDeps, signal: AbortSignal): AsyncGenerator<string> {
  for await (const user of store.all()) {
    if (signal.aborted) return;
    if (isAskedToEnd(user)) yield user.ref;
  }
}

function changedUser({ kind, user }: UserEvent, { pending, unfinished, cacheLag }: WiringDeps): string[] {
  if (kind === "deleted") {
    pending.forget(user);
    unfinished.forget(user.ref);
    return [];
  }
  cacheLag.heard(user.ref);
  pending.look(user);
  return [user.ref];
}

/** An approval is an annotation: it changes neither the spec nor the policy. */
function usersToApprove(change: Change<Organization>, { pending }: WiringDeps): Iterable<string> {
  const { key, object } = change;
  const previous = previousOf(change);
  const isSame =
    previous && approvalIn(object) === approvalIn(previous) && isHeld(object) === isHeld(previous);
  return isSame ? [] : pending.of(key).refs();
}

function isHeld(organization: Organization): boolean {
  return heldCondition(organization) !== undefined;
}

function previousOf<T extends KubernetesObject>(change: Change<T>): T | undefined {
  return change.kind === "updated" ? change.previous : undefined;
}
