import test from "ava";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { pino } from "pino";
import { ServiceAccountKeys } from "../../../webhook/tokens/service-account-keys.ts";

const log = pino({ level: "silent" });

async function keyPair(kid: string): Promise<{ jwk: JWK; sign: () => Promise<string> }> {
  const { publicKey, privateKey } = await generateKeyPair("RS256");
  return {
    jwk: { ...(await exportJWK(publicKey)), kid, alg: "RS256", use: "sig" },
    sign: () => new SignJWT({}).setProtectedHeader({ alg: "RS256", kid }).sign(privateKey),
  };
}

/** The keys as the API server has them; a clock that the test moves. */
class Server {
  keys: unknown[] = [];
  isDown = false;
  reads = 0;
  now = 0;
  readonly known = new ServiceAccountKeys({
    client: {
      serviceAccountKeys: async () => {
        this.reads++;
        if (this.isDown) throw new Error("403");
        return { keys: this.keys };
      },
    },
    log,
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
