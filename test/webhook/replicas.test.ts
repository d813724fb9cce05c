import test from "ava";
import { organizationUsers } from "../../crds/resources.ts";
import { signIn } from "../../dev/okta/index.ts";
import { noAccess } from "../../identity/index.ts";
import { KubernetesStore } from "../../identity/stores/kubernetes/kubernetes-store.ts";
import { waitFor } from "../cluster.ts";
import { kubeconfigVia } from "../kubernetes/api-server.ts";
import { FaultServer } from "../kubernetes/fault-server.ts";
import { TcpProxy } from "../kubernetes/tcp-proxy.ts";
import { Browser, copyOf, sessionsIn } from "./browser.ts";
import { webhookUnderTest } from "./webhook-under-test.ts";

test("a sign-in that one replica started is finished by another", async (t) => {
  const { applyAcme, replica, okta, url: base, session } = await webhookUnderTest(t);
  const other = await replica();
  await applyAcme();
  const browser = new Browser(other.url);
  const start = await browser.get("/login/acme");
  const { callback, cookies } = await signIn(okta, String(start.headers.location), "ada@acme.example", {
    cookies: browser.cookies,
  });
  t.is(callback?.status, 303);
  t.true(callback?.url.startsWith(`${base}/callback/`));
  t.is((await session(cookies)).status, 200);
});

test("a deactivation ends sessions at every replica, whoever wrote it", async (t) => {
  const { applyAcme, signIn, session, replica, webhook, client, url } = await webhookUnderTest(t);
  const other = await replica();
  await applyAcme();
  const { cookies } = await signIn("ada");
  t.is((await session(cookies, other)).status, 200);

  const store = new KubernetesStore({ client, cache: webhook.caches.users, type: organizationUsers });
  const [ada] = webhook.caches.users.list();
  const user = store.get(`${ada?.metadata.namespace}/${ada?.metadata.name}`);
  t.truthy(user);
  if (user) await store.update(user, { access: noAccess("NoMappedGroup", "Put out by somebody else.") });
  const copy = copyOf(cookies, url);
  t.is((await session(cookies)).status, 401, "read your own writes");
  t.deepEqual(sessionsIn(cookies, url), [], "and the browser brings it no more");
  const refused = await waitFor(
    async () => {
      const answer = await session(copy, other);
      return answer.status === 401 ? answer : undefined;
    },
    { what: "the other replica to hear of it" },
  );
  t.is(refused.body.code, "account-deactivated");
});

test("an account that a replica has not heard of yet is asked for, so that nobody bounces right after signing in", async (t) => {
  const { applyAcme, signIn, session, replica, cluster } = await webhookUnderTest(t);
  const slow = await FaultServer.start(t);
  const kubeconfig = await kubeconfigVia(t, slow.url, {
    insecure: true,
    kubeconfig: await cluster.serviceAccount(),
  });
  const behind = await replica({ kubeconfig });
  await applyAcme();
  // From here on it hears of no user any more, and doesn't notice for a while.
  slow.fault = (request, response) => {
    const isUserWatch = request.url?.includes("organizationusers?") && request.url.includes("watch=true");
    if (isUserWatch) response.writeHead(500).end();
    return isUserWatch === true;
  };
  slow.breakWatches();
  const { cookies } = await signIn("ada");
  t.is(behind.webhook.caches.users.size, 0);
  t.is((await session(cookies, behind)).status, 200);
});

test("a replica that has not heard of the cluster for too long refuses sessions, and says that it isn't the person's", async (t) => {
  const { applyAcme, signIn, session, replica, cluster } = await webhookUnderTest(t);
  const network = await TcpProxy.start(new URL(cluster.controlPlane.url));
  t.teardown(() => network.stop());
  const kubeconfig = await kubeconfigVia(t, `https://127.0.0.1:${network.port}`, {
    kubeconfig: await cluster.serviceAccount(),
  });
  const alone = await replica({ kubeconfig, maxStalenessMs: 10_000 });
  await applyAcme();
  const { cookies } = await signIn("ada");
  t.is((await session(cookies, alone)).status, 200);

  network.stall();
  const stale = await waitFor(
    async () => {
      const answer = await session(cookies, alone);
      return answer.status === 503 ? answer : undefined;
    },
    { what: "the replica to notice" },
  );
  t.is(stale.body.code, "stale");
  t.is((await session(undefined, alone)).status, 401, "without a cookie there is nothing to doubt");
  t.regex(alone.webhook.check() ?? "", /not been heard of/);
  const page = await new Browser(alone.url, cookies).get("/");
  t.is(page.status, 503);
  t.is(page.headers["retry-after"], "5");
  t.is((await session(cookies)).status, 200, "the other one is well");

  network.resume();
  await waitFor(async () => ((await session(cookies, alone)).status === 200 ? true : undefined), {
    what: "the replica to be back",
  });
});
