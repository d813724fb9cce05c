import type { ExecutionContext } from "ava";
import { Registry } from "prom-client";
import { oktaRoleMappings, organizations, organizationUsers } from "../../crds/resources.ts";
import type { Condition, OrganizationUser } from "../../crds/types.ts";
import type { Rights } from "../../dev/control-plane/service-account.ts";
import {
  type CookieJar,
  type OktaStandIn,
  type OrganizationSeed,
  type SignInOptions,
  type SignInResult,
  signIn,
  startOkta,
} from "../../dev/okta/index.ts";
import { compareResourceVersions } from "../../kubernetes/client/object.ts";
import { type Client, createClient, EventRecorder } from "../../kubernetes/index.ts";
import { Http } from "../../okta/http/http.ts";
import { releaseName } from "../../organizations/keepers.ts";
import { LoginPathPrefixes } from "../../organizations/login-path-prefixes.ts";
import { type RunningServer, serve } from "../../webhook/server.ts";
import { Webhook, type WebhookOptions } from "../../webhook/webhook.ts";
import { type TestCluster, testCluster, waitFor } from "../cluster.ts";
import { kubeconfigVia } from "../kubernetes/api-server.ts";
import type { FaultServer } from "../kubernetes/fault-server.ts";
import { logLines } from "../log-lines.ts";
import { loginPathsIn } from "../login-paths.ts";
import { LOOPBACK } from "../okta/loopback.ts";
import { signedIn } from "../signed-in.ts";
import { Browser } from "./browser.ts";

export const CLIENT_ID = "0oaTest";
export const CLIENT_SECRET = "the-right-secret";
const ROLES = ["service-admin", "portal-admin", "organization-admin"];

/** One webhook in this process, as it would be in a container: own client, own caches, own port. */
export interface Replica {
  readonly url: string;
  readonly webhook: Webhook;
  readonly client: Client;
  readonly metrics: Registry;
  stop(): Promise<void>;
}

/** A webhook in this process, on a namespace of its own, under the chart's rights, with an Okta beside it. */
export interface UnderTest extends Replica {
  readonly cluster: TestCluster;
  readonly okta: OktaStandIn;
  /** Every line that the webhooks have logged, parsed. */
  readonly lines: Record<string, unknown>[];
  /** Another replica: the same people and the same base URL, other caches and another port. */
  replica(options?: ReplicaOptions): Promise<Replica>;
  apply(...objects: object[]): Promise<void>;
  /** Waits until every replica has heard of an object as it is now. */
  heard(kind: "oktaorg" | "orm", name: string): Promise<void>;
  /** Applies an organization, its Secret, and mappings as {name: [groups, roles]}, and waits until the webhook knows. */
  applyAcme(options?: AcmeOptions): Promise<void>;
  /** Signs in as a person with a browser would. */
  signIn(username: string, options?: SignInAt): Promise<SignInResult>;
  /** Signs in as somebody who gets in, and tries again while told to. @returns their cookies; rejects when they are refused */
  signedIn(username: string, options?: SignInAt): Promise<CookieJar>;
  /** What a program learns of a browser's session. */
  session(
    cookies: CookieJar | undefined,
    at?: { url: string },
  ): Promise<{ status: number; body: Record<string, unknown> }>;
  browser(cookies?: CookieJar): Browser;
  /** The accounts there are, by email. */
  users(): Promise<Map<string, OrganizationUser>>;
  condition(
    kind: "oktaorg" | "orm",
    name: string,
    type: string,
    status: string,
    reason?: string,
  ): Promise<Condition>;
}

export type SignInAt = SignInOptions & { path?: string };

export interface AcmeOptions {
  name?: string;
  mappings?: Record<string, [groups: string[], roles: string[]]>;
  spec?: object;
  okta?: object;
  clientSecret?: string;
}

export type ReplicaOptions = Partial<WebhookOptions> & { kubeconfig?: string };

/** Another namespace that is watched. */
export interface Beside {
  readonly namespace: string;
  /** Gives the service account of the webhook's own namespace its rights in the other one. */
  prepare(home: TestCluster): Promise<void>;
}

const MAPPINGS: Record<string, [string[], string[]]> = {
  services: [["service_admin"], ["service-admin"]],
  portal: [["portal_admin"], ["portal-admin"]],
};

/** Some people of Acme: Ada is in service_admin, Eve in no mapped group. Their password is their name. */
const PEOPLE = [
  person("ada", ["service_admin"]),
  person("ben", ["service_admin"]),
  person("eve", ["marketing"]),
  person("raj", ["portal_admin", "service_admin"]),
];

export function person(name: string, groups: string[], rest: object = {}) {
  const firstName = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  return { login: `${name}@acme.example`, firstName, lastName: "Tester", password: name, groups, ...rest };
}

export async function webhookUnderTest(
  t: ExecutionContext,
  {
    okta: seed = {},
    beside,
    prefixes = new LoginPathPrefixes(),
    host = "localhost",
    faults,
    rights,
    ...options
  }: ReplicaOptions & {
    okta?: OrganizationSeed;
    /** What the webhooks' requests to the API server go through. */
    faults?: FaultServer;
    beside?: Beside;
    prefixes?: LoginPathPrefixes;
    /** By which browsers know it: a name of this machine. */
    host?: string;
    /** Others than the chart's. */
    rights?: Rights;
  } = {},
): Promise<UnderTest> {
  const cluster = await testCluster(t);
  const { namespace } = cluster;
  const account = await cluster.serviceAccount(rights);
  const kubeconfig = faults
    ? await kubeconfigVia(t, faults.url, { insecure: true, kubeconfig: account })
    : account;
  await beside?.prepare(cluster);
  const { log, lines } = logLines();
  let baseURL: string | undefined;
  const replicas: Replica[] = [];

  const replica = async ({ kubeconfig: other, ...overrides }: ReplicaOptions = {}): Promise<Replica> => {
    const metrics = new Registry();
    const client = await createClient({ kubeconfig: other ?? kubeconfig, userAgent: "test", metrics, log });
    const http = new Http({ destinations: LOOPBACK, timeoutMs: 5_000 });
    const events = new EventRecorder({
      client,
      reportingController: "test/webhook",
      reportingInstance: "one",
      log,
    });
    const webhook = new Webhook({
      client,
      events,
      http,
      namespaces: [namespace, ...(beside ? [beside.namespace] : [])],
      loginPaths: loginPathsIn(namespace, { prefixes }),
      namespace,
      release: releaseName(namespace, "okta-role-operator"),
      sessionSecret: { namespace, name: "okta-role-operator-session-keys" },
      maxStalenessMs: 30_000,
      trustedProxies: false,
      loginsPerMinute: 100_000,
      apiRequestsPerMinute: 100_000,
      localFailuresPerMinute: 100_000,
      loginsAtOnce: 64,
      // A busy machine isn't an API server that doesn't answer.
      hints: { timeoutMs: 60_000 },
      signOuts: { waitMs: 60_000 },
      log,
      metrics,
      ...options,
      ...overrides,
    });
    const running = new AbortController();
    const ended = webhook.run(running.signal);
    let listener: Parameters<typeof serve>[0] | undefined;
    const server: RunningServer = await serve((req, res) => listener?.(req, res), {
      port: 0,
      host: "127.0.0.1",
    });
    const url = `http://${host}:${server.port}`;
    baseURL ??= url;
    listener = webhook.app(baseURL);
    await webhook.ready();
    let stopping: Promise<void> | undefined;
    const stop = async (): Promise<void> => {
      await server.close(1_000);
      await webhook.flush(5_000);
      await events.flush();
      running.abort();
      await ended;
      await http.close();
      await client.close();
    };
    const stopOnce = (): Promise<void> => {
      stopping ??= stop();
      return stopping;
    };
    t.teardown(stopOnce);
    const made = { url, webhook, client, metrics, stop: stopOnce };
    replicas.push(made);
    return made;
  };

  const main = await replica();
  const app = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET };
  const okta = await startOkta({
    users: PEOPLE,
    groups: ["service_admin", "portal_admin", "marketing"],
    apiTokens: ["an-api-token"],
    ...seed,
    apps: [
      {
        ...app,
        redirectUris: [`${main.url}/callback/acme`, `${main.url}/callback/beta`],
        postLogoutRedirectUris: [`${main.url}/logout/done`],
        groupsClaim: {},
      },
      ...(seed.apps ?? []),
    ],
  });
  t.teardown(() => okta.stop());

  const admin = await createClient({ kubeconfig: cluster.kubeconfig, userAgent: "test-admin", log });
  t.teardown(() => admin.close());
  const get = {
    oktaorg: (name: string) => admin.get(organizations, { namespace, name }),
    orm: (name: string) => admin.get(oktaRoleMappings, { namespace, name }),
  };

  /** Waits until every replica has heard of an object as it is now. */
  const heard = async (kind: "oktaorg" | "orm", name: string): Promise<void> => {
    const { resourceVersion } = (await get[kind](name)).metadata;
    const know = ({ webhook: { caches } }: Replica): boolean => {
      const cache = kind === "oktaorg" ? caches.organizations : caches.mappings;
      const version = cache.get(`${namespace}/${name}`)?.metadata.resourceVersion;
      return compareResourceVersions(version, resourceVersion) >= 0;
    };
    await waitFor(() => (replicas.every(know) ? true : undefined), {
      what: `the webhooks to hear of ${kind} ${name}`,
    });
  };

  const tryToSignIn: UnderTest["signIn"] = (username, { path = "/login/acme", ...rest } = {}) => {
    const login = username.includes("@") ? username : `${username}@acme.example`;
    return signIn(okta, `${main.url}${path}`, login, rest);
  };

  return {
    ...main,
    cluster,
    okta,
    lines,
    replica,
    apply: cluster.apply,
    heard,
    applyAcme: async ({
      name = "acme",
      mappings = MAPPINGS,
      spec = {},
      okta: connection = {},
      clientSecret,
    } = {}) => {
      await cluster.apply(
        secret(`${name}-okta`, { clientSecret: clientSecret ?? CLIENT_SECRET, apiToken: "an-api-token" }),
        object("Organization", name, {
          displayName: name === "acme" ? "Acme" : name,
          loginPath: name,
          roles: ROLES.map((role) => ({
            name: role,
            displayName: title(role),
            admin: role === "organization-admin",
          })),
          ...spec,
          okta: {
            issuer: okta.issuer(),
            clientID: CLIENT_ID,
            clientSecretRef: { name: `${name}-okta`, key: "clientSecret" },
            ...connection,
          },
        }),
        ...Object.entries(mappings).map(([mapping, [groups, roles]]) =>
          mappingObject(mapping, groups, roles, name),
        ),
      );
      await heard("oktaorg", name);
      for (const mapping of Object.keys(mappings)) await heard("orm", mapping);
    },
    signIn: tryToSignIn,
    signedIn: (username, options) => signedIn(() => tryToSignIn(username, options)),
    session: async (cookies, at = main) => {
      const answer = await new Browser(at.url, cookies).get("/session");
      return { status: answer.status, body: JSON.parse(answer.body) as Record<string, unknown> };
    },
    browser: (cookies) => new Browser(main.url, cookies),
    users: async () => {
      const found = new Map<string, OrganizationUser>();
      for await (const { items } of admin.pages(organizationUsers, { namespace }))
        for (const user of items) found.set(user.spec.email ?? "", user);
      return found;
    },
    condition: (kind, name, type, status, reason) =>
      waitFor(
        async () => {
          const found = (await get[kind](name)).status?.conditions?.find(
            (condition) => condition.type === type,
          );
          return found?.status === status && (reason === undefined || found.reason === reason)
            ? found
            : undefined;
        },
        { what: `${kind} ${name} to have ${type} ${status} ${reason ?? ""}` },
      ),
  };
}

export function secret(name: string, values: Record<string, string>): object {
  return { apiVersion: "v1", kind: "Secret", metadata: { name }, stringData: values };
}

function mappingObject(name: string, groups: string[], roles: string[], organization = "acme"): object {
  return object("OktaRoleMapping", name, {
    organizationRef: { name: organization },
    groups: groups.map((group) => ({ name: group })),
    roles,
  });
}

export function object(kind: string, name: string, spec: object): object {
  return { apiVersion: "rolemapping.dev/v1alpha1", kind, metadata: { name }, spec };
}

/** service-admin as people see it: Service Admin. */
function title(role: string): string {
  return role.replace(
    /(^|-)([a-z])/g,
    (_, dash: string, letter: string) => (dash ? " " : "") + letter.toUpperCase(),
  );
}
