import { execFile, spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import test, { type ExecutionContext } from "ava";
import { decodeJwt, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { request } from "undici";
import { webhookUnderTest } from "../../webhook/webhook-under-test.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const run = promisify(execFile);
const FOLDER = fileURLToPath(new URL("../../../docs/verifying/", import.meta.url));

/** A documented program that verifies what an application is told. */
interface Verifier {
  readonly language: string;
  /** What it needs, where that isn't here. */
  readonly lacks: string | undefined;
  /**
   * @param folder for what it is built into
   * @returns how to run it: the assertion is its argument
   */
  prepare(folder: string): Promise<string[]>;
}

const node: Verifier = {
  language: "Node",
  lacks: undefined,
  prepare: async () => [process.execPath, join(FOLDER, "verify.mjs")],
};

/** Debian's own, which has its packages, before any other. */
const PYTHON = ["/usr/bin/python3", "python3"].find(
  (python) => spawnSync(python, ["-c", "import jwt, cryptography; jwt.PyJWKClient"]).status === 0,
);
const python: Verifier = {
  language: "Python",
  lacks: PYTHON === undefined ? "PyJWT (Debian: python3-jwt and python3-cryptography)" : undefined,
  prepare: async () => [PYTHON ?? "", join(FOLDER, "verify.py")],
};

const go: Verifier = {
  language: "Go",
  lacks: spawnSync("go", ["version"]).status === 0 ? undefined : "Go",
  async prepare(folder) {
    const program = join(folder, "verify");
    await run("go", ["build", "-o", program, "."], {
      cwd: join(FOLDER, "go"),
      env: { ...process.env, GOFLAGS: "-mod=readonly", GOWORK: "off", CGO_ENABLED: "0" },
    });
    return [program];
  },
};

const NIMBUS = nimbus();
const java: Verifier = {
  language: "Java",
  lacks:
    NIMBUS === undefined || spawnSync("javac", ["-version"]).status !== 0
      ? "Java and, from Maven, nimbus-jose-jwt"
      : undefined,
  async prepare(folder) {
    await run("javac", ["-cp", NIMBUS ?? "", "-d", folder, join(FOLDER, "Verify.java")]);
    return ["java", "-cp", [folder, NIMBUS].join(delimiter), "Verify"];
  },
};

/** Where Maven keeps it once somebody has fetched it. */
function nimbus(): string | undefined {
  const kept = join(homedir(), ".m2/repository/com/nimbusds/nimbus-jose-jwt");
  if (!existsSync(kept)) return undefined;
  const jars = readdirSync(kept).map((version) => join(kept, version, `nimbus-jose-jwt-${version}.jar`));
  return jars.find((jar) => existsSync(jar));
}

/** What the program says, and how it ends. */
async function said(
  [command = "", ...args]: string[],
  assertion: string,
  env: Record<string, string>,
): Promise<{ code: number; stdout: string }> {
  try {
    const { stdout } = await run(command, [...args, assertion], { env: { ...process.env, ...env } });
    return { code: 0, stdout };
  } catch (error) {
    if (error instanceof Error && "code" in error && typeof error.code === "number")
      return { code: error.code, stdout: "" };
    throw error;
  }
}

for (const verifier of [node, python, go, java]) {
  const { language, lacks } = verifier;
  if (lacks !== undefined) console.log(`There is no ${lacks} here: what verifies in ${language} is skipped.`);
  const testHere = lacks === undefined ? test : test.skip;
  testHere(`the documented ${language} takes what the door has signed for it, and nothing else`, (t) =>
    verifies(t, verifier),
  );
  testHere(
    `the documented ${language} takes nothing that is over, without an end, of somebody else or about nobody, however well it is signed`,
    (t) => readsWhatIsSigned(t, verifier),
  );
}

async function verifies(t: ExecutionContext, verifier: Verifier): Promise<void> {
  const under = await webhookUnderTest(t);
  const command = await verifier.prepare(under.cluster.folder);
  await under.applyAcme();
  const cookies = await under.signedIn("ada");
  const key = `${under.cluster.namespace}/acme`;
  const { headers, body } = await request(`${under.url}/auth?organization=${key}`, {
    headers: { cookie: cookies.header(new URL(under.url)) ?? "" },
  });
  await body.dump();
  const assertion = String(headers["x-auth-request-assertion"]);
  const env = { WEBHOOK: under.url, AUDIENCE: `${key}@${new URL(under.url).host}` };

  const { code, stdout } = await said(command, assertion, env);
  t.is(code, 0);
  const user = String(headers["x-auth-request-user"]);
  t.deepEqual(JSON.parse(stdout), { user, roles: ["service-admin"] });

  const [head = "", claims = "", signature = ""] = assertion.split(".");
  const part = (content: object) => Buffer.from(JSON.stringify(content)).toString("base64url");
  const { kid } = JSON.parse(Buffer.from(head, "base64url").toString());
  const admin = part({ ...decodeJwt(assertion), roles: ["organization-admin"] });
  const published = await (await fetch(`${under.url}/.well-known/jwks.json`)).text();
  const symmetric = `${part({ alg: "HS256", kid })}.${claims}`;
  const forged = {
    "other claims": `${head}.${admin}.${signature}`,
    "no signature": `${part({ alg: "none", kid })}.${admin}.`,
    "signed by what is published": `${symmetric}.${createHmac("sha256", published).update(symmetric).digest("base64url")}`,
    "a key that isn't": `${part({ alg: "ES256", kid: "another" })}.${claims}.${signature}`,
    nothing: "",
  };
  const outcomes = await Promise.all([
    ...Object.entries(forged).map(async ([what, token]) => [what, (await said(command, token, env)).code]),
    (async () => [
      "of another organization",
      (await said(command, assertion, { ...env, AUDIENCE: env.AUDIENCE.replace("acme", "beta") })).code,
    ])(),
    (async () => [
      "for another host",
      (await said(command, assertion, { ...env, AUDIENCE: `${key}@app.example.com` })).code,
    ])(),
  ]);
  for (const [what, outcome] of outcomes) t.not(outcome, 0, String(what));
}

async function readsWhatIsSigned(t: ExecutionContext, verifier: Verifier): Promise<void> {
  const command = await verifier.prepare(await temporaryFolder(t));
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const head = { alg: "ES256", typ: "JWT", kid: "one" };
  const { alg, kid } = head;
  const url = await publishing(t, { keys: [{ ...(await exportJWK(publicKey)), kid, alg, use: "sig" }] });
  const env = { WEBHOOK: url, AUDIENCE: "access/acme@app.example.com" };
  const signed = (claims: JWTPayload) => new SignJWT(claims).setProtectedHeader(head).sign(privateKey);
  const iat = Math.floor(Date.now() / 1000);
  const [sub, roles] = ["access/ada", ["service-admin"]];
  // Good for longer than the door's, for a machine on which that is over before all of them are read.
  const right = { iss: url, aud: env.AUDIENCE, sub, iat, exp: iat + 600, roles };

  const { code, stdout } = await said(command, await signed(right), env);
  t.is(code, 0, "or what follows would be refused for something else");
  t.deepEqual(JSON.parse(stdout), { user: sub, roles });

  const without = (claim: keyof typeof right) =>
    Object.fromEntries(Object.entries(right).filter(([name]) => name !== claim));
  const wrong: Record<string, JWTPayload> = {
    "over for 30 s": { ...right, iat: iat - 90, exp: iat - 30 },
    "without an end": without("exp"),
    "by another issuer": { ...right, iss: "https://login.example.com" },
    "by nobody": without("iss"),
    "about nobody": without("sub"),
    "for nobody": without("aud"),
  };
  const outcomes = await Promise.all(
    Object.entries(wrong).map(async ([what, claims]) => {
      const { code } = await said(command, await signed(claims), env);
      return [what, code] as const;
    }),
  );
  for (const [what, outcome] of outcomes) t.not(outcome, 0, what);
}

/** Publishes keys as the webhook does. @returns the webhook's URL */
async function publishing(t: ExecutionContext, keys: object): Promise<string> {
  const server = createServer((req, res) => {
    res.statusCode = req.url === "/.well-known/jwks.json" ? 200 : 404;
    res.setHeader("Content-Type", "application/json");
    res.end(res.statusCode === 200 ? JSON.stringify(keys) : "");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
