import test, { type ExecutionContext } from "ava";
import { Registry } from "prom-client";
import { chartRights, OPERATOR_ACCOUNT } from "../../dev/control-plane/service-account.ts";
import { LoginPathPrefixes } from "../../organizations/login-path-prefixes.ts";
import { createTestCluster, serveToo, type TestCluster, waitFor } from "../cluster.ts";
import { logLines } from "../log-lines.ts";
import { LOGIN_PATHS } from "../login-paths.ts";
import { type ReplicaOptions, webhookUnderTest } from "./webhook-under-test.ts";

/** A webhook without an operator, and a squatter in another namespace that is older than Acme and says that it holds its path. */
async function squatted(t: ExecutionContext, options: ReplicaOptions = {}) {
  const other = await createTestCluster();
  const { namespace } = other;
  const prepare = (cluster: TestCluster) => serveToo(other, cluster.namespace);
  const s = await webhookUnderTest(t, { ...options, beside: { namespace, prepare } });
  t.teardown(() => other.remove());
  const { cluster } = s;
  const squatter = {
    apiVersion: "rolemapping.dev/v1alpha1",
    kind: "Organization",
    metadata: { name: "squatter" },
    spec: {
      displayName: "Squatter",
      loginPath: "acme",
      okta: {
        issuer: "https://evil.example.com",
        clientID: "evil",
        clientSecretRef: { name: "evil", key: "key" },
      },
      roles: [{ name: "viewer", displayName: "Viewer" }],
    },
  };
  await other.apply(squatter);
  await waitFor(() => s.webhook.caches.organizations.get(`${other.namespace}/squatter`), {
    what: "the webhook to know the squatter",
  });
  return {
    ...s,
    acme: `${cluster.namespace}/acme`,
    squatter: `${other.namespace}/squatter`,
    /** What the operator has written, and the webhook has heard of. */
    async reserve(data: Record<string, string>) {
      const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: LOGIN_PATHS }, data };
      await cluster.apply(object);
      const wanted = JSON.stringify(Object.entries(data).sort());
      await waitFor(
        () => {
          const known = s.webhook.caches.reservations.get(`${cluster.namespace}/${LOGIN_PATHS}`);
          return JSON.stringify(Object.entries(known?.data ?? {}).sort()) === wanted || undefined;
        },
        { what: "the webhook to know what is reserved" },
      );
    },
    /** As which client the login URI leads to Okta, or the status where it doesn't. */
    async leadsTo(path = "acme") {
      const { status, headers } = await s.browser().get(`/login/${path}`);
      const { location } = headers;
      return typeof location === "string" ? new URL(location).searchParams.get("client_id") : status;
    },
  };
}

test("people are sent to the organization that holds the path, and never to a squatter, with the operator away", async (t) => {
  const s = await squatted(t);
  await s.reserve({ acme: s.acme });
  t.is(await s.leadsTo(), 404, "its holder isn't there: nobody is served");
  await s.applyAcme();
  t.is(await s.leadsTo(), "0oaTest");

  await s.cluster.kubectl("delete", "oktaorg", "acme");
  await waitFor(() => s.webhook.caches.organizations.get(s.acme) === undefined || undefined, {
    what: "Acme to be gone",
  });
  t.is(await s.leadsTo(), 404);
  await s.applyAcme();
  t.is(await s.leadsTo(), "0oaTest", "made again, it is served at once");
});

test("a path that is reserved for nobody yet is nobody's", async (t) => {
  const s = await squatted(t);
  await s.reserve({ beta: s.acme });
  await s.applyAcme();
  t.is(await s.leadsTo(), 404);
  await s.reserve({ acme: s.acme });
  t.is(await s.leadsTo(), "0oaTest");
  await s.reserve({ acme: "nobody knows" });
  t.is(await s.leadsTo(), 404);
});

test("a namespace that may not use a path isn't served at it, whatever was reserved before that was said", async (t) => {
  const s = await webhookUnderTest(t, { prefixes: new LoginPathPrefixes([["team-a", "acme"]]) });
  await s.applyAcme();
  t.is((await s.browser().get("/login/acme")).status, 404);
});

test("a webhook that can't read what is reserved isn't ready: that isn't as if nothing were", async (t) => {
  const { role, clusterRole } = await chartRights();
  const blind = role.filter(({ resources }) => !resources.includes("configmaps"));
  const s = await webhookUnderTest(t);
  await s.applyAcme();
  // By an account of its own: no right is taken away, which takes a while, and the other replica isn't refused as well.
  const kubeconfig = await s.cluster.serviceAccount({ role: blind, clusterRole }, OPERATOR_ACCOUNT);
  const { log, lines } = logLines();
  const metrics = new Registry();
  let isReady = false;
  const late = s.replica({ kubeconfig, log, metrics }).then(() => {
    isReady = true;
  });
  const isRefused = () =>
    lines.some(({ cache, msg }) => cache === "configmaps" && /can't be read/.test(String(msg)));
  const readable = async () =>
    (await metrics.getSingleMetric("controller_cache_readable")?.get())?.values.filter(({ value }) => value);
  await waitFor(async () => (isRefused() && (await readable())?.length === 3) || undefined, {
    what: "the replica to be refused, and to have read all else",
  });
  await s.signedIn("ada"); // at the other replica, which gives this one time
  t.false(isReady);
  await s.cluster.serviceAccount(undefined, OPERATOR_ACCOUNT);
  await t.notThrowsAsync(late, "and it is once it may");
});
