import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { pino } from "pino";
import { Registry } from "prom-client";
import { chartRights } from "../../dev/control-plane/service-account.ts";
import { CookieJar, signIn, startOkta } from "../../dev/okta/index.ts";
import { createClient, EventRecorder, LeaderElection } from "../../kubernetes/index.ts";
import { Http } from "../../okta/http.ts";
import { Operator } from "../../operator/operator.ts";
import { serve } from "../../webhook/server.ts";
import { Webhook } from "../../webhook/webhook.ts";
import { testCluster, waitFor } from "../cluster.ts";
import { mappingObject, organizationObject, secret } from "../operator/operator-under-test.ts";
import { behindTap } from "./product-under-test.ts";
import { WriteTap } from "./write-tap.ts";

const log = pino({ level: "silent" });

/** Every verb on every resource that the chart grants. */
async function granted(): Promise<Set<string>> {
  const { role, clusterRole } = await chartRights();
  return new Set(
    [...role, ...clusterRole].flatMap(({ resources, verbs }) =>
      resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)),
    ),
  );
}

/** The right that a request needs. @param request "METHOD /path?query" */
function rightOf(request: string): string {
  const [method = "", url = ""] = request.split(" ");
  const { pathname, searchParams } = new URL(url, "http://tap");
  const path = pathname
    .replace(/^\/apis?\/([^/]+\.[^/]+\/)?v[0-9a-z]+/, "")
    .replace(/^\/namespaces\/[^/]+/, "");
  const [, collection = "", name, sub] = path.split("/");
  const read = name ? "get" : searchParams.has("watch") ? "watch" : "list";
  const verb = { GET: read, POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" }[method];
  return `${verb} ${sub === undefined ? collection : `${collection}/${sub}`}`;
}

/** Lets the product do all that it does, once, until it has used every right. @returns those that it has used */
async function used(t: ExecutionContext, expected: ReadonlySet<string>): Promise<Set<string>> {
  const cluster = await testCluster(t);
  const { namespace, folder } = cluster;
  const closing: (() => Promise<unknown>)[] = [];
  const stop = new AbortController();
  try {
    const tap = await WriteTap.start(cluster.controlPlane.admin);
    closing.push(() => tap.stop());
    const kubeconfig = await behindTap(await cluster.serviceAccount(), join(folder, "tapped"), tap);
    const client = await createClient({ kubeconfig, userAgent: "test", log });
    closing.push(() => client.close());
    const http = new Http();
    closing.push(() => http.close());
    const okta = await startOkta({
      groups: ["service_admin", "web"],
      users: [{ login: "ada@acme.example", password: "ada", groups: ["service_admin"] }],
    });
    closing.push(() => okta.stop());

    const rights = (): Set<string> => new Set([...tap.requests].map(rightOf));
    const events = new EventRecorder({
      client,
      reportingController: "test/all",
      reportingInstance: "one",
      log,
    });
    closing.push(() => events.flush());
    const common = { client, events, http, namespaces: [namespace], log };
    const election = new LeaderElection({
      client,
      namespace,
      name: "okta-role-operator",
      identity: "one",
      retryPeriodMs: 200,
      log,
    });
    const makeWebhook = () =>
      new Webhook({
        ...common,
        metrics: new Registry(),
        sessionSecret: { namespace, name: "okta-role-operator-session-keys" },
        // Due at once, so that the second webhook rotates what the first has made.
        keys: { times: { rotateAfterMs: 1 } },
        maxStalenessMs: 30_000,
        loginsAtOnce: 64,
        loginsPerMinute: 1000,
        localSignInsPerMinute: 1000,
        trustedProxies: 0,
      });
    const webhook = makeWebhook();
    const server = await serve((req, res) => app(req, res), { port: 0, host: "127.0.0.1" });
    closing.push(() => server.close(0));
    const baseURL = `http://localhost:${server.port}`;
    const app = webhook.app(baseURL);
    const operator = new Operator({ ...common, leader: client, baseURL, metrics: new Registry() });
    const running = [
      webhook.run(stop.signal),
      operator.watch(stop.signal),
      election.run(stop.signal, (lost) => operator.lead(lost)),
    ];
    closing.push(() => Promise.all(running));
    // What is left to be reported would be tried again for ever once the client is closed.
    closing.push(() => webhook.flush());

    okta.saveApp({
      clientId: "0oaTest",
      clientSecret: "s",
      redirectUris: [`${baseURL}/callback/${namespace}`],
    });
    await cluster.kubectlWith(
      {
        apiVersion: "v1",
        kind: "List",
        items: [
          secret({ clientSecret: "s" }),
          organizationObject("acme", {
            loginPath: namespace,
            roles: [{ name: "service-admin", displayName: "Service Admin" }],
            okta: {
              issuer: okta.issuer("default"),
              clientID: "0oaTest",
              clientSecretRef: { name: "acme-okta", key: "clientSecret" },
            },
          }),
          mappingObject("services", ["service_admin"], ["service-admin"]),
          { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "mia" } },
          {
            apiVersion: "rolemapping.dev/v1alpha1",
            kind: "OrganizationUser",
            metadata: { name: "mia" },
            spec: {
              organizationRef: { name: "acme" },
              source: "Local",
              email: "mia@acme.example",
              roles: ["service-admin"],
              serviceAccountName: "mia",
            },
          },
        ],
      },
      "apply",
      "-f",
      "-",
    );
    const people = async (): Promise<void> => {
      await webhook.ready();
      const rotating = makeWebhook().run(stop.signal);
      closing.push(() => rotating);
      const login = `${baseURL}/login/${namespace}`;
      const cookies = new CookieJar();
      // Twice at once: one of them finds that the account is there already, and reads it.
      await Promise.all(
        [cookies, new CookieJar()].map((jar) => signIn(okta, login, "ada@acme.example", { cookies: jar })),
      );
      okta.directory.addToGroup("web", "ada@acme.example");
      await signIn(okta, login, "ada@acme.example", { cookies });
      for (let time = 0; time < 3; time++) {
        const { stdout } = await cluster.kubectl("create", "token", "mia", "--audience", login);
        await fetch(`${login}/local`, {
          method: "POST",
          redirect: "manual",
          headers: { origin: baseURL },
          body: new URLSearchParams({ token: stdout.trim() }),
        });
      }
    };
    await people();
    await waitFor(() => expected.isSubsetOf(rights()) || undefined, {
      what: "every right to be used",
      timeoutMs: 30_000,
    }).catch(() => undefined); // which one isn't, the comparison tells
    t.deepEqual([...tap.forbidden], [], "nothing is asked for that isn't granted");
    return rights();
  } finally {
    stop.abort();
    for (const close of closing.reverse()) await close().catch(() => undefined);
  }
}

test("the product uses every right that it is given, and needs no other", async (t) => {
  const expected = await granted();
  t.deepEqual([...(await used(t, expected))].sort(), [...expected].sort());
});
