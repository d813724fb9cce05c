import { randomUUID } from "node:crypto";
import { mock } from "node:test";
import test from "ava";
import { pino } from "pino";
import { SESSION_KEYS_TYPE } from "../../../crds/resources.ts";
import { ConnectionError, type Secret, secrets } from "../../../kubernetes/index.ts";
import {
  ForeignSecretError,
  KeysUnavailableError,
  SessionKeys,
} from "../../../webhook/sessions/session-keys.ts";
import { formatKeys, newKey, parseKeys, type StoredKey } from "../../../webhook/sessions/stored-keys.ts";
import { clusterOfFile } from "../../cluster-of-file.ts";
import { InterruptedClient } from "../../kubernetes/interrupted-client.ts";
import { waitFor } from "../../wait-for.ts";

const HOUR_MS = 3_600_000;
const START = 1_800_000_000_000;
const shared = clusterOfFile(test);

/** A Secret of this test's own, and what a replica makes of it. */
class Scene {
  readonly client = new InterruptedClient(shared().client);
  readonly secret = { namespace: shared().cluster.namespace, name: `keys-${randomUUID()}` };
  readonly lines: { level: number; msg: string; secret?: string; err?: { message: string } }[] = [];
  now = START;

  keys(options: Partial<ConstructorParameters<typeof SessionKeys>[0]> = {}): SessionKeys {
    const { client, secret } = this;
    const log = pino({ level: "info" }, { write: (line) => void this.lines.push(JSON.parse(line)) });
    return new SessionKeys({ client, secret, log, now: () => this.now, ...options });
  }

  get reads(): number {
    return this.client.calls.filter((call) => call === "get").length;
  }

  get writes(): number {
    return this.client.calls.length - this.reads;
  }

  /** As another replica would. */
  async put(keys: readonly StoredKey[]): Promise<void> {
    await this.apply({ keys: formatKeys(keys) });
  }

  /** As an admin does. */
  async apply(stringData: Record<string, string> | undefined, type = SESSION_KEYS_TYPE): Promise<void> {
    const object = { apiVersion: "v1", kind: "Secret", metadata: { name: this.secret.name }, type };
    await shared().cluster.apply({ ...object, ...(stringData && { stringData }) });
  }

  read(): Promise<Secret> {
    return shared().client.get(secrets, this.secret);
  }

  async stored(): Promise<readonly StoredKey[]> {
    const { data } = await this.read();
    return parseKeys(Buffer.from(data?.keys ?? "", "base64").toString()).keys;
  }
}

test("before the Secret was read nobody is signed in; then it is there, as ours, with one key", async (t) => {
  const scene = new Scene();
  const keys = scene.keys();
  t.false(keys.loaded);
  t.is(keys.find("any"), undefined);
  t.throws(() => keys.current(), { instanceOf: KeysUnavailableError, code: "session-keys-unavailable" });
  t.throws(() => keys.assertionKeys(), { instanceOf: KeysUnavailableError });
  let isTold = false;
  const told = keys.whenLoaded().then(() => {
    isTold = true;
  });
  await new Promise(setImmediate);
  t.false(isTold);
  await keys.refresh();
  await told;
  t.true(keys.loaded);
  const [made] = await scene.stored();
  t.is(made?.createdAt, START);
  t.is(made?.id, keys.current().id);
  t.is(made?.id, keys.assertionKeys().current.id);
  t.like(await scene.read(), {
    metadata: { labels: { "app.kubernetes.io/managed-by": "okta-role-operator" } },
    type: SESSION_KEYS_TYPE,
  });
  await keys.refresh();
  t.is(scene.writes, 1, "nothing is due");
  t.deepEqual(scene.lines, [], "and nothing to be told");
});

test("a new key is made when the last is a day old, and used when it was there for as long as two readings take", async (t) => {
  for (const [options, settleMs] of [
    [{}, 60_000],
    [{ refreshMs: 5_000 }, 10_000],
    [{ refreshMs: 5_000, times: { settleMs: 70 } }, 70],
  ] as const) {
    const scene = new Scene();
    const keys = scene.keys(options);
    await keys.refresh();
    const first = keys.current().id;
    scene.now += 24 * HOUR_MS - 1;
    await keys.refresh();
    t.is(scene.writes, 1);
    scene.now += 1;
    await keys.refresh();
    const [, { id: second = "" } = {}, ...more] = await scene.stored();
    t.deepEqual(more, []);
    scene.now += settleMs - 1;
    t.is(keys.current().id, first, "other replicas haven't read the new one yet");
    scene.now += 1;
    t.is(keys.current().id, second);
    t.truthy(keys.find(first), "what it has signed still counts");
    t.deepEqual(
      scene.lines.map(({ msg, secret }) => [msg, secret]),
      [["A new key of sessions was made.", scene.secret.name]],
    );

    scene.now += 7 * 24 * HOUR_MS;
    await keys.refresh();
    t.falsy(keys.find(first), "nothing can depend on it any more");
    t.truthy(keys.find(second));
  }
});

test("who comes second, at making the Secret or at rotating, takes what the first has made", async (t) => {
  const making = new Scene();
  const theirs = newKey(START);
  making.client.before("create", () => making.put([theirs]));
  const keys = making.keys();
  await keys.refresh();
  t.is(keys.current().id, theirs.id);
  t.deepEqual(await making.stored(), [theirs]);

  const rotating = new Scene();
  const old = newKey(START - 24 * HOUR_MS);
  await rotating.put([old]);
  rotating.client.before("replace", () => rotating.put([old, theirs]));
  const others = rotating.keys();
  await others.refresh();
  t.deepEqual(await rotating.stored(), [old, theirs]);
  t.truthy(others.find(theirs.id));
});

test("replicas that rotate at once make one new key", async (t) => {
  const scene = new Scene();
  await scene.put([newKey(START - 24 * HOUR_MS)]);
  const replicas = [1, 2, 3, 4].map(() => scene.keys());
  await Promise.all(replicas.map((keys) => keys.refresh()));
  const stored = await scene.stored();
  t.is(stored.length, 2);
  for (const keys of replicas) for (const { id } of stored) t.truthy(keys.find(id));
});

test("a Secret that changes all the time is given up after five times, and any other failure at once", async (t) => {
  const scene = new Scene();
  const change = () => scene.put([newKey(START - 24 * HOUR_MS)]);
  await change();
  for (let i = 0; i < 9; i++) scene.client.before("replace", change);
  const error = await t.throwsAsync(scene.keys().refresh(), { instanceOf: KeysUnavailableError });
  t.true(error?.message.includes(`${scene.secret.name} changes all the time`));
  t.is(scene.reads, 5);

  const broken = new Scene();
  broken.client.fail("get", new ConnectionError("the connection broke", { sent: true }));
  await t.throwsAsync(broken.keys().refresh(), { instanceOf: ConnectionError });
  t.deepEqual(broken.client.calls, ["get"]);
});

test("somebody else's Secret isn't touched, and whoever may choose another name is told so", async (t) => {
  const scene = new Scene();
  await scene.apply({ password: "secret" }, "Opaque");
  const keys = scene.keys();
  const error = await t.throwsAsync(keys.refresh(), { instanceOf: ForeignSecretError });
  t.regex(error?.message ?? "", /--session-secret/);
  t.false(keys.loaded);
  t.deepEqual(Object.keys((await scene.read()).data ?? {}), ["password"]);
});

test("keys of ours that can't be read are replaced, and the log says so", async (t) => {
  for (const data of [undefined, {}, { keys: "" }, { keys: "[]" }, { keys: '[{"id": "x"}]' }]) {
    const scene = new Scene();
    await scene.apply(data);
    const keys = scene.keys();
    await keys.refresh();
    t.is((await scene.stored())[0]?.id, keys.current().id);
    t.regex(scene.lines[0]?.msg ?? "", /no keys that can be read/);
    t.is(scene.lines[0]?.secret, scene.secret.name);
  }
});

test("one entry that can't be read signs nobody else out: the others stay, it comes back where it is known, and the log says so", async (t) => {
  const scene = new Scene();
  const [a, b] = [newKey(START), newKey(START + 1)];
  await scene.put([a, b]);
  const keys = scene.keys();
  await keys.refresh();
  const broken = JSON.stringify([a, { ...b, createdAt: "yesterday" }]);
  const restarted = scene.keys();
  for (const [replica, left, said] of [
    [keys, [a, b], { restored: 1, lost: 0 }],
    [restarted, [a], { restored: 0, lost: 1 }],
  ] as const) {
    await scene.apply({ keys: broken });
    scene.lines.length = 0;
    await replica.refresh();
    t.deepEqual(await scene.stored(), [...left]);
    t.true(left.every(({ id }) => replica.find(id)));
    t.like(scene.lines, [{ level: 40, secret: scene.secret.name, ...said }]);
    t.regex(scene.lines[0]?.msg ?? "", /could not be read/);
  }
  await restarted.refresh();
  t.is(scene.lines.length, 1, "once");

  await scene.apply({ keys: "not at all" });
  await restarted.refresh();
  t.deepEqual(await scene.stored(), [a], "a text that is no list is written anew by who knows the keys");
});

test("where every key was replaced all sessions have ended, and the log says so; where one is left it doesn't", async (t) => {
  const scene = new Scene();
  const [a, b, c] = [newKey(START), newKey(START), newKey(START)];
  const keys = scene.keys();
  await scene.put([a]);
  await keys.refresh();
  await scene.put([a, b]);
  await keys.refresh();
  t.deepEqual(scene.lines, []);
  await scene.put([c]);
  await keys.refresh();
  t.regex(scene.lines[0]?.msg ?? "", /all sessions have ended/);
  t.is(scene.lines[0]?.secret, scene.secret.name);
  t.deepEqual(
    [a, b, c].map(({ id }) => keys.find(id)?.id),
    [undefined, undefined, c.id],
  );
});

test("a key that isn't known is looked for, unless the Secret was read just now; who can't tell doesn't say that it is gone", async (t) => {
  const scene = new Scene();
  const [a, b] = [newKey(START), newKey(START)];
  await scene.put([a]);
  const keys = scene.keys({ unknownKeyMs: HOUR_MS });
  t.is(await keys.lookFor(a.id), "found", "it wasn't read before");
  t.is(scene.reads, 1);
  await scene.put([a, b]);
  t.is(await keys.lookFor(b.id), "not-looked");
  t.is(await keys.lookFor(a.id), "found");
  for (let i = 0; i < 20; i++) t.is(await keys.lookFor(`forged-${i}`), "not-looked");
  t.is(scene.reads, 1);

  const eager = scene.keys({ unknownKeyMs: 0 });
  t.is(await eager.lookFor("none"), "gone");
  const hold = Promise.withResolvers<void>();
  scene.client.before("get", () => hold.promise);
  const readsBefore = scene.reads;
  const underWay = eager.refresh();
  const looking = [eager.lookFor("none"), eager.lookFor(b.id)];
  hold.resolve();
  t.deepEqual(
    await Promise.all(looking),
    ["not-looked", "found"],
    "the reading may have begun before it was made",
  );
  await underWay;
  t.is(scene.reads, readsBefore + 1, "they share it");
  await eager.refresh();
  t.is(scene.reads, readsBefore + 2);
});

test.serial("who makes up keys makes it read the Secret every two seconds at most", async (t) => {
  const scene = new Scene();
  await scene.put([newKey(START)]);
  const keys = scene.keys();
  await keys.refresh();
  const readAt = performance.now();
  let sinceMs = 0;
  const clock = mock.method(performance, "now", () => readAt + sinceMs);
  t.teardown(() => clock.mock.restore());
  for (; sinceMs < 1_990; sinceMs += 199) t.is(await keys.lookFor(`forged-${sinceMs}`), "not-looked");
  t.is(scene.reads, 1);
  sinceMs = 2_000;
  t.is(await keys.lookFor("forged"), "gone");
  t.is(scene.reads, 2);
});

test("they are read again and again until the end", async (t) => {
  const scene = new Scene();
  const end = new AbortController();
  const running = scene.keys({ refreshMs: 1 }).run(end.signal);
  await waitFor(() => (scene.reads >= 6 ? true : undefined), { what: "six readings" });
  end.abort();
  await running;

  const resting = new Scene();
  const later = resting.keys({ refreshMs: HOUR_MS });
  const rest = new AbortController();
  const done = later.run(rest.signal);
  await later.whenLoaded();
  await new Promise(setImmediate);
  rest.abort();
  await done;
  t.is(resting.reads, 1, "who rests for an hour ends at once all the same");

  const ended = new Scene();
  await ended.keys().run(AbortSignal.abort());
  t.is(ended.reads, 0);
});

test("a failure is logged, and they are read again soon, however seldom they are read otherwise", async (t) => {
  const scene = new Scene();
  scene.client.fail("get", new ConnectionError("the connection broke", { sent: true }));
  const end = new AbortController();
  const keys = scene.keys({ refreshMs: HOUR_MS });
  const running = keys.run(end.signal);
  await keys.whenLoaded();
  t.deepEqual(
    scene.lines.map(({ level, msg, secret, err }) => [level, msg, secret, err?.message]),
    [[50, "The keys of sessions could not be read.", scene.secret.name, "the connection broke"]],
  );
  end.abort();
  await running;
});
