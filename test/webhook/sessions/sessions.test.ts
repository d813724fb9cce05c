import test from "ava";
import { waitFor } from "../../cluster.ts";
import { copyOf } from "../browser.ts";
import { webhookUnderTest } from "../webhook-under-test.ts";

test("a session lasts as long as the organization says, also when it says less later, and not beyond the organization", async (t) => {
  const { applyAcme, signIn, session, cluster, heard, webhook, browser, url } = await webhookUnderTest(t);
  await applyAcme({ spec: { sessions: { maxAge: "1h" } } });
  const { cookies, response } = await signIn("ada");
  t.true(String(response.headers["set-cookie"]).includes("Max-Age=3600"));
  const { body } = await session(cookies);
  const left = Date.parse(String(body.expires)) - Date.now();
  t.true(left > 3_500_000 && left <= 3_600_000);

  await applyAcme({ spec: { sessions: { maxAge: "1m" } } });
  const shorter = await session(cookies);
  t.true(Date.parse(String(shorter.body.expires)) - Date.now() <= 60_000);

  const copy = copyOf(cookies, url);
  await cluster.kubectl("delete", "oktaorg", "acme");
  await waitFor(() => (webhook.caches.organizations.size === 0 ? true : undefined), {
    what: "the organization to go",
  });
  t.is((await session(cookies)).body.code, "organization-unknown");
  await applyAcme();
  await heard("oktaorg", "acme");
  t.is((await session(copy)).body.code, "organization-unknown", "another organization of the same name");
  t.is((await browser(cookies).get("/")).status, 200);
});

test("one browser is signed in at two organizations at once, and signs out of one", async (t) => {
  const { applyAcme, signedIn, browser, cluster } = await webhookUnderTest(t);
  await applyAcme();
  await applyAcme({ name: "beta", mappings: { "beta-services": [["service_admin"], ["service-admin"]] } });
  const cookies = await signedIn("ada");
  await signedIn("ada", { cookies, path: "/login/beta" });
  const visitor = browser(cookies);
  const codeAt = async (name: string): Promise<string> => {
    const { body } = await visitor.get(`/session?organization=${cluster.namespace}/${name}`);
    const { organization, code } = JSON.parse(body);
    return code ?? organization.ref;
  };
  t.is(await codeAt("acme"), `${cluster.namespace}/acme`);
  t.is(await codeAt("beta"), `${cluster.namespace}/beta`);
  const page = await visitor.get("/logout");
  t.regex(page.body, /your session at beta, here and at Okta\./, "that of the last sign-in");
  await visitor.post("/logout", { organization: "beta" });
  t.is(await codeAt("beta"), "no-session");
  t.is(await codeAt("acme"), `${cluster.namespace}/acme`);
  await visitor.post("/logout", {});
  t.is(await codeAt("acme"), "no-session");
});
