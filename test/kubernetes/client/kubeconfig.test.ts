import { mkdir, rename } from "node:fs/promises";
import { basename, delimiter, dirname, join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { stringify } from "yaml";
import { Credentials } from "../../../kubernetes/client/credentials.ts";
import { KubeConfigError } from "../../../kubernetes/client/errors.ts";
import { logLines } from "../../log-lines.ts";
import { replaceFile } from "../../replace-file.ts";
import { temporaryFile } from "../api-server.ts";
import { oneContext } from "../one-context.ts";

/** Credentials of this kubeconfig, or else of what KUBECONFIG names; and a clock to set. */
async function credentialsOf(kubeconfig?: string, context?: string) {
  const time = { now: 0 };
  const { log, lines } = logLines();
  const credentials = await Credentials.load({ kubeconfig, context, log, now: () => time.now });
  return {
    headers: async () => (await credentials.current()).headers,
    path: async () => (await credentials.current()).basePath,
    time,
    lines,
  };
}

test("a user's token may be in a file, which is read again and again", async (t) => {
  const tokenFile = await temporaryFile(t, "token", "first\n");
  const { headers, time, lines } = await credentialsOf(await oneContext(t, { user: { tokenFile } }));
  t.deepEqual(await headers(), ["Authorization", "Bearer first"]);
  await replaceFile(tokenFile, "second\n");
  time.now = 10_000;
  t.deepEqual(await headers(), ["Authorization", "Bearer second"]);
  t.deepEqual(lines, []);
});

test("it counts before a token and a plugin, and is looked for beside the kubeconfig", async (t) => {
  const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "false", interactiveMode: "Never" };
  // The file beside the kubeconfig is the kubeconfig itself, since that is there: all on one line, as a token is.
  const text = JSON.stringify({
    "current-context": "x",
    contexts: [{ name: "x", context: { cluster: "x", user: "x" } }],
    clusters: [{ name: "x", cluster: { server: "https://127.0.0.1:9" } }],
    users: [{ name: "x", user: { tokenFile: "config", token: "other", exec } }],
  });
  const kubeconfig = await temporaryFile(t, "config", text);
  t.is(basename(kubeconfig), "config");
  const { headers } = await credentialsOf(kubeconfig);
  t.deepEqual(await headers(), ["Authorization", `Bearer ${text}`]);
});

test("a file that isn't there, or has no token in it, is said to be of no use", async (t) => {
  const empty = await temporaryFile(t, "token", "\n");
  const table = [
    ["/no/such/token", /^No credentials for the API server: .*no such file.*\/no\/such\/token/],
    [empty, new RegExp(`^There is no token in the file ${empty}$`)],
  ] as const;
  for (const [tokenFile, message] of table) {
    const kubeconfig = await oneContext(t, { user: { tokenFile, token: "other" } });
    await t.throwsAsync(credentialsOf(kubeconfig), { instanceOf: KubeConfigError, message });
  }
});

test("what is wrong with a kubeconfig is said without the lines around it, in which there may be a secret", async (t) => {
  const text = "users:\n- {name: x, user: {token: abc}\n- {name: y}\n";
  const error = await t.throwsAsync(credentialsOf(await temporaryFile(t, "kubeconfig", text)), {
    instanceOf: KubeConfigError,
    message: /^The kubeconfig can't be read: .+ \(3:1\)$/,
  });
  t.is(error?.cause, undefined);
});

test("each user has the file that is theirs, however it is written", async (t) => {
  const tokenFile = await temporaryFile(t, "token", "of a file");
  const text = `
    current-context: first
    clusters: [{name: x, cluster: {server: "https://127.0.0.1:9"}}]
    contexts:
    - {name: first, context: {cluster: x, user: first}}
    - {name: second, context: {cluster: x, user: second}}
    - {name: third, context: {cluster: x, user: third}}
    - {name: fourth, context: {cluster: x, user: fourth}}
    - {name: fifth, context: {cluster: x, user: fifth}}
    users:
    - {name: first, user: &file {tokenFile: ${tokenFile}}}
    - {name: second, user: {token: abc}}
    - {name: third, user: {<<: *file}}
    - {name: fourth, user: {tokenFile: "", token: def}}
    - {name: fifth}`;
  const kubeconfig = await temporaryFile(t, "kubeconfig", text);
  const ofFile = ["Authorization", "Bearer of a file"];
  const headersOf = async (context: string) => (await credentialsOf(kubeconfig, context)).headers();
  t.deepEqual(await headersOf("first"), ofFile);
  t.deepEqual(await headersOf("second"), ["Authorization", "Bearer abc"]);
  t.deepEqual(await headersOf("third"), ofFile);
  t.deepEqual(await headersOf("fourth"), ["Authorization", "Bearer def"]);
  t.deepEqual(await headersOf("fifth"), []);
});

for (const [what, answer] of [
  ["an empty status", { status: {} }],
  ["no status", {}],
  ["nothing at all", null],
  ["a certificate without its key", { status: { clientCertificateData: "abc" } }],
] as const)
  test(`a plugin that gives ${what} is said to be of no use, and nobody goes on as nobody`, async (t) => {
    const command = "echo";
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command, args: [JSON.stringify(answer)] };
    const message = /^The kubeconfig's plugin "echo" gives neither a token nor a certificate with its key/;
    const kubeconfig = await oneContext(t, { user: { exec } });
    await t.throwsAsync(credentialsOf(kubeconfig), { instanceOf: KubeConfigError, message });
  });

function withEnvironment(t: ExecutionContext, changes: NodeJS.ProcessEnv): void {
  const before = { ...process.env };
  t.teardown(() => {
    process.env = before;
  });
  Object.assign(process.env, changes);
}

function withKubeconfigs(t: ExecutionContext, ...files: string[]): void {
  withEnvironment(t, { KUBECONFIG: files.join(delimiter) });
}

test.serial(
  "without KUBECONFIG it is the file at home, and without that one it says what there may be",
  async (t) => {
    const tokenFile = await temporaryFile(t, "token", "abc");
    const kubeconfig = await oneContext(t, { user: { tokenFile } });
    const home = dirname(kubeconfig);
    withEnvironment(t, { KUBECONFIG: "", HOME: home });
    await t.throwsAsync(credentialsOf(), {
      instanceOf: KubeConfigError,
      message: /^There is no kubeconfig: /,
    });
    await mkdir(join(home, ".kube"));
    await rename(kubeconfig, join(home, ".kube", "config"));
    t.deepEqual(await (await credentialsOf()).headers(), ["Authorization", "Bearer abc"]);
  },
);

test.serial("of several files in KUBECONFIG the first that has something counts", async (t) => {
  const file = (name: string, current: string | undefined, token: string) =>
    temporaryFile(
      t,
      name,
      stringify({
        ...(current === undefined ? {} : { "current-context": current }),
        contexts: ["x", name].map((context) => ({ name: context, context: { cluster: "x", user: context } })),
        clusters: [{ name: "x", cluster: { server: `https://127.0.0.1:9/${name}` } }],
        users: ["x", name].map((user) => ({ name: user, user: { token: `${token}-${user}` } })),
      }),
    );
  const [none, first, second] = [
    await file("none", undefined, "a"),
    await file("first", "first", "b"),
    await file("second", "second", "c"),
  ];
  withKubeconfigs(t, none, first, second);
  const { headers, path } = await credentialsOf();
  t.deepEqual(await headers(), ["Authorization", "Bearer b-first"], "as the first says that says it");
  t.is(await path(), "/none");
  const common = await credentialsOf(undefined, "x");
  t.deepEqual(await common.headers(), ["Authorization", "Bearer a-x"]);
  const last = await credentialsOf(undefined, "second");
  t.deepEqual(await last.headers(), ["Authorization", "Bearer c-second"]);
});

test.serial("of several files in KUBECONFIG one may have the user, and another the rest", async (t) => {
  const tokenFile = await temporaryFile(t, "token", "abc");
  const rest = {
    "current-context": "x",
    contexts: [{ name: "x", context: { cluster: "x", user: "x" } }],
    clusters: [{ name: "x", cluster: { server: "https://127.0.0.1:9" } }],
  };
  const users = { users: [{ name: "x", user: { tokenFile } }] };
  const [one, other] = [
    await temporaryFile(t, "rest", stringify(rest)),
    await temporaryFile(t, "users", stringify(users)),
  ];
  withKubeconfigs(t, one, "", other);
  const { headers } = await credentialsOf();
  t.deepEqual(await headers(), ["Authorization", "Bearer abc"]);
});
