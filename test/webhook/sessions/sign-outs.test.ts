import test from "ava";
import { waitFor } from "../../cluster.ts";
import { kubeconfigVia } from "../../kubernetes/api-server.ts";
import { FaultServer, statusAnswer } from "../../kubernetes/fault-server.ts";
import { Browser, copyOf, sessionsIn } from "../browser.ts";
import { webhookUnderTest } from "../webhook-under-test.ts";

test("a cookie that was copied before a sign-out is refused after it, at every replica; the person's other sessions go on", async (t) => {
  const { applyAcme, signedIn, session, browser, replica, url, users } = await webhookUnderTest(t);
  const other = await replica();
  await applyAcme();
  const elsewhere = await signedIn("ada");
  const cookies = await signedIn("ada");
  const copies = [copyOf(cookies, url), copyOf(cookies, url)];
  t.is((await session(copies[1], other)).status, 200);

  t.is((await browser(cookies).post("/logout", { organization: "acme" })).status, 200);
  t.is((await session(copies[0])).body.code, "session-ended", "at once where it was signed out");
  const refused = await waitFor(
    async () => {
      const copy = copyOf(copies[1] ?? cookies, url);
      const answer = await session(copy, other);
      return answer.status === 401 ? answer : undefined;
    },
    { what: "the other replica to hear of it" },
  );
  t.is(refused.body.code, "session-ended");
  t.is((await session(elsewhere)).status, 200);
  const { status } = (await users()).get("ada@acme.example") ?? {};
  t.is(status?.endedSessions?.length, 1);
  t.is(status?.sessionEpoch, 0);
  const left = Date.parse(status?.endedSessions?.[0]?.expires ?? "") - Date.now();
  t.true(left > 11 * 3_600_000 && left <= 12 * 3_600_000, "as long as the cookie would have counted");
});

test("a sign-out survives a restart of every replica", async (t) => {
  const underTest = await webhookUnderTest(t);
  const { applyAcme, signedIn, session, browser, replica, url } = underTest;
  await applyAcme();
  const cookies = await signedIn("ada");
  const copy = copyOf(cookies, url);
  await browser(cookies).post("/logout", { organization: "acme" });
  await underTest.stop();
  const another = await replica();
  t.is((await session(copy, another)).body.code, "session-ended");
});

test("when the sign-out can't be stored, the session has left this browser all the same, and the page says that copies may count", async (t) => {
  const { applyAcme, signedIn, replica, cluster, url } = await webhookUnderTest(t);
  const faults = await FaultServer.start(t);
  const kubeconfig = await kubeconfigVia(t, faults.url, {
    insecure: true,
    kubeconfig: await cluster.serviceAccount(),
  });
  const cut = await replica({ kubeconfig });
  await applyAcme();
  const cookies = await signedIn("ada");
  faults.fault = (request, response) => {
    if (request.method !== "PUT") return false;
    statusAnswer(403, "Forbidden")(response);
    return true;
  };
  const page = await new Browser(cut.url, cookies).post("/logout", { organization: "acme" });
  t.is(page.status, 200);
  t.regex(page.body, /You are signed out in this browser/);
  t.regex(page.body, /that copy may count until it expires/);
  t.regex(page.body, /Go on signing out/);
  t.deepEqual(sessionsIn(cookies, url), []);

  const again = await signedIn("ada");
  const json = await new Browser(cut.url, again).post(
    "/logout",
    { organization: "acme" },
    { accept: "application/json" },
  );
  t.like(JSON.parse(json.body), { signedOut: true, copiesMayCount: true });
});
