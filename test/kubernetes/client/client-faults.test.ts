import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import test, { type ExecutionContext } from "ava";
import {
  ApiError,
  ConflictError,
  ConnectionError,
  GoneError,
  mayBeDone,
  NotLeaderError,
  UnauthorizedError,
} from "../../../kubernetes/index.ts";
import { replaceFile } from "../../replace-file.ts";
import { apiServerURL, connect, kubeconfigVia, newNamespace, sample, temporaryFile } from "../api-server.ts";
import { FaultServer, statusAnswer } from "../fault-server.ts";
import { oneContext } from "../one-context.ts";
import { configMaps, namespaces } from "../resource-types.ts";
import { TcpProxy } from "../tcp-proxy.ts";
import { until } from "../until.ts";
import { watchOnce } from "../watch.ts";

const any = () => true;
const isWrite = ({ method }: IncomingMessage) => method !== "GET";

test("429 is waited out, for writes too", async (t) => {
  const server = await FaultServer.start(t);
  const client = await connect(t, { kubeconfig: server.kubeconfig });
  const namespace = await newNamespace(t);
  server.failTimes(2, isWrite, statusAnswer(429, "TooManyRequests", { "retry-after": "1" }));
  await client.create(configMaps, { metadata: { namespace, name: "x" } });
  t.is(await sample(client.metrics, "kubernetes_client_requests_total", { verb: "create", code: "429" }), 2);
});

test("what time it is by the API server is as it said last; before it has, our own clock's", async (t) => {
  const server = await FaultServer.start(t);
  const client = await connect(t, { kubeconfig: server.kubeconfig });
  const hoursOff = (): number => Math.round(Math.abs(client.serverTime() - Date.now()) / 3_600_000);
  t.is(hoursOff(), 0);
  const date = new Date(Date.now() + 5 * 3_600_000).toUTCString();
  server.failTimes(1, any, statusAnswer(404, "NotFound", { date }));
  await t.throwsAsync(client.get(namespaces, "default"));
  t.is(hoursOff(), 5);
  await client.get(namespaces, "default");
  t.is(hoursOff(), 0);
});

test("a Retry-After that is too long is left to the caller", async (t) => {
  const server = await FaultServer.start(t);
  const client = await connect(t, { kubeconfig: server.kubeconfig });
  server.failTimes(1, any, statusAnswer(429, "TooManyRequests", { "retry-after": "100" }));
  const error = await t.throwsAsync(client.get(namespaces, "default"), { instanceOf: ApiError });
  t.like(error, { status: 429, reason: "TooManyRequests", retryAfterMs: 100_000 });
});

test("503 is retried for reads and for writes that may come twice, not for a create", async (t) => {
  const server = await FaultServer.start(t);
  const client = await connect(t, { kubeconfig: server.kubeconfig });
  const namespace = await newNamespace(t);
  const metadata = { namespace, name: "x" };
  server.failTimes(2, any, statusAnswer(503, "ServiceUnavailable"));
  await client.get(namespaces, namespace);
  server.failTimes(2, isWrite, statusAnswer(503, "ServiceUnavailable"));
  await client.apply(configMaps, { metadata }, { fieldManager: "test" });
  server.failTimes(1, isWrite, statusAnswer(503, "ServiceUnavailable"));
  await t.throwsAsync(client.create(configMaps, { metadata: { namespace, name: "y" } }), {
    instanceOf: ApiError,
  });
});

test("a create whose answer is lost isn't sent twice; a replace with a resourceVersion is", async (t) => {
  const server = await FaultServer.start(t);
  const client = await connect(t, { kubeconfig: server.kubeconfig });
  const namespace = await newNamespace(t);
  const lose = (response: ServerResponse) => void response.destroy();
  const object = { metadata: { namespace, name: "x" } };
  server.failTimes(1, isWrite, lose);
  const error = await t.throwsAsync(client.create(configMaps, object), { instanceOf: ConnectionError });
  t.true(error?.sent);
  t.is(server.requests.filter((request) => request.startsWith("POST")).length, 1);

  const created = await client.create(configMaps, object);
  server.failTimes(1, isWrite, lose);
  await t.notThrowsAsync(client.replace(configMaps, created));
  server.failTimes(1, isWrite, lose);
  const { resourceVersion: _, ...metadata } = created.metadata;
  await t.throwsAsync(client.replace(configMaps, { ...created, metadata }), { instanceOf: ConnectionError });
});

test("an error says whether what was asked for may have been done all the same", async (t) => {
  const server = await FaultServer.start(t);
  const client = await connect(t, { kubeconfig: server.kubeconfig });
  const namespace = await newNamespace(t);
  const object = (name: string) => ({ metadata: { namespace, name } });
  server.loseTimes(1, "POST", /configmaps/);
  t.true(mayBeDone(await t.throwsAsync(client.create(configMaps, object("lost")))));
  t.false(mayBeDone(await t.throwsAsync(client.create(configMaps, object("lost")))), "it was there before");

  const made = await client.create(configMaps, object("x"));
  const created = { ...made, metadata: { ...made.metadata, labels: { changed: "once" } } };
  server.loseTimes(1, "PUT", /configmaps/);
  const ours = await t.throwsAsync(client.replace(configMaps, created), { instanceOf: ConflictError });
  t.true(mayBeDone(ours), "it was done by the first, and so the second finds another resourceVersion");
  t.false(mayBeDone(await t.throwsAsync(client.replace(configMaps, created), { instanceOf: ConflictError })));
  server.loseTimes(100, "PUT", /configmaps/);
  const latest = await client.get(configMaps, { namespace, name: "x" });
  const changed = { ...latest, metadata: { ...latest.metadata, labels: { changed: "twice" } } };
  t.true(mayBeDone(await t.throwsAsync(client.replace(configMaps, changed))));
  server.loses = () => false;

  server.failTimes(1, isWrite, statusAnswer(403, "Forbidden"));
  t.false(mayBeDone(await t.throwsAsync(client.create(configMaps, object("y")))));
  server.failTimes(1, isWrite, statusAnswer(500, "InternalError"));
  t.true(mayBeDone(await t.throwsAsync(client.create(configMaps, object("y")))));
});

test("a retry of a guarded write asks again", async (t) => {
  const server = await FaultServer.start(t);
  const client = await connect(t, { kubeconfig: server.kubeconfig });
  const namespace = await newNamespace(t);
  let leading = true;
  server.failTimes(1, isWrite, (response) => {
    leading = false;
    statusAnswer(429, "TooManyRequests")(response);
  });
  const write = client.guardedBy(() => leading).create(configMaps, { metadata: { namespace, name: "x" } });
  const error = await t.throwsAsync(write, { instanceOf: NotLeaderError });
  t.false(mayBeDone(error), "it was never carried out");
});

test("a write whose answer was lost may be done, also when the lease is lost before it is sent again", async (t) => {
  const server = await FaultServer.start(t);
  const client = await connect(t, { kubeconfig: server.kubeconfig });
  const namespace = await newNamespace(t);
  const made = await client.create(configMaps, { metadata: { namespace, name: "x" } });
  let leading = true;
  server.loses = ({ method }) => {
    if (method !== "PUT") return false;
    leading = false;
    return true;
  };
  const write = client.guardedBy(() => leading).replace(configMaps, { ...made, data: { a: "b" } });
  t.true(mayBeDone(await t.throwsAsync(write, { instanceOf: ConnectionError })));
  t.deepEqual((await client.get(configMaps, { namespace, name: "x" })).data, { a: "b" });
});

test("an answer that doesn't come in time is an error, and the next call takes another connection", async (t) => {
  const proxy = await TcpProxy.start(apiServerURL());
  t.teardown(() => proxy.stop());
  const client = await connect(t, { kubeconfig: await kubeconfigVia(t, `https://127.0.0.1:${proxy.port}`) });
  await client.get(namespaces, "default");
  proxy.stallOpenConnections();
  await t.notThrowsAsync(client.get(namespaces, "default", { timeoutMs: 2_000 }));
  proxy.stall();
  const error = await t.throwsAsync(client.get(namespaces, "default", { timeoutMs: 100 }), {
    instanceOf: ConnectionError,
    code: "connection-error",
  });
  t.regex(error?.message ?? "", /GET \/api\/v1\/namespaces\/default: no answer .* within 100 ms/);
});

test("a heartbeat that gets no answer says nothing against the connections of calls", async (t) => {
  const server = await FaultServer.start(t);
  const client = await connect(t, { kubeconfig: server.kubeconfig, connections: 1 });
  const ports: (number | undefined)[] = [];
  server.fault = ({ url = "", socket }) => {
    if (url.includes("limit=1")) return true; // and never answers
    ports.push(socket.remotePort);
    return false;
  };
  await client.get(namespaces, "default");
  const connection = client.watchConnection();
  await t.throwsAsync(connection.heartbeat(namespaces, { timeoutMs: 100 }), { instanceOf: ConnectionError });
  connection.reset(new Error("the test is over"));
  await client.get(namespaces, "default");
  t.is(ports.length, 2);
  t.is(ports[0], ports[1], "the same connection");
});

test("a guarded write gives up early, whatever the caller allows", async (t) => {
  const proxy = await TcpProxy.start(apiServerURL());
  t.teardown(() => proxy.stop());
  const client = await connect(t, { kubeconfig: await kubeconfigVia(t, `https://127.0.0.1:${proxy.port}`) });
  proxy.stall();
  const guarded = client.guardedBy(() => true, { writeTimeoutMs: 100 });
  const object = { metadata: { namespace: "default", name: "x" } };
  await t.throwsAsync(guarded.create(configMaps, object, { timeoutMs: 60_000 }), {
    message: /within 100 ms/,
  });
});

test("a connection that is refused is tried again, for creates too", async (t) => {
  const proxy = await TcpProxy.start(apiServerURL());
  t.teardown(() => proxy.stop());
  const client = await connect(t, { kubeconfig: await kubeconfigVia(t, `https://127.0.0.1:${proxy.port}`) });
  const namespace = await newNamespace(t);
  await proxy.refuse();
  const created = client.create(configMaps, { metadata: { namespace, name: "x" } });
  const refused = { verb: "create", code: "error" };
  await until(
    "it is refused",
    async () => (await sample(client.metrics, "kubernetes_client_requests_total", refused)) ?? 0,
  );
  await proxy.accept();
  t.is((await created).metadata.name, "x");
  await proxy.refuse();
  const error = await t.throwsAsync(client.get(namespaces, namespace), { instanceOf: ConnectionError });
  t.is(error?.sent, false);
});

test("an answer that isn't JSON, isn't a list, or is too long is an error that says so", async (t) => {
  const server = await FaultServer.start(t);
  const client = await connect(t, { kubeconfig: server.kubeconfig });
  server.failTimes(1, any, (response) => response.end("<html>Welcome to the proxy</html>"));
  await t.throwsAsync(client.get(namespaces, "default"), { message: /isn't JSON/ });
  server.failTimes(1, any, (response) => response.end("{}"));
  await t.throwsAsync(client.pages(namespaces)[Symbol.asyncIterator]().next(), { message: /isn't a list/ });
  const { length } = server.requests;
  server.failTimes(4, any, (response) => response.end(Buffer.alloc(17 * 1024 * 1024, 32)));
  await t.throwsAsync(client.get(namespaces, "default"), { instanceOf: ApiError, message: /longer than/ });
  t.is(server.requests.length, length + 1, "it would be as long again");
  server.failTimes(0, any, () => {});
  server.failTimes(1, any, (response) => {
    response.writeHead(502).end("<html>Bad Gateway</html>");
  });
  await t.throwsAsync(client.get(namespaces, "default"), { instanceOf: ApiError, message: /502/ });
});

test("an answer that breaks off is an error", async (t) => {
  const server = await FaultServer.start(t);
  const client = await connect(t, { kubeconfig: server.kubeconfig });
  server.failTimes(4, any, (response) => {
    response.writeHead(200, { "content-length": "1000" });
    response.write('{"metadata":{"name":"default"}', () => response.destroy());
  });
  await t.throwsAsync(client.get(namespaces, "default"), { instanceOf: ConnectionError });
});

const watchAnswers: [string, string, object][] = [
  ["a line that isn't JSON", "<html>\n", { instanceOf: ConnectionError }],
  [
    "an event of an unknown type",
    '{"type":"CHANGED","object":{"metadata":{}}}\n',
    { message: /unknown type "CHANGED"/ },
  ],
  ["an event without an object", '{"type":"ADDED","object":null}\n', { message: /without an object/ }],
  [
    "a bookmark without a resourceVersion",
    '{"type":"BOOKMARK","object":{"metadata":{}}}\n',
    { message: /bookmark/ },
  ],
  ["something else", "[]\n", { message: /isn't a watch event/ }],
  ["half an event", '{"type":"ADDED","obj', { message: /in the middle of an event/ }],
  [
    "an ERROR event with code 410",
    '{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}\n',
    { instanceOf: GoneError, message: /too old/ },
  ],
  [
    "an ERROR event with another code",
    '{"type":"ERROR","object":{"kind":"Status","code":500,"reason":"InternalError","message":"oh no"}}\n',
    { instanceOf: ApiError, message: /500 InternalError: oh no/ },
  ],
];
for (const [what, body, expected] of watchAnswers) {
  test(`a watch that sends ${what} fails`, async (t) => {
    const server = await FaultServer.start(t);
    const client = await connect(t, { kubeconfig: server.kubeconfig });
    server.failTimes(1, any, (response) => response.writeHead(200).end(body));
    const watch = watchOnce(client, namespaces, { resourceVersion: "1", timeoutSeconds: 5 });
    await t.throwsAsync(watch[Symbol.asyncIterator]().next(), expected);
  });
}

test("a watch that is refused fails with the reason, and with when to ask again", async (t) => {
  const server = await FaultServer.start(t);
  const client = await connect(t, { kubeconfig: server.kubeconfig });
  server.failTimes(1, any, statusAnswer(429, "TooManyRequests", { "retry-after": "3" }));
  const watch = watchOnce(client, namespaces, { resourceVersion: "1", timeoutSeconds: 5 });
  const error = await t.throwsAsync(watch[Symbol.asyncIterator]().next(), { instanceOf: ApiError });
  t.like(error, { status: 429, reason: "TooManyRequests", retryAfterMs: 3_000 });
});

test("a reader that is slow makes the server wait, and misses nothing", async (t) => {
  const server = await FaultServer.start(t);
  const client = await connect(t, { kubeconfig: server.kubeconfig });
  const count = 20_000;
  server.failTimes(1, any, (response) => {
    for (let i = 1; i <= count; i++) {
      response.write(`{"type":"ADDED","object":{"metadata":{"name":"n${i}","resourceVersion":"${i}"}}}\n`);
    }
    response.end();
  });
  let seen = 0;
  for await (const event of watchOnce(client, namespaces, { resourceVersion: "0", timeoutSeconds: 30 })) {
    seen++;
    if (event.type !== "BOOKMARK" && event.object.metadata.resourceVersion !== String(seen))
      t.fail(`${seen}`);
    if (seen % 5_000 === 1) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  t.is(seen, count);
});

/** A server that accepts one token, and a file with a token. */
async function tokenServer(t: ExecutionContext) {
  const server = await FaultServer.start(t);
  const accepted = { token: "first" };
  server.fault = ({ headers }, response) => {
    if (headers.authorization !== `Bearer ${accepted.token}`) statusAnswer(401, "Unauthorized")(response);
    else response.writeHead(200).end('{"metadata":{"name":"default"}}');
    return true;
  };
  const tokenFile = await temporaryFile(t, "token", "first\n");
  const replaceToken = (token: string) => replaceFile(tokenFile, token);
  const kubeconfigFor = (user: object) => {
    const cluster = { server: server.url, "insecure-skip-tls-verify": true };
    return oneContext(t, { cluster, user });
  };
  /** As in a pod. */
  const kubeconfig = await kubeconfigFor({ "auth-provider": { name: "tokenFile", config: { tokenFile } } });
  return { server, accepted, tokenFile, replaceToken, kubeconfig, kubeconfigFor };
}

test("a token that was rotated is read again at once when the old one is refused", async (t) => {
  const { accepted, replaceToken, kubeconfig } = await tokenServer(t);
  const client = await connect(t, { kubeconfig });
  await client.get(namespaces, "default");
  accepted.token = "second";
  await replaceToken("second");
  await t.notThrowsAsync(client.get(namespaces, "default"));
});

test("credentials that are refused twice are an error; while there are no others they are sent once", async (t) => {
  const { server, accepted, replaceToken, kubeconfig } = await tokenServer(t);
  const client = await connect(t, { kubeconfig });
  accepted.token = "third";
  const refused = { instanceOf: UnauthorizedError, code: "unauthorized" };
  await replaceToken("second");
  await t.throwsAsync(client.get(namespaces, "default"), refused);
  t.is(server.requests.length, 2);
  await t.throwsAsync(client.get(namespaces, "default"), refused);
  t.is(server.requests.length, 3);
});

test("an exec plugin is asked once, and again when its token is refused", async (t) => {
  const { accepted, tokenFile, replaceToken, kubeconfigFor } = await tokenServer(t);
  const calls = await temporaryFile(t, "calls", "");
  const program = `
    const fs = require("node:fs");
    fs.appendFileSync(${JSON.stringify(calls)}, "x");
    const token = fs.readFileSync(${JSON.stringify(tokenFile)}, "utf8").trim();
    console.log(JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status: { token } }));
  `;
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    command: process.execPath,
    args: ["-e", program],
    interactiveMode: "Never",
  };
  const client = await connect(t, { kubeconfig: await kubeconfigFor({ exec }) });
  await client.get(namespaces, "default");
  await client.get(namespaces, "default");
  t.is(await readFile(calls, "utf8"), "x");
  accepted.token = "second";
  await replaceToken("second");
  await Promise.all([1, 2, 3].map(() => client.get(namespaces, "default")));
  t.is(await readFile(calls, "utf8"), "xx");
});
