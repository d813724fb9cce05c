import test from "ava";
import { apiError } from "../../kubernetes/client/errors.ts";
import { createClient, secrets } from "../../kubernetes/index.ts";
import { SecretValues } from "../../organizations/secret-values.ts";
import { clusterOfFile } from "../cluster-of-file.ts";
import { log } from "../kubernetes/api-server.ts";
import { SecretsUnderTest } from "./secrets-under-test.ts";

const shared = clusterOfFile(test);

/** A reader, and the name of a Secret of this test's own, with these texts. */
async function scene(name: string, texts: Record<string, string> = { secret: "s3cret\n" }) {
  const { cluster, client } = shared();
  const written = new SecretsUnderTest({ cluster, client }, ["rolemapping.dev/session-keys"]);
  await written.write(name, texts);
  const read = (options?: { fresh: boolean }) =>
    written.values.read(cluster.namespace, { name, key: "secret" }, options);
  return { ...shared(), written, read };
}

test("a value is read as text, without the space around it, and remembered for others, too", async (t) => {
  const { written, read } = await scene("remembered");
  t.deepEqual(await Promise.all([read(), read()]), ["s3cret", "s3cret"]);
  await written.write("remembered", { secret: "other" });
  t.is(await read(), "s3cret");
  t.is(written.reads, 1);
  await t.throwsAsync(
    written.values.read("default", { name: "remembered", key: "secret" }),
    { code: "secret-not-found" },
    "another namespace's is another",
  );
});

test("whoever asks for it as it is now gets it so, and so does everybody from then on", async (t) => {
  const { written, read } = await scene("fresh");
  await read();
  await written.write("fresh", { secret: "other" });
  t.is(await read({ fresh: false }), "s3cret");
  t.is(await read({ fresh: true }), "other");
  t.is(await read(), "other");
  t.is(written.reads, 2);
});

test("a Secret that isn't there, or can't be read, is asked for again, and the error says what to do", async (t) => {
  const { client, cluster, written, read } = await scene("unread");
  await client.delete(secrets, `${cluster.namespace}/unread`);
  const missing = await t.throwsAsync(read(), {
    code: "secret-not-found",
    message: /no Secret unread .*create it/,
  });
  t.like(missing?.cause, { status: 404 });
  await written.write("unread", { secret: "s3cret" });
  t.is(await read(), "s3cret");

  const failure = apiError("GET /x", 500, {});
  written.client.fail("get", failure);
  const unread = await t.throwsAsync(read({ fresh: true }), {
    code: "secret-unreadable",
    message: /did not answer/,
  });
  t.is(unread?.cause, failure);
  t.is(await read(), "s3cret");
});

test("an account that may not read a Secret is told where to allow it", async (t) => {
  const { cluster } = await scene("forbidden");
  const kubeconfig = await cluster.serviceAccount({ role: [], clusterRole: [] });
  const client = await createClient({ kubeconfig, userAgent: "test", log });
  t.teardown(() => client.close());
  const values = new SecretValues({ client, neverRead: [] });
  const error = await t.throwsAsync(values.read(cluster.namespace, { name: "forbidden", key: "secret" }), {
    code: "secret-unreadable",
    message: /secretNames/,
  });
  t.like(error?.cause, { status: 403 });
});

test("a look at it that fails makes nobody forget what is known, nor wait for it; a Secret that is gone is", async (t) => {
  const { client, cluster, written, read } = await scene("kept");
  t.is(await read(), "s3cret");
  const late = Promise.withResolvers<never>();
  written.client.before("get", () => late.promise);
  const looking = read({ fresh: true });
  t.is(await read(), "s3cret", "while somebody looks");
  late.reject(apiError("GET /x", 500, {}));
  await t.throwsAsync(looking, { code: "secret-unreadable" });
  t.is(await read(), "s3cret");
  t.is(written.reads, 2);

  const old = Promise.withResolvers<void>();
  const carriedOut = new Promise<void>((resolve) => {
    written.client.after("get", () => {
      resolve();
      return old.promise;
    });
  });
  const older = read({ fresh: true });
  await carriedOut;
  await client.delete(secrets, `${cluster.namespace}/kept`);
  await t.throwsAsync(read({ fresh: true }), { code: "secret-not-found" });
  await t.throwsAsync(read(), { code: "secret-not-found" });
  old.resolve();
  t.is(await older, "s3cret");
  await t.throwsAsync(read(), { code: "secret-not-found" }, "also when an answer from before comes late");
});

test("an older answer that comes late doesn't take the place of a newer one", async (t) => {
  const { written, read } = await scene("older");
  await read();
  const late = Promise.withResolvers<void>();
  const carriedOut = new Promise<void>((resolve) => {
    written.client.after("get", () => {
      resolve();
      return late.promise;
    });
  });
  const older = read({ fresh: true });
  await carriedOut;
  await written.write("older", { secret: "newer" });
  t.is(await read({ fresh: true }), "newer");
  late.resolve();
  t.is(await older, "s3cret");
  t.is(await read(), "newer");
});

test("a reading that fails late makes nobody forget a newer one", async (t) => {
  const { written, read } = await scene("late");
  const late = Promise.withResolvers<never>();
  written.client.before("get", () => late.promise);
  const failing = t.throwsAsync(read(), { code: "secret-unreadable" });
  t.is(await read({ fresh: true }), "s3cret");
  late.reject(apiError("GET /x", 500, {}));
  await failing;
  t.is(await read(), "s3cret");
  t.is(written.reads, 2);
});

test("what isn't in a Secret is said to be missing: another key, an empty value, no values, a word of JavaScript's", async (t) => {
  const { cluster, written } = await scene("partial", { empty: "", secret: "s3cret" });
  for (const key of ["other", "empty", "toString", "__proto__"])
    await t.throwsAsync(written.values.read(cluster.namespace, { name: "partial", key }), {
      code: "secret-not-found",
      message: new RegExp(`no value at the key ${key}`),
    });
  await written.write("bare");
  await t.throwsAsync(written.values.read(cluster.namespace, { name: "bare", key: "secret" }), {
    code: "secret-not-found",
    message: /no value/,
  });
});

/** What each type of Secret must have for the API server to take it. */
const REQUIRED = {
  "kubernetes.io/service-account-token": { annotations: { "kubernetes.io/service-account.name": "default" } },
  "bootstrap.kubernetes.io/token": {},
  "kubernetes.io/dockercfg": { texts: { ".dockercfg": "{}" } },
  "kubernetes.io/dockerconfigjson": { texts: { ".dockerconfigjson": "{}" } },
  "helm.sh/release.v1": {},
  "rolemapping.dev/session-keys": {},
  Opaque: {},
  "kubernetes.io/basic-auth": { texts: { password: "p" } },
} as const;
const USABLE: readonly string[] = ["Opaque", "kubernetes.io/basic-auth"];

test("credentials of the cluster and of this product are nobody's to refer to; other types are", async (t) => {
  const { cluster, written } = await scene("unused");
  for (const [index, [type, required]] of Object.entries(REQUIRED).entries()) {
    const name = `type-${index}`;
    const { texts = {}, annotations = {} }: { texts?: object; annotations?: Record<string, string> } =
      required;
    await written.write(name, { secret: "s3cret", ...texts }, { type, annotations });
    const reading = written.values.read(cluster.namespace, { name, key: "secret" });
    if (USABLE.includes(type)) t.is(await reading, "s3cret");
    else await t.throwsAsync(reading, { code: "secret-forbidden", message: new RegExp(type) });
  }
});
