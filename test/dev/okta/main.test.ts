import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import test, { type ExecutionContext } from "ava";
import { Agent } from "undici";
import { readSeed, signIn } from "../../../dev/okta/index.ts";
import { startCallback } from "./relying-party.ts";

const main = fileURLToPath(new URL("../../../dev/okta/main.ts", import.meta.url));
const acme = fileURLToPath(new URL("../../../dev/okta/acme.yaml", import.meta.url));
const certificate = (name: string) => fileURLToPath(new URL(`certificate/${name}`, import.meta.url));

function run(t: ExecutionContext, ...flags: string[]) {
  const child = spawn(process.execPath, [main, ...flags], { stdio: ["ignore", "pipe", "inherit"] });
  t.teardown(() => void child.kill("SIGKILL"));
  return child;
}

async function listening(child: ChildProcess): Promise<{ url: string; port: number }> {
  if (!child.stdout) throw new Error("no stdout");
  for await (const line of createInterface(child.stdout)) {
    const message = JSON.parse(line) as { msg: string; url: string; port: number };
    if (message.msg === "listening") return message;
  }
  throw new Error("It ended without listening.");
}

test("the process serves a seed file until it is told to stop", async (t) => {
  const child = run(t, "--file", acme, "--api-token", "mine", "--control");
  const { url, port } = await listening(child);
  t.is(url, `http://127.0.0.1:${port}`);

  const callback = await startCallback();
  t.teardown(callback.stop);
  const headers = { authorization: "SSWS mine", "content-type": "application/json" };
  const control = (method: string, path: string, body?: unknown) =>
    fetch(`${url}/stand-in/${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });

  const app = { clientId: "late", clientSecret: "s", redirectUris: [callback.url] };
  t.is((await control("PUT", "apps", app)).status, 204);
  const query = new URLSearchParams({
    client_id: "late",
    redirect_uri: callback.url,
    response_type: "code",
    scope: "openid",
    state: "s",
  });
  const start = `${url}/oauth2/default/v1/authorize?${query}`;
  const done = await signIn({ url }, start, "ada", { password: "ada-password" });
  t.is(done.callback?.status, 200);
  t.is((await signIn({ url }, start, "sam", { password: "sam-password" })).response.status, 401);

  t.is(
    (await control("POST", "misbehaviours", { fault: { kind: "status", status: 503 }, on: ["keys"] })).status,
    204,
  );
  t.is((await fetch(`${url}/oauth2/v1/keys`)).status, 503);
  t.is((await control("DELETE", "misbehaviours")).status, 204);
  t.is((await fetch(`${url}/oauth2/v1/keys`)).status, 200);
  t.is((await control("POST", "misbehaviours", { fault: { kind: "nonsense" } })).status, 400);
  t.is((await control("POST", "misdeliveries", { fault: { kind: "lost" } })).status, 204);
  t.is((await control("POST", "misdeliveries", { fault: { kind: "nonsense" } })).status, 400);
  t.is((await control("PATCH", "settings", { rateLimits: { logs: 7 } })).status, 204);
  t.is((await control("PATCH", "settings", { organization: "Evil" })).status, 400);
  const logs = await fetch(`${url}/api/v1/logs`, { headers });
  t.is(logs.headers.get("x-rate-limit-limit"), "7");
  const calls = (await (await control("GET", "calls")).json()) as object[];
  t.like(calls.at(-1), { method: "GET", endpoint: "/api/v1/logs", status: 200, used: 1, limit: 7 });
  t.deepEqual(await (await control("GET", "deliveries")).json(), [], "no event hook is told of anything");
  t.is((await control("PUT", "apps", { colour: "red" })).status, 400);
  t.is((await fetch(`${url}/stand-in/misbehaviours`, { method: "DELETE" })).status, 401);

  child.kill("SIGTERM");
  t.deepEqual(await once(child, "exit"), [0, null]);
});

test("the process speaks https with a certificate of one's own, under a name of one's own", async (t) => {
  const child = run(
    t,
    ...["--cert", certificate("loopback.crt"), "--key", certificate("loopback.key")],
    ...["--url", "https://localhost:9999/", "--file", acme],
  );
  const { url, port } = await listening(child);
  t.is(url, "https://localhost:9999");
  const dispatcher = new Agent({ connect: { ca: await readFile(certificate("loopback.crt"), "utf8") } });
  t.teardown(() => dispatcher.close());
  const address = `https://127.0.0.1:${port}`;
  const { response } = await signIn({ url: address }, `${address}/.well-known/openid-configuration`, "ada", {
    dispatcher,
  });
  t.is(JSON.parse(response.body).token_endpoint, "https://localhost:9999/oauth2/v1/token");
  const control = await signIn({ url: address }, `${address}/stand-in/misbehaviours`, "ada", { dispatcher });
  t.is(control.response.status, 404, "control is off unless asked for");
});

test("the process explains itself, and what is wrong with a seed", async (t) => {
  const help = run(t, "--help");
  if (!help.stdout) throw new Error("no stdout");
  t.true((await text(help.stdout)).includes("--file FILE"));

  const file = join(tmpdir(), `seed-${process.pid}.yaml`);
  await writeFile(file, "users: [{login: ada, colour: red}]\napps: [{clientId: 7}]\n");
  for (const [name, words] of [
    [file, "colour"],
    ["/nowhere.yaml", "can't be read"],
  ] as const) {
    const child = run(t, "--file", name);
    const [output, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
    t.is(code, 1);
    t.true(output.includes(words), output);
  }
});

test("the quickstart's organization has the people that its story needs", async (t) => {
  const { users } = await readSeed(acme);
  const groupsOf = (name: string) => users.find(({ login }) => login === `${name}@acme.example`)?.groups;
  t.deepEqual(groupsOf("ada"), ["service_admin"]);
  t.deepEqual(groupsOf("ben"), ["service_developer"]);
  t.is(groupsOf("mia"), undefined);
  t.deepEqual(groupsOf("eve"), ["marketing"]);
  t.true(users.every(({ login, password }) => password === `${login.split("@")[0]}-password`));
});

test("a seed may not name what isn't there", async (t) => {
  await t.throwsAsync(readSeed("/nowhere.yaml"), { code: "seed-invalid", message: /Name a YAML file/ });
});
