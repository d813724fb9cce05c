import test from "ava";
import { apiError } from "../../kubernetes/client/errors.ts";
import { SecretValues } from "../../organizations/secret-values.ts";
import { SecretsInMemory } from "./secrets-in-memory.ts";

const REF = { name: "okta", key: "secret" };

function scene(texts: Record<string, string> = { secret: "s3cret\n" }, type?: string) {
  const cluster = new SecretsInMemory();
  cluster.set("acme/okta", texts, type);
  const values = new SecretValues({ client: cluster.client, neverRead: ["rolemapping.dev/session-keys"] });
  return { cluster, values };
}

test("a value is read as text, without the space around it, and remembered for others, too", async (t) => {
  const { cluster, values } = scene();
  t.deepEqual(await Promise.all([values.read("acme", REF), values.read("acme", REF)]), ["s3cret", "s3cret"]);
  cluster.set("acme/okta", { secret: "other" });
  t.is(await values.read("acme", REF), "s3cret");
  t.deepEqual(cluster.asked, ["acme/okta"]);
  await t.throwsAsync(
    values.read("beta", REF),
    { code: "secret-not-found" },
    "another namespace's is another",
  );
});

test("whoever asks for it as it is now gets it so, and so does everybody from then on", async (t) => {
  const { cluster, values } = scene();
  await values.read("acme", REF);
  cluster.set("acme/okta", { secret: "other" });
  t.is(await values.read("acme", REF, { fresh: false }), "s3cret");
  t.is(await values.read("acme", REF, { fresh: true }), "other");
  t.is(await values.read("acme", REF), "other");
  t.is(cluster.asked.length, 2);
});

test("a Secret that can't be read is asked for again, and the error says what to do", async (t) => {
  for (const [status, code, message] of [
    [404, "secret-not-found", /no Secret okta .*create it/],
    [403, "secret-unreadable", /secretNames/],
    [500, "secret-unreadable", /did not answer/],
  ] as const) {
    const { cluster, values } = scene();
    const cause = apiError("GET /x", status, {});
    cluster.failures.push(cause);
    const error = await t.throwsAsync(values.read("acme", REF), { code, message });
    t.is(error?.cause, cause);
    t.is(await values.read("acme", REF), "s3cret");
  }
});

test("a reading that fails late makes nobody forget a newer one", async (t) => {
  const { cluster, values } = scene();
  const late = Promise.withResolvers<never>();
  cluster.failures.push(late.promise);
  const failing = t.throwsAsync(values.read("acme", REF), { code: "secret-unreadable" });
  t.is(await values.read("acme", REF, { fresh: true }), "s3cret");
  late.reject(apiError("GET /x", 500, {}));
  await failing;
  t.is(await values.read("acme", REF), "s3cret");
  t.is(cluster.asked.length, 2);
});

test("what isn't in a Secret is said to be missing: another key, an empty value, no values, a word of JavaScript's", async (t) => {
  const { cluster, values } = scene({ empty: "", secret: "s3cret" });
  for (const key of ["other", "empty", "toString", "__proto__"])
    await t.throwsAsync(values.read("acme", { ...REF, key }), {
      code: "secret-not-found",
      message: new RegExp(`no value at the key ${key}`),
    });
  const { data: _, ...bare } = cluster.secrets.get("acme/okta") ?? { metadata: { name: "okta" } };
  cluster.secrets.set("acme/okta", bare as never);
  await t.throwsAsync(values.read("acme", REF, { fresh: true }), { code: "secret-not-found" });
});

test("credentials of the cluster and of this product are nobody's to refer to; other types are", async (t) => {
  for (const type of [
    "kubernetes.io/service-account-token",
    "bootstrap.kubernetes.io/token",
    "kubernetes.io/dockercfg",
    "kubernetes.io/dockerconfigjson",
    "helm.sh/release.v1",
    "rolemapping.dev/session-keys",
  ])
    await t.throwsAsync(scene({ secret: "s3cret" }, type).values.read("acme", REF), {
      code: "secret-forbidden",
      message: new RegExp(type),
    });
  for (const type of ["Opaque", "kubernetes.io/basic-auth"])
    t.is(await scene({ secret: "s3cret" }, type).values.read("acme", REF), "s3cret");
});
