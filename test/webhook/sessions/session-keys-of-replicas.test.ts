import test from "ava";
import { SESSION_KEYS_TYPE } from "../../../crds/resources.ts";
import { secrets } from "../../../kubernetes/index.ts";
import { parseKeys } from "../../../webhook/sessions/stored-keys.ts";
import { waitFor } from "../../cluster.ts";
import { webhookUnderTest } from "../webhook-under-test.ts";

const NAME = "okta-role-operator-session-keys";

test("the Secret is made when missing, once however many replicas come at once, and a session counts at all of them", async (t) => {
  const { applyAcme, signedIn, session, replica, client, cluster } = await webhookUnderTest(t);
  const others = await Promise.all([replica(), replica()]);
  await applyAcme();
  const cookies = await signedIn("ada");
  for (const other of others) t.is((await session(cookies, other)).status, 200);
  const { type, data } = await client.get(secrets, { namespace: cluster.namespace, name: NAME });
  t.is(type, SESSION_KEYS_TYPE);
  t.is(parseKeys(Buffer.from(data?.keys ?? "", "base64").toString()).keys.length, 1);
});

test("deleting the Secret signs everybody out, and people can sign in again at once", async (t) => {
  const { applyAcme, signIn, signedIn, session, cluster, replica, lines } = await webhookUnderTest(t, {
    keys: { refreshMs: 200 },
  });
  const other = await replica();
  await applyAcme();
  const cookies = await signedIn("ada");
  await cluster.kubectl("delete", "secret", NAME);
  // Secrets aren't watched: each replica reads it again when the time has come.
  const fresh = await waitFor(
    async () => {
      const answer = await session(cookies);
      return answer.status === 401 ? answer : undefined;
    },
    { what: "the session to end" },
  );
  t.is(fresh.body.code, "session-invalid");
  t.true(lines.some(({ msg }) => String(msg).includes("all sessions have ended")));
  const again = await signIn("ada");
  t.is((await session(again.cookies)).status, 200);
  await waitFor(async () => ((await session(again.cookies, other)).status === 200 ? true : undefined), {
    what: "the other replica to read the new key",
  });
});
