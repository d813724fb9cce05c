import { randomUUID } from "node:crypto";
import test from "ava";
import type { OrganizationUser } from "../../../../crds/types.ts";
import {
  noAccess,
  resolveAccess,
  StaleUserError,
  StoreError,
  type User,
  type UserEvent,
  UserExistsError,
} from "../../../../identity/index.ts";
import { identity, policy } from "../../an-account.ts";
import { storeConformance } from "../../store-conformance.ts";
import { broken, ClusterInMemory, refusal } from "./cluster-in-memory.ts";

/** The same as with a real API server, in no time. */
storeConformance(test, "KubernetesStore in memory", async () => {
  const cluster = new ClusterInMemory();
  let later = 0;
  const now = () => Date.now() + later;
  const store = cluster.store({ now });
  return {
    store,
    other: cluster.store({ now }),
    organization: async () => `acme/org-${randomUUID().slice(0, 8)}`,
    makeLocal: async (organization, { email, roles, serviceAccountName }) => {
      const name = `local-${randomUUID().slice(0, 8)}`;
      const [, organizationName = ""] = organization.split("/");
      cluster.write({
        apiVersion: "rolemapping.dev/v1alpha1",
        kind: "OrganizationUser",
        metadata: { namespace: "acme", name },
        spec: {
          organizationRef: { name: organizationName },
          source: "Local",
          email,
          ...(roles ? { roles } : {}),
          ...(serviceAccountName ? { serviceAccountName } : {}),
        },
      });
      const made = await store.read(`acme/${name}`);
      if (!made) throw new Error(`${name} isn't there`);
      return made;
    },
    askToEndSessions: async ({ ref }, words) => {
      const object = cluster.read(ref);
      if (!object) throw new Error(`${ref} isn't there`);
      const annotations = { "rolemapping.dev/end-sessions": words };
      cluster.write({ ...object, metadata: { ...object.metadata, annotations } } satisfies OrganizationUser);
    },
    secondLater: async () => {
      later += 1_000;
    },
    // Whatever is written, everybody knows at once.
    until: async (_, condition) => (await condition()) || Promise.reject(new Error("it isn't so")),
  };
});

const ACME = "acme/acme";
const ADA = { ...identity("service_admin"), email: "ada@acme.example" };
const ADMITTED = { organization: ACME, identity: ADA, access: resolveAccess(ADA, policy) };
const NONE = noAccess("NoMappedGroup", "Left.");
const LEFT = { identity: { ...ADA, groups: [] }, access: NONE };

/** A store with an account, whose writes can be made to fail. */
async function scene() {
  const cluster = new ClusterInMemory();
  const store = cluster.store();
  return { cluster, store, ada: await store.create(ADMITTED) };
}

const failure = async (written: Promise<User>): Promise<unknown> =>
  written.then(
    () => "written",
    (error: unknown) => error,
  );

/** What somebody is told whose write has failed. */
async function told(written: Promise<User>): Promise<string> {
  const error = await failure(written);
  if (error instanceof StoreError) return error.perhaps ? "unavailable, perhaps stored" : "unavailable";
  if (error instanceof StaleUserError) return error.perhapsByUs ? "stale, perhaps by us" : "stale";
  if (error instanceof UserExistsError) return error.perhapsByUs ? "exists, perhaps by us" : "exists";
  return String(error);
}

for (const [what, error, isDone, expected] of [
  ["a connection that broke before the request was sent", broken(false), false, "unavailable"],
  ["one that broke afterwards", broken(true), false, "unavailable, perhaps stored"],
  ["one that broke after it was done", broken(true), true, "unavailable, perhaps stored"],
  ["an internal error", refusal(500, "InternalError"), false, "unavailable, perhaps stored"],
  ["a schema that doesn't take it", refusal(422, "Invalid"), false, "unavailable"],
  ["another writer", refusal(409, "Conflict"), false, "stale"],
  [
    "another writer, or an attempt before",
    refusal(409, "Conflict", { repeated: true }),
    false,
    "stale, perhaps by us",
  ],
  ["an account that is gone", refusal(404, "NotFound"), false, "stale"],
  ["an error without a reason", new Error("odd"), false, "unavailable"],
] as const)
  test(`what fails a write: ${what}`, async (t) => {
    for (const change of [{ identity: LEFT.identity }, { access: NONE }, LEFT]) {
      const { cluster, store, ada } = await scene();
      cluster.fail("replace", error, { isDone });
      t.is(await told(store.update(ada, change)), expected);
    }
    const { cluster, store, ada } = await scene();
    cluster.fail("replace", error, { isDone });
    const thrown = await failure(store.update(ada, LEFT));
    t.is((thrown as Error).cause, error);
  });

test("what may have been stored is told with what was before it", async (t) => {
  const { cluster, store, ada } = await scene();
  cluster.fail("replace", broken(true));
  const spec = await failure(store.update(ada, LEFT));
  if (!(spec instanceof StoreError)) return t.fail();
  t.is(spec.perhaps?.before, ada);
  t.deepEqual(spec.perhaps?.after.groups, []);
  t.deepEqual(spec.perhaps?.after.access, ada.access, "what follows from it wasn't written");
  cluster.fail("replace", broken(true));
  const status = await failure(store.update(ada, { access: NONE }));
  if (!(status instanceof StoreError)) return t.fail();
  t.is(status.perhaps?.before, ada);
  t.deepEqual(status.perhaps?.after.access, NONE);
});

for (const [what, error, isDone, expected] of [
  ["an account that is there", refusal(409, "AlreadyExists"), false, "exists"],
  ["a connection that broke before the request was sent", broken(false), false, "unavailable"],
  ["one that broke afterwards", broken(true), false, "unavailable"],
  ["one that broke after it was done", broken(true), true, "exists, perhaps by us"],
  ["no right to do it", refusal(403, "Forbidden"), true, "unavailable"],
] as const)
  test(`what fails a new account: ${what}`, async (t) => {
    const cluster = new ClusterInMemory();
    const store = cluster.store();
    cluster.fail("create", error, { isDone });
    const thrown = await failure(store.create(ADMITTED));
    t.is(await told(Promise.reject(thrown)), expected);
    t.is((thrown as Error).cause, error);
  });

test("a new account whose status isn't written is found by whoever comes next", async (t) => {
  for (const [error, expected] of [
    [broken(false), "unavailable"],
    [broken(true), "unavailable, perhaps stored"],
    [refusal(409, "Conflict"), "stale"],
  ] as const) {
    const cluster = new ClusterInMemory();
    const store = cluster.store();
    cluster.fail("replace", error);
    const thrown = await failure(store.create(ADMITTED));
    if (thrown instanceof StoreError && thrown.perhaps)
      t.like(thrown.perhaps, { before: undefined, after: { access: ADMITTED.access } });
    t.is(await told(Promise.reject(thrown)), expected);
    const found = await store.freshBySubject(ACME, ADA);
    t.like(found, { decided: false, access: undefined });
    if (found) t.deepEqual((await store.update(found, { access: ADMITTED.access })).access, ADMITTED.access);
  }
});

test("a store that can't be read says so, and not that nobody is there", async (t) => {
  const { cluster, store, ada } = await scene();
  for (const error of [broken(false), refusal(403, "Forbidden")]) {
    cluster.fail("get", error);
    const thrown = await t.throwsAsync(store.fresh(ada.ref), { instanceOf: StoreError });
    t.is(thrown?.cause, error);
    cluster.fail("get", error);
    await t.throwsAsync(store.freshBySubject(ACME, ADA), { instanceOf: StoreError });
  }
  cluster.delete(ada.ref);
  t.is(await store.fresh(ada.ref), undefined);
  t.is(await store.freshBySubject(ACME, ADA), undefined);
});

test("an account of the computed name that is somebody else's isn't theirs", async (t) => {
  const { cluster, store, ada } = await scene();
  const object = cluster.read(ada.ref);
  if (!object) return t.fail();
  for (const other of [{ subject: "00u2" }, { issuer: "https://other.okta.com" }]) {
    cluster.write({ ...object, spec: { ...object.spec, ...other } });
    t.is(await store.freshBySubject(ACME, ADA), undefined);
  }
});

test("what is read past the cache is at hand from then on", async (t) => {
  const { cluster, store, ada } = await scene();
  const behind = new ClusterInMemory().store();
  t.is(behind.get(ada.ref), undefined);
  const other = cluster.store();
  const old = other.get(ada.ref);
  if (!old) return t.fail();
  t.is(other.get(ada.ref), old, "the very same, so that what was made of it can be kept");
  const out = await store.update(ada, LEFT);
  t.deepEqual(other.get(ada.ref), out);
  t.deepEqual(await other.read(ada.ref), out);
  t.is(await told(other.update(old, { access: ADMITTED.access })), "stale");
  const fresh = await other.fresh(ada.ref);
  t.deepEqual(fresh, out);
  if (fresh) t.is(await told(other.update(fresh, { access: ADMITTED.access })), "written");
});

test("no more people are remembered than are to be", async (t) => {
  const cluster = new ClusterInMemory();
  const store = cluster.store({ remembered: 1 });
  const ada = await store.create(ADMITTED);
  const ben = await store.create({ ...ADMITTED, identity: { ...ADA, subject: "00u2" } });
  const [first, second] = [store.get(ada.ref), store.get(ben.ref)];
  t.is(store.get(ben.ref), second);
  t.not(store.get(ada.ref), first);
  t.deepEqual(store.get(ada.ref), ada);
});

test("a change is made out once for all who are told of it, with what was before where there was something", async (t) => {
  const { store, ada } = await scene();
  const events: UserEvent[][] = [[], []];
  const stops = events.map((list) => store.subscribe((event) => list.push(event)));
  const out = await store.update(ada, { access: NONE });
  const ben = await store.create({ ...ADMITTED, identity: { ...ADA, subject: "00u2" } });
  for (const stop of stops) stop();
  await store.update(ben, { access: NONE });
  const [first = [], second = []] = events;
  for (const [i, event] of first.entries()) t.is(second[i], event);
  t.deepEqual(first, [
    { kind: "updated", user: out, previous: ada },
    { kind: "added", user: ben },
  ]);
});

test("what is at hand is current for five seconds, and its own namespace's age counts", (t) => {
  const cluster = new ClusterInMemory();
  const store = cluster.store();
  t.true(store.isCurrent(ACME));
  cluster.ageMs = 5_000;
  t.true(store.isCurrent(ACME));
  cluster.ageMs = 5_001;
  t.false(store.isCurrent(ACME));
});

test("where what follows from it isn't written, what Okta has said is known all the same", async (t) => {
  const { cluster, store, ada } = await scene();
  cluster.fail("replace", broken(false), { after: 1 });
  t.is(await told(store.update(ada, LEFT)), "unavailable");
  t.like(store.get(ada.ref), { groups: [], decided: false, access: ada.access });
});

test("an account that isn't at hand is decided on by what was read of it", async (t) => {
  const { cluster, ada } = await scene();
  const object = cluster.read(ada.ref);
  if (!object) return t.fail();
  t.is(await told(new ClusterInMemory().store().update({ ...ada }, LEFT)), "stale");
  cluster.write({ ...object, metadata: { namespace: "elsewhere", name: "ada" } });
  const store = cluster.store();
  const read = await store.fresh("elsewhere/ada");
  if (!read) return t.fail();
  t.is(store.get(read.ref), undefined, "nobody watches there");
  t.is(await told(store.update(read, { access: ADMITTED.access })), "written");
});
