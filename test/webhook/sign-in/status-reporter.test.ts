import test from "ava";
import { kubeconfigVia } from "../../kubernetes/api-server.ts";
import { FaultServer } from "../../kubernetes/fault-server.ts";
import { Browser } from "../browser.ts";
import { person, webhookUnderTest } from "../webhook-under-test.ts";

test("many sign-ins at once write each mapping once a second at most, and the last one is what stands there", async (t) => {
  const names = Array.from({ length: 30 }, (_, i) => `person${i}`);
  const seed = { users: names.map((name) => person(name, ["service_admin"])), groups: ["service_admin"] };
  const { applyAcme, signIn, signedIn, webhook, cluster, metrics } = await webhookUnderTest(t, {
    okta: seed,
  });
  await applyAcme();
  const writes: number[] = [];
  webhook.caches.mappings.subscribe(({ object }) => {
    if (object.metadata.name === "services") writes.push(performance.now());
  });
  await Promise.all(names.map((name) => signIn(name)));
  await signedIn("person7");
  await webhook.flush(5_000);
  const mapping = webhook.caches.mappings.get(`${cluster.namespace}/services`);
  const condition = mapping?.status?.conditions?.find(({ type }) => type === "UsersProvisioned");
  t.regex(condition?.message ?? "", /^person7@acme\.example signed in/);
  const seconds = ((writes.at(-1) ?? 0) - (writes[0] ?? 0)) / 1000;
  // One at once, one a second, and the one of the flush.
  t.true(writes.length <= 2 + Math.ceil(seconds), `${writes.length} writes in ${seconds} s`);
  t.regex(await metrics.metrics(), /okta_role_status_writes_coalesced_total [1-9]/);
});

test("what a sign-in has shown is said of the mapping as it was then, however late it is written", async (t) => {
  const { applyAcme, signedIn, webhook, cluster, heard } = await webhookUnderTest(t);
  const mappings = (groups: string[]): Record<string, [string[], string[]]> => ({
    services: [groups, ["service-admin"]],
  });
  await applyAcme({ mappings: mappings(["service_admin"]) });
  // The first is written at once, the second in a second, or at the end.
  await signedIn("ada");
  await signedIn("ada");
  await applyAcme({ mappings: mappings(["service_admin", "another"]) });
  await webhook.flush(5_000);
  await heard("orm", "services");
  const mapping = webhook.caches.mappings.get(`${cluster.namespace}/services`);
  const condition = mapping?.status?.conditions?.find(({ type }) => type === "UsersProvisioned");
  t.is(mapping?.metadata.generation, 2);
  t.is(condition?.observedGeneration, 1);
});

test("when an account can't be written, nobody is signed in and the mappings concerned say so; the next sign-in works", async (t) => {
  const { applyAcme, replica, okta, cluster, condition, users, url } = await webhookUnderTest(t);
  const faults = await FaultServer.start(t);
  const kubeconfig = await kubeconfigVia(t, faults.url, {
    insecure: true,
    kubeconfig: await cluster.serviceAccount(),
  });
  const broken = await replica({ kubeconfig });
  await applyAcme();
  faults.fault = (request, response) => {
    if (request.method !== "POST" || !request.url?.endsWith("/organizationusers")) return false;
    response.writeHead(403, { "content-type": "application/json" });
    response.end(
      JSON.stringify({
        kind: "Status",
        status: "Failure",
        reason: "Forbidden",
        code: 403,
        message: "not now",
      }),
    );
    return true;
  };
  const { callback, cookies } = await signInAt(broken.url, "ada");
  t.is(callback.status, 503);
  // Refused for good, as far as anybody can tell: no time after which it would be worth trying again.
  t.is(callback.headers["retry-after"], undefined);
  t.true(callback.body.includes("A right is missing"), callback.body);
  t.is((await new Browser(broken.url, cookies).get("/session")).status, 401);
  t.is((await users()).size, 0);
  t.regex(
    await broken.metrics.metrics(),
    /okta_role_provisioning_duration_seconds_count\{outcome="failed"\} 1/,
  );
  const told = await condition("orm", "services", "UsersProvisioned", "False", "StoreUnavailable");
  t.regex(told.message, /^The account of ada@acme\.example could not be written/);

  faults.fault = () => false;
  t.is((await signInAt(broken.url, "ada")).callback.status, 303);
  await condition("orm", "services", "UsersProvisioned", "True", "SignedIn");

  /** The replicas share a base URL, so that Okta sends the browser to the first: it is taken to the other by hand. */
  async function signInAt(at: string, name: string) {
    const browser = new Browser(at);
    const start = await browser.get("/login/acme");
    let next = String(start.headers.location);
    while (!next.startsWith(url)) {
      const atOkta = new Browser(okta.url, browser.cookies);
      const path = next.slice(new URL(next).origin.length);
      const fields = { username: `${name}@acme.example`, password: name };
      const answer = path.startsWith("/signin/") ? await atOkta.post(path, fields) : await atOkta.get(path);
      next = new URL(String(answer.headers.location), next).href;
    }
    return { callback: await browser.get(next.slice(url.length)), cookies: browser.cookies };
  }
});
