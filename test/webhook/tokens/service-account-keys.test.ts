import test from "ava";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { ServiceAccountKeys } from "../../../webhook/tokens/service-account-keys.ts";
import { exactly } from "../../exactly.ts";
import { logLines } from "../../log-lines.ts";

async function keyPair(kid: string, alg = "RS256"): Promise<{ jwk: JWK; sign: () => Promise<string> }> {
  const { publicKey, privateKey } = await generateKeyPair(alg);
  return {
    jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" },
    sign: () => new SignJWT({}).setProtectedHeader({ alg, kid }).sign(privateKey),
  };
}

/** The keys as the API server has them; a clock that the test moves. */
class Server {
  keys: unknown[] = [];
  isDown = false;
  reads = 0;
  now = 0;
  readonly #log = logLines();
  readonly lines = this.#log.lines;
  readonly signals: unknown[] = [];
  readonly known = new ServiceAccountKeys({
    client: {
      serviceAccountKeys: async (options) => {
        this.reads++;
        this.signals.push(options?.signal);
        if (this.isDown) throw new Error("403");
        return { keys: this.keys };
      },
    },
    log: this.#log.log,
    now: () => this.now,
  });
}

test("what the cluster has signed is told from what it hasn't", async (t) => {
  const server = new Server();
  const [one, two] = [await keyPair("one"), await keyPair("two")];
  const forger = await keyPair("one");
  server.keys = [one.jwk, two.jwk];
  t.is(await server.known.verify(await one.sign()), "signed");
  t.is(await server.known.verify(await two.sign()), "signed");
  t.is(await server.known.verify(await forger.sign()), "forged");
  const token = await one.sign();
  const [header = "", payload = ""] = token.split(".");
  const none = Buffer.from(JSON.stringify({ alg: "none", kid: "one" })).toString("base64url");
  const shared = Buffer.from(JSON.stringify({ alg: "HS256", kid: "one" })).toString("base64url");
  for (const forged of [
    `${header}.${payload}.AAAA`,
    `${none}.${payload}.AAAA`,
    `${shared}.${payload}.AAAA`,
    "a.b.c",
  ])
    t.is(await server.known.verify(forged), "forged", forged.slice(0, 40));
  t.is(server.reads, 1);
});

test("a key that isn't known makes the keys read again, though not at any rate", async (t) => {
  const server = new Server();
  const [one, two] = [await keyPair("one"), await keyPair("two")];
  server.keys = [one.jwk];
  t.is(await server.known.verify(await one.sign()), "signed");
  server.keys = [one.jwk, two.jwk];
  t.is(await server.known.verify(await two.sign()), "unknown", "they were read just now");
  server.now += 2_000;
  t.is(await server.known.verify(await two.sign()), "signed");
  t.is(server.reads, 2);
  const other = await keyPair("three");
  for (let i = 0; i < 20; i++) t.is(await server.known.verify(await other.sign()), "unknown");
  t.is(server.reads, 2);
});

test("where the keys can't be read nothing is forged, and those that were read stay in use", async (t) => {
  const server = new Server();
  const one = await keyPair("one");
  server.isDown = true;
  t.is(await server.known.verify(await one.sign()), "unknown");
  server.isDown = false;
  server.keys = [one.jwk];
  server.now += 2_000;
  t.is(await server.known.verify(await one.sign()), "signed");
  server.isDown = true;
  server.now += 3_600_000;
  t.is(await server.known.verify(await one.sign()), "signed");
  server.isDown = false;
  server.keys = ["nonsense"];
  server.now += 3_600_000;
  t.not(await server.known.verify(await one.sign()), "forged");
});

test("keys are read again when they are five minutes old, and not before", async (t) => {
  const server = new Server();
  const one = await keyPair("one");
  server.now = 1_000;
  server.keys = [one.jwk];
  t.is(await server.known.verify(await one.sign()), "signed");
  server.keys = [];
  for (const now of [1_001, 4_000, 300_999]) {
    server.now = now;
    t.is(await server.known.verify(await one.sign()), "signed", `${now}`);
  }
  t.is(server.reads, 1);
  server.now = 301_000;
  t.is(await server.known.verify(await one.sign()), "unknown", "the cluster has taken it back");
  t.is(server.reads, 2);
});

test("only algorithms of the API server's keys count, whatever else a key would be good for", async (t) => {
  const server = new Server();
  const [usual, other] = [await keyPair("one", "ES256"), await keyPair("two", "PS256")];
  server.keys = [usual.jwk, { ...other.jwk, alg: undefined }];
  t.is(await server.known.verify(await usual.sign()), "signed");
  t.is(await server.known.verify(await other.sign()), "forged");
});

test("that the keys can't be read is logged once, until they can be again; nobody waits for it without end", async (t) => {
  const server = new Server();
  const one = await keyPair("one");
  for (const isDown of [true, true, false, true]) {
    server.isDown = isDown;
    server.keys = [one.jwk];
    server.now += 300_000;
    await server.known.verify(await one.sign());
  }
  t.like(
    server.lines,
    exactly({ level: 40, err: { message: "403" } }, { level: 40, err: { message: "403" } }),
  );
  t.is(server.lines.length, 2);
  t.true(server.signals.every((signal) => signal instanceof AbortSignal));
});

test("keys that were read a moment ago are good for the next token", async (t) => {
  const one = await keyPair("one");
  let reads = 0;
  const serviceAccountKeys = async () => {
    reads++;
    return { keys: [one.jwk] };
  };
  const known = new ServiceAccountKeys({ client: { serviceAccountKeys }, log: logLines().log });
  for (let i = 0; i < 2; i++) t.is(await known.verify(await one.sign()), "signed");
  t.is(reads, 1);
});
