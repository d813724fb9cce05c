import test from "ava";
import { organizationUsers } from "../../../crds/resources.ts";
import { secrets } from "../../../kubernetes/index.ts";
import { KeyRing } from "../../../webhook/sessions/key-ring.ts";
import { SessionCookies } from "../../../webhook/sessions/session-cookies.ts";
import { newSessionID, signSession } from "../../../webhook/sessions/session-token.ts";
import { parseKeys } from "../../../webhook/sessions/stored-keys.ts";
import { waitFor } from "../../cluster.ts";
import { Browser, copyOf } from "../browser.ts";
import { type Replica, type UnderTest, webhookUnderTest } from "../webhook-under-test.ts";

test("the sessions that a shorter maxAge has ended stay ended when it is longer again, at every replica, and after a restart", async (t) => {
  const underTest = await webhookUnderTest(t);
  const { applyAcme, signedIn, session, replica, heard, cluster } = underTest;
  const other = await replica();
  await applyAcme();
  const young = await signedIn("ada");
  const old = await cookieFrom(underTest, 10);
  const at = async ({ url }: { url: string }): Promise<string> => {
    const { status, body } = await new Browser(url).get("/session", { cookie: old });
    return status === 200 ? "signed in" : JSON.parse(body).code;
  };
  const replicas = [underTest, other];
  for (const one of replicas) t.is(await at(one), "signed in");

  await applyAcme({ spec: { sessions: { maxAge: "1m" } } });
  for (const one of replicas) t.is(await at(one), "session-expired");
  await applyAcme();
  for (const one of replicas) t.is(await at(one), "session-ended");
  t.is((await session(young)).status, 200, "the others go on");

  // What the operator makes of it, where nobody runs who has seen it.
  const endedBefore = `${new Date(Date.now() - 60_000).toISOString().slice(0, 19)}Z`;
  const patch = JSON.stringify({ status: { sessions: { maxAge: "12h", endedBefore } } });
  const status = ["--subresource=status", "--type=merge", "-p", patch];
  await cluster.kubectl("patch", "oktaorg", "acme", ...status);
  await heard("oktaorg", "acme");
  t.is(await at(await replica()), "session-ended");
});

test("a maxAge that was changed while a clock was ahead ends what there was, and whoever signs in again goes on, at every replica, and after a restart", async (t) => {
  const underTest = await webhookUnderTest(t);
  const { applyAcme, signedIn, replica, heard, cluster } = underTest;
  const other = await replica();
  await applyAcme();
  const before = copyOf(await signedIn("ada"), underTest.url).header(new URL(underTest.url));
  const endedBefore = `${new Date(Date.now() + 86_400_000).toISOString().slice(0, 19)}Z`;
  const patch = JSON.stringify({ status: { sessions: { maxAge: "12h", endedBefore } } });
  await cluster.kubectl("patch", "oktaorg", "acme", "--subresource=status", "--type=merge", "-p", patch);
  await heard("oktaorg", "acme");
  const after = copyOf(await signedIn("ada"), underTest.url).header(new URL(underTest.url));
  const at = async ({ url }: { url: string }, cookie = ""): Promise<string> => {
    const { status, body } = await new Browser(url).get("/session", { cookie });
    return status === 200 ? "signed in" : JSON.parse(body).code;
  };
  for (const one of [underTest, other, await replica()]) {
    t.is(await at(one, before), "session-ended");
    t.is(await at(one, after), "signed in");
  }
});

test("a cookie from before an account was deleted is refused when the person is there again, under the same name", async (t) => {
  const underTest = await webhookUnderTest(t);
  const { applyAcme, signIn, signedIn, session, okta, users, cluster, url, webhook } = underTest;
  await applyAcme();
  const cookies = await signedIn("ada");
  const copies = [copyOf(cookies, url), copyOf(cookies, url)];
  const before = (await users()).get("ada@acme.example");

  okta.directory.removeFromGroup("service_admin", "ada@acme.example");
  t.is((await signIn("ada")).response.status, 403);
  const { name = "" } = before?.metadata ?? {};
  await cluster.kubectl("delete", "orguser", name);
  await waitFor(() => (webhook.caches.users.size === 0 ? true : undefined), {
    what: "the account to be gone",
  });
  t.is((await session(copies[0])).body.code, "account-unknown");

  okta.directory.addToGroup("service_admin", "ada@acme.example");
  const again = await signIn("ada");
  t.is((await session(again.cookies)).status, 200);
  const after = (await users()).get("ada@acme.example");
  t.is(after?.metadata.name, name);
  t.not(after?.metadata.uid, before?.metadata.uid);
  t.is((await session(copies[1])).body.code, "account-unknown");
  t.notRegex(copies[1]?.header(new URL(url)) ?? "", /session-/, "and it is taken away");
});

test("the annotation that the operator acts on ends the sessions at the webhook", async (t) => {
  const underTest = await webhookUnderTest(t);
  const { applyAcme, signIn, signedIn, session, users, client, webhook } = underTest;
  await applyAcme();
  const cookies = await signedIn("ada");
  const user = (await users()).get("ada@acme.example");
  const status = { ...user?.status, state: "Active" as const, sessionEpoch: 1, sessionsEndedFor: "stolen" };
  if (user) await client.replace(organizationUsers, { ...user, status }, { subresource: "status" });
  await waitFor(() => (webhook.caches.users.list()[0]?.status?.sessionEpoch === 1 ? true : undefined), {
    what: "the webhook to hear of it",
  });
  t.is((await session(cookies)).body.code, "session-ended");
  t.is((await signIn("ada")).response.status, 303, "the account is as it was");
});

/** The cookie of a session of Ada's that began so many minutes ago. */
async function cookieFrom(
  { client, cluster, webhook }: UnderTest & Replica,
  minutes: number,
): Promise<string> {
  const { namespace } = cluster;
  const secret = await client.get(secrets, { namespace, name: "okta-role-operator-session-keys" });
  const [key, ...more] = parseKeys(Buffer.from(secret.data?.keys ?? "", "base64").toString()).keys;
  const [organization] = webhook.caches.organizations.list();
  const [ada] = webhook.caches.users.list();
  if (!key || !ada) throw new Error("nobody has signed in");
  const issuedAt = Date.now() - minutes * 60_000;
  const organizationID = organization?.metadata.uid ?? "";
  const token = signSession(
    {
      id: newSessionID(),
      user: `${namespace}/${ada.metadata.name}`,
      userID: ada.metadata.uid ?? "",
      epoch: 0,
      organizationID,
      issuedAt,
      expiresAt: issuedAt + 12 * 3_600_000,
    },
    new KeyRing([key, ...more], 0).current(Date.now()),
  );
  const cookies = new SessionCookies({ hostPrefix: "", securePrefix: "", secure: false });
  return `${cookies.nameOf(organizationID)}=${token}`;
}
