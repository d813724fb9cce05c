import type { Express } from "express";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import { mappingCompactor, userCompactor } from "../crds/compact.ts";
import {
  oktaRoleMappings,
  organizations as organizationType,
  organizationUsers,
  SESSION_KEYS_TYPE,
} from "../crds/resources.ts";
import type { OktaRoleMapping, Organization, OrganizationUser } from "../crds/types.ts";
import { AuditLog, LocalAdmins, Policies, UserCounts } from "../identity/index.ts";
import { KubernetesStore } from "../identity/stores/kubernetes/kubernetes-store.ts";
import { signInIndexes } from "../identity/stores/kubernetes/user-indexes.ts";
import {
  Cache,
  type Client,
  type ConfigMap,
  type EventRecorder,
  keyOf,
  StatusWriter,
} from "../kubernetes/index.ts";
import type { Http } from "../okta/http/http.ts";
import { Oidc } from "../okta/oidc/oidc.ts";
import { concernedHints, mappedGroupIndex } from "../organizations/concerned-hints.ts";
import { DirectoryClients } from "../organizations/directory-clients.ts";
import { HintsWriter, type HintsWriterOptions } from "../organizations/hints-writer.ts";
import { Keepers } from "../organizations/keepers.ts";
import type { LoginPathPrefixes } from "../organizations/login-path-prefixes.ts";
import {
  LoginPathHolders,
  type ObjectOfNamespace,
  reservationsCache,
} from "../organizations/login-path-reservations.ts";
import { OidcClients } from "../organizations/oidc-clients.ts";
import { policySource } from "../organizations/policy-source.ts";
import { SecretValues } from "../organizations/secret-values.ts";
import { SessionWatermarks } from "../organizations/session-watermarks.ts";
import { Strangers } from "../organizations/strangers.ts";
import type { Patience } from "../organizations/tenure.ts";
import { Callers } from "./api/callers.ts";
import { ServiceAccountCallers } from "./api/service-account-callers.ts";
import { SessionCallers } from "./api/session-callers.ts";
import { type AppSettings, createApp } from "./app.ts";
import { Guard } from "./console/guard.ts";
import { RoleMappings } from "./console/role-mappings.ts";
import { Roster } from "./console/roster.ts";
import { EventHooks } from "./hooks/event-hooks.ts";
import { HookSecrets } from "./hooks/hook-secrets.ts";
import { WebhookMetrics } from "./metrics.ts";
import { loginPathIndex, Organizations } from "./organizations.ts";
import { Origins } from "./origins.ts";
import { cookieStyle } from "./sessions/cookies.ts";
import { LogoutHint } from "./sessions/logout-hint.ts";
import { SessionKeys, type SessionKeysOptions } from "./sessions/session-keys.ts";
import { Sessions } from "./sessions/sessions.ts";
import { SignOuts, type SignOutsOptions } from "./sessions/sign-outs.ts";
import { staleness } from "./sessions/staleness.ts";
import { BrowserCookie } from "./sign-in/browser-cookie.ts";
import { ConcurrencyLimit } from "./sign-in/concurrency-limit.ts";
import { DoneCookie } from "./sign-in/done-cookie.ts";
import { outdatedGroupsClaim } from "./sign-in/groups-claim-condition.ts";
import { LocalSignIns } from "./sign-in/local-sign-ins.ts";
import { LoginStarts } from "./sign-in/login-starts.ts";
import { LOGIN_TIMEOUT_MS, LoginStates } from "./sign-in/login-states.ts";
import { LoginTimes } from "./sign-in/login-times.ts";
import { DIRECTORY_WAIT_MS, notShownIndex, OktaSignIns } from "./sign-in/okta-sign-ins.ts";
import { RememberedOrganization } from "./sign-in/remembered-organization.ts";
import { SignInLosses } from "./sign-in/sign-in-losses.ts";
import { StatusReporter } from "./sign-in/status-reporter.ts";
import { WayCookie } from "./sign-in/way-cookie.ts";
import { ServiceAccountKeys } from "./tokens/service-account-keys.ts";

export interface WebhookOptions extends Omit<AppSettings, "baseURL"> {
  readonly client: Client;
  readonly events: EventRecorder;
  readonly http: Http;
  readonly namespaces: readonly string[] | "all";
  /** The ConfigMap in which the operator reserves login paths, and which namespaces may use which. */
  readonly loginPaths: { readonly object: ObjectOfNamespace; readonly prefixes: LoginPathPrefixes };
  /** The program's own namespace. */
  readonly namespace: string;
  /** Whether tokens may be reviewed, as they may unless this is false. */
  readonly tokenReviews?: boolean;
  /** The name of this release: other releases' organizations aren't served. */
  readonly release: string;
  readonly patience?: Patience;
  /** The Secret with the keys of sessions. */
  readonly sessionSecret: { readonly namespace: string; readonly name: string };
  readonly keys?: Pick<SessionKeysOptions, "times" | "refreshMs">;
  /** Hosts of applications that people come back to, beside the webhook's own. */
  readonly applicationHosts?: readonly string[];
  /** Whose hosts get the cookies of sessions; without it, the webhook's own alone. */
  readonly cookieDomain?: string | undefined;
  /** How long an event hook's delivery may take to be stored; see `HintsWriter`. */
  readonly hints?: Pick<HintsWriterOptions, "timeoutMs">;
  /** How long somebody who signs out waits until that is stored; see `SignOuts`. */
  readonly signOuts?: Pick<SignOutsOptions, "waitMs">;
  /** Sessions are refused when the Kubernetes API has not been heard of for this long, in ms. */
  readonly maxStalenessMs: number;
  /** Sign-ins of one organization that may wait for Okta at once. */
  readonly loginsAtOnce: number;
  /** Local sign-ins of one client address, or with one local account, that may fail in a minute before reasons aren't told. */
  readonly localFailuresPerMinute: number;
  readonly log: Logger;
  readonly metrics: Registry;
}

/** People whose sessions are checked without making their accounts from objects again: 60 MiB when there are so many. */
const PEOPLE_AT_ONCE = 100_000;

/** The catalogue of an organization that isn't there. */
const NO_ROLES: Organization["spec"]["roles"] = [];

/** The login webhook: what it knows of the cluster, and the app on top of that. `run` keeps it current. */
export class Webhook {
  /** What this replica has heard of the cluster. */
  readonly caches: {
    readonly organizations: Cache<Organization>;
    readonly mappings: Cache<OktaRoleMapping>;
    readonly users: Cache<OrganizationUser>;
    /** Which login paths are reserved for whom. */
    readonly reservations: Cache<ConfigMap>;
  };
  readonly #options: WebhookOptions;
  readonly #store: KubernetesStore;
  readonly #counts: UserCounts;
  readonly #localAdmins: LocalAdmins;
  readonly #losses: SignInLosses;
  readonly #policies: Policies;
  readonly #watermarks: SessionWatermarks;
  readonly #keepers: Keepers;
  readonly #keys: SessionKeys;
  readonly #roster: Roster;
  readonly #counted: WebhookMetrics;
  readonly #reporter: StatusReporter;
  readonly #times: LoginTimes;
  readonly #isStale: (namespace: string) => boolean;

  constructor(options: WebhookOptions) {
    this.#options = options;
    const { client, namespaces, loginPaths, log, metrics, sessionSecret } = options;
    const common = { client, namespaces, log, metrics };
    const organizations = new Cache({ ...common, type: organizationType, indexes: loginPathIndex });
    const mappings = new Cache({
      ...common,
      type: oktaRoleMappings,
      project: mappingCompactor(),
      indexes: { ...mappedGroupIndex, ...notShownIndex },
    });
    const users = new Cache({
      ...common,
      type: organizationUsers,
      project: userCompactor(),
      indexes: signInIndexes,
    });
    const reservations = reservationsCache(loginPaths.object, common);
    this.caches = { organizations, mappings, users, reservations };
    // Before anybody else subscribes: whoever hears of a change finds the policy done.
    this.#policies = new Policies(policySource({ organizations, mappings }));
    this.#watermarks = new SessionWatermarks(organizations);
    this.#keepers = new Keepers({ organizations, release: options.release, patience: options.patience });
    this.#store = new KubernetesStore({
      client,
      cache: users,
      type: organizationUsers,
      remembered: PEOPLE_AT_ONCE,
    });
    this.#roster = new Roster({
      store: this.#store,
      catalogue: (key) => organizations.get(key)?.spec.roles ?? NO_ROLES,
    });
    this.#counts = new UserCounts(this.#store);
    this.#localAdmins = new LocalAdmins(this.#store, options.namespace, {
      areLetIn: options.tokenReviews ?? true,
    });
    this.#losses = new SignInLosses({
      store: this.#store,
      counts: this.#counts,
      localAdmins: this.#localAdmins,
    });
    this.#keys = new SessionKeys({
      client,
      secret: sessionSecret,
      log,
      ...options.keys,
    });
    this.#counted = new WebhookMetrics(metrics);
    organizations.subscribe(({ kind, key }) => {
      if (kind === "added") this.#counted.knows(key);
      if (kind === "deleted") void this.#counted.forgets(key, () => organizations.get(key) === undefined);
    });
    this.#reporter = new StatusReporter({
      mappings,
      organizations,
      status: new StatusWriter({ client, fieldManager: "okta-role-webhook", log, metrics }),
      log,
      onCoalesced: () => this.#counted.coalesced.inc(),
    });
    // What was said of a groups claim ends with the issuer and the client that it was said of.
    organizations.subscribe(({ kind, object }) => {
      const outdated = kind === "deleted" ? undefined : outdatedGroupsClaim(object);
      if (outdated) this.#reporter.groupsClaim(object, outdated);
    });
    this.#times = new LoginTimes({ store: this.#store, log });
    this.#isStale = staleness([users, organizations], options.maxStalenessMs);
  }

  /** Makes the app. @param baseURL where browsers reach it, such as https://login.example.com */
  app(baseURL: string): Express {
    const { client, events, http, loginPaths, log, loginsAtOnce, namespace } = this.#options;
    const { organizations, mappings, users, reservations } = this.caches;
    const holders = new LoginPathHolders({
      cache: reservations,
      key: keyOf(loginPaths.object),
      prefixes: loginPaths.prefixes,
    });
    const store = this.#store;
    const secrets = new SecretValues({ client, neverRead: [SESSION_KEYS_TYPE] });
    const audit = new AuditLog({ log, events });
    const { applicationHosts = [], cookieDomain } = this.#options;
    const cookies = cookieStyle(baseURL, cookieDomain);
    const okta = new OidcClients({ oidc: new Oidc({ http, loginTimeoutMs: LOGIN_TIMEOUT_MS }), secrets });
    const served = new Organizations(
      organizations,
      holders,
      (organization) => this.#keepers.isOthers(organization),
      // Whoever signs in is decided on by mappings as well; who is signed in has been decided on.
      staleness([organizations, mappings, users], this.#options.maxStalenessMs),
      new Origins(baseURL, applicationHosts),
    );
    const states = new LoginStates(this.#keys);
    const browsers = new BrowserCookie(cookies);
    const sessions = new Sessions({
      keys: this.#keys,
      store,
      organization: (key) => organizations.get(key),
      watermarks: this.#watermarks,
      namespace,
      isStale: this.#isStale,
      cookies,
    });
    const shared = { store, policies: this.#policies, audit, log };
    const serviceAccountKeys = new ServiceAccountKeys({ client, log });
    const hints = new HintsWriter({ client, ...this.#options.hints });
    const strangers = new Strangers({ store, organization: (key) => organizations.get(key), hints, log });
    return createApp(
      {
        log,
        metrics: this.#counted,
        keys: this.#keys,
        organizations: served,
        isRefused: (namespace) => [users, organizations].some((cache) => cache.isRefused(namespace)),
        okta,
        states,
        browsers,
        starts: new LoginStarts({ okta, organizations: served, states, browsers }),
        ways: new WayCookie(cookies),
        remembered: new RememberedOrganization(cookies),
        done: new DoneCookie(this.#keys, cookies),
        logoutHint: new LogoutHint(cookies),
        concurrency: new ConcurrencyLimit(loginsAtOnce),
        signOuts: new SignOuts({ store, audit, log, ...this.#options.signOuts }),
        sessions,
        guard: new Guard({ organizations: served, sessions }),
        roleMappings: new RoleMappings({
          client,
          store,
          counts: this.#counts,
          localAdmins: this.#localAdmins,
          events,
          log,
        }),
        oktaSignIns: new OktaSignIns({
          ...shared,
          organization: (key) => organizations.get(key),
          directories: new DirectoryClients({ secrets, http, lane: "people", maxWaitMs: DIRECTORY_WAIT_MS }),
          mappingsNotShown: (key) => mappings.by("notShown", key),
          losses: this.#losses,
          reporter: this.#reporter,
          times: this.#times,
          metrics: this.#counted,
        }),
        localSignIns: new LocalSignIns({
          ...shared,
          client,
          keys: serviceAccountKeys,
          events,
          namespace,
          failuresPerMinute: this.#options.localFailuresPerMinute,
        }),
        hookSecrets: new HookSecrets(secrets),
        hooks: new EventHooks({
          hints,
          concerned: (heard, organization) =>
            concernedHints(heard, organization, { mappings, store, strangers }),
          metrics: this.#counted,
          events,
          log,
        }),
        roster: this.#roster,
        policies: this.#policies,
        serviceAccountNamespace: namespace,
        callers: new Callers(
          new ServiceAccountCallers({
            client,
            keys: serviceAccountKeys,
            audience: `${served.origins.own}/api/v1`,
          }),
          new SessionCallers(sessions, this.#isStale),
        ),
      },
      { ...this.#options, baseURL },
    );
  }

  /** Resolves when everything has been read once, so that people can be served; rejects if stopped before. */
  async ready(): Promise<void> {
    const synced = Object.values(this.caches).map((cache) => cache.synced);
    await Promise.all([...synced, this.#keys.whenLoaded()]);
  }

  /**
   * What is wrong, if anything: for the readiness check. A replica that can't see revocations takes itself out; one
   * namespace that can't be read, while others can, is no reason.
   */
  check(): string | undefined {
    if (!Object.values(this.caches).every(({ hasSynced }) => hasSynced))
      return "not everything has been read yet: the log says why";
    if (!this.#keys.loaded) return "the keys of sessions have not been read yet: the log says why";
    const { users, organizations } = this.caches;
    const silent = [users, organizations].some((cache) => cache.freshness() > this.#options.maxStalenessMs);
    return silent ? "the Kubernetes API has not been heard of for too long" : undefined;
  }

  /** Keeps everything current until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([...Object.values(this.caches), this.#keys].map((part) => part.run(signal)));
  }

  /** Writes what is left to be written of sign-ins. @param withinMs how long that may take */
  async flush(withinMs: number): Promise<void> {
    await Promise.all([this.#reporter.flush(), this.#times.flush(withinMs)]);
  }
}
