import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { stringify } from "yaml";
import { Credentials } from "../../../kubernetes/client/credentials.ts";
import { KubeConfigError } from "../../../kubernetes/client/errors.ts";
import { newAuthority } from "../../certificates.ts";
import { logLines } from "../../log-lines.ts";
import { replaceFile } from "../../replace-file.ts";
import { activeTimers } from "../active-timers.ts";
import { temporaryFile } from "../api-server.ts";

interface Config {
  user?: object;
  cluster?: object;
  context?: object;
}

const base64 = (text: string) => Buffer.from(text).toString("base64");

function configOf({ user = {}, cluster = {}, context = {} }: Config) {
  return stringify({
    "current-context": "x",
    contexts: [
      { name: "x", context: { cluster: "x", user: "x", ...context } },
      { name: "y", context: { cluster: "x", user: "x", namespace: "of-y" } },
      { name: "nothing", context: { cluster: "no such cluster", user: "x" } },
    ],
    clusters: [{ name: "x", cluster: { server: "https://127.0.0.1:9", ...cluster } }],
    users: [{ name: "x", user }],
  });
}

async function load(t: ExecutionContext, config: Config, context?: string) {
  const time = { now: 0 };
  const kubeconfig = await temporaryFile(t, "kubeconfig", configOf(config));
  const { log, lines } = logLines();
  const credentials = await Credentials.load({ kubeconfig, context, log, now: () => time.now });
  return { credentials, time, kubeconfig, lines, access: await credentials.current() };
}

test("where the API server is, and how it is reached", async (t) => {
  const usual = await load(t, {});
  t.like(usual.access, { origin: "https://127.0.0.1:9", basePath: "", proxyUrl: undefined, headers: [] });
  const cluster = {
    server: "https://example.com:6443/k8s/",
    "proxy-url": "http://proxy:3128",
    "tls-server-name": "kube",
  };
  const { access } = await load(t, { cluster });
  t.like(access, { origin: "https://example.com:6443", basePath: "/k8s", proxyUrl: "http://proxy:3128" });
  t.is(access.tls.servername, "kube");
  t.is(
    (await load(t, { cluster: { "insecure-skip-tls-verify": true } })).access.tls.rejectUnauthorized,
    false,
  );
});

test("who we are: a token, a name and password, a certificate", async (t) => {
  t.deepEqual((await load(t, { user: { token: "abc" } })).access.headers, ["Authorization", "Bearer abc"]);
  t.deepEqual((await load(t, { user: { username: "ada", password: "lovelace" } })).access.headers, [
    "Authorization",
    `Basic ${base64("ada:lovelace")}`,
  ]);
  const { cert, key } = newAuthority().issue("ada");
  const { access } = await load(t, {
    user: { "client-certificate-data": base64(cert), "client-key-data": base64(key) },
    cluster: { "certificate-authority-data": base64("CA") },
  });
  t.is(String(access.tls.ca), "CA");
  t.is(String(access.tls.cert), cert);
  t.is(String(access.tls.key), key);
});

test("connections are made anew for another server, proxy or certificate, and for no other token", async (t) => {
  const of = async (config: Config) => (await load(t, config)).access.fingerprint;
  const usual = await of({ user: { token: "a" } });
  const { cert, key } = newAuthority().issue("ada");
  t.is(await of({ user: { token: "b" } }), usual);
  for (const config of [
    { cluster: { server: "https://127.0.0.1:10" } },
    { cluster: { "proxy-url": "http://proxy:3128" } },
    { cluster: { "certificate-authority-data": base64("CA") } },
    { user: { "client-certificate-data": base64(cert), "client-key-data": base64(key) } },
  ])
    t.not(await of(config), usual, JSON.stringify(config));
});

test("an authority or a certificate that is new is no refusal of the same: all get it at once", async (t) => {
  const file = await temporaryFile(t, "ca.crt", "ONE");
  const { credentials, access } = await load(t, { cluster: { "certificate-authority": file } });
  await replaceFile(file, "TWO");
  const second = await credentials.refresh(access);
  t.is(String(second.tls.ca), "TWO");
  t.deepEqual(second.headers, access.headers);
  t.not(second.fingerprint, access.fingerprint);
  t.is(await credentials.refresh(access), second);
});

test("who has no file of a token is read again without a word, whatever else is there", async (t) => {
  for (const config of [
    { user: { token: "abc" } },
    { user: { "auth-provider": { name: "other" } } },
    { context: { user: "nobody" } },
  ]) {
    const { credentials, access, time, lines } = await load(t, config);
    time.now = 10_000;
    t.deepEqual(await credentials.current(), access);
    t.deepEqual(lines, [], JSON.stringify(config));
  }
});

test.serial("without a path, KUBECONFIG says where it is; without that there may be none", async (t) => {
  const { log } = logLines();
  const { KUBECONFIG, HOME } = process.env;
  t.teardown(() => {
    for (const [name, value] of Object.entries({ KUBECONFIG, HOME }))
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  });
  process.env.KUBECONFIG = await temporaryFile(t, "kubeconfig", configOf({ user: { token: "abc" } }));
  const timers = activeTimers(); // nobody else has any: this is the only serial test
  const credentials = await Credentials.load({ log });
  const access = credentials.current();
  t.false(access instanceof Promise, "it has just been read");
  t.deepEqual((await access).headers, ["Authorization", "Bearer abc"]);
  t.is(activeTimers(), timers, "what waited for a plugin doesn't any more");

  delete process.env.KUBECONFIG;
  const home = await mkdtemp(join(tmpdir(), "home-"));
  t.teardown(() => rm(home, { recursive: true }));
  await mkdir(join(home, ".kube"));
  await writeFile(join(home, ".kube/config"), configOf({ user: { token: "at-home" } }));
  process.env.HOME = home;
  const atHome = await (await Credentials.load({ log })).current();
  t.deepEqual(atHome.headers, ["Authorization", "Bearer at-home"]);

  process.env.HOME = "/no/such/home";
  await t.throwsAsync(Credentials.load({ log }), {
    instanceOf: KubeConfigError,
    message: /^There is no kubeconfig: /,
  });
});

test("a file that a kubeconfig names is looked for beside it", async (t) => {
  // The kubeconfig itself, since that is there.
  const { access, kubeconfig } = await load(t, { cluster: { "certificate-authority": "kubeconfig" } });
  t.is(String(access.tls.ca), await readFile(kubeconfig, "utf8"));
});

test("the namespace is the context's, if it has one", async (t) => {
  t.is((await load(t, {})).credentials.namespace, undefined);
  t.is((await load(t, { context: { namespace: " team\n" } })).credentials.namespace, "team");
  t.is((await load(t, { context: { namespace: " " } })).credentials.namespace, undefined);
  t.is((await load(t, { context: { namespace: "team" } }, "y")).credentials.namespace, "of-y");
});

test("a kubeconfig of no use says why", async (t) => {
  const { log } = logLines();
  const failure = (kubeconfig: string, context?: string) =>
    t.throwsAsync(Credentials.load({ kubeconfig, context, log }), { instanceOf: KubeConfigError });
  const missing = await failure("/no/such/file");
  t.regex(missing?.message ?? "", /^The kubeconfig can't be read: .*no such file/);
  t.true(missing?.cause instanceof Error);
  const file = await temporaryFile(t, "kubeconfig", configOf({}));
  for (const context of ["other", "nothing"])
    t.is(
      (await failure(file, context))?.message,
      `The kubeconfig has no context "${context}" with a cluster; it has: x, y, nothing`,
    );
  const empty = await temporaryFile(t, "kubeconfig", "{contexts: [], clusters: [], users: []}");
  t.regex((await failure(empty, "x"))?.message ?? "", /it has: none$/);
  const plugin = {
    exec: { apiVersion: "client.authentication.k8s.io/v1", command: "false", interactiveMode: "Never" },
  };
  const broken = await temporaryFile(t, "kubeconfig", configOf({ user: plugin }));
  const refused = await failure(broken);
  t.regex(refused?.message ?? "", /^No credentials for the API server: /);
  t.true(refused?.cause instanceof Error);
});

test("what is fresh is there at once; a file that can't be read again leaves what was known, and is tried later", async (t) => {
  const tokenFile = await temporaryFile(t, "token", "first");
  const user = { "auth-provider": { name: "tokenFile", config: { tokenFile } } };
  const { credentials, time, kubeconfig, lines, access } = await load(t, { user });
  t.is(credentials.current(), access);
  time.now = 9_999;
  t.is(credentials.current(), access);
  const good = await readFile(kubeconfig, "utf8");
  await replaceFile(kubeconfig, "\u0000: [");
  time.now = 10_000;
  const waiting = credentials.current();
  t.true(waiting instanceof Promise);
  t.is(await waiting, access);
  t.is(lines.length, 1);
  t.like(lines[0], {
    msg: "can't read the credentials again, going on with the old ones",
    err: { type: "KubeConfigError" },
  });
  await replaceFile(kubeconfig, good);
  await replaceFile(tokenFile, "second");
  time.now = 19_999;
  t.is(credentials.current(), access, "not before ten seconds have passed again");
  time.now = 20_000;
  t.deepEqual((await credentials.current()).headers, ["Authorization", "Bearer second"]);
  t.is(lines.length, 1);
});

test("a file that has no token for a moment leaves the one that was known", async (t) => {
  const tokenFile = await temporaryFile(t, "token", "first");
  const user = { "auth-provider": { name: "tokenFile", config: { tokenFile } } };
  const { credentials, time, lines, access } = await load(t, { user });
  for (const content of ["", " \n", "half a\ntoken"]) {
    await replaceFile(tokenFile, content);
    time.now += 10_000;
    t.is(await credentials.current(), access, JSON.stringify(content));
    t.is(await credentials.refresh(access), access);
    time.now += 10_000;
  }
  for (const { msg, err } of lines) {
    t.is(msg, "can't read the credentials again, going on with the old ones");
    t.false(JSON.stringify(err).includes("half"), "it may be a secret");
  }
  t.is(lines.length, 6);
  await replaceFile(tokenFile, "\n second\n");
  t.deepEqual((await credentials.current()).headers, ["Authorization", "Bearer second"]);
});

test("a new certificate counts once its key is there", async (t) => {
  const authority = newAuthority();
  const [first, second] = [authority.issue("ada"), authority.issue("ada")];
  const cert = await temporaryFile(t, "tls.crt", first.cert);
  const key = await temporaryFile(t, "tls.key", first.key);
  const user = { "client-certificate": cert, "client-key": key };
  const { credentials, time, lines, access } = await load(t, { user });
  await replaceFile(cert, second.cert);
  time.now = 10_000;
  t.is(await credentials.current(), access);
  t.is(await credentials.refresh(access), access, "not even when the old one is refused");
  t.is(lines.length, 2);
  t.like(lines[0], { err: { type: "KubeConfigError" } });
  t.regex(JSON.stringify(lines[0]), /client certificate and its key are of no use: .*key values mismatch/);
  await replaceFile(key, second.key);
  time.now = 20_000;
  const { tls } = await credentials.current();
  t.is(String(tls.cert), second.cert);
  t.is(String(tls.key), second.key);
  t.is(lines.length, 2);

  await replaceFile(key, "no key");
  const message = /^The client certificate and its key are of no use: /;
  const atStart = await t.throwsAsync(load(t, { user }), { instanceOf: KubeConfigError, message });
  t.true(atStart.cause instanceof Error);
  const cluster = { server: "http://127.0.0.1:9", "insecure-skip-tls-verify": true };
  const { access: plain } = await load(t, { user, cluster });
  t.is(plain.origin, "http://127.0.0.1:9", "nobody asks for it without TLS");
});

test("a proxy of a kind that can't be used is said to be of no use; whoever has another one keeps it", async (t) => {
  const config = (url: string) => ({ cluster: { "proxy-url": url } });
  for (const [url, what] of [
    ["socks5://ada:lovelace@127.0.0.1:9", 'it begins with "socks5:"'],
    ["httpx://127.0.0.1:9", 'it begins with "httpx:"'],
    ["http//lovelace", "it is no URL"],
  ] as const) {
    const message = `The kubeconfig's proxy-url must be an http or https URL: ${what}`;
    await t.throwsAsync(load(t, config(url)), { instanceOf: KubeConfigError, message });
  }
  const { credentials, kubeconfig, access, lines } = await load(t, config("https://127.0.0.1:9"));
  await replaceFile(kubeconfig, configOf(config("socks5://127.0.0.1:9")));
  t.is(await credentials.refresh(access), access);
  t.is(lines.length, 1);
});

test("after a refusal the credentials are read again, unless that was done since, or brought nothing a moment ago", async (t) => {
  const tokenFile = await temporaryFile(t, "token", "first");
  const user = { "auth-provider": { name: "tokenFile", config: { tokenFile } } };
  const { credentials, time, access: first } = await load(t, { user });
  await replaceFile(tokenFile, "second");
  const second = await credentials.refresh(first);
  t.deepEqual(second.headers, ["Authorization", "Bearer second"]);
  t.is(await credentials.refresh(first), second, "somebody else has read them");

  time.now = 5_000;
  t.deepEqual(await credentials.refresh(second), second, "nothing new");
  await replaceFile(tokenFile, "third");
  time.now = 5_999;
  t.is(await credentials.refresh(second), second);
  time.now = 6_000;
  // What is known is the same, and is what was refused.
  t.deepEqual((await credentials.refresh(second)).headers, ["Authorization", "Bearer third"]);
});

test("several who ask at once share one reading", async (t) => {
  const calls = await temporaryFile(t, "calls", "");
  const credential = JSON.stringify({
    apiVersion: "client.authentication.k8s.io/v1",
    kind: "ExecCredential",
    status: { token: "abc" },
  });
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    command: "sh",
    args: ["-c", `printf x >> ${calls}; echo '${credential}'`],
    interactiveMode: "Never",
  };
  const { credentials, access, time } = await load(t, { user: { exec } });
  t.is(await readFile(calls, "utf8"), "x");
  time.now = 20_000;
  await Promise.all([credentials.current(), credentials.current()]);
  t.is(await readFile(calls, "utf8"), "x", "a plugin's token counts until it expires");
  await Promise.all([1, 2, 3].map(() => credentials.refresh(access)));
  t.is(await readFile(calls, "utf8"), "xx");
});
