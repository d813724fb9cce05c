import { randomUUID } from "node:crypto";
import test from "ava";
import { organizationUsers } from "../../../../crds/resources.ts";
import type { OrganizationUser } from "../../../../crds/types.ts";
import { apiRequest } from "../../../../dev/control-plane/api-request.ts";
import {
  noAccess,
  resolveAccess,
  StaleUserError,
  StoreError,
  type User,
  type UserEvent,
  UserExistsError,
} from "../../../../identity/index.ts";
import {
  KubernetesStore,
  type KubernetesStoreOptions,
} from "../../../../identity/stores/kubernetes/kubernetes-store.ts";
import { accountName } from "../../../../identity/user.ts";
import { apiError } from "../../../../kubernetes/client/errors.ts";
import { ConnectionError } from "../../../../kubernetes/index.ts";
import { clusterOfFile } from "../../../cluster-of-file.ts";
import { log } from "../../../kubernetes/api-server.ts";
import { InterruptedClient } from "../../../kubernetes/interrupted-client.ts";
import { identity, policy } from "../../an-account.ts";
import { usersCache } from "./users-cache.ts";

const shared = clusterOfFile(test, { as: "product" });
const ADA = { ...identity("service_admin"), email: "ada@acme.example" };
const ACCESS = resolveAccess(ADA, policy);
const NONE = noAccess("NoMappedGroup", "Left.");
const NONE_HERE = noAccess("OrganizationNotFound", "Gone.");
const LEFT = { identity: { ...ADA, groups: [] }, access: NONE };

/** An organization of this test's own, and a replica's store, which knows by itself what it has read and written. */
class Scene {
  readonly organization = `${shared().cluster.namespace}/acme-${randomUUID().slice(0, 8)}`;
  readonly admitted = { organization: this.organization, identity: ADA, access: ACCESS };
  readonly client = new InterruptedClient(shared().client);
  readonly store = this.another({ client: this.client });

  another(options: Partial<KubernetesStoreOptions> = {}): KubernetesStore {
    const { client, cluster } = shared();
    const cache = usersCache(client, cluster.namespace, log); // it isn't run: nobody tells it of others' writes
    return new KubernetesStore({ client, cache, type: organizationUsers, ...options });
  }

  /** Where an account of this person is. */
  get ref(): string {
    const [namespace, name = ""] = this.organization.split("/");
    return `${namespace}/${accountName(name, ADA)}`;
  }

  /** Another replica writes the account that there is. */
  async othersWrite(): Promise<void> {
    const other = this.another();
    const user = await other.fresh(this.ref);
    if (!user) throw new Error(`${this.ref} isn't there`);
    await other.update(user, { access: NONE_HERE });
  }

  /** As its namespace's end does, which may. */
  async delete(): Promise<void> {
    const [namespace, name] = this.ref.split("/");
    const path = `/apis/rolemapping.dev/v1alpha1/namespaces/${namespace}/organizationusers/${name}`;
    const { status } = await apiRequest(shared().cluster.controlPlane.admin, "DELETE", path, {
      impersonate: "system:kube-controller-manager",
    });
    if (status !== 200) throw new Error(`${this.ref} isn't deleted: ${status}`);
  }
}

/** A store with an account. */
async function withAda(): Promise<{ scene: Scene; store: KubernetesStore; ada: User }> {
  const scene = new Scene();
  return { scene, store: scene.store, ada: await scene.store.create(scene.admitted) };
}

const refused = (status: number, reason: string, repeated = false): Error =>
  apiError("PUT /x", status, { reason }, { repeated });
/** @param sent the API server may have received the request */
const broken = (sent: boolean): Error => new ConnectionError("the connection broke", { sent });

const failure = async (written: Promise<User>): Promise<unknown> =>
  written.then(
    () => "written",
    (error: unknown) => error,
  );

/** What somebody is told whose write has failed like this. */
function told(error: unknown): string {
  if (error instanceof StoreError) return error.perhaps ? "unavailable, perhaps stored" : "unavailable";
  if (error instanceof StaleUserError) return error.perhaps ? "stale, perhaps by us" : "stale";
  if (error instanceof UserExistsError) return error.perhaps ? "exists, perhaps by us" : "exists";
  return String(error);
}

/** One by one: the spec, the status, both. */
const CHANGES = [{ identity: LEFT.identity }, { access: NONE }, LEFT];

for (const [what, error, expected] of [
  ["a connection that broke before the request was sent", broken(false), "unavailable"],
  ["one that broke afterwards", broken(true), "unavailable, perhaps stored"],
  ["an internal error", refused(500, "InternalError"), "unavailable, perhaps stored"],
  ["a schema that doesn't take it", refused(422, "Invalid"), "unavailable"],
  ["another writer, or an attempt before", refused(409, "Conflict", true), "stale, perhaps by us"],
  ["an error without a reason", new Error("odd"), "unavailable"],
] as const)
  test(`a write that fails is told as ${expected}: ${what}`, async (t) => {
    const { scene, store, ada } = await withAda();
    for (const change of CHANGES) {
      scene.client.fail("replace", error);
      const thrown = await failure(store.update(ada, change));
      t.is(told(thrown), expected);
      t.is((thrown as Error).cause, error);
    }
  });

test("a write that was carried out, and whose answer was lost, is perhaps stored", async (t) => {
  for (const change of CHANGES) {
    const { scene, store, ada } = await withAda();
    scene.client.fail("replace", broken(true), { isDone: true });
    t.is(told(await failure(store.update(ada, change))), "unavailable, perhaps stored");
    t.not((await scene.another().fresh(ada.ref))?.version, ada.version);
  }
});

test("another writer, or an end of the account, makes stale what was known", async (t) => {
  for (const change of CHANGES) {
    const { scene, store, ada } = await withAda();
    scene.client.before("replace", () => scene.othersWrite());
    const thrown = await failure(store.update(ada, change));
    t.is(told(thrown), "stale");
    t.like((thrown as Error).cause, { status: 409 });
    const now = await store.fresh(ada.ref);
    t.is(now?.access?.reason, "OrganizationNotFound", "theirs stays");
    scene.client.before("replace", () => scene.delete());
    if (now) t.is(told(await failure(store.update(now, LEFT))), "stale");
  }
});

test("what may have been stored is told with what was before it", async (t) => {
  const { scene, store, ada } = await withAda();
  for (const [error, Told] of [
    [broken(true), StoreError],
    [refused(409, "Conflict", true), StaleUserError],
  ] as const) {
    scene.client.fail("replace", error);
    const spec = await failure(store.update(ada, LEFT));
    if (!(spec instanceof Told)) return t.fail();
    t.is(spec.perhaps?.before, ada);
    t.deepEqual(spec.perhaps?.after.groups, []);
    t.deepEqual(spec.perhaps?.after.access, ada.access, "what follows from it wasn't written");
    scene.client.fail("replace", error);
    const status = await failure(store.update(ada, { access: NONE }));
    if (!(status instanceof Told)) return t.fail();
    t.is(status.perhaps?.before, ada);
    t.deepEqual(status.perhaps?.after.access, NONE);
  }
});

test("what is stored of a change of which the rest fails is told with what was before it", async (t) => {
  for (const error of [broken(false), refused(409, "Conflict")]) {
    const { scene, store, ada } = await withAda();
    scene.client.before("replace", async () => scene.client.fail("replace", error));
    const half = await failure(store.update(ada, LEFT));
    if (!(half instanceof StoreError || half instanceof StaleUserError)) return t.fail();
    t.is(half.perhaps?.before, ada);
    t.like(half.perhaps?.after, { groups: [], access: ada.access });
    t.deepEqual((await store.fresh(ada.ref))?.groups, []);
  }
});

for (const [what, error, isDone, expected] of [
  ["a connection that broke before the request was sent", broken(false), false, "unavailable"],
  ["one that broke afterwards", broken(true), false, "unavailable"],
  ["one that broke after it was done", broken(true), true, "exists, perhaps by us"],
  ["no right to do it", refused(403, "Forbidden"), false, "unavailable"],
] as const)
  test(`a new account that fails is told as ${expected}: ${what}`, async (t) => {
    const { client, store, admitted } = new Scene();
    client.fail("create", error, { isDone });
    const thrown = await failure(store.create(admitted));
    t.is(told(thrown), expected);
    t.is((thrown as Error).cause, error);
    const looked = error instanceof ConnectionError && error.sent;
    t.deepEqual(client.calls, looked ? ["create", "get"] : ["create"]);
  });

test("an account that another replica made meanwhile is there", async (t) => {
  const scene = new Scene();
  scene.client.before("create", () => scene.another().create(scene.admitted));
  const thrown = await failure(scene.store.create(scene.admitted));
  t.is(told(thrown), "exists");
  t.like((thrown as Error).cause, { status: 409 });
});

test("a new account whose status isn't written is found by whoever comes next", async (t) => {
  for (const [error, expected] of [
    [broken(false), "unavailable"],
    [broken(true), "unavailable, perhaps stored"],
    [refused(409, "Conflict"), "stale"],
  ] as const) {
    const { client, store, admitted, organization } = new Scene();
    client.fail("replace", error);
    const thrown = await failure(store.create(admitted));
    if (thrown instanceof StoreError && thrown.perhaps)
      t.like(thrown.perhaps, { before: undefined, after: { access: ACCESS } });
    t.is(told(thrown), expected);
    const found = await store.freshBySubject(organization, ADA);
    t.like(found, { decided: false, access: undefined });
    if (found) t.deepEqual((await store.update(found, { access: ACCESS })).access, ACCESS);
  }
});

test("a store that can't be read says so, and not that nobody is there", async (t) => {
  const { scene, store, ada } = await withAda();
  for (const error of [broken(false), refused(403, "Forbidden")]) {
    scene.client.fail("get", error);
    const thrown = await t.throwsAsync(store.fresh(ada.ref), { instanceOf: StoreError });
    t.is(thrown?.cause, error);
    scene.client.fail("get", error);
    await t.throwsAsync(store.freshBySubject(scene.organization, ADA), { instanceOf: StoreError });
  }
  await scene.delete();
  t.is(await store.fresh(ada.ref), undefined);
  t.is(await store.freshBySubject(scene.organization, ADA), undefined);
});

test("an account of the computed name that is somebody else's isn't theirs", async (t) => {
  for (const other of [{ subject: "00u2" }, { issuer: "https://other.okta.com" }]) {
    const scene = new Scene();
    const theirs = { ...ADA, ...other };
    const made = await scene.store.create({ ...scene.admitted, identity: theirs });
    const object = await shared().client.get(organizationUsers, made.ref);
    const [namespace = "", name = ""] = scene.ref.split("/");
    await shared().client.create(organizationUsers, { ...object, metadata: { namespace, name } });
    t.is(await scene.store.freshBySubject(scene.organization, ADA), undefined);
    t.is((await scene.store.freshBySubject(scene.organization, theirs))?.ref, made.ref);
  }
});

test("what is read past the cache is at hand from then on", async (t) => {
  const { scene, store, ada } = await withAda();
  const other = scene.another();
  t.is(other.get(ada.ref), undefined);
  await other.fresh(ada.ref);
  const old = other.get(ada.ref);
  t.deepEqual(old, ada);
  if (!old) return t.fail();
  t.is(other.get(ada.ref), old, "the very same, so that what was made of it can be kept");
  const out = await store.update(ada, LEFT);
  t.deepEqual(store.get(ada.ref), out);
  t.is(told(await failure(other.update(old, { access: NONE_HERE }))), "stale", "says the API server");
  const fresh = await other.fresh(ada.ref);
  t.deepEqual(fresh, out);
  t.deepEqual(other.get(ada.ref), out);
  t.deepEqual(await other.read(ada.ref), out);
  t.is(told(await failure(other.update(old, { access: ACCESS }))), "stale", "is known by now");
  if (fresh) t.deepEqual((await other.update(fresh, { access: ACCESS })).access, ACCESS);
});

test("who is stored otherwise at the very version that was known is as they are stored", async (t) => {
  const { client, cluster } = shared();
  const cache = usersCache(client, cluster.namespace, log);
  const scene = new Scene();
  const store = scene.another({ cache });
  const ada = await store.create(scene.admitted);
  t.true(store.get(ada.ref)?.access?.active);
  // An API server that was restored from a backup gives versions out once more.
  const { status: _, ...restored } = cache.get(ada.ref) ?? t.fail();
  cache.get = () => restored as OrganizationUser;
  t.is(store.get(ada.ref)?.version, ada.version);
  t.is(store.get(ada.ref)?.access, undefined);
});

test("no more people are remembered than are to be", async (t) => {
  const scene = new Scene();
  const store = scene.another({ remembered: 1 });
  const ada = await store.create(scene.admitted);
  const ben = await store.create({ ...scene.admitted, identity: { ...ADA, subject: "00u2" } });
  const [first, second] = [store.get(ada.ref), store.get(ben.ref)];
  t.is(store.get(ben.ref), second);
  t.not(store.get(ada.ref), first);
  t.deepEqual(store.get(ada.ref), ada);
});

test("a change is made out once for all who are told of it, with what was before where there was something", async (t) => {
  const { scene, store, ada } = await withAda();
  const events: UserEvent[][] = [[], []];
  const stops = events.map((list) => store.subscribe((event) => list.push(event)));
  const out = await store.update(ada, { access: NONE });
  const ben = await store.create({ ...scene.admitted, identity: { ...ADA, subject: "00u2" } });
  for (const stop of stops) stop();
  await store.update(ben, { access: NONE });
  const [first = [], second = []] = events;
  for (const [i, event] of first.entries()) t.is(second[i], event);
  t.deepEqual(first, [
    { kind: "updated", user: out, previous: ada },
    { kind: "added", user: ben },
  ]);
});

test("where what follows from it isn't written, what Okta has said is known all the same", async (t) => {
  const { scene, store, ada } = await withAda();
  scene.client.before("replace", () => scene.client.fail("replace", broken(false)));
  t.is(told(await failure(store.update(ada, LEFT))), "unavailable, perhaps stored");
  t.like(store.get(ada.ref), { groups: [], decided: false, access: ada.access });
  t.like(await scene.another().fresh(ada.ref), { groups: [], decided: false, access: ada.access });
});

test("an account that isn't at hand is decided on by what was read of it", async (t) => {
  const { scene, ada } = await withAda();
  t.is(told(await failure(scene.another().update({ ...ada }, LEFT))), "stale", "it was never read here");
  const elsewhere = usersCache(shared().client, "elsewhere", log);
  const store = scene.another({ cache: elsewhere });
  const read = await store.fresh(ada.ref);
  if (!read) return t.fail();
  t.is(store.get(read.ref), undefined, "nobody watches there");
  t.deepEqual((await store.update(read, { access: NONE })).access, NONE);
});
