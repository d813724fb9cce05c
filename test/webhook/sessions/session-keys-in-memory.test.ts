import test from "ava";
import { pino } from "pino";
import { SESSION_KEYS_TYPE } from "../../../crds/resources.ts";
import {
  AlreadyExistsError,
  type Client,
  ConflictError,
  ForbiddenError,
  type KubernetesObject,
  NotFoundError,
  type Secret,
} from "../../../kubernetes/index.ts";
import {
  ForeignSecretError,
  KeysUnavailableError,
  SessionKeys,
} from "../../../webhook/sessions/session-keys.ts";
import { formatKeys, newKey, parseKeys, type StoredKey } from "../../../webhook/sessions/stored-keys.ts";
import { waitFor } from "../../wait-for.ts";

const HOUR_MS = 3_600_000;
const START = 1_800_000_000_000;
const NAME = { namespace: "team", name: "keys-of-sessions" };

/** One Secret, as an API server keeps it: made once, and changed by those alone who have read it as it is. */
class SecretServer {
  secret: Secret | undefined;
  reads = 0;
  writes = 0;
  /** What each read waits for. */
  held: Promise<void> = Promise.resolve();
  /** What the next calls end with, first those of the front. */
  readonly failures: Error[] = [];
  /** What another replica does between our reading and our writing. */
  meanwhile = (): void => {};
  readonly lines: { level: number; msg: string; secret?: string; err?: { message: string } }[] = [];
  now = START;

  readonly client: Pick<Client, "get" | "create" | "replace"> = {
    get: async <T extends KubernetesObject>() => {
      this.reads++;
      await this.held;
      const failure = this.failures.shift();
      if (failure) throw failure;
      if (!this.secret) throw new NotFoundError("There is none.", { status: 404, reason: "NotFound" });
      return structuredClone(this.secret) as KubernetesObject as T;
    },
    create: async (_type, draft) => {
      this.meanwhile();
      if (this.secret)
        throw new AlreadyExistsError("There is one.", { status: 409, reason: "AlreadyExists" });
      return this.#store(draft as Secret) as KubernetesObject as never;
    },
    replace: async (_type, object) => {
      this.meanwhile();
      if (object.metadata.resourceVersion !== this.secret?.metadata.resourceVersion)
        throw new ConflictError("It was changed.", { status: 409, reason: "Conflict" });
      return this.#store(object as Secret) as KubernetesObject as never;
    },
  };

  keys(options: Partial<ConstructorParameters<typeof SessionKeys>[0]> = {}): SessionKeys {
    const log = pino({ level: "info" }, { write: (line) => void this.lines.push(JSON.parse(line)) });
    return new SessionKeys({ client: this.client, secret: NAME, log, now: () => this.now, ...options });
  }

  /** As another replica would. */
  put(keys: readonly StoredKey[], type = SESSION_KEYS_TYPE): void {
    const data = { keys: Buffer.from(formatKeys(keys)).toString("base64") };
    this.#store({ apiVersion: "v1", kind: "Secret", metadata: NAME, type, data });
  }

  get stored(): StoredKey[] {
    return parseKeys(Buffer.from(this.secret?.data?.keys ?? "", "base64").toString()) ?? [];
  }

  #store(secret: Secret): Secret {
    this.writes++;
    this.secret = { ...secret, metadata: { ...secret.metadata, resourceVersion: `${this.writes}` } };
    return this.secret;
  }
}

test("before the Secret was read nobody is signed in; then it is there, as ours, with one key", async (t) => {
  const server = new SecretServer();
  const keys = server.keys();
  t.false(keys.loaded);
  t.is(keys.find("any"), undefined);
  t.throws(() => keys.current(), { instanceOf: KeysUnavailableError, code: "session-keys-unavailable" });
  t.throws(() => keys.assertionKeys(), { instanceOf: KeysUnavailableError });
  const loaded = keys.whenLoaded().then(() => "loaded");
  t.is(await Promise.race([loaded, Promise.resolve("not yet")]), "not yet");
  await keys.refresh();
  await loaded;
  t.true(keys.loaded);
  const [made] = server.stored;
  t.is(made?.createdAt, START);
  t.is(made?.id, keys.current().id);
  t.is(made?.id, keys.assertionKeys().current.id);
  t.like(server.secret, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { ...NAME, labels: { "app.kubernetes.io/managed-by": "okta-role-operator" } },
    type: SESSION_KEYS_TYPE,
  });
  await keys.refresh();
  t.is(server.writes, 1, "nothing is due");
  t.deepEqual(server.lines, [], "and nothing to be told");
});

test("a new key is made when the last is a day old, and used when it was there for as long as two readings take", async (t) => {
  for (const [options, settleMs] of [
    [{}, 60_000],
    [{ refreshMs: 5_000 }, 10_000],
    [{ refreshMs: 5_000, times: { settleMs: 70 } }, 70],
  ] as const) {
    const server = new SecretServer();
    const keys = server.keys(options);
    await keys.refresh();
    const first = keys.current().id;
    server.now += 24 * HOUR_MS;
    await keys.refresh();
    t.is(server.stored.length, 2);
    const second = server.stored[1]?.id ?? "";
    server.now += settleMs - 1;
    t.is(keys.current().id, first);
    server.now += 1;
    t.is(keys.current().id, second);
    t.truthy(keys.find(first), "what it has signed still counts");
    t.deepEqual(
      server.lines.map(({ msg, secret }) => [msg, secret]),
      [["A new key of sessions was made.", NAME.name]],
    );
  }
});

test("who comes second, at making the Secret or at rotating, takes what the first has made", async (t) => {
  const making = new SecretServer();
  const theirs = newKey(START);
  making.meanwhile = () => {
    if (!making.secret) making.put([theirs]);
  };
  const keys = making.keys();
  await keys.refresh();
  t.is(keys.current().id, theirs.id);
  t.is(making.writes, 1);

  const rotating = new SecretServer();
  const old = newKey(START - 24 * HOUR_MS);
  rotating.put([old]);
  rotating.meanwhile = () => {
    if (rotating.stored.length === 1) rotating.put([old, theirs]);
  };
  const others = rotating.keys();
  await others.refresh();
  t.deepEqual(rotating.stored, [old, theirs]);
  t.truthy(others.find(theirs.id));
});

test("a Secret that changes all the time is given up after five times, and any other failure at once", async (t) => {
  const server = new SecretServer();
  server.put([newKey(START - 24 * HOUR_MS)]);
  server.meanwhile = () => server.put([newKey(START - 24 * HOUR_MS)]);
  const error = await t.throwsAsync(server.keys().refresh(), { instanceOf: KeysUnavailableError });
  t.regex(error?.message ?? "", /keys-of-sessions changes all the time/);
  t.is(server.reads, 5);

  const forbidden = new SecretServer();
  forbidden.failures.push(new ForbiddenError("No.", { status: 403, reason: "Forbidden" }));
  await t.throwsAsync(forbidden.keys().refresh(), { instanceOf: ForbiddenError });
  t.is(forbidden.reads, 1);
  t.is(forbidden.writes, 0);
});

test("somebody else's Secret isn't touched; keys of ours that can't be read are replaced, and the log says so", async (t) => {
  const foreign = new SecretServer();
  foreign.put([newKey(START)], "Opaque");
  await t.throwsAsync(foreign.keys().refresh(), { instanceOf: ForeignSecretError });
  t.is(foreign.writes, 1);

  for (const data of [undefined, {}, { keys: "" }, { keys: Buffer.from("[]").toString("base64") }]) {
    const server = new SecretServer();
    server.put([]);
    if (server.secret) {
      const { data: _, ...rest } = server.secret;
      server.secret = { ...rest, ...(data ? { data } : {}) };
    }
    const keys = server.keys();
    await keys.refresh();
    t.is(server.stored[0]?.id, keys.current().id);
    t.regex(server.lines[0]?.msg ?? "", /no keys that can be read/);
    t.is(server.lines[0]?.secret, NAME.name);
  }
});

test("where every key was replaced all sessions have ended, and the log says so; where one is left it doesn't", async (t) => {
  const server = new SecretServer();
  const [a, b, c] = [newKey(START), newKey(START), newKey(START)];
  const keys = server.keys();
  server.put([a]);
  await keys.refresh();
  server.put([a, b]);
  await keys.refresh();
  t.deepEqual(server.lines, []);
  server.put([c]);
  await keys.refresh();
  t.regex(server.lines[0]?.msg ?? "", /all sessions have ended/);
  t.is(server.lines[0]?.secret, NAME.name);
  t.deepEqual(
    [a, b, c].map(({ id }) => keys.find(id)?.id),
    [undefined, undefined, c.id],
  );
});

test("a key that isn't known is looked for, unless the Secret was read just now; who can't tell doesn't say that it is gone", async (t) => {
  const server = new SecretServer();
  const [a, b] = [newKey(START), newKey(START)];
  server.put([a]);
  const keys = server.keys();
  t.is(await keys.lookFor(a.id), "found", "it wasn't read before");
  t.is(server.reads, 1);
  server.put([a, b]);
  t.is(await keys.lookFor(b.id), "not-looked");
  t.is(await keys.lookFor(a.id), "found");
  t.is(server.reads, 1);

  const eager = server.keys({ unknownKeyMs: 0 });
  t.is(await eager.lookFor("none"), "gone");
  const hold = Promise.withResolvers<void>();
  server.held = hold.promise;
  const readsBefore = server.reads;
  const underWay = eager.refresh();
  const looking = [eager.lookFor("none"), eager.lookFor(b.id)];
  hold.resolve();
  t.deepEqual(
    await Promise.all(looking),
    ["not-looked", "found"],
    "the reading may have begun before it was made",
  );
  await underWay;
  t.is(server.reads, readsBefore + 1, "they share it");
  await eager.refresh();
  t.is(server.reads, readsBefore + 2);
});

test("they are read again and again until the end; a failure is logged, and tried again soon", async (t) => {
  const server = new SecretServer();
  const failure = new ForbiddenError("No.", { status: 403, reason: "Forbidden" });
  server.failures.push(failure, failure, failure);
  const end = new AbortController();
  const keys = server.keys({ refreshMs: 1 });
  const running = keys.run(end.signal);
  await waitFor(() => (server.reads >= 6 ? true : undefined), { what: "six readings", timeoutMs: 5_000 });
  t.true(keys.loaded);
  t.deepEqual(
    server.lines.map(({ level, msg, secret, err }) => [level, msg, secret, err?.message]),
    Array.from({ length: 3 }, () => [50, "The keys of sessions could not be read.", NAME.name, "No."]),
  );
  end.abort();
  await running;

  const resting = new SecretServer();
  const later = resting.keys({ refreshMs: HOUR_MS });
  const rest = new AbortController();
  const done = later.run(rest.signal);
  await later.whenLoaded();
  await new Promise(setImmediate);
  rest.abort();
  await done;
  t.is(resting.reads, 1, "who rests for an hour ends at once all the same");

  const ended = new SecretServer();
  await ended.keys().run(AbortSignal.abort());
  t.is(ended.reads, 0);
});
