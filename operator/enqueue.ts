import { indexKey } from "../crds/organization-key.ts";
import type { OktaRoleMapping, Organization } from "../crds/types.ts";
import type { IdentityStore, Policies } from "../identity/index.ts";
import type { Cache, Controller } from "../kubernetes/index.ts";
import { keyOf } from "../kubernetes/index.ts";
import { heldCondition } from "../organizations/policy-source.ts";
import type { KnownGroups } from "./mappings/known-groups.ts";
import { rivals } from "./organizations/reconcile-organization.ts";
import type { Currency } from "./users/cache-lag.ts";
import { approvalIn } from "./users/deactivation-approval.ts";
import type { PendingDeactivations } from "./users/pending-deactivations.ts";
import type { UnfinishedWrites } from "./users/reconcile-user.ts";
import { mappingsOf } from "./users/user-counts.ts";

export interface Controllers {
  readonly organizations: Controller;
  readonly mappings: Controller;
  readonly users: Controller;
  /** By organization: counts whom its changed policy would deactivate. */
  readonly policies: Controller;
}

export interface EnqueueDeps {
  readonly controllers: Controllers;
  readonly organizations: Cache<Organization>;
  readonly mappings: Cache<OktaRoleMapping>;
  readonly store: IdentityStore;
  readonly policies: Policies;
  readonly pending: PendingDeactivations;
  readonly known: KnownGroups;
  readonly unfinished: UnfinishedWrites;
  readonly currency: Currency;
}

/** Counts follow sign-ins at this pace at the most, however many people sign in. */
const COUNTS_AFTER_MS = 1000;

/**
 * Says what is to be looked at again when something changes. All of it takes place in the turn of the event
 * loop in which the change is seen, so that nobody is written by a changed policy before everybody is counted.
 * @returns how to stop
 */
export function enqueueOnChange(deps: EnqueueDeps): () => void {
  const subscriptions = [
    onOrganizations(deps),
    onMappings(deps),
    onPolicies(deps),
    onUsers(deps),
    onGroups(deps),
  ];
  return () => {
    for (const unsubscribe of subscriptions) unsubscribe();
  };
}

function onOrganizations({ controllers, organizations, mappings, pending }: EnqueueDeps): () => void {
  return organizations.subscribe((change) => {
    const { key, object } = change;
    const previous = change.kind === "updated" ? change.previous : undefined;
    controllers.organizations.queue.add(key);
    if (object.spec.loginPath !== previous?.spec.loginPath)
      for (const rival of rivals(organizations, object, previous)) controllers.organizations.queue.add(rival);
    if (object.metadata.generation !== previous?.metadata.generation)
      for (const mapping of mappings.by("organization", key)) controllers.mappings.queue.add(keyOf(mapping));
    // An approval is an annotation: it changes neither the spec nor the policy.
    if (!previous || approvalIn(object) !== approvalIn(previous) || isHeld(object) !== isHeld(previous))
      for (const ref of pending.of(key)) controllers.users.queue.add(ref);
  });
}

function isHeld(organization: Organization): boolean {
  return heldCondition(organization) !== undefined;
}

function onMappings({ controllers, mappings }: EnqueueDeps): () => void {
  return mappings.subscribe(({ key }) => controllers.mappings.queue.add(key));
}

function onPolicies({ controllers, policies, pending }: EnqueueDeps): () => void {
  return policies.subscribe((change) => {
    pending.policyChanged(change);
    controllers.policies.queue.add(change.organization);
  });
}

/** When whom a changed policy would deactivate is counted, everybody whom it touches is looked at again. */
export async function enqueueCounted(
  organization: string,
  { controllers, pending }: Pick<EnqueueDeps, "controllers" | "pending">,
  signal: AbortSignal,
): Promise<void> {
  for (const ref of await pending.count(organization, signal)) controllers.users.queue.add(ref);
  controllers.organizations.queue.add(organization);
}

function onUsers({ controllers, store, pending, unfinished, currency }: EnqueueDeps): () => void {
  return store.subscribe(({ kind, user, previous }) => {
    if (kind === "deleted") {
      pending.forget(user);
      unfinished.forget(user.ref);
    } else {
      currency.heard(user.ref);
      pending.look(user);
      controllers.users.queue.add(user.ref);
    }
    const before = mappingsOf(kind === "deleted" ? user : previous);
    const after = mappingsOf(kind === "deleted" ? undefined : user);
    for (const mapping of before.symmetricDifference(after))
      controllers.mappings.queue.addAfter(mapping, COUNTS_AFTER_MS);
    if (kind !== "updated" || previous?.access?.active !== user.access?.active)
      controllers.organizations.queue.addAfter(user.organization, COUNTS_AFTER_MS);
  });
}

/** The first who comes with a group's right name shows which mappings have it almost right. */
function onGroups({ controllers, mappings, known }: EnqueueDeps): () => void {
  return known.subscribe(({ organization, folded }) => {
    for (const mapping of mappings.by("foldedGroup", indexKey(organization, folded)))
      controllers.mappings.queue.add(keyOf(mapping));
  });
}

/**
 * Looks at everything once, when the caches are complete: what changed while nobody was watching. Everybody is counted
 * before anybody is deactivated. Ends early when the signal aborts.
 */
export async function enqueueAll(deps: EnqueueDeps, signal: AbortSignal): Promise<void> {
  const { controllers, organizations, mappings, store, policies, pending } = deps;
  for (const mapping of mappings.list()) controllers.mappings.queue.add(keyOf(mapping));
  for (const organization of organizations.list().map(keyOf)) {
    pending.policyChanged({ organization, touched: "all" });
    controllers.policies.queue.add(organization);
    controllers.organizations.queue.add(organization);
  }
  // The others come when their organization is counted.
  for await (const { ref, organization } of store.all()) {
    if (!policies.of(organization)) controllers.users.queue.add(ref);
    if (signal.aborted) return;
  }
}
