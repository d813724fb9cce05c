import test from "ava";
import { apiRequest } from "../../../dev/control-plane/api-request.ts";
import { leases } from "../../../kubernetes/client/builtin-types.ts";
import {
  AlreadyExistsError,
  ApiError,
  ConflictError,
  ConnectionError,
  InvalidError,
  KubeConfigError,
  keyOf,
  type ListOptions,
  NotFoundError,
  NotLeaderError,
  resourceType,
  secrets,
  tokenReviews,
} from "../../../kubernetes/index.ts";
import { testCluster } from "../../cluster.ts";
import { apiServerURL, connect, kubeconfigVia, newNamespace, sample, temporaryFile } from "../api-server.ts";
import { configMaps, customResourceDefinitions, namespaces, serviceAccounts } from "../resource-types.ts";
import { TcpProxy } from "../tcp-proxy.ts";
import { watchOnce } from "../watch.ts";

test("create, get, replace, apply, patch and delete", async (t) => {
  const client = await connect(t);
  const namespace = await newNamespace(t);
  const created = await client.create(configMaps, { metadata: { namespace, name: "x" }, data: { a: "1" } });
  t.deepEqual((await client.get(configMaps, keyOf(created))).data, { a: "1" });

  const replaced = await client.replace(configMaps, { ...created, data: { a: "2" } });
  t.deepEqual(replaced.data, { a: "2" });

  const object = { metadata: { namespace, name: "x" }, data: { b: "3" } };
  const applied = await client.apply(configMaps, object, { fieldManager: "test" });
  t.deepEqual(applied.data, { a: "2", b: "3" });

  const patched = await client.mergePatch(configMaps, { namespace, name: "x" }, { data: { a: null } });
  t.deepEqual(patched.data, { b: "3" });

  await client.delete(configMaps, { namespace, name: "x" });
  await t.throwsAsync(client.get(configMaps, { namespace, name: "x" }), { instanceOf: NotFoundError });
});

test("errors have classes", async (t) => {
  const client = await connect(t);
  const namespace = await newNamespace(t);
  const object = { metadata: { namespace, name: "x" } };
  const created = await client.create(configMaps, object);
  await client.replace(configMaps, { ...created, data: { a: "1" } });

  await t.throwsAsync(client.create(configMaps, object), {
    instanceOf: AlreadyExistsError,
    code: "already-exists",
  });
  await t.throwsAsync(client.replace(configMaps, created), { instanceOf: ConflictError, code: "conflict" });
  await t.throwsAsync(client.delete(configMaps, `${namespace}/y`), {
    instanceOf: NotFoundError,
    code: "not-found",
    message: `DELETE /api/v1/namespaces/${namespace}/configmaps/y: 404 NotFound: configmaps "y" not found`,
  });
  const invalid = { metadata: { namespace, name: "No Such Name" } };
  await t.throwsAsync(client.create(configMaps, invalid), { instanceOf: InvalidError, code: "invalid" });
  const refused = await t.throwsAsync(client.get(nothings, "x"));
  t.true(refused instanceof ApiError && refused.status === 404);
});

/** What no API server serves. */
const nothings = resourceType({
  group: "no.such.group",
  version: "v1",
  kind: "Nothing",
  plural: "nothings",
  namespaced: false,
});

test("a field of another manager is a conflict, unless taken by force", async (t) => {
  const client = await connect(t);
  const metadata = { namespace: await newNamespace(t), name: "x" };
  await client.apply(configMaps, { metadata, data: { a: "1" } }, { fieldManager: "one" });
  const mine = { metadata, data: { a: "2" } };
  await t.throwsAsync(client.apply(configMaps, mine, { fieldManager: "two" }), { instanceOf: ConflictError });
  const taken = await client.apply(configMaps, mine, { fieldManager: "two", force: true });
  t.deepEqual(taken.data, { a: "2" });
});

test("a deletion can be of one very object only", async (t) => {
  const client = await connect(t);
  const namespace = await newNamespace(t);
  const { metadata } = await client.create(configMaps, { metadata: { namespace, name: "x" } });
  await t.throwsAsync(client.delete(configMaps, metadata, { uid: "another" }), { instanceOf: ConflictError });
  await t.throwsAsync(client.delete(configMaps, metadata, { uid: "" }), { instanceOf: ApiError });
  await t.notThrowsAsync(client.delete(configMaps, metadata, { uid: metadata.uid ?? "" }));
});

test("an object that has changed since it was read isn't deleted", async (t) => {
  const client = await connect(t);
  const namespace = await newNamespace(t);
  const created = await client.create(configMaps, { metadata: { namespace, name: "x" } });
  const { metadata } = await client.replace(configMaps, { ...created, data: { a: "1" } });
  const { uid = "" } = metadata;
  const stale = { uid, resourceVersion: created.metadata.resourceVersion ?? "" };
  await t.throwsAsync(client.delete(configMaps, metadata, stale), { instanceOf: ConflictError });
  const current = { uid, resourceVersion: metadata.resourceVersion ?? "" };
  await t.notThrowsAsync(client.delete(configMaps, metadata, current));
});

test("a list has the objects alone whose fields are so, whatever characters are in them", async (t) => {
  const client = await connect(t);
  const namespace = await newNamespace(t);
  const type = "odd,type=a\\b";
  for (const [name, of] of [
    ["a", type],
    ["b", "odd"],
    ["c", type],
  ] as const)
    await client.create(secrets, { metadata: { namespace, name }, type: of });
  const named = async (options: ListOptions): Promise<string[]> => {
    const names = [];
    for await (const { items } of client.pages(secrets, { namespace, ...options }))
      names.push(...items.map(({ metadata }) => metadata.name));
    return names;
  };
  t.deepEqual(await named({ fields: { type } }), ["a", "c"]);
  t.deepEqual(await named({ fields: { type }, name: "c" }), ["c"]);
  t.deepEqual(await named({ fields: { type }, limit: 1 }), ["a", "c"]);
});

test("pages are of one moment, and their objects are complete", async (t) => {
  const client = await connect(t);
  const namespace = await newNamespace(t);
  for (const name of ["a", "b", "c", "d", "e"])
    await client.create(configMaps, { metadata: { namespace, name } });
  const pages = [];
  for await (const page of client.pages(configMaps, { namespace, limit: 2 })) {
    pages.push(page);
    await client.create(configMaps, { metadata: { namespace, name: `z${pages.length}` } });
  }
  t.deepEqual(
    pages.map(({ items }) => items.map(({ metadata }) => metadata.name)),
    [["a", "b"], ["c", "d"], ["e"]],
  );
  t.is(new Set(pages.map(({ resourceVersion }) => resourceVersion)).size, 1);
  t.like(pages[0]?.items[0], { apiVersion: "v1", kind: "ConfigMap" });
});

test("a watch tells what happens, and ends when its time is over", async (t) => {
  const client = await connect(t);
  const namespace = await newNamespace(t);
  const { metadata } = await client.create(configMaps, { metadata: { namespace, name: "x" } });
  await client.delete(configMaps, metadata);
  const options = { namespace, resourceVersion: metadata.resourceVersion ?? "" };
  const seen = [];
  for await (const event of watchOnce(client, configMaps, { ...options, timeoutSeconds: 60 })) {
    if (event.type === "BOOKMARK") continue;
    seen.push([event.type, event.object.metadata.name]);
    break;
  }
  t.deepEqual(seen, [["DELETED", "x"]]);
  for await (const _ of watchOnce(client, configMaps, { ...options, timeoutSeconds: 1 }));
});

test("watches of one connection share it with their heartbeat, and end with it", async (t) => {
  const proxy = await TcpProxy.start(apiServerURL());
  t.teardown(() => proxy.stop());
  const client = await connect(t, { kubeconfig: await kubeconfigVia(t, `https://127.0.0.1:${proxy.port}`) });
  const namespace = await newNamespace(t);
  const direct = await connect(t);
  const { metadata } = await direct.create(configMaps, { metadata: { namespace, name: "x" } });
  const { resourceVersion = "" } = metadata;
  const connection = client.watchConnection();
  const open = () => connection.watch(configMaps, { namespace, resourceVersion, timeoutSeconds: 300 });
  const watches = await Promise.all([open(), open(), open()]);
  await connection.heartbeat(configMaps, { namespace });
  t.is(proxy.accepted, 1);
  const cause = new Error("enough");
  connection.reset(cause);
  for (const watch of watches) {
    const reading = async () => {
      for await (const _ of watch);
    };
    const error = await t.throwsAsync(reading, { instanceOf: ConnectionError });
    t.is(error?.cause, cause);
  }
});

test("a watch from a resourceVersion that isn't one fails with what the API server says of it", async (t) => {
  const client = await connect(t);
  const watch = watchOnce(client, configMaps, { resourceVersion: "nonsense", timeoutSeconds: 5 });
  const reading = async () => {
    for await (const _ of watch);
  };
  await t.throwsAsync(reading, {
    instanceOf: ApiError,
    message: /: 500 Unknown: .*"nonsense": invalid syntax/,
  });
});

test("a review says whose a token is, and may be sent twice", async (t) => {
  const client = await connect(t);
  const { namespace, controlPlane } = await testCluster(t);
  await client.create(serviceAccounts, { metadata: { namespace, name: "ada" } });
  const body = { spec: { audiences: ["https://example.com"], expirationSeconds: 600 } };
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/ada/token`;
  const answer = await apiRequest(controlPlane.admin, "POST", path, { body });
  const { token } = JSON.parse(answer.body).status;
  const spec = { token, audiences: ["https://example.com"] };
  for (let i = 0; i < 2; i++) {
    const review = await client.create(tokenReviews, { metadata: {}, spec }, { idempotent: true });
    t.like(review.status, {
      authenticated: true,
      user: { username: `system:serviceaccount:${namespace}:ada` },
    });
  }
});

test("a guarded client reads but doesn't write while it may not", async (t) => {
  const client = await connect(t);
  const namespace = await newNamespace(t);
  let leading = false;
  const guarded = client.guardedBy(() => leading);
  const object = { metadata: { namespace, name: "x" } };
  const writes: Record<string, () => Promise<unknown>> = {
    create: () => guarded.create(configMaps, object),
    replace: () => guarded.replace(configMaps, object),
    apply: () => guarded.apply(configMaps, object, { fieldManager: "test" }),
    mergePatch: () => guarded.mergePatch(configMaps, object.metadata, { data: {} }),
    delete: () => guarded.delete(configMaps, object.metadata),
    twice: () => guarded.guardedBy(() => true).create(configMaps, object),
  };
  for (const [name, write] of Object.entries(writes)) {
    await t.throwsAsync(write, { instanceOf: NotLeaderError, code: "not-leader" }, name);
  }
  await t.throwsAsync(guarded.get(configMaps, object.metadata), { instanceOf: NotFoundError });
  leading = true;
  await t.notThrowsAsync(guarded.create(configMaps, object));
});

test("a call that is aborted rejects with the signal's reason", async (t) => {
  const client = await connect(t);
  const reason = new Error("changed my mind");
  await t.throwsAsync(client.get(namespaces, "default", { signal: AbortSignal.abort(reason) }), {
    is: reason,
  });
  const abort = new AbortController();
  const call = client.get(namespaces, "default", { signal: abort.signal });
  abort.abort(reason);
  await t.throwsAsync(call, { is: reason });
  await t.notThrowsAsync(client.get(namespaces, "default"));
});

test("calls are counted by verb, resource and status", async (t) => {
  const client = await connect(t);
  await client.get(namespaces, "default");
  await t.throwsAsync(client.get(customResourceDefinitions, "x.example.com"));
  const count = (labels: object) => sample(client.metrics, "kubernetes_client_requests_total", { ...labels });
  t.is(await count({ verb: "get", resource: "namespaces", code: "200" }), 1);
  t.is(
    await count({ verb: "get", resource: "customresourcedefinitions.apiextensions.k8s.io", code: "404" }),
    1,
  );
});

test("the keys that service accounts' tokens are signed with can be read", async (t) => {
  const client = await connect(t);
  const answer = await client.serviceAccountKeys();
  t.like(answer, { keys: [{ use: "sig" }] });
  t.is(
    await sample(client.metrics, "kubernetes_client_requests_total", { resource: "serviceaccountkeys" }),
    1,
  );
});

test("an object needs a namespace if its type has them", async (t) => {
  const client = await connect(t);
  await t.throwsAsync(client.create(leases, { metadata: { name: "x" } }), { instanceOf: TypeError });
  await t.throwsAsync(client.get(leases, "x"), { instanceOf: TypeError });
});

test("a kubeconfig that isn't there, isn't one or lacks the context is said so", async (t) => {
  const open = (kubeconfig: string, context?: string) => connect(t, { kubeconfig, context });
  await t.throwsAsync(open("/no/such/file"), { instanceOf: KubeConfigError, code: "kubeconfig-error" });
  const empty = await temporaryFile(t, "kubeconfig", "{}");
  await t.throwsAsync(open(empty), { instanceOf: KubeConfigError });
  const garbage = await temporaryFile(t, "kubeconfig", "\u0000: [");
  await t.throwsAsync(open(garbage), { instanceOf: KubeConfigError });
  await t.throwsAsync(connect(t, { context: "no-such-context" }), {
    instanceOf: KubeConfigError,
    message: /no context "no-such-context".*it has: /,
  });
});
