import type { Express } from "express";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import { oktaRoleMappings, organizations as organizationType, organizationUsers } from "../crds/resources.ts";
import type { OktaRoleMapping, Organization, OrganizationUser } from "../crds/types.ts";
import { AuditLog, KubernetesStore, Policies, signInIndexes } from "../identity/index.ts";
import { Cache, type Client, type EventRecorder, SecretValues, StatusWriter } from "../kubernetes/index.ts";
import { DirectoryClients } from "../okta/directory-clients.ts";
import type { Http } from "../okta/http.ts";
import { Oidc } from "../okta/oidc.ts";
import { type AppSettings, createApp } from "./app.ts";
import { ClaimLoss } from "./claim-loss.ts";
import { cookieStyle } from "./cookies.ts";
import { DIRECTORY_WAIT_MS } from "./directory-groups.ts";
import { staleness } from "./freshness.ts";
import { Gate } from "./gate.ts";
import type { KeyTimes } from "./key-ring.ts";
import { LocalSignIns } from "./local-sign-ins.ts";
import { LOGIN_TIMEOUT_MS, LoginCookies } from "./login-cookies.ts";
import { LogoutHint } from "./logout-hint.ts";
import { WebhookMetrics } from "./metrics.ts";
import { OktaClients } from "./okta-clients.ts";
import { loginPathIndex, Organizations } from "./organizations.ts";
import { SessionKeys } from "./session-keys.ts";
import { Sessions } from "./sessions.ts";
import { SignIns } from "./sign-ins.ts";
import { StatusReporter } from "./status-reporter.ts";

export interface WebhookOptions extends Omit<AppSettings, "baseURL"> {
  readonly client: Client;
  readonly events: EventRecorder;
  readonly http: Http;
  readonly namespaces: readonly string[] | "all";
  /** The Secret with the keys of sessions. */
  readonly sessionSecret: { readonly namespace: string; readonly name: string };
  readonly keyTimes?: Partial<KeyTimes>;
  /** Sessions are refused when the Kubernetes API has not been heard of for this long, in ms. */
  readonly maxStalenessMs: number;
  /** Sign-ins of one organization that may wait for Okta at once. */
  readonly loginsAtOnce: number;
  readonly log: Logger;
  readonly metrics: Registry;
}

/** The login webhook: what it knows of the cluster, and the app on top of that. `run` keeps it current. */
export class Webhook {
  readonly #options: WebhookOptions;
  readonly #organizations: Cache<Organization>;
  readonly #mappings: Cache<OktaRoleMapping>;
  readonly #users: Cache<OrganizationUser>;
  readonly #policies: Policies;
  readonly #keys: SessionKeys;
  readonly #counted: WebhookMetrics;
  readonly #reporter: StatusReporter;
  readonly #isStale: () => boolean;

  constructor(options: WebhookOptions) {
    this.#options = options;
    const { client, namespaces, log, metrics, sessionSecret, keyTimes } = options;
    const common = { client, namespaces, log, metrics };
    this.#organizations = new Cache({ ...common, type: organizationType, indexes: loginPathIndex });
    this.#mappings = new Cache({ ...common, type: oktaRoleMappings });
    this.#users = new Cache({ ...common, type: organizationUsers, indexes: signInIndexes });
    // Before anybody else subscribes: whoever hears of a change finds the policy done.
    this.#policies = new Policies({ organizations: this.#organizations, mappings: this.#mappings });
    this.#keys = new SessionKeys({
      client,
      secret: sessionSecret,
      log,
      ...(keyTimes ? { times: keyTimes } : {}),
    });
    this.#counted = new WebhookMetrics(metrics);
    this.#reporter = new StatusReporter({
      mappings: this.#mappings,
      organizations: this.#organizations,
      status: new StatusWriter({ client, fieldManager: "okta-role-webhook", log, metrics }),
      log,
      onCoalesced: () => this.#counted.coalesced.inc(),
    });
    this.#isStale = staleness([this.#users, this.#organizations], options.maxStalenessMs);
  }

  /** Makes the app. @param baseURL where browsers reach it, such as https://login.example.com */
  app(baseURL: string): Express {
    const { client, events, http, log, loginsAtOnce } = this.#options;
    const store = new KubernetesStore({ client, cache: this.#users, type: organizationUsers });
    const secrets = new SecretValues({ client });
    const audit = new AuditLog({ log, events });
    const cookies = cookieStyle(baseURL);
    const shared = { store, policies: this.#policies, audit, log };
    return createApp(
      {
        client,
        log,
        metrics: this.#counted,
        organizations: new Organizations(this.#organizations, baseURL),
        okta: new OktaClients({ oidc: new Oidc({ http, loginTimeoutMs: LOGIN_TIMEOUT_MS }), secrets }),
        logins: new LoginCookies(this.#keys, cookies),
        logoutHint: new LogoutHint(cookies),
        gate: new Gate(loginsAtOnce),
        sessions: new Sessions({
          keys: this.#keys,
          store,
          organization: (key) => this.#organizations.get(key),
          isStale: this.#isStale,
          cookies,
        }),
        signIns: new SignIns({
          ...shared,
          directories: new DirectoryClients({ secrets, http, maxWaitMs: DIRECTORY_WAIT_MS }),
          claimLoss: new ClaimLoss({ store }),
          reporter: this.#reporter,
        }),
        localSignIns: new LocalSignIns({ ...shared, events }),
      },
      { ...this.#options, baseURL },
    );
  }

  /** Resolves when everything has been read once, so that people can be served; rejects if stopped before. */
  async ready(): Promise<void> {
    const { synced } = this.#organizations;
    await Promise.all([synced, this.#mappings.synced, this.#users.synced, this.#keys.whenLoaded()]);
  }

  /** What is wrong, if anything: for the readiness check. A replica that can't see revocations takes itself out. */
  check(): string | undefined {
    const caches = [this.#organizations, this.#mappings, this.#users];
    if (!caches.every(({ hasSynced }) => hasSynced))
      return "not everything has been read yet: the log says why";
    if (!this.#keys.loaded) return "the keys of sessions have not been read yet: the log says why";
    return this.#isStale() ? "the Kubernetes API has not been heard of for too long" : undefined;
  }

  /** Keeps everything current until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const running = [this.#organizations, this.#mappings, this.#users, this.#keys];
    await Promise.all(running.map((part) => part.run(signal)));
  }

  /** Writes the statuses that are left to be written. */
  flush(): Promise<void> {
    return this.#reporter.flush();
  }
}
