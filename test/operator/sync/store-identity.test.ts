import test from "ava";
import {
  type Identity,
  type NewUser,
  StaleUserError,
  StoreError,
  type User,
  type UserChange,
  UserExistsError,
} from "../../../identity/index.ts";
import { makeAccount, storeIdentity } from "../../../operator/sync/store-identity.ts";
import { SimulatedStore } from "../../identity/simulated-store.ts";
import { ORGANIZATION, policy, readingDeps, rolesHeld, signedInWith } from "./read-organization.ts";

const ISSUER = "https://acme.okta.com";
const WEB = { id: "00g-web", name: "web" };
const ADA = { id: "00uada", status: "ACTIVE", email: "ada@acme.example", name: "Ada" };

/** A store that tells what it was asked to write, and may fail at it. */
class ToldStore extends SimulatedStore {
  readonly written: (Identity | undefined)[] = [];
  error: Error | undefined;

  override async create(user: NewUser): Promise<User> {
    this.written.push(user.identity);
    if (this.error) throw this.error;
    return super.create(user);
  }

  override async update(user: User, change: UserChange): Promise<User> {
    this.written.push(change.identity);
    if (this.error) throw this.error;
    return super.update(user, change);
  }
}

function scene(inForce: { paused?: boolean } | undefined = {}) {
  const store = new ToldStore();
  const told: string[] = [];
  const deps = {
    ...readingDeps(store, ISSUER),
    policies: {
      of: (key: string) =>
        key === ORGANIZATION && inForce
          ? { issuer: ISSUER, policy, held: false, paused: false, ...inForce }
          : undefined,
    },
    unfinished: { isComplete: ({ ref, version }: User) => void told.push(`complete ${ref} ${version}`) },
    decide: (ref: string) => void told.push(`decide ${ref}`),
    audit: {
      write: (records: readonly { action: string; cause: object }[], uid?: string) =>
        void told.push(...records.map(({ action, cause }) => `${action} ${uid} ${JSON.stringify(cause)}`)),
    },
  };
  const signedIn = async (...groups: string[]): Promise<User> => {
    const user = await signedInWith(store, { issuer: ISSUER, subject: ADA.id }, groups);
    store.written.length = 0;
    return user;
  };
  return {
    store,
    told,
    deps,
    signedIn,
    make: (read = ADA, groups = [WEB]) => makeAccount(ORGANIZATION, read, groups, deps),
  };
}

test("what the directory says of somebody is stored, and has them decided on", async (t) => {
  const { store, told, deps, signedIn } = scene();
  const ada = await signedIn("portal");
  t.true(await storeIdentity(ada, ADA, [WEB], deps));
  const stored = await store.fresh(ada.ref);
  t.like(stored, { email: "ada@acme.example", name: "Ada", oktaStatus: "ACTIVE", groupsFrom: "Directory" });
  t.deepEqual(stored?.groups, [WEB]);
  t.deepEqual(told, [`complete ${ada.ref} ${stored?.version}`, `decide ${ada.ref}`]);
  t.is(store.written[0]?.emailVerified, false, "the directory doesn't say whose address it is");

  if (!stored) return;
  t.true(await storeIdentity(stored, { id: ADA.id, status: "SUSPENDED" }, [WEB], deps));
  t.like(
    await store.fresh(ada.ref),
    { email: "ada@acme.example", name: "Ada", oktaStatus: "SUSPENDED" },
    "what can't be read says nothing",
  );
});

test("nothing is written where nothing is new, or of an account that isn't Okta's", async (t) => {
  const { store, told, deps, signedIn } = scene();
  const ada = await signedIn("web");
  await storeIdentity(ada, ADA, [WEB], deps);
  store.written.length = 0;
  told.length = 0;
  t.false(await storeIdentity((await store.fresh(ada.ref)) ?? ada, ADA, [WEB], deps));
  const local = store.makeLocal(ORGANIZATION, "root", { localRoles: [] });
  t.false(await storeIdentity(local, ADA, [WEB], deps));
  t.deepEqual([store.written, told], [[], []]);
});

test("where somebody else was faster, that is told and nothing is decided; other failures are failures", async (t) => {
  const { store, told, deps, signedIn } = scene();
  const ada = await signedIn("portal");
  store.error = new StaleUserError("The account has changed.");
  t.is(await storeIdentity(ada, ADA, [WEB], deps), undefined);
  store.error = new StoreError("no");
  await t.throwsAsync(storeIdentity(ada, ADA, [WEB], deps), { is: store.error });
  t.deepEqual(told, []);
});

test("of somebody in more groups than an account holds, as many are stored, first of all those that are mapped", async (t) => {
  const { store, deps, signedIn } = scene();
  const groups = [...Array.from({ length: 5_001 }, (_, i) => ({ id: `00g${i}` })), WEB];
  const ada = await signedIn("web");
  await storeIdentity(ada, ADA, groups, deps);
  const stored = await store.fresh(ada.ref);
  t.is(stored?.groups.length, 5_000);
  t.deepEqual(stored?.groups.slice(0, 2), [WEB, { id: "00g0" }]);
  t.is(rolesHeld(stored, ISSUER), "service-admin");
});

test("an account that is made before a sign-in is recorded with its cause, the directory", async (t) => {
  const { store, told, make } = scene();
  t.true(await make());
  const made = await store.find(ORGANIZATION, { issuer: ISSUER, subject: ADA.id });
  t.like(made, { email: "ada@acme.example", groupsFrom: "Directory", oktaStatus: "ACTIVE", uid: "uid-0" });
  t.is(made?.access?.active, true);
  t.deepEqual(
    told.map((line) => line.split(" ").slice(0, 2).join(" ")),
    ["activate uid-0", "grant uid-0"],
  );
  t.regex(told[0] ?? "", /"by":"directory"/);
  t.is(store.written[0]?.emailVerified, false);
});

test("nobody gets an account without a mapped group, while all is paused, or beside a local one of the same address", async (t) => {
  const isMade = async (
    { store, make, told }: ReturnType<typeof scene>,
    ...how: Parameters<ReturnType<typeof scene>["make"]>
  ): Promise<boolean> => {
    const made = await make(...how);
    t.is(store.written.length, Number(made));
    t.is(told.length > 0, made);
    return made;
  };
  t.false(await isMade(scene(), ADA, [{ id: "00g-other", name: "other" }]));
  t.false(await isMade(scene(), { ...ADA, status: "SUSPENDED" }));
  t.false(await isMade(scene({ paused: true })));
  const unknown = scene();
  t.false(await isMade({ ...unknown, make: () => makeAccount("acme/none", ADA, [WEB], unknown.deps) }));

  const beside = scene();
  beside.store.makeLocal(ORGANIZATION, "root", { localRoles: [], email: "ada@acme.example" });
  t.false(await isMade(beside));
  const other = scene();
  other.store.makeLocal(ORGANIZATION, "root", { localRoles: [], email: "root@acme.example" });
  t.true(await isMade(other));
  const nameless = scene();
  const { email: _, ...read } = ADA;
  nameless.store.findLocalByEmail = async () => {
    throw new Error("nobody has asked for an address");
  };
  t.true(await makeAccount(ORGANIZATION, read, [WEB], nameless.deps));
});

test("who has just signed in has an account; what may have been stored is recorded as that", async (t) => {
  const { store, told, make } = scene();
  for (const error of [new UserExistsError("The account exists."), new StaleUserError("no")]) {
    store.error = error;
    t.false(await make());
  }
  store.error = new StoreError("no");
  await t.throwsAsync(make(), { is: store.error });
  t.deepEqual(told, []);

  const after = await signedInWith(new SimulatedStore(), { issuer: ISSUER, subject: ADA.id }, ["web"]);
  const perhaps = { before: undefined, after };
  for (const error of [new StoreError("no answer", { perhaps }), new StaleUserError("ours?", { perhaps })]) {
    const other = scene();
    other.store.error = error;
    if (error instanceof StoreError) await t.throwsAsync(other.make(), { is: error });
    else t.false(await other.make());
    t.is(other.told.length, 2);
    t.regex(other.told[0] ?? "", /this may not be so/);
    t.regex(other.told[0] ?? "", /^activate uid-0 .*"by":"directory"/);
  }
});
