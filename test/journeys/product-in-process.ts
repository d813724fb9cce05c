import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { Registry } from "prom-client";
import { OPERATOR_ACCOUNT, type Program, type Rights } from "../../dev/control-plane/service-account.ts";
import { CookieJar, type OktaStandIn, signIn, startOkta } from "../../dev/okta/index.ts";
import { type Client, createClient, EventRecorder, LeaderElection } from "../../kubernetes/index.ts";
import { Http } from "../../okta/http/http.ts";
import { Operator } from "../../operator/operator.ts";
import { releaseName } from "../../organizations/keepers.ts";
import { serve } from "../../webhook/server.ts";
import { Webhook } from "../../webhook/webhook.ts";
import { serveToo, type TestCluster, testCluster, waitFor } from "../cluster.ts";
import { logLines } from "../log-lines.ts";
import { loginPathsIn } from "../login-paths.ts";
import { LOOPBACK } from "../okta/loopback.ts";
import {
  localAdminObject,
  mappingObject,
  organizationObject,
  secret,
} from "../operator/operator-under-test.ts";
import { signedIn } from "../signed-in.ts";
import { Browser, copyOf } from "../webhook/browser.ts";
import { behindTap } from "./product-under-test.ts";
import { WriteTap } from "./write-tap.ts";

/** Short, for tests in which the cluster isn't heard of any more. */
const MAX_STALENESS_MS = 10_000;

const HOOK_SECRET = "the hook's secret";

/** Operator and webhook in this process, in a namespace of their own, with an organization, Ada, and Mia, an admin. */
export interface ProductInProcess {
  readonly cluster: TestCluster;
  readonly okta: OktaStandIn;
  /** Between each program and the API server: the same one where both share a service account. */
  readonly taps: Readonly<Record<Program, WriteTap>>;
  readonly webhook: Webhook;
  readonly operator: Operator;
  /** What the product has logged, parsed. */
  readonly lines: Record<string, unknown>[];
  /** Another replica of the webhook, which finds the keys of sessions to be due and rotates them. */
  rotateKeys(): void;
  /** Waits until the webhook is ready, and serves the organization at the login path that the operator reserves for it. */
  untilServed(): Promise<void>;
  /** Ada signs in. @returns the status of the last answer: 303 when she is in */
  signIn(cookies?: CookieJar): Promise<number>;
  /** Ada signs in, and is let in. Rejects when she is refused. */
  signedIn(cookies?: CookieJar): Promise<CookieJar>;
  /** What a program is told of a browser's session: the status. */
  sessionOf(cookies: CookieJar): Promise<number>;
  /** Mia, a local admin, signs in with her service account's token. @returns the status of the answer: 303 when she is in */
  signInLocally(): Promise<number>;
  /** A program asks the API for the organization's users, with Mia's service account, which may not list them. @returns the status */
  askAPI(): Promise<number>;
  /** Mia, who administers the organization, saves these groups of a role on the page Role mapping. @returns the status: 303 when it is done */
  saveMapping(groups: string): Promise<number>;
  /**
   * Gives the organization a directory and an event hook, and waits until the webhook knows. Okta's log is asked when this
   * begins and then once an hour, so that it isn't the log that tells of what the hook should.
   */
  hook(): Promise<void>;
  /** Okta's event hook tells that somebody has joined a mapped group. @returns the status of the answer: 204 when it is noted */
  tell(userID: string): Promise<number>;
  /** Stops all that was started, as far as it goes. Happens when the test ends, if not before. */
  stop(): Promise<void>;
}

/** A service account for each program, as in two Deployments. */
export type OwnAccounts = Readonly<Record<Program, Rights>>;

export interface InProcessOptions {
  /** Others than the chart's; for each program, where each has a service account of its own. */
  readonly rights?: Rights | OwnAccounts;
  /** A cluster of the test's own, which it removes. */
  readonly own?: TestCluster;
  /** Another namespace that is watched. */
  readonly neighbour?: TestCluster;
  /** How long the cluster may be unheard of before sessions are refused. */
  readonly maxStalenessMs?: number;
}

export async function productInProcess(
  t: ExecutionContext,
  { rights, own, neighbour, maxStalenessMs = MAX_STALENESS_MS }: InProcessOptions = {},
): Promise<ProductInProcess> {
  const cluster = own ?? (await testCluster(t));
  const { namespace, folder } = cluster;
  const closing: (() => Promise<unknown>)[] = [];
  const ended = new AbortController();
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= (async () => {
      ended.abort();
      for (const close of closing.reverse()) await close().catch(() => undefined);
    })();
    return stopped;
  };
  t.teardown(stop);

  const { log, lines } = logLines();
  const connect = async (rights?: Rights, account?: string): Promise<{ tap: WriteTap; client: Client }> => {
    const tap = await WriteTap.start(cluster.controlPlane.admin);
    closing.push(() => tap.stop());
    const path = join(folder, `tapped-${account ?? "product"}`);
    const kubeconfig = await behindTap(await cluster.serviceAccount(rights, account), path, tap);
    const client = await createClient({ kubeconfig, userAgent: "test", log });
    closing.push(() => client.close());
    return { tap, client };
  };
  const webhooks = await connect(rights && "webhook" in rights ? rights.webhook : rights);
  const operators =
    rights && "operator" in rights ? await connect(rights.operator, OPERATOR_ACCOUNT) : webhooks;
  const http = new Http({ destinations: LOOPBACK });
  closing.push(() => http.close());
  const okta = await startOkta({
    groups: ["service_admin", "web"],
    users: [{ login: "ada@acme.example", password: "ada", groups: ["service_admin"] }],
    seededAgoMs: 3_600_000, // or Ada would be looked at now and again for having just joined
  });
  closing.push(() => okta.stop());

  const eventsOf = ({ client }: { client: Client }) => {
    const events = new EventRecorder({
      client,
      reportingController: "test/all",
      reportingInstance: "one",
      log,
    });
    closing.push(() => events.flush({ timeoutMs: 500 }));
    return events;
  };
  const loginPaths = loginPathsIn(namespace);
  if (neighbour) await serveToo(neighbour, namespace);
  const namespaces = neighbour ? [namespace, neighbour.namespace] : [namespace];
  const release = releaseName(namespace, "okta-role-operator");
  const common = { http, release, namespaces, loginPaths, log };
  const election = new LeaderElection({
    client: operators.client,
    namespace,
    name: "okta-role-operator",
    identity: "one",
    retryPeriodMs: 200,
    log,
  });
  const makeWebhook = () =>
    new Webhook({
      ...common,
      client: webhooks.client,
      events: eventsOf(webhooks),
      metrics: new Registry(),
      namespace,
      sessionSecret: { namespace, name: "okta-role-operator-session-keys" },
      // Due at once, so that the second webhook rotates what the first has made.
      keys: { times: { rotateAfterMs: 1 } },
      maxStalenessMs,
      // A busy machine isn't an API server that doesn't answer.
      hints: { timeoutMs: 60_000 },
      loginsAtOnce: 64,
      loginsPerMinute: 1000,
      apiRequestsPerMinute: 1000,
      localFailuresPerMinute: 1000,
      trustedProxies: 0,
    });
  const running: Promise<unknown>[] = [];
  closing.push(() => Promise.all(running));
  const webhook = makeWebhook();
  const server = await serve((req, res) => app(req, res), { port: 0, host: "127.0.0.1" });
  closing.push(() => server.close(0));
  const baseURL = `http://localhost:${server.port}`;
  const app = webhook.app(baseURL);
  const operator = new Operator({
    ...common,
    client: operators.client,
    leader: operators.client,
    events: eventsOf(operators),
    baseURL,
    metrics: new Registry(),
  });
  running.push(
    webhook.run(ended.signal),
    operator.watch(ended.signal),
    election.run(ended.signal, (lost) => operator.lead(lost)),
  );
  // What is left to be reported would be tried again for ever once the client is closed.
  closing.push(() => webhook.flush(5_000));

  okta.saveApp({
    clientId: "0oaTest",
    clientSecret: "s",
    redirectUris: [`${baseURL}/callback/${namespace}`],
  });
  await cluster.apply(...objects(namespace, okta));

  const login = `${baseURL}/login/${namespace}`;
  return {
    cluster,
    okta,
    taps: { operator: operators.tap, webhook: webhooks.tap },
    webhook,
    operator,
    lines,
    rotateKeys: () => void running.push(makeWebhook().run(ended.signal)),
    async untilServed() {
      await webhook.ready();
      await waitFor(async () => ((await fetch(`${login}/local`)).ok ? true : undefined), {
        what: "the organization to be served",
      });
    },
    async signIn(cookies = new CookieJar()) {
      const { response } = await signIn(okta, login, "ada@acme.example", { cookies });
      return response.status;
    },
    signedIn: (cookies = new CookieJar()) =>
      signedIn(() => signIn(okta, login, "ada@acme.example", { cookies })),
    async sessionOf(cookies) {
      // A refusal that takes the cookie away leaves the browser that the test asks for as it is: it may ask again.
      return (await new Browser(baseURL, cookies && copyOf(cookies, baseURL)).get("/session")).status;
    },
    async signInLocally() {
      const { stdout } = await cluster.kubectl("create", "token", "mia", "--audience", login);
      const { status } = await fetch(`${login}/local`, {
        method: "POST",
        redirect: "manual",
        headers: { origin: baseURL },
        body: new URLSearchParams({ token: stdout.trim() }),
      });
      return status;
    },
    async saveMapping(groups) {
      const { stdout } = await cluster.kubectl("create", "token", "mia", "--audience", login);
      const browser = new Browser(baseURL);
      await browser.post(`/login/${namespace}/local`, { token: stdout.trim() });
      const form = { "groups:organization-admin": groups };
      const { body } = await browser.post(`/login/${namespace}/mappings`, form);
      const [, seen = ""] = /name="seen" value="([^"]*)"/.exec(body) ?? [];
      return (await browser.post(`/login/${namespace}/mappings/save`, { ...form, seen })).status;
    },
    async askAPI() {
      const api = `${baseURL}/api/v1`;
      const { stdout } = await cluster.kubectl("create", "token", "mia", "--audience", api);
      const headers = { authorization: `Bearer ${stdout.trim()}` };
      return (await fetch(`${api}/organizations/${namespace}/acme/users`, { headers })).status;
    },
    async hook() {
      await cluster.apply({
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "acme-hook" },
        stringData: { secret: HOOK_SECRET, apiToken: okta.apiToken },
      });
      const eventHook = { secretRef: { name: "acme-hook", key: "secret" } };
      const directory = {
        url: okta.url,
        apiTokenRef: { name: "acme-hook", key: "apiToken" },
        provision: "BeforeLogin",
        pollInterval: "1h",
      };
      const patch = JSON.stringify({ spec: { okta: { eventHook, directory } } });
      await cluster.kubectl("patch", "oktaorg", "acme", "--type=merge", "-p", patch);
      await waitFor(
        () => webhook.caches.organizations.list().some(({ spec }) => spec.okta.eventHook) || undefined,
        { what: "the webhook to know of the event hook" },
      );
    },
    async tell(userID) {
      const target = [
        { type: "User", id: userID },
        { type: "UserGroup", id: okta.directory.group("service_admin").id, displayName: "service_admin" },
      ];
      const event = {
        uuid: userID,
        published: new Date().toISOString(),
        eventType: "group.user_membership.add",
        target,
      };
      const { status } = await fetch(`${baseURL}/hooks/okta/${namespace}`, {
        method: "POST",
        headers: { authorization: HOOK_SECRET, "content-type": "application/json" },
        body: JSON.stringify({ eventType: "com.okta.event_hook", data: { events: [event] } }),
      });
      return status;
    },
    stop,
  };
}

function objects(namespace: string, okta: OktaStandIn): object[] {
  return [
    secret({ clientSecret: "s" }),
    organizationObject("acme", {
      loginPath: namespace,
      roles: [
        { name: "service-admin", displayName: "Service Admin" },
        { name: "organization-admin", displayName: "Organization Admin", admin: true },
      ],
      console: { editMappings: true },
      okta: {
        issuer: okta.issuer("default"),
        clientID: "0oaTest",
        clientSecretRef: { name: "acme-okta", key: "clientSecret" },
      },
    }),
    mappingObject("services", ["service_admin"], ["service-admin"]),
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "mia" } },
    localAdminObject("mia", {
      serviceAccountName: "mia",
      roles: ["service-admin", "organization-admin"],
    }),
  ];
}
