import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import { mappingCompactor, userCompactor } from "../crds/compact.ts";
import { indexKey, organizationOf } from "../crds/organization-key.ts";
import {
  oktaHints,
  oktaRoleMappings,
  organizations,
  organizationUsers,
  SESSION_KEYS_TYPE,
} from "../crds/resources.ts";
import type { OktaHints, OktaRoleMapping, Organization, OrganizationUser } from "../crds/types.ts";
import { AuditLog, foldedName, LocalAdmins, MappingCounts, Policies, UserCounts } from "../identity/index.ts";
import { KubernetesStore } from "../identity/stores/kubernetes/kubernetes-store.ts";
import { userIndexes } from "../identity/stores/kubernetes/user-indexes.ts";
import {
  again,
  Cache,
  type Client,
  type ConfigMap,
  Controller,
  done,
  type EventRecorder,
  keyOf,
  type Outcome,
  type ReconcileContext,
  StatusWriter,
  splitKey,
} from "../kubernetes/index.ts";
import type { Http } from "../okta/http/http.ts";
import { Oidc } from "../okta/oidc/oidc.ts";
import { concernedHints, mappedGroupIndex } from "../organizations/concerned-hints.ts";
import { DirectoryClients } from "../organizations/directory-clients.ts";
import { HintsWriter } from "../organizations/hints-writer.ts";
import { Keepers } from "../organizations/keepers.ts";
import { type ObjectOfNamespace, reservationsCache } from "../organizations/login-path-reservations.ts";
import { policySource } from "../organizations/policy-source.ts";
import { SecretValues } from "../organizations/secret-values.ts";
import { SessionWatermarks } from "../organizations/session-watermarks.ts";
import { Strangers } from "../organizations/strangers.ts";
import type { Patience } from "../organizations/tenure.ts";
import { GroupLookup } from "./mappings/group-lookup.ts";
import { KnownGroups } from "./mappings/known-groups.ts";
import { LastChanges } from "./mappings/last-changes.ts";
import { meaningGroups } from "./mappings/meaning-groups.ts";
import { reconcileMapping } from "./mappings/reconcile-mapping.ts";
import { registerMetrics } from "./metrics.ts";
import { keepWatermark } from "./organizations/keep-watermark.ts";
import { LoginPaths } from "./organizations/login-paths.ts";
import type { ReservationRules } from "./organizations/next-reservations.ts";
import { OktaChecks } from "./organizations/okta-checks.ts";
import { reconcileOrganization } from "./organizations/reconcile-organization.ts";
import { reportUnreadable } from "./organizations/unreadable-namespace.ts";
import { Gate, type KeysAre } from "./releases/gate.ts";
import { keepOrganization } from "./releases/keep-organization.ts";
import { DirectorySync, SyncMetrics } from "./sync/directory-sync.ts";
import { isFollowed } from "./sync/sync-state.ts";
import type { HeardHints } from "./sync/taken-hints.ts";
import { CacheLag } from "./users/cache-lag.ts";
import { DeactivationHold } from "./users/deactivation-hold.ts";
import { endSessions } from "./users/end-sessions.ts";
import { HeldPeople } from "./users/held-people.ts";
import { PendingDeactivations } from "./users/pending-deactivations.ts";
import { reconcileUser } from "./users/reconcile-user.ts";
import { UnfinishedSignIns } from "./users/unfinished-sign-ins.ts";
import { type Controllers, enqueueCounted, wire } from "./wiring.ts";

export interface OperatorOptions {
  /** Reads. */
  readonly client: Client;
  /** The same, refusing to write when this replica isn't the leader. */
  readonly leader: Client;
  readonly events: EventRecorder;
  readonly http: Http;
  /** The name of this release: it leaves alone what other releases keep. */
  readonly release: string;
  readonly patience?: Patience;
  readonly namespaces: readonly string[] | "all";
  /** The ConfigMap in which login paths are reserved, and what bounds that. */
  readonly loginPaths: ReservationRules & { readonly object: ObjectOfNamespace };
  /** Where browsers reach the webhook, without a slash at the end. */
  readonly baseURL: string;
  /** Whether the webhook may have tokens reviewed, as it does unless this is false. */
  readonly tokenReviews?: boolean;
  readonly log: Logger;
  readonly metrics: Registry;
}

/** Who leads has heard of the cluster within this time, in ms. */
const CURRENT_MS = 10_000;

/** How long what has time waits for Okta's rate limit, in ms: two of its windows. */
const SWEEP_WAIT_MS = 120_000;

/** How often a leader that is cut off looks whether it still is. */
const CUT_OFF_MS = 200;

/** How long a reconcile may go on when this replica stops leading: the lease is released after that, in ms. */
const GRACE_MS = 4_000;

/** When to look again at what is in a namespace that can't be read. */
const UNREADABLE_AGAIN_MS = 5_000;

/**
 * Keys that are reconciled at once, by controller; half of them for one namespace. It loses little by that: workers wait for
 * the API server nearly all of the time, and 24 writes under way keep it, and the one thread that makes them, about as busy
 * as 32 do.
 */
const WORKERS = {
  organizations: 48,
  mappings: 48,
  users: 48,
  policies: 48,
  "session-ends": 24,
  watermarks: 24,
  keepers: 48,
};

/**
 * The operator: caches that every replica keeps warm, and controllers that the leader runs.
 * Make it once; `watch` runs for the life of the process, `lead` for as long as this replica leads.
 */
export class Operator {
  readonly #caches: readonly (Pick<Cache<Organization>, "run" | "synced" | "check" | "isReadable"> & {
    readonly type: { readonly plural: string };
  })[];
  readonly #organizations: Cache<Organization>;
  readonly #mappings: Cache<OktaRoleMapping>;
  readonly #users: Cache<OrganizationUser>;
  /** Which login paths are reserved for whom. */
  readonly #reservations: Cache<ConfigMap>;
  readonly #keepers: Keepers;
  readonly #loginPaths: LoginPaths;
  readonly #options: OperatorOptions;
  readonly #store: KubernetesStore;
  readonly #policies: Policies;
  readonly #watermarks: SessionWatermarks;
  readonly #counts: UserCounts;
  readonly #localAdmins: LocalAdmins;
  readonly #held = new HeldPeople();
  readonly #assigned: MappingCounts;
  readonly #changes: LastChanges;
  readonly #known: KnownGroups;
  /** What has been heard of Okta. Where it can't be read, nothing else waits for it. */
  readonly #hints: Cache<OktaHints>;
  readonly #heardHints: HeardHints;
  readonly #strangers: Strangers;
  readonly #syncMetrics: SyncMetrics;
  #running: readonly Controller[] = [];

  constructor(options: OperatorOptions) {
    const { client, leader, namespaces, loginPaths, log, metrics } = options;
    const common = { client, namespaces, log, metrics };
    this.#options = options;
    this.#organizations = new Cache({
      ...common,
      type: organizations,
      indexes: { loginPath: ({ spec }) => [spec.loginPath] },
    });
    this.#mappings = new Cache({
      ...common,
      type: oktaRoleMappings,
      project: mappingCompactor(),
      indexes: {
        organization: (mapping) => [organizationOf(mapping)],
        ...mappedGroupIndex,
        foldedGroup: (mapping) =>
          mapping.spec.groups.flatMap(({ name }) =>
            name === undefined ? [] : [indexKey(organizationOf(mapping), foldedName(name))],
          ),
      },
    });
    const users = new Cache({
      ...common,
      type: organizationUsers,
      project: userCompactor(),
      indexes: userIndexes,
    });
    this.#users = users;
    this.#reservations = reservationsCache(loginPaths.object, common);
    this.#keepers = new Keepers({
      organizations: this.#organizations,
      release: options.release,
      patience: options.patience,
    });
    this.#loginPaths = new LoginPaths({
      client: leader,
      cache: this.#reservations,
      organizations: this.#organizations,
      isOthers: (organization) => this.#keepers.isOthers(organization),
      object: loginPaths.object,
      rules: loginPaths,
      now: () => leader.serverTime(),
      log,
    });
    // Before anybody else subscribes: whoever hears of a change finds the policy done.
    this.#policies = new Policies(
      policySource({ organizations: this.#organizations, mappings: this.#mappings }),
    );
    this.#store = new KubernetesStore({ client: leader, cache: users, type: organizationUsers });
    this.#watermarks = new SessionWatermarks(this.#organizations);
    this.#counts = new UserCounts(this.#store);
    this.#localAdmins = new LocalAdmins(this.#store, loginPaths.object.namespace, {
      areLetIn: options.tokenReviews ?? true,
    });
    this.#assigned = new MappingCounts(this.#store);
    this.#changes = new LastChanges({ store: this.#store, mappings: this.#mappings });
    this.#known = new KnownGroups(this.#store);
    this.#hints = new Cache({ ...common, type: oktaHints });
    this.#heardHints = this.#hintsOf(leader);
    this.#strangers = new Strangers({
      store: this.#store,
      organization: (key) => this.#organizations.get(key),
      hints: this.#heardHints,
      log,
    });
    this.#syncMetrics = new SyncMetrics(metrics);
    registerMetrics(metrics, {
      organizations: this.#organizations,
      counts: this.#counts,
      held: this.#held,
    });
    this.#caches = [this.#organizations, this.#mappings, users];
  }

  /** Resolves when everything has been read once. */
  async synced(): Promise<void> {
    await Promise.all([...this.#caches, this.#reservations].map((cache) => cache.synced));
  }

  /**
   * What is wrong with what this replica knows, if anything: for the readiness check. A namespace that can't be read,
   * while others can, is no reason.
   * @param maxAgeMs how long ago it may be that everything was known, in ms
   */
  check(maxAgeMs?: number): string | undefined {
    // What was reserved once holds: only who has never read it knows nothing.
    if (!this.#reservations.hasSynced) return this.#reservations.check();
    return this.#caches.map((cache) => cache.check(maxAgeMs)).find((problem) => problem !== undefined);
  }

  /** Whether this replica knows enough to lead: everything has been read, and heard of lately. */
  isCurrent(): boolean {
    return this.check(CURRENT_MS) === undefined;
  }

  /** Which reconcile hangs, if any: for the liveness check. */
  stuck(): string | undefined {
    return this.#running.map((controller) => controller.check()).find((problem) => problem !== undefined);
  }

  /** Keeps the caches current until the signal aborts. */
  async watch(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#caches, this.#reservations, this.#hints].map((cache) => cache.run(signal)));
  }

  /** Runs the controllers until the signal aborts and what they were doing is done. */
  async lead(signal: AbortSignal): Promise<void> {
    if (!(await this.#current(signal))) return;
    this.#changes.clear();
    this.#running = Object.values(this.#controllers(signal));
    try {
      await Controller.runTogether(this.#running, signal);
    } finally {
      this.#running = [];
      this.#held.clear();
    }
  }

  /**
   * Waits until everything has been read, and heard of lately: a replica that has been cut off leads nobody.
   * @returns whether it has; not when the signal aborts before
   */
  async #current(signal: AbortSignal): Promise<boolean> {
    const aborted = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => aborted.resolve(), { once: true });
    if (signal.aborted) aborted.resolve();
    try {
      await Promise.race([this.synced(), aborted.promise]);
    } catch (error) {
      if (!signal.aborted) throw error; // the caches were stopped together with this
    }
    while (!signal.aborted && !this.isCurrent())
      await sleep(CUT_OFF_MS, undefined, { signal }).catch(() => {}); // aborted: the loop ends
    return !signal.aborted;
  }

  /** The kinds that can't be read, or haven't been, in the namespace of this object. */
  #unread(key: string): string[] {
    const { namespace } = splitKey(key);
    return this.#caches.filter((cache) => !cache.isReadable(namespace)).map(({ type }) => type.plural);
  }

  #controllers(signal: AbortSignal): Controllers {
    const { leader, events, http, baseURL, log, metrics } = this.#options;
    const [mappings, store, policies, counts] = [this.#mappings, this.#store, this.#policies, this.#counts];
    const status = new StatusWriter({ client: leader, fieldManager: "okta-role-operator", log, metrics });
    const audit = new AuditLog({ log, events });
    const secrets = new SecretValues({ client: this.#options.client, neverRead: [SESSION_KEYS_TYPE] });
    const directories = new DirectoryClients({ secrets, http });
    const okta = new OktaChecks({
      oidc: new Oidc({ http }),
      secrets,
      directories,
      answered: (organization) => controllers.organizations.queue.add(organization),
      recovered: (organization) => {
        const concerned = mappings.by("organization", organization).map(keyOf);
        groups.recovered(organization, concerned);
        for (const mapping of concerned) controllers.mappings.queue.add(mapping);
      },
      isAnswering: (organization, withinMs) => sync.isAnswering(organization, withinMs),
      signal,
    });
    const groups = new GroupLookup({
      directories,
      isFollowed: (organization) => isFollowed(sync.of(organization)),
      answered: (mapping) => controllers.mappings.queue.add(mapping),
      signal,
      known: this.#known,
      mappingsOf: (organization) => mappings.count("organization", organization),
    });
    const pending = new PendingDeactivations({ store, policies });
    const hold = new DeactivationHold({
      organizations: this.#organizations,
      pending,
      policies,
      counts,
      localAdmins: this.#localAdmins,
    });
    const unfinished = new UnfinishedSignIns();
    const sync = new DirectorySync({
      organizations: this.#organizations,
      mappings,
      hints: this.#heardHints,
      concerned: (organization, hints) =>
        concernedHints(hints, organization, { mappings, store, strangers: this.#strangers }),
      store,
      policies,
      unfinished,
      audit,
      directories,
      sweeps: new DirectoryClients({ secrets, http, lane: "sweep", maxWaitMs: SWEEP_WAIT_MS }),
      isReady: (organization) => this.#isReady(organization),
      decide: (ref) => controllers.users.queue.add(ref),
      lookUpGroups: (organization, ids, names = []) => {
        const concerned = meaningGroups(organization, { ids, names }, mappings);
        groups.again(concerned);
        for (const mapping of concerned) controllers.mappings.queue.add(mapping);
      },
      changed: (organization) => controllers.organizations.queue.add(organization),
      metrics: this.#syncMetrics,
      log,
      signal,
    });

    const shared = { organizations: this.#organizations, mappings, store, status, events };
    const organizationDeps = {
      ...shared,
      okta,
      sync,
      hints: this.#hints,
      loginPaths: this.#loginPaths,
      hold,
      held: this.#held,
      pending,
      counts,
      baseURL,
      lookAgain: (refs: Iterable<string>) => {
        for (const ref of refs) controllers.users.queue.add(ref);
      },
    };
    const mappingDeps = { ...shared, assigned: this.#assigned, changes: this.#changes, groups };
    const cacheLag = new CacheLag({ organizations: this.#organizations, mappings });
    const userDeps = { store, policies, pending, hold, audit, unfinished, cacheLag };
    const watermarkDeps = {
      organizations: this.#organizations,
      watermarks: this.#watermarks,
      status: new StatusWriter({ client: leader, fieldManager: "okta-role-operator-sessions", log, metrics }),
    };
    const gate = new Gate({
      keepers: this.#keepers,
      organizations: this.#organizations,
      mappings,
      users: this.#users,
    });
    const keepDeps = {
      organizations: this.#organizations,
      keepers: this.#keepers,
      status: new StatusWriter({ client: leader, fieldManager: "okta-role-operator-release", log, metrics }),
      events,
      log,
      onOurs: (organization: string) => gate.open(organization),
    };
    const ungated = (
      name: keyof typeof WORKERS,
      reconcile: (key: string, context: ReconcileContext) => Promise<Outcome>,
    ): Controller =>
      new Controller({ name, workers: WORKERS[name], reconcile, graceMs: GRACE_MS, log, metrics });
    const controller = (
      name: keyof typeof WORKERS,
      keysAre: KeysAre,
      reconcile: (key: string, context: ReconcileContext) => Promise<Outcome>,
    ): Controller => {
      const made = ungated(name, async (key, context) => {
        if (!gate.admits(key, keysAre, made.queue)) return done;
        // Half of what there is says nothing about the rest: in a namespace that can't be read, nothing is decided.
        const unread = this.#unread(key);
        if (unread.length === 0) return reconcile(key, context);
        if (name === "organizations") await reportUnreadable(key, unread, shared);
        return again(UNREADABLE_AGAIN_MS);
      });
      return made;
    };
    const controllers: Controllers = {
      keepers: ungated("keepers", (key) => keepOrganization(key, keepDeps)),
      organizations: controller("organizations", "organizations", (key) =>
        reconcileOrganization(key, organizationDeps),
      ),
      mappings: controller("mappings", "mappings", (key) => reconcileMapping(key, mappingDeps)),
      users: controller("users", "users", (key) => reconcileUser(key, userDeps)),
      watermarks: controller("watermarks", "organizations", (key) => keepWatermark(key, watermarkDeps)),
      sessionEnds: controller("session-ends", "users", (key) => endSessions(key, userDeps)),
      policies: controller("policies", "organizations", async (key, { signal }) => {
        await enqueueCounted(key, controllers, pending, signal);
        return done;
      }),
    };
    const reservations = this.#reservations;
    wire(controllers, {
      ...shared,
      reservations,
      policies,
      pending,
      known: this.#known,
      unfinished,
      cacheLag,
      hints: this.#hints,
      sync,
    });
    return controllers;
  }

  /** What has been heard of Okta, as it is known here and written for all. */
  #hintsOf(client: Client): HeardHints {
    const known = (organization: string) => this.#hints.get(organization);
    const writer = new HintsWriter({ client, known });
    return {
      of: known,
      heard: (organization, heard) => writer.heard(organization, heard),
      done: (organization, done) => writer.done(organization, done),
    };
  }

  /** Whether this replica may act for an organization, and knows all that there is of it. */
  #isReady(key: string): boolean {
    const organization = this.#organizations.get(key);
    return (
      organization !== undefined &&
      this.#keepers.isOurs(organization) &&
      this.#unread(key).length === 0 &&
      this.isCurrent()
    );
  }
}
