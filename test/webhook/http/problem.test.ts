import test from "ava";
import { chartRights } from "../../../dev/control-plane/service-account.ts";
import { waitFor } from "../../cluster.ts";
import { FaultServer, statusAnswer } from "../../kubernetes/fault-server.ts";
import { type Answer, Browser } from "../browser.ts";
import { object, webhookUnderTest } from "../webhook-under-test.ts";

test("programs get problems as JSON, with a code", async (t) => {
  const { applyAcme, browser } = await webhookUnderTest(t);
  await applyAcme();
  const json = { accept: "application/json" };
  const cases: [string, number, string][] = [
    ["/login/nobody", 404, "organization-not-found"],
    ["/callback/acme?state=x&code=y", 400, "state-mismatch"],
    ["/nowhere", 404, "not-found"],
  ];
  for (const [path, status, code] of cases) {
    const answer = await browser().get(path, json);
    t.is(answer.status, status, path);
    t.is(answer.headers["content-type"], "application/problem+json");
    t.like(JSON.parse(answer.body), { status, code });
  }
});

test("a request that can't be understood is answered as that, and Kubernetes' refusals aren't", async (t) => {
  const { applyAcme, browser, cluster, replica, apply, url } = await webhookUnderTest(t);
  await applyAcme({ mappings: {} });
  const tooLarge = await browser().post("/login/acme/local", { token: "x".repeat(100_000) });
  t.is(tooLarge.status, 413);
  t.regex(tooLarge.body, /can&#39;t be understood/);
  const undecodable = await browser().get("/login/%E0%A4%A/local");
  t.is(undecodable.status, 400);
  t.regex(undecodable.body, /can&#39;t be understood/);

  const { role } = await chartRights();
  const withoutReviews = await cluster.serviceAccount({ role, clusterRole: [] });
  const forbidden = await replica({ kubeconfig: withoutReviews });
  await cluster.kubectl("create", "serviceaccount", "mia");
  const mia = { organizationRef: { name: "acme" }, source: "Local", email: "mia@acme.example" };
  await apply(object("OrganizationUser", "mia", { ...mia, serviceAccountName: "mia" }));
  await waitFor(() => forbidden.webhook.caches.users.size === 1 || undefined, { what: "the account" });
  const { stdout } = await cluster.kubectl("create", "token", "mia", "--audience", `${url}/login/acme`);
  const refused = await new Browser(forbidden.url).post("/login/acme/local", { token: stdout.trim() });
  t.is(refused.status, 503);
  t.regex(refused.body, /out of order/);
  t.regex(refused.body, /refuses this, and will until somebody has mended it/);
  t.is(refused.headers["retry-after"], undefined, "trying again doesn't help");
});

test("where something fails on a page it is tried again there: nobody who is signed in, or signs in past Okta, is led to Okta", async (t) => {
  const faults = await FaultServer.start(t);
  const { applyAcme, signedIn, browser, cluster, apply, webhook, url } = await webhookUnderTest(t, {
    faults,
  });
  await applyAcme({ mappings: { admins: [["service_admin"], ["organization-admin"]] } });
  const ada = browser(await signedIn("ada"));
  await cluster.kubectl("create", "serviceaccount", "mia");
  const mia = { organizationRef: { name: "acme" }, source: "Local", email: "mia@acme.example" };
  await apply(object("OrganizationUser", "mia", { ...mia, serviceAccountName: "mia" }));
  await waitFor(() => webhook.caches.users.size === 2 || undefined, { what: "the account" });
  const { stdout } = await cluster.kubectl("create", "token", "mia", "--audience", `${url}/login/acme`);
  const answer = statusAnswer(500, "InternalError");
  faults.fault = (request, response) => {
    if (!/oktarolemappings|tokenreviews/.test(request.url ?? "")) return false;
    answer(response);
    return true;
  };
  const again = ({ status, body }: Answer) => [status, /<a class="button" href="([^"]*)"/.exec(body)?.[1]];
  t.deepEqual(again(await ada.get("/login/acme/mappings?role=service-admin")), [
    503,
    "/login/acme/mappings?role=service-admin",
  ]);
  const form = { "groups:service-admin": "staff" };
  t.deepEqual(again(await ada.post("/login/acme/mappings", form)), [503, undefined]);
  t.deepEqual(again(await browser().post("/login/acme/local", { token: stdout.trim() })), [
    503,
    "/login/acme/local",
  ]);
});
