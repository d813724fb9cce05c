import test from "ava";
import { PATIENCE } from "../../organizations/tenure.ts";
import { waitFor } from "../cluster.ts";
import { type UnderTest, webhookUnderTest } from "./webhook-under-test.ts";

/** Says in the organization which release keeps it, as an operator does, and waits until the webhook has heard of it. */
async function keptBy({ cluster, heard }: UnderTest, release: string): Promise<void> {
  const status = { controller: `${cluster.namespace}/${release}` };
  const patch = ["--subresource=status", "--type=merge", "--patch", JSON.stringify({ status })];
  await cluster.kubectl("patch", "oktaorg", "acme", ...patch);
  await heard("oktaorg", "acme");
}

test("what another release keeps isn't served here, and whoever is signed in here stays so", async (t) => {
  const webhook = await webhookUnderTest(t);
  await webhook.applyAcme();
  const cookies = await webhook.signedIn("ada");
  t.is((await webhook.session(cookies)).status, 200);

  await keptBy(webhook, "another-release");
  for (const path of ["/login/acme", "/login/acme/local", "/callback/acme?code=x&state=y"]) {
    const { status, body } = await webhook.browser().get(path);
    t.is(status, 404, path);
    t.regex(body, /Nobody signs in at this address/);
  }
  t.is((await webhook.session(cookies)).status, 200);

  await keptBy(webhook, "okta-role-operator");
  t.is((await webhook.browser().get("/login/acme/local")).status, 200);
});

test("what another release takes over and is about to give back is served all the time", async (t) => {
  const webhook = await webhookUnderTest(t);
  await webhook.applyAcme();
  await keptBy(webhook, "okta-role-operator");
  await keptBy(webhook, "another-release");
  const cookies = await webhook.signedIn("ada");
  t.is((await webhook.session(cookies)).status, 200);
});

test("what another release takes over for good isn't served any longer", async (t) => {
  const webhook = await webhookUnderTest(t, { patience: { ...PATIENCE, undoneMs: 500 } });
  await webhook.applyAcme();
  await keptBy(webhook, "okta-role-operator");
  t.is((await webhook.browser().get("/login/acme/local")).status, 200);
  await keptBy(webhook, "another-release");
  const refusal = await waitFor(
    async () => {
      const answer = await webhook.browser().get("/login/acme/local");
      return answer.status === 200 ? undefined : answer;
    },
    { what: "the organization to be the other release's" },
  );
  t.is(refusal.status, 404);
});
