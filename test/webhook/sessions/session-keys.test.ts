import test from "ava";
import { pino } from "pino";
import { SESSION_KEYS_TYPE } from "../../../crds/resources.ts";
import { type Secret, secrets } from "../../../kubernetes/index.ts";
import { SessionKeys } from "../../../webhook/sessions/session-keys.ts";
import { parseKeys } from "../../../webhook/sessions/stored-keys.ts";
import { waitFor } from "../../cluster.ts";
import { type UnderTest, webhookUnderTest } from "../webhook-under-test.ts";

const NAME = "okta-role-operator-session-keys";
const HOUR_MS = 3_600_000;
const silent = pino({ level: "silent" });

test("the Secret is made when missing, once however many replicas come at once, and a session counts at all of them", async (t) => {
  const underTest = await webhookUnderTest(t);
  const { applyAcme, signIn, session, replica } = underTest;
  const others = await Promise.all([replica(), replica()]);
  await applyAcme();
  const { cookies } = await signIn("ada");
  for (const other of others) t.is((await session(cookies, other)).status, 200);
  const secret = await readSecret(underTest);
  t.is(secret.type, SESSION_KEYS_TYPE);
  t.is(keysIn(secret).length, 1);
});

test("keys rotate: the old one counts as long as sessions made with it may last, and a new one isn't used before all know it", async (t) => {
  const underTest = await webhookUnderTest(t);
  let now = Date.now();
  const keys = sessionKeys(underTest, { now: () => now });
  await keys.refresh();
  const first = keys.current();
  now += 23 * HOUR_MS;
  await keys.refresh();
  t.is(keys.current().id, first.id);
  now += 2 * HOUR_MS;
  await keys.refresh();
  t.is(keysIn(await readSecret(underTest)).length, 2, "rotated");
  t.is(keys.current().id, first.id, "other replicas haven't read the new one yet");
  now += 61_000;
  const second = keys.current();
  t.not(second.id, first.id);
  t.truthy(keys.find(first.id), "still accepted");

  now += 7 * 24 * HOUR_MS + HOUR_MS;
  await keys.refresh();
  t.falsy(keys.find(first.id), "nothing can depend on it any more");
  t.truthy(keys.find(second.id));
});

test("two replicas that rotate at once make one new key", async (t) => {
  const underTest = await webhookUnderTest(t);
  const later = Date.now() + 25 * HOUR_MS;
  const replicas = [1, 2, 3, 4].map(() => sessionKeys(underTest, { now: () => later }));
  await Promise.all(replicas.map((keys) => keys.refresh()));
  const stored = keysIn(await readSecret(underTest));
  t.is(stored.length, 2);
  for (const keys of replicas) for (const { id } of stored) t.truthy(keys.find(id));
});

test("a key that isn't known is looked up in the Secret, but not at any rate", async (t) => {
  const underTest = await webhookUnderTest(t);
  const behind = sessionKeys(underTest, { unknownKeyMs: 0 });
  await behind.refresh();
  const rotating = sessionKeys(underTest, { now: () => Date.now() + 25 * HOUR_MS });
  await rotating.refresh();
  const added = keysIn(await readSecret(underTest)).at(-1)?.id ?? "";
  t.is(behind.find(added), undefined);
  t.is(await behind.lookFor(added), "found");

  const { client } = underTest;
  let reads = 0;
  const counting: Pick<typeof client, "get" | "create" | "replace"> = {
    get: (...args) => {
      reads++;
      return client.get(...args);
    },
    create: (...args) => client.create(...args),
    replace: (...args) => client.replace(...args),
  };
  const limited = sessionKeys(
    { ...underTest, client: { ...client, ...counting } },
    { unknownKeyMs: HOUR_MS },
  );
  await limited.refresh();
  for (let i = 0; i < 20; i++) t.is(await limited.lookFor(`forged-${i}`), "not-looked");
  t.is(reads, 1);
});

test("deleting the Secret signs everybody out, and people can sign in again at once", async (t) => {
  const { applyAcme, signIn, session, cluster, replica, lines } = await webhookUnderTest(t, {
    keys: { refreshMs: 200 },
  });
  const other = await replica();
  await applyAcme();
  const { cookies } = await signIn("ada");
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

test("a Secret of that name that is somebody else's is left alone, and the webhook says so", async (t) => {
  const underTest = await webhookUnderTest(t);
  const { cluster, client } = underTest;
  await cluster.kubectl("create", "secret", "generic", "theirs", "--from-literal=password=secret");
  const keys = sessionKeys(underTest, { secret: { namespace: cluster.namespace, name: "theirs" } });
  const error = await t.throwsAsync(keys.refresh(), { code: "session-secret-foreign" });
  t.regex(error?.message ?? "", /--session-secret/);
  t.false(keys.loaded);
  const theirs = await client.get(secrets, { namespace: cluster.namespace, name: "theirs" });
  t.deepEqual(Object.keys(theirs.data ?? {}), ["password"]);
});

test("keys that can't be read in a Secret of ours are replaced", async (t) => {
  const underTest = await webhookUnderTest(t);
  const { cluster } = underTest;
  const broken = Buffer.from('[{"id": "x"}]').toString("base64");
  await cluster.kubectl(
    "patch",
    "secret",
    NAME,
    "--type=merge",
    "-p",
    JSON.stringify({ data: { keys: broken } }),
  );
  const keys = sessionKeys(underTest);
  await keys.refresh();
  t.truthy(keys.find(keysIn(await readSecret(underTest))[0]?.id ?? ""));
});

function sessionKeys(
  { client, cluster }: Pick<UnderTest, "client" | "cluster">,
  options: Partial<ConstructorParameters<typeof SessionKeys>[0]> = {},
): SessionKeys {
  return new SessionKeys({
    client,
    secret: { namespace: cluster.namespace, name: NAME },
    log: silent,
    ...options,
  });
}

function readSecret({ client, cluster }: UnderTest): Promise<Secret> {
  return client.get(secrets, { namespace: cluster.namespace, name: NAME });
}

function keysIn({ data }: Secret) {
  return parseKeys(Buffer.from(data?.keys ?? "", "base64").toString()) ?? [];
}
