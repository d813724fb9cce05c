import type { Organization } from "../../crds/types.ts";
import {
  type Identity,
  LocalAdmins,
  type Mapping,
  Policies,
  type PolicySource,
  provisionSignIn,
  type ReceivedGroup,
  type SourceChange,
  UserCounts,
} from "../../identity/index.ts";
import { mergeConditions } from "../../kubernetes/controller/conditions.ts";
import { type DesiredCondition, rfc3339 } from "../../kubernetes/index.ts";
import { deactivationsWithinLimit } from "../../operator/organizations/organization-conditions.ts";
import { approvalIn } from "../../operator/users/deactivation-approval.ts";
import { DeactivationHold } from "../../operator/users/deactivation-hold.ts";
import { PendingDeactivations } from "../../operator/users/pending-deactivations.ts";
import { reconcileUser } from "../../operator/users/reconcile-user.ts";
import { heldCondition } from "../../organizations/policy-source.ts";
import { SignInLosses } from "../../webhook/sign-in/sign-in-losses.ts";
import { SimulatedStore } from "../identity/simulated-store.ts";

const ISSUER = "https://acme.okta.com";
const KEY = "acme/acme";
const ROLES = [{ name: "member" }, { name: "organization-admin", admin: true }];
const { signal } = new AbortController();

/**
 * An organization whose people sign in and change, on what decides in the operator and in the webhook, without a cluster:
 * one thing happens after the other, and everything that follows from it before the next.
 */
export class SimulatedOrganization {
  /** ms since 1970 */
  now = Date.parse("2026-01-05T08:00:00Z");
  readonly store = new SimulatedStore(() => this.now);
  /** Times that something came to be held. */
  holds = 0;
  readonly #organization: Organization;
  readonly #mappings = new Map<string, Mapping>();
  readonly #queue = new Set<string>();
  readonly #counts: UserCounts;
  readonly #policies: Policies;
  readonly #pending: PendingDeactivations;
  readonly #hold: DeactivationHold;
  readonly #losses: SignInLosses;
  #tell: (change: SourceChange) => void = () => {};

  constructor(mappings: readonly Mapping[]) {
    const { store } = this;
    const now = () => this.now;
    this.#organization = {
      apiVersion: "rolemapping.dev/v1alpha1",
      kind: "Organization",
      metadata: { namespace: "acme", name: "acme", uid: "o1", generation: 1, annotations: {} },
      spec: { safeguards: { maxDeactivations: "20%" } },
      status: { conditions: [] },
    } as unknown as Organization;
    const source: PolicySource = {
      organization: () => ({
        issuer: ISSUER,
        roles: ROLES,
        held: heldCondition(this.#organization) !== undefined,
        paused: false,
      }),
      subscribe: (listener) => {
        this.#tell = listener;
      },
    };
    this.#policies = new Policies(source);
    const terms = source.organization(KEY);
    if (terms) this.#tell({ kind: "organization", organization: KEY, after: terms });
    const [policies, counts, localAdmins] = [
      this.#policies,
      new UserCounts(store),
      new LocalAdmins(store, "product"),
    ];
    this.#counts = counts;
    this.#pending = new PendingDeactivations({ store, policies });
    const organizations = { get: () => this.#organization };
    const deps = { counts, localAdmins, now };
    this.#hold = new DeactivationHold({ organizations, policies, pending: this.#pending, ...deps });
    this.#losses = new SignInLosses({ store, ...deps });
    policies.subscribe((change) => this.#pending.policyChanged(change));
    store.subscribe(({ user }) => {
      this.#pending.look(user);
      this.#queue.add(user.ref);
    });
    for (const mapping of mappings) this.#put(mapping);
  }

  get active(): number {
    return this.#counts.of(KEY).active;
  }

  get held(): DesiredCondition | undefined {
    return heldCondition(this.#organization);
  }

  /** Somebody signs in with these groups, or without the claim. @returns what came of it */
  async signIn(subject: string, groups: readonly string[] | "no claim"): Promise<string> {
    const received = groups === "no claim" ? [] : named(groups);
    const identity = this.#identity(subject, received, groups === "no claim" ? "MissingClaim" : "Claim");
    const inForce = this.#policies.of(KEY);
    if (!inForce) throw new Error("there is no organization");
    using allowance = await this.#losses.allow(KEY, this.#organization, inForce, identity);
    if (!allowance) return "the claim is lost";
    const signIn = { organization: KEY, identity, at: this.now };
    const { kind } = await provisionSignIn(this.store, signIn, inForce, (user, access) =>
      allowance.decide(user, access),
    );
    await this.settle();
    return kind;
  }

  /** Okta's directory shows somebody in these groups. */
  async isSeen(subject: string, groups: readonly string[], status = "ACTIVE"): Promise<void> {
    const identity = { ...this.#identity(subject, named(groups), "Directory"), status };
    const user = await this.store.find(KEY, identity);
    if (user) await this.store.update(user, { identity });
    await this.settle();
  }

  /** Somebody edits a mapping. */
  async edit(mapping: Mapping): Promise<void> {
    this.#put(mapping);
    await this.settle();
  }

  /** Somebody approves what is held, as the condition says it. */
  async approve(): Promise<void> {
    const [, name = "", code = ""] = /(\S+)=(\S+)$/.exec(this.held?.message ?? "") ?? [];
    this.#organization.metadata.annotations = { [name]: code };
    if (approvalIn(this.#organization) !== code) throw new Error("it isn't said how to approve");
    for (const ref of this.#pending.of(KEY).refs()) this.#queue.add(ref);
    await this.settle();
  }

  /** Does what the operator does, until there is nothing more to do. */
  async settle(): Promise<void> {
    while (this.#queue.size > 0 || this.#pending.isCounting(KEY)) {
      if (this.#pending.isCounting(KEY))
        for (const ref of await this.#pending.count(KEY, signal)) this.#queue.add(ref);
      for (const ref of this.#queue) {
        this.#queue.delete(ref);
        await this.#reconcile(ref);
      }
      this.#report();
    }
  }

  async #reconcile(ref: string): Promise<void> {
    const { kind } = await reconcileUser(ref, {
      store: this.store,
      policies: this.#policies,
      pending: this.#pending,
      hold: this.#hold,
      audit: { write: () => {} } as never,
      unfinished: { waitMs: () => 0, isOfDirectory: () => false } as never,
      cacheLag: { isCurrent: () => true },
    });
    if (kind !== "done") throw new Error(`nothing is waited for here, but ${ref} is`);
  }

  #report(): void {
    const organization = this.#organization;
    const [state, waiting, wasHeld] = [this.#hold.offer(KEY), this.#pending.of(KEY), this.held !== undefined];
    if (!state || !organization.status) return;
    const condition = deactivationsWithinLimit(organization, state, waiting, () => []);
    const now = new Date(this.now);
    organization.status.conditions = mergeConditions(organization.status.conditions ?? [], [condition], {
      generation: 1,
      now,
    });
    const settled = this.#hold.settled(organization, KEY);
    if (settled > 0) organization.status.deactivationsSettledTime = rfc3339(settled);
    if (state.held && !wasHeld) this.holds++;
    if (!state.held || !wasHeld) for (const ref of waiting.refs()) this.#queue.add(ref);
  }

  #put(mapping: Mapping): void {
    const before = this.#mappings.get(mapping.name);
    this.#mappings.set(mapping.name, mapping);
    const after = { organization: KEY, mapping };
    this.#tell({
      kind: "mapping",
      after,
      ...(before ? { before: { organization: KEY, mapping: before } } : {}),
    });
  }

  #identity(subject: string, groups: readonly ReceivedGroup[], groupsFrom: Identity["groupsFrom"]): Identity {
    const email = `${subject}@acme.example`;
    return { issuer: ISSUER, subject, email, emailVerified: true, groups, groupsFrom };
  }
}

function named(groups: readonly string[]): ReceivedGroup[] {
  return groups.map((name) => ({ name }));
}
