import test from "ava";
import { waitFor } from "../../cluster.ts";
import { webhookUnderTest } from "../webhook-under-test.ts";

test("a session lasts as long as the organization says, also when it says less later, and not beyond the organization", async (t) => {
  const { applyAcme, signIn, session, cluster, heard, webhook, browser } = await webhookUnderTest(t);
  await applyAcme({ spec: { sessions: { maxAge: "1h" } } });
  const { cookies, response } = await signIn("ada");
  t.true(String(response.headers["set-cookie"]).includes("Max-Age=3600"));
  const { body } = await session(cookies);
  const left = Date.parse(String(body.expires)) - Date.now();
  t.true(left > 3_500_000 && left <= 3_600_000);

  await applyAcme({ spec: { sessions: { maxAge: "1m" } } });
  const shorter = await session(cookies);
  t.true(Date.parse(String(shorter.body.expires)) - Date.now() <= 60_000);

  await cluster.kubectl("delete", "oktaorg", "acme");
  await waitFor(() => (webhook.caches.organizations.size === 0 ? true : undefined), {
    what: "the organization to go",
  });
  t.is((await session(cookies)).body.code, "organization-unknown");
  await applyAcme();
  await heard("oktaorg", "acme");
  t.is((await session(cookies)).body.code, "organization-unknown", "another organization of the same name");
  t.is((await browser(cookies).get("/")).status, 200);
});
