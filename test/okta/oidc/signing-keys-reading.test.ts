import test from "ava";
import { Http } from "../../../okta/http/http.ts";
import { IdTokenInvalidError, SigningKeysUnreachableError } from "../../../okta/oidc/login-errors.ts";
import { SigningKeys } from "../../../okta/oidc/signing-keys.ts";
import { onBehalfOf } from "../../../okta/owner.ts";
import { LOOPBACK } from "../loopback.ts";
import { type Answer, TestServer } from "../server.ts";
import { testKey } from "./provider.ts";

const MINUTE = 60_000;
const [first, second] = [await testKey("key-1", "ES256"), await testKey("key-2", "ES256")];
const header = { alg: "ES256", kid: "key-1" };

/** An issuer's keys, at a clock of our own that began some time ago. */
class Scene implements AsyncDisposable {
  readonly server: TestServer;
  readonly http = new Http({ destinations: LOOPBACK });
  readonly keys: SigningKeys;
  now = 7_000_000;
  answer: Answer = { body: { keys: [first.jwk] } };

  private constructor(server: TestServer) {
    this.server = server;
    server.routes["/keys"] = () => this.answer;
    this.keys = new SigningKeys({ url: `${server.url}/keys`, http: this.http, now: () => this.now });
  }

  static async start(): Promise<Scene> {
    return new Scene(await TestServer.start());
  }

  get reads(): number {
    return this.server.calls.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.http.close();
  }
}

test("keys are read once in five minutes, by all who ask at the same time together", async (t) => {
  await using s = await Scene.start();
  const [one, another] = await Promise.all([s.keys.find(header), s.keys.find(header)]);
  t.is(one, another);
  t.is(s.reads, 1);
  t.is(s.server.calls[0]?.headers.accept, "application/json, application/jwk-set+json");
  s.now += 5 * MINUTE - 1;
  await s.keys.find(header);
  t.is(s.reads, 1);
  s.now += 1;
  await s.keys.find(header);
  t.is(s.reads, 2);
  s.now += 5 * MINUTE - 1;
  await s.keys.find(header);
  t.is(s.reads, 2);
});

test("a key that isn't among them makes them read again, every ten seconds at most", async (t) => {
  await using s = await Scene.start();
  await s.keys.find(header);
  s.answer = { body: { keys: [second.jwk] } };
  const wanted = { ...header, kid: "key-2" };
  s.now += 9_999;
  const error = await t.throwsAsync(s.keys.find(wanted), { instanceOf: IdTokenInvalidError });
  t.is(error.check, "key");
  t.true(error.cause instanceof Error);
  t.is(s.reads, 1);
  s.now += 1;
  t.truthy(await s.keys.find(wanted));
  t.is(s.reads, 2);
  s.now += 9_999;
  await t.throwsAsync(s.keys.find(header), { message: /\(key\)/ });
  t.is(s.reads, 2);
});

test("asked for anew, keys are read unless they have just been", async (t) => {
  await using s = await Scene.start();
  t.truthy(await s.keys.findAnew(header), "nothing was known");
  t.is(await s.keys.findAnew(header), undefined);
  t.is(s.reads, 1);
  s.now += 10_000;
  t.truthy(await s.keys.findAnew(header));
  s.now += 10_000;
  t.is(await s.keys.findAnew({ ...header, kid: "key-3" }), undefined, "there is no such key");
  t.is(s.reads, 3);
});

test("while they can't be read those that were good are for an hour, and nobody asks for ten seconds", async (t) => {
  await using s = await Scene.start();
  const key = await s.keys.find(header);
  s.answer = { status: 503 };
  s.now += 5 * MINUTE;
  t.is(await s.keys.find(header), key);
  t.is(s.reads, 2);
  s.now += 9_999;
  t.is(await s.keys.find(header), key);
  t.is(s.reads, 2);
  const failure = await t.throwsAsync(s.keys.findAnew(header), { instanceOf: SigningKeysUnreachableError });
  t.regex(failure.message, /503/);
  t.is(s.reads, 2, "the failure is told again");
  s.now += 1;
  t.is(await s.keys.find(header), key);
  t.is(s.reads, 3);
  s.now = 7_000_000 + 60 * MINUTE - 1;
  t.is(await s.keys.find(header), key);
  s.now += 1;
  await t.throwsAsync(s.keys.find(header), { instanceOf: SigningKeysUnreachableError });
  s.now += 1;
  const reads = s.reads;
  await t.throwsAsync(s.keys.find(header), { instanceOf: SigningKeysUnreachableError });
  t.is(s.reads, reads + 1, "whoever has nothing to go on asks");
});

test("a failure is forgotten once they were read", async (t) => {
  await using s = await Scene.start();
  await s.keys.find(header);
  s.answer = { status: 503 };
  s.now += 10_000;
  await t.throwsAsync(s.keys.findAnew(header), { instanceOf: SigningKeysUnreachableError });
  s.answer = { body: { keys: [first.jwk] } };
  s.now += 10_000;
  t.truthy(await s.keys.findAnew(header));
  t.is(await s.keys.findAnew(header), undefined);
  t.is(s.reads, 3);
});

test("a set may hold what isn't used, and a hundred keys", async (t) => {
  await using s = await Scene.start();
  const unusable = [{ kty: "unheard-of" }, { ...second.jwk, use: "enc" }];
  const many = (count: number) => [
    ...Array.from({ length: count - unusable.length - 1 }, () => second.jwk),
    ...unusable,
    first.jwk,
  ];
  s.answer = { body: { keys: many(100) } };
  t.truthy(await s.keys.find(header));
  s.now += 60 * MINUTE;
  s.answer = { body: { keys: many(101) } };
  await t.throwsAsync(s.keys.find(header), { instanceOf: SigningKeysUnreachableError });
  for (const keys of [[], unusable]) {
    s.answer = { body: { keys } };
    await t.throwsAsync(s.keys.find(header), { message: /none of them verifies signatures/ });
  }
});

test("keys that were never read say why", async (t) => {
  await using s = await Scene.start();
  for (const [answer, words] of [
    [{ status: 404 }, /status 404/],
    [{ body: { keys: "none" } }, /keys/],
    [{ body: { keys: [7] } }, /./],
  ] as const) {
    s.answer = answer;
    const error = await t.throwsAsync(s.keys.find(header), { instanceOf: SigningKeysUnreachableError });
    t.regex(error.message, words);
    t.true(error.cause instanceof Error);
    await t.throwsAsync(s.keys.findAnew(header), { instanceOf: SigningKeysUnreachableError });
  }
  t.is(s.reads, 6, "there is nothing to go on");
});

test("where one owner's memory is taken, others read the same keys for themselves", async (t) => {
  await using s = await Scene.start();
  const find = (owner: string, kid = "key-1") => onBehalfOf(owner, () => s.keys.find({ ...header, kid }));
  using taken = onBehalfOf("a", () => s.http.room.share(""));
  taken.take(24 * 1024 * 1024);
  const [ofA, ofB] = await Promise.allSettled([find("a"), find("b")]);
  t.deepEqual([ofA.status, ofB.status, s.reads], ["rejected", "fulfilled", 2]);

  s.now += MINUTE;
  s.answer = { body: { keys: [second.jwk] } };
  await t.throwsAsync(find("a", "key-2"), { instanceOf: SigningKeysUnreachableError });
  await t.throwsAsync(find("a", "key-2"), { instanceOf: SigningKeysUnreachableError });
  t.is(s.reads, 3, "that is known of it for ten seconds");
  t.truthy(await find("b", "key-2"));
});
