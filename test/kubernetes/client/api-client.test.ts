import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import test from "ava";
import { leases } from "../../../kubernetes/client/builtin-types.ts";
import type { CallOptions, Client } from "../../../kubernetes/client/client.ts";
import {
  ApiError,
  ConflictError,
  ConnectionError,
  mayBeDone,
  NotLeaderError,
  UnauthorizedError,
} from "../../../kubernetes/client/errors.ts";
import { replaceFile } from "../../replace-file.ts";
import { sample } from "../api-server.ts";
import { gadgets } from "../gadgets.ts";
import { plainServer } from "../plain-server.ts";
import { configMaps, namespaces } from "../resource-types.ts";
import { until } from "../until.ts";

const COLLECTION = "/apis/kubernetes-test.example.com/v1/namespaces/team/gadgets";
const TYPED = { apiVersion: "kubernetes-test.example.com/v1", kind: "Gadget" };
const metadata = { namespace: "team", name: "x" };

/** Waits until so many requests have come. */
async function come(requests: readonly unknown[], count: number): Promise<void> {
  await until(`${count} requests`, () => requests.length >= count);
}

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const value of values) found.push(value);
  return found;
}

test("what each verb sends, and what it makes of the answer", async (t) => {
  const { client, requests } = await plainServer(t);
  const json = { "content-type": "application/json", accept: "application/json", "user-agent": "test/1" };
  const versioned = { ...metadata, resourceVersion: "7" };
  const table: [() => Promise<unknown>, object][] = [
    [
      () => client.get(gadgets, "team/x"),
      { method: "GET", path: `${COLLECTION}/x`, query: {}, body: undefined },
    ],
    [() => client.get(namespaces, { name: "x" }), { method: "GET", path: "/api/v1/namespaces/x" }],
    [
      () => client.create(gadgets, { metadata, spec: { size: 1 } }),
      {
        method: "POST",
        path: COLLECTION,
        query: {},
        headers: json,
        body: { ...TYPED, metadata, spec: { size: 1 } },
      },
    ],
    [
      () => client.create(namespaces, { metadata: { name: "x" } }),
      { method: "POST", path: "/api/v1/namespaces" },
    ],
    [
      () => client.replace(gadgets, { metadata: versioned }),
      { method: "PUT", path: `${COLLECTION}/x`, headers: json, body: { ...TYPED, metadata: versioned } },
    ],
    [
      () => client.replace(gadgets, { metadata: versioned }, { subresource: "status" }),
      { method: "PUT", path: `${COLLECTION}/x/status` },
    ],
    [
      () => client.apply(gadgets, { metadata, spec: {} }, { fieldManager: "me & you" }),
      {
        method: "PATCH",
        path: `${COLLECTION}/x`,
        query: { fieldManager: "me & you" },
        headers: { ...json, "content-type": "application/apply-patch+yaml" },
        body: { ...TYPED, metadata, spec: {} },
      },
    ],
    [
      () => client.apply(gadgets, { metadata }, { fieldManager: "me", force: true, subresource: "status" }),
      { method: "PATCH", path: `${COLLECTION}/x/status`, query: { fieldManager: "me", force: "true" } },
    ],
    [
      () => client.mergePatch(gadgets, metadata, { spec: null }, { subresource: "status" }),
      {
        method: "PATCH",
        path: `${COLLECTION}/x/status`,
        query: {},
        headers: { ...json, "content-type": "application/merge-patch+json" },
        body: { spec: null },
      },
    ],
    [() => client.mergePatch(gadgets, "team/x", {}), { method: "PATCH", path: `${COLLECTION}/x` }],
    [
      () => client.delete(gadgets, "team/x", { uid: "u", resourceVersion: "7" }),
      {
        method: "DELETE",
        path: `${COLLECTION}/x`,
        headers: json,
        body: {
          apiVersion: "meta.k8s.io/v1",
          kind: "DeleteOptions",
          preconditions: { uid: "u", resourceVersion: "7" },
        },
      },
    ],
    [() => client.delete(gadgets, "team/x"), { method: "DELETE", body: { preconditions: {} } }],
    [
      () => client.serviceAccountKeys(),
      { method: "GET", path: "/openid/v1/jwks", headers: { accept: "application/jwk-set+json" } },
    ],
  ];
  for (const [call, expected] of table) {
    const result = await call();
    const request = requests.at(-1);
    t.like(request, expected);
    if (request?.method !== "DELETE") t.deepEqual(result, { metadata: { name: "x" } });
    t.is(request?.headers["content-type"] === undefined, request?.method === "GET");
  }
  t.is(requests.length, table.length);
  t.is(client.namespace, "mine");
  await t.throwsAsync(client.create(gadgets, { metadata: { name: "x" } }), { instanceOf: TypeError });
  t.is(requests.length, table.length);
});

test("pages follow each other until the last, and say of what type their objects are", async (t) => {
  const { client, requests, state } = await plainServer(t);
  state.answer = ({ query }) => [
    200,
    {
      metadata: { resourceVersion: "7", ...(!query.continue && { continue: "more" }) },
      items: [{ metadata: { name: query.continue ? "b" : "a" } }],
    },
  ];
  const pages = await all(client.pages(gadgets, { namespace: "team" }));
  t.deepEqual(pages, [
    { items: [{ ...TYPED, metadata: { name: "a" } }], resourceVersion: "7" },
    { items: [{ ...TYPED, metadata: { name: "b" } }], resourceVersion: "7" },
  ]);
  t.deepEqual(
    requests.map(({ path, query }) => [path, query]),
    [
      [COLLECTION, { limit: "500" }],
      [COLLECTION, { limit: "500", continue: "more" }],
    ],
  );
  state.answer = () => [200, { metadata: { resourceVersion: "7" }, items: null }];
  const queryOf = async (options: Parameters<typeof client.pages>[1]) => {
    for await (const { items } of client.pages(gadgets, options)) t.deepEqual(items, []);
    return requests.at(-1)?.query;
  };
  t.deepEqual(await queryOf(undefined), { limit: "500" });
  t.is(requests.at(-1)?.path, "/apis/kubernetes-test.example.com/v1/gadgets");
  t.deepEqual(await queryOf({ limit: 2, name: "a" }), { limit: "2", fieldSelector: "metadata.name=a" });
  t.deepEqual(await queryOf({ fields: { "spec.a": "x,y=z\\", "spec.b": "1" } }), {
    limit: "500",
    fieldSelector: "spec.a=x\\,y\\=z\\\\,spec.b=1",
  });
  t.deepEqual(await queryOf({ name: "a", fields: { "spec.b": "1" } }), {
    limit: "500",
    fieldSelector: "metadata.name=a,spec.b=1",
  });
});

test("a watch asks for what happens after a version, or for all that there is first", async (t) => {
  const { client, requests, state, metrics } = await plainServer(t);
  state.answer = (_, response) => void response.writeHead(200).end();
  const connection = client.watchConnection();
  t.teardown(() => connection.reset(new Error("the test is over")));
  const asked = { watch: "true", allowWatchBookmarks: "true", timeoutSeconds: "5" };
  for (const [options, query, path] of [
    [{ namespace: "team", resourceVersion: "7" }, { resourceVersion: "7" }, COLLECTION],
    [
      { name: "a", resourceVersion: undefined },
      { fieldSelector: "metadata.name=a", sendInitialEvents: "true", resourceVersionMatch: "NotOlderThan" },
      "/apis/kubernetes-test.example.com/v1/gadgets",
    ],
  ] as const) {
    const watch = await connection.watch(gadgets, { ...options, timeoutSeconds: 5 });
    t.deepEqual(await all(watch), []);
    t.deepEqual([requests.at(-1)?.path, requests.at(-1)?.query], [path, { ...asked, ...query }]);
  }
  const labels = { verb: "watch", resource: "gadgets.kubernetes-test.example.com", code: "200" };
  t.is(await sample(metrics, "kubernetes_client_requests_total", labels), 2);
});

test("a heartbeat asks for next to nothing, and tells which version the store is at", async (t) => {
  const { client, requests, state } = await plainServer(t);
  state.answer = () => [200, { metadata: { resourceVersion: "7" }, items: [{ metadata: {} }] }];
  const connection = client.watchConnection();
  t.teardown(() => connection.reset(new Error("the test is over")));
  t.is(await connection.heartbeat(gadgets, { namespace: "team" }), "7");
  t.like(requests.at(-1), { method: "GET", path: COLLECTION, query: { limit: "1" } });
  t.regex(requests.at(-1)?.headers.accept ?? "", /^application\/json;as=PartialObjectMetadataList/);
  t.is(await connection.heartbeat(gadgets, { name: "a" }), "7");
  t.deepEqual(requests.at(-1)?.query, { limit: "1", fieldSelector: "metadata.name=a" });
  state.answer = () => [503, {}];
  const before = requests.length;
  await t.throwsAsync(connection.heartbeat(gadgets, {}), { instanceOf: ApiError });
  t.is(requests.length, before + 1, "it isn't tried again: the next one follows soon");
});

test("what may come twice without harm is sent again after an error of the server, and nothing else", async (t) => {
  const versioned = { ...metadata, resourceVersion: "7" };
  const { client, requests, state } = await plainServer(t);
  const table: [call: () => Promise<unknown>, isSentAgain: boolean][] = [
    [() => client.get(gadgets, "team/x"), true],
    [() => client.serviceAccountKeys(), true],
    [() => client.create(gadgets, { metadata }), false],
    [() => client.create(gadgets, { metadata }, { idempotent: true }), true],
    [() => client.replace(gadgets, { metadata }), false],
    [() => client.replace(gadgets, { metadata: versioned }), true],
    [() => client.apply(gadgets, { metadata }, { fieldManager: "me" }), true],
    [() => client.mergePatch(gadgets, "team/x", {}), true],
    [() => client.delete(gadgets, "team/x"), false],
    [() => client.delete(gadgets, "team/x", { uid: "u" }), true],
  ];
  for (const [call, isSentAgain] of table) {
    requests.length = 0;
    state.answer = () => [requests.length === 1 ? 503 : 200, { metadata: {} }];
    if (isSentAgain) await t.notThrowsAsync(call());
    else await t.throwsAsync(call(), { instanceOf: ApiError });
    t.is(requests.length, isSentAgain ? 2 : 1, `${call}`);
  }
});

test("an error to what was sent again says that the first may have been carried out", async (t) => {
  const { client, requests, state } = await plainServer(t);
  const conflict = { reason: "Conflict" };
  const error = async (first: "lost" | number, headers: Record<string, string> = {}) => {
    requests.length = 0;
    state.answer = (_, response) => {
      if (requests.length > 1) return [409, conflict];
      if (first !== "lost") response.writeHead(first, headers).end(JSON.stringify(conflict));
      else response.destroy();
      return undefined;
    };
    return t.throwsAsync(client.mergePatch(gadgets, "team/x", {}), { instanceOf: ConflictError });
  };
  t.false(mayBeDone(await error(409)));
  t.false(mayBeDone(await error(429)), "it was turned away");
  t.true(mayBeDone(await error(503)));
  t.true(mayBeDone(await error(500, { "retry-after": "0" })), "it took too long there");
  t.true(mayBeDone(await error("lost")));
});

test("what is lost once and can't be sent again may have been carried out, what was never sent may not", async (t) => {
  const { client, state, server } = await plainServer(t);
  state.answer = (_, response) => {
    server.close(); // nobody is there from now on
    response.destroy();
    return undefined;
  };
  const lost = await t.throwsAsync(client.mergePatch(gadgets, "team/x", {}), { instanceOf: ConnectionError });
  t.true(mayBeDone(lost));
  t.regex(lost?.message ?? "", /ECONNREFUSED/);
  t.true(lost?.cause instanceof ConnectionError);
  const unsent = await t.throwsAsync(client.create(gadgets, { metadata }), { instanceOf: ConnectionError });
  t.false(mayBeDone(unsent));
});

test("a call is sent four times at the most", async (t) => {
  const { client, state, requests } = await plainServer(t);
  state.answer = () => [503, {}];
  const error = await t.throwsAsync(client.get(gadgets, "team/x"), { instanceOf: ApiError });
  t.is(error?.status, 503);
  t.is(requests.length, 4);
});

test("an object may be as long as none is, a page of a list may be longer", async (t) => {
  const { client, state } = await plainServer(t);
  const long = JSON.stringify({ metadata: { resourceVersion: "7" }, items: [] }) + " ".repeat(17 * 2 ** 20);
  state.answer = (_, response) => void response.end(long);
  await t.throwsAsync(client.create(gadgets, { metadata }), {
    message: /the answer is longer than 16777216 bytes/,
  });
  await t.notThrowsAsync(all(client.pages(gadgets)));
});

test("a call that is given up while it waits to be sent again ends at once", async (t) => {
  const { client, state, requests } = await plainServer(t);
  const abort = new AbortController();
  const reason = new Error("changed my mind");
  state.answer = (_, response) => {
    response.writeHead(429, { "retry-after": "9" }).end("{}");
    setImmediate(() => setTimeout(() => abort.abort(reason), 20));
    return undefined;
  };
  let failure: unknown;
  client.get(gadgets, "team/x", { signal: abort.signal }).catch((error: unknown) => {
    failure = error;
  });
  await once(abort.signal, "abort");
  for (let i = 0; i < 10; i++) await turn(); // nothing of the nine seconds
  t.is(failure, reason);
  t.is(requests.length, 1);
});

test("a guarded client refuses to write unless all who guard it agree, and reads", async (t) => {
  const { client, requests } = await plainServer(t);
  const may = { inner: false, outer: true };
  const guarded = client.guardedBy(() => may.outer).guardedBy(() => may.inner);
  const writes = [
    () => guarded.create(gadgets, { metadata }),
    () => guarded.replace(gadgets, { metadata }),
    () => guarded.apply(gadgets, { metadata }, { fieldManager: "me" }),
    () => guarded.mergePatch(gadgets, "team/x", {}),
    () => guarded.delete(gadgets, "team/x"),
  ];
  for (const { inner, outer } of [
    { inner: false, outer: true },
    { inner: true, outer: false },
  ]) {
    Object.assign(may, { inner, outer });
    for (const write of writes) await t.throwsAsync(write, { instanceOf: NotLeaderError });
  }
  t.is(requests.length, 0);
  await guarded.get(gadgets, "team/x");
  Object.assign(may, { inner: true, outer: true });
  for (const write of writes) await t.notThrowsAsync(write);
  t.is(guarded.namespace, "mine");
});

test("a write that is guarded takes no longer than any of its guards allows, and no longer than it was given", async (t) => {
  const { client, state } = await plainServer(t);
  state.answer = () => undefined; // never
  const write = (outer: number | undefined, inner: number | undefined, timeoutMs?: number) => {
    const of = (writeTimeoutMs: number | undefined) =>
      writeTimeoutMs === undefined ? {} : { writeTimeoutMs };
    const guarded = client.guardedBy(() => true, of(outer)).guardedBy(() => true, of(inner));
    return guarded.create(gadgets, { metadata }, timeoutMs === undefined ? {} : { timeoutMs });
  };
  for (const [outer, inner, timeoutMs] of [
    [20, undefined, undefined],
    [undefined, 20, undefined],
    [20, 60_000, 60_000],
    [60_000, 20, 60_000],
    [60_000, 60_000, 20],
  ] as const)
    await t.throwsAsync(write(outer, inner, timeoutMs), {
      instanceOf: ConnectionError,
      message: /within 20 ms/,
    });
});

test("every call can be given a signal, and its own time where it isn't a watch", async (t) => {
  const { client, state } = await plainServer(t);
  state.answer = () => undefined; // never
  const reason = new Error("changed my mind");
  const connection = client.watchConnection();
  t.teardown(() => connection.reset(new Error("the test is over")));
  const calls: ((options: CallOptions) => Promise<unknown>)[] = [
    (options) => client.get(gadgets, "team/x", options),
    (options) => client.pages(gadgets, options)[Symbol.asyncIterator]().next(),
    (options) => client.create(gadgets, { metadata }, options),
    (options) => client.replace(gadgets, { metadata }, options),
    (options) => client.apply(gadgets, { metadata }, { ...options, fieldManager: "test" }),
    (options) => client.mergePatch(gadgets, metadata, {}, options),
    (options) => client.delete(gadgets, "team/x", options),
    (options) => client.serviceAccountKeys(options),
    (options) => connection.heartbeat(gadgets, options),
  ];
  await Promise.all(
    calls.map((call) => t.throwsAsync(call({ timeoutMs: 20 }), { message: /within 20 ms/ }, `${call}`)),
  );
  const options = { signal: AbortSignal.abort(reason) };
  for (const call of calls) await t.throwsAsync(call(options), { is: reason }, `${call}`);
  const watch = connection.watch(gadgets, { ...options, resourceVersion: "1", timeoutSeconds: 5 });
  await t.throwsAsync(watch, { is: reason });
});

test("calls are counted by verb, resource and what came of them, and how long they took", async (t) => {
  const { client, state, metrics } = await plainServer(t);
  await client.get(configMaps, "team/x");
  await client.get(leases, "team/x");
  state.answer = () => [404, {}];
  await t.throwsAsync(client.delete(gadgets, "team/x"));
  state.answer = (_, response) => void response.destroy();
  await t.throwsAsync(client.create(gadgets, { metadata }));
  const count = (labels: Record<string, string>) =>
    sample(metrics, "kubernetes_client_requests_total", labels);
  t.is(await count({ verb: "get", resource: "configmaps", code: "200" }), 1);
  t.is(await count({ verb: "get", resource: "leases.coordination.k8s.io", code: "200" }), 1);
  const resource = "gadgets.kubernetes-test.example.com";
  t.is(await count({ verb: "delete", resource, code: "404" }), 1);
  t.is(await count({ verb: "create", resource, code: "error" }), 1);
  const [, seconds] =
    /^kubernetes_client_request_duration_seconds_sum\{verb="get",resource="configmaps"\} (.+)$/m.exec(
      await metrics.metrics(),
    ) ?? [];
  t.true(Number(seconds) > 0 && Number(seconds) < performance.now() / 1_000);
  t.regex(
    await metrics.metrics(),
    /^kubernetes_client_request_duration_seconds_count\{verb="get",resource="configmaps"\} 1$/m,
  );
});

test("credentials that were refused aren't sent again as they are", async (t) => {
  const { client, requests, state, metrics } = await plainServer(t, {
    username: "ada",
    password: "lovelace",
  });
  await client.get(gadgets, "team/x");
  t.is(requests[0]?.headers.authorization, `Basic ${Buffer.from("ada:lovelace").toString("base64")}`);
  requests.length = 0;
  state.answer = () => [401, {}];
  await t.throwsAsync(client.get(gadgets, "team/x"), { instanceOf: UnauthorizedError });
  t.is(requests.length, 1);
  const connection = client.watchConnection();
  t.teardown(() => connection.reset(new Error("the test is over")));
  requests.length = 0;
  const watch = () => connection.watch(gadgets, { resourceVersion: "1", timeoutSeconds: 5 });
  await t.throwsAsync(watch, { instanceOf: UnauthorizedError });
  t.is(requests.length, 1);
  const counted = { verb: "watch", resource: "gadgets.kubernetes-test.example.com", code: "401" };
  t.is(await sample(metrics, "kubernetes_client_requests_total", counted), 1);
});

test("without an answer in time all connections are suspect; one that breaks says nothing of the others", async (t) => {
  for (const hangs of [true, false]) {
    const { client, state } = await plainServer(t, {}, { connections: 8 });
    const ports: (number | undefined)[] = [];
    const answers: typeof state.answer = (_, response) => {
      ports.push(response.socket?.remotePort);
      return [200, { metadata: {} }];
    };
    /** The ports of two calls at a time, each of which takes a connection. */
    const two = async () => {
      state.answer = answers;
      await Promise.all([client.get(gadgets, "team/x"), client.get(gadgets, "team/y")]);
      return ports.splice(0);
    };
    const before = await two();
    state.answer = (_, response) => {
      if (!hangs) response.destroy();
      return undefined;
    };
    await t.throwsAsync(client.create(gadgets, { metadata }, hangs ? { timeoutMs: 20 } : {}), {
      instanceOf: ConnectionError,
    });
    const after = await two();
    t.is(
      after.some((port) => before.includes(port)),
      !hangs,
    );
  }
});

test("connections that nothing more is sent on are closed: suspect ones, and those to another server", async (t) => {
  for (const how of ["no answer in time", "another server"]) {
    const { client, state, server, kubeconfig, url } = await plainServer(t, {}, { connections: 8 });
    server.keepAliveTimeout = 0; // it closes none by itself
    const sockets: Socket[] = [];
    server.on("connection", (socket) => sockets.push(socket));
    await Promise.all([client.get(gadgets, "team/x"), client.get(gadgets, "team/y")]);
    t.is(sockets.length, 2);
    if (how === "another server") {
      state.answer = ({ path }) => (path.startsWith("/moved/") ? [200, { metadata: {} }] : [401, {}]);
      const text = await readFile(kubeconfig, "utf8");
      await replaceFile(kubeconfig, text.replaceAll(url, `${url}/moved`));
      await client.get(gadgets, "team/x");
    } else {
      state.answer = () => undefined;
      await t.throwsAsync(client.create(gadgets, { metadata }, { timeoutMs: 20 }));
    }
    await until("the first to be closed", () => sockets.slice(0, 2).every(({ destroyed }) => destroyed));
  }
});

test("a watch ends when the one opened beside it finds the API server elsewhere", async (t) => {
  const { client, state, kubeconfig, url } = await plainServer(t);
  state.answer = (_, response) => void response.writeHead(200).flushHeaders();
  const connection = client.watchConnection();
  t.teardown(() => connection.reset(new Error("the test is over")));
  const open = () => connection.watch(gadgets, { resourceVersion: "1", timeoutSeconds: 60 });
  const first = await open();
  await replaceFile(kubeconfig, (await readFile(kubeconfig, "utf8")).replaceAll(url, `${url}/moved`));
  state.answer = ({ path }, response) =>
    path.startsWith("/moved/") ? void response.writeHead(200).flushHeaders() : [401, {}];
  await open();
  const ended = await t.throwsAsync(all(first), { instanceOf: ConnectionError });
  t.like(ended.cause, { message: "the credentials have changed" });
});

test("a connection is used again; after a call that got no answer in time it isn't", async (t) => {
  const { client, state } = await plainServer(t, {}, { connections: 1 });
  const ports: (number | undefined)[] = [];
  let answers = true;
  state.answer = (_, response) => {
    ports.push(response.socket?.remotePort);
    return answers ? [200, { metadata: {} }] : undefined;
  };
  await client.get(gadgets, "team/x");
  await client.get(gadgets, "team/x");
  t.is(ports[0], ports[1]);
  answers = false;
  await t.throwsAsync(client.create(gadgets, { metadata }, { timeoutMs: 20 }));
  answers = true;
  await client.get(gadgets, "team/x");
  t.not(ports[3], ports[2]);
});

test("a namespace whose writes aren't answered keeps no other's calls waiting, nor those for all, nor a lease", async (t) => {
  const { client, state, requests } = await plainServer(t, {}, { connections: 8 });
  const open: ServerResponse[] = [];
  let hangs = true;
  state.answer = ({ method }, response) => {
    if (!hangs || method === "GET") return [200, { metadata: {} }];
    open.push(response);
    return undefined;
  };
  const writes = ["team", "neighbours", "others"].flatMap((namespace) =>
    Array.from({ length: 10 }, (_, i) => client.create(gadgets, { metadata: { namespace, name: `${i}` } })),
  );
  // Whoever has none finds one as long as there is any.
  await Promise.all([client.get(leases, "team/leader"), client.get(namespaces, "x")]);
  t.deepEqual(
    ["team", "neighbours", "others"].map(
      (namespace) => requests.filter(({ path }) => path.includes(`/${namespace}/gadgets`)).length,
    ),
    [2, 1, 1],
    "of four that are shared, one has half, and the next half of what is left",
  );
  const review = client.create(namespaces, { metadata: { name: "for-all" } });
  await come(open, 5);
  t.is(open.length, 5, "what is for all waits for nobody");
  hangs = false;
  for (const response of open) response.end(JSON.stringify({ metadata: {} }));
  await Promise.all([...writes, review]);
  t.is(requests.length, 33, "each once");
});

test("every kind of call counts for its namespace", async (t) => {
  const wanted: ((client: Client, name: string) => Promise<unknown>)[] = [
    (client, name) => client.get(gadgets, `team/${name}`),
    (client, name) => client.create(gadgets, { metadata: { namespace: "team", name } }),
    (client, name) => client.replace(gadgets, { metadata: { namespace: "team", name } }),
    (client, name) =>
      client.apply(gadgets, { metadata: { namespace: "team", name } }, { fieldManager: "me" }),
    (client, name) => client.mergePatch(gadgets, `team/${name}`, {}),
    (client, name) => client.delete(gadgets, `team/${name}`),
    (client) => all(client.pages(gadgets, { namespace: "team" })),
  ];
  for (const call of wanted) {
    const { client, state, requests } = await plainServer(t, {}, { connections: 12 });
    const open: ServerResponse[] = [];
    state.answer = (_, response) => void open.push(response);
    const calls = Array.from({ length: 6 }, (_, i) => call(client, `${i}`));
    await come(open, 4);
    // What is asked later, and waits for nobody, comes last where the others have come.
    const others: Promise<unknown>[] = [];
    for (let i = 0; i < 5; i++) {
      others.push(client.get(namespaces, `${i}`));
      await come(open, 5 + i);
    }
    const ofTeam = requests.filter(({ path }) => path.includes("/team/"));
    t.is(ofTeam.length, 4, `${call}`);
    const answer = { metadata: { resourceVersion: "1" }, items: [] };
    state.answer = () => [200, answer];
    for (const response of open) response.end(JSON.stringify(answer));
    await Promise.all([...calls, ...others]);
  }
});

test("whoever guards a client is given each write, until it is over, and no read", async (t) => {
  const { client, state } = await plainServer(t);
  const [outer, inner]: Promise<unknown>[][] = [[], []];
  const guarded = client
    .guardedBy(() => true, { began: (write) => void outer?.push(write) })
    .guardedBy(() => true, { began: (write) => void inner?.push(write) });
  await guarded.get(gadgets, "team/x");
  t.deepEqual([outer, inner], [[], []]);
  const held = Promise.withResolvers<ServerResponse>();
  state.answer = (_, response) => void held.resolve(response);
  let isOver = false;
  const writing = guarded.apply(gadgets, { metadata }, { fieldManager: "me" });
  const response = await held.promise;
  t.deepEqual([outer?.length, inner?.length], [1, 1]);
  void outer?.[0]?.then(() => {
    isOver = true;
  });
  await turn();
  t.false(isOver);
  response.end(JSON.stringify({ metadata: {} }));
  await writing;
  await Promise.all([outer?.[0], inner?.[0]]);
});
