import test from "ava";
import {
  identityOf,
  noAccess,
  type ReadGroup,
  resolveAccess,
  StaleUserError,
  StoreError,
  type User,
} from "../../../identity/index.ts";
import {
  DirectoryForbiddenError,
  DirectoryRateLimitedError,
  DirectoryUnauthorizedError,
  DirectoryUnreachableError,
} from "../../../okta/directory/directory-errors.ts";
import { HttpStatusError, HttpTimeoutError } from "../../../okta/http/http-errors.ts";
import { type PassDeps, pass } from "../../../operator/sync/full-pass.ts";
import { GroupVanishedError } from "../../../operator/sync/group-evidence.ts";
import { LAG_MS } from "../../../operator/sync/looks.ts";
import { SimulatedStore } from "../../identity/simulated-store.ts";
import { ADirectory } from "./a-directory.ts";
import { MAPPED, ORGANIZATION, policy, readingDeps, rolesHeld, signedInWith } from "./read-organization.ts";

// Who gains and who loses something by a pass, and what Okta is asked before that. Who is in `web` holds service-admin, who
// is in `portal` portal-admin.

const ISSUER = "https://acme.okta.com";
const FORMER = "https://acme.okta.com/oauth2/default";
const [WEB, PORTAL] = ["00g-web", "00g-portal"];
const NAMES = { [WEB]: "web", [PORTAL]: "portal" };

function scene({ beforeLogin = false } = {}) {
  const store = new SimulatedStore();
  const directory = new ADirectory();
  directory.add("00uother", [WEB, PORTAL]); // neither group is empty
  const end = new AbortController();
  const mapped = { ...MAPPED, notShown: directory.hiddenGroups };
  const deps = {
    ...readingDeps(store, ISSUER),
    beforeLogin,
    directory,
    signal: end.signal,
    mapped: () => mapped,
  };
  /** Somebody who has signed in with groups, and is in these by now. */
  const account = async (id: string, before: string[], now: string[], more: { status?: string } = {}) => {
    directory.add(id, now, more);
    return signedInWith(store, { issuer: ISSUER, subject: id }, before);
  };
  return {
    store,
    directory,
    end,
    account,
    read: async (more: Partial<PassDeps> & { gone?: string[]; groups?: string[]; as?: ReadGroup[] } = {}) => {
      const { gone = [], groups = [WEB, PORTAL], as, ...others } = more;
      const asked = as ?? groups.map((id) => ({ id, name: NAMES[id] ?? id, byID: false }));
      directory.asked.length = 0;
      return pass({ groups: asked, gone }, { ...deps, ...others });
    },
    holds: async ({ ref }: User): Promise<string> => rolesHeld(await store.fresh(ref), ISSUER),
    /** Whom Okta was asked about one by one. */
    lookedAt: () => directory.asked.filter((call) => call.startsWith("user ")).map((call) => call.slice(5)),
    counted: () => directory.asked.filter((call) => call.startsWith("groupByID")),
  };
}

/** Whose account can't be written. */
function failing(store: SimulatedStore, user: User | undefined, error: Error): void {
  const { update } = store;
  store.update = async (...change) => {
    if (change[0].ref === user?.ref) throw error;
    return update.apply(store, change);
  };
}

const many = (count: number): string[] => Array.from({ length: count }, (_, i) => `00u${i}`);

test("who gains by the pages gains by them alone; who would lose is asked about first", async (t) => {
  const { account, read, holds, lookedAt } = scene();
  const gains = await account("00ugains", ["web"], [WEB, PORTAL]);
  const loses = await account("00uloses", ["web", "portal"], [WEB]);
  const stays = await account("00ustays", ["web"], [WEB]);
  const { changed, people, failure, notShown } = await read();
  t.deepEqual(
    { changed, people, failure, notShown },
    { changed: 2, people: 4, failure: undefined, notShown: [] },
  );
  t.deepEqual(lookedAt(), ["00uloses"]);
  t.deepEqual(await Promise.all([gains, loses, stays].map(holds)), [
    "portal-admin,service-admin",
    "service-admin",
    "service-admin",
  ]);
  t.like(await read(), { changed: 0 });
  t.deepEqual(lookedAt(), []);
});

test("whom the pages show as somebody who may not sign in is asked about, and who may again isn't", async (t) => {
  const { directory, account, read, holds, lookedAt } = scene();
  const ada = await account("00uada", ["web"], [WEB], { status: "SUSPENDED" });
  t.is((await read()).changed, 1);
  t.deepEqual(lookedAt(), ["00uada"]);
  t.is(await holds(ada), "");
  t.is((await read()).changed, 0);
  t.deepEqual(lookedAt(), [], "it is stored");
  directory.people.set("00uada", { id: "00uada", status: "ACTIVE" });
  t.is((await read()).changed, 1);
  t.deepEqual(lookedAt(), []);
  t.is(await holds(ada), "service-admin");
});

test("who has signed in since the pages may have been read, or is being looked at, is asked about", async (t) => {
  const { account, read, store, lookedAt } = scene();
  await account("00ubusy", ["web"], [WEB, PORTAL]);
  const since: number[] = [];
  const isLookedAt = (subject: string, time: number): boolean => {
    since.push(Date.now() - time);
    return subject === "00ubusy";
  };
  await read({ isLookedAt });
  t.deepEqual(lookedAt(), ["00ubusy"]);
  t.true(
    since.every((ms) => ms >= LAG_MS),
    "Okta's pages may be so old",
  );

  await signedInWith(store, { issuer: ISSUER, subject: "00uother" }, [], { signedInAt: Date.now() });
  t.is((await read()).changed, 1);
  t.deepEqual(lookedAt(), ["00uother"]);
  const old = scene();
  await signedInWith(old.store, { issuer: ISSUER, subject: "00uother" }, [], {
    signedInAt: Date.now() - 3_600_000,
  });
  t.is((await old.read()).changed, 1);
  t.deepEqual(old.lookedAt(), []);
});

test("who is asked about since pages may be older than what is known of them contradicts none by that", async (t) => {
  const { account, read, directory, lookedAt, holds } = scene();
  const ada = await account("00uada", ["web"], []);
  directory.alsoIn.set("00uada", [WEB]);
  t.is((await read({ isLookedAt: (subject) => subject === "00uada" })).failure, undefined);
  t.deepEqual(lookedAt(), ["00uada"]);
  t.is(await holds(ada), "service-admin");
  t.is((await read({ isLookedAt: () => true })).changed, 0, "that is stored by now");
});

test("who moves is asked about, also between two groups of one name", async (t) => {
  const { account, read, store, directory, lookedAt } = scene();
  await account("00umoves", ["web"], [PORTAL]);
  await read();
  t.deepEqual(lookedAt(), ["00umoves"]);
  directory.groups.set("00g-web2", { name: "web", pages: [["00umoves"]] });
  directory.remove("00umoves", PORTAL);
  await read({ groups: [WEB, PORTAL, "00g-web2"] });
  directory.remove("00umoves", "00g-web2");
  directory.add("00umoves", [WEB]);
  await read({ groups: [WEB, PORTAL, "00g-web2"] });
  t.deepEqual(lookedAt(), ["00umoves"]);
  const moved = await store.find(ORGANIZATION, { issuer: ISSUER, subject: "00umoves" });
  t.deepEqual(moved?.groups, [{ id: WEB, name: "web" }]);
});

test("of whom nothing is new nobody asks, whoever they are", async (t) => {
  const { account, read, store, lookedAt } = scene();
  await account("00uada", ["web"], [WEB]);
  store.makeLocal(ORGANIZATION, "root", { localRoles: [] });
  // As of before the organization got another Okta, and another issuer of the same one.
  await signedInWith(store, { issuer: FORMER, subject: "00uother" }, ["web", "portal"]);
  await signedInWith(store, { issuer: "https://other.okta.com", subject: "00ugone" }, ["web"]);
  const other = { issuer: "https://other.okta.com", subject: "00uother", emailVerified: true, groups: [] };
  const access = resolveAccess(other, policy);
  await store.create({ organization: ORGANIZATION, identity: { ...other, groupsFrom: "Claim" }, access });
  t.like(await read({ isLookedAt: (subject) => subject === "00uada" }), { changed: 0, notShown: [] });
  t.deepEqual(lookedAt(), []);
});

test("whom the pages show as suspended, or don't show, is looked at for an account of a former issuer, too", async (t) => {
  const { directory, read, store, lookedAt } = scene();
  const former = (id: string) => signedInWith(store, { issuer: FORMER, subject: id }, ["web"]);
  const [suspended, deleted, left] = [await former("00uada"), await former("00ubob"), await former("00ucy")];
  directory.add("00uada", [WEB], { status: "SUSPENDED" });
  directory.deleted.add("00ubob");
  directory.add("00ucy", [PORTAL]);
  directory.remove("00ucy", PORTAL);
  t.like(await read(), { changed: 2, failure: undefined, notShown: [] });
  t.deepEqual(lookedAt(), ["00uada", "00ubob", "00ucy"]);
  const { groups } = suspended;
  t.like(await store.fresh(suspended.ref), { oktaStatus: "SUSPENDED", groups });
  t.like(await store.fresh(deleted.ref), { oktaStatus: "DELETED", groups });
  t.deepEqual(await store.fresh(left.ref), left, "whom it leaves as they are");
  // Where they are out, that is all.
  const access = noAccess("NotActiveInOkta", "");
  for (const { ref } of [suspended, deleted])
    await store.update((await store.fresh(ref)) as User, { access });
  t.like(await read(), { changed: 0 });
  t.deepEqual(lookedAt(), ["00ucy"]);
});

test("of many who leave, the first fifty are asked about, the others go by Okta's number, asked for once", async (t) => {
  const { account, read, lookedAt, counted, holds } = scene();
  const leavers: User[] = [];
  for (const id of many(60)) leavers.push(await account(id, ["web", "portal"], []));
  const { changed, failure } = await read();
  t.deepEqual([changed, failure], [60, undefined]);
  t.is(lookedAt().length, 50);
  t.deepEqual(counted(), [`groupByID ${WEB}`, `groupByID ${PORTAL}`]);
  t.deepEqual(new Set(await Promise.all(leavers.map(holds))), new Set([""]));
});

test("where Okta's number isn't that of its list, everybody is asked about", async (t) => {
  const { directory, account, read, lookedAt, counted } = scene();
  for (const id of many(60)) await account(id, ["web", "portal"], []);
  directory.groups.set(WEB, { name: "web", pages: [["00uother"]], count: 2 });
  t.is((await read()).changed, 60);
  t.is(lookedAt().length, 60);
  t.deepEqual(counted(), [`groupByID ${WEB}`, `groupByID ${PORTAL}`]);
});

test("who was in a group that is gone, or whose name is, goes by that, as one of many", async (t) => {
  const { directory, account, read, lookedAt, holds } = scene();
  const leavers: User[] = [];
  for (const id of many(52)) leavers.push(await account(id, ["web"], []));
  directory.deleteGroup(WEB);
  t.is((await read()).changed, 52);
  t.is(lookedAt().length, 50);
  t.is(await holds(leavers[51] as User), "");

  const named = scene();
  for (const id of many(52)) await named.account(id, ["old"], []);
  t.is((await named.read({ groups: [], gone: ["old"] })).changed, 52);
  t.is(named.lookedAt().length, 50);
});

test("who is stored with a group's id goes by what the group is called now, as one of many", async (t) => {
  const { directory, account, read, store, lookedAt, holds } = scene();
  const people: User[] = [];
  for (const id of many(52)) {
    const user = await account(id, [], [WEB]);
    people.push(
      await store.update(user, {
        identity: { ...identityOf(user), groups: [{ id: WEB, name: "web" }] } as never,
      }),
    );
  }
  directory.rename(WEB, "portal");
  directory.rename(PORTAL, "gone");
  // By what is known of it, it has another name or that name is another group's.
  t.like(await read({ groups: [], gone: ["web"] }), { changed: 52, failure: undefined });
  t.is(lookedAt().length, 50);
  t.is(directory.asked.filter((call) => call === `groupByID ${WEB}`).length, 1, "it is asked for once");
  for (const user of [people[0], people[51]]) {
    t.deepEqual((await store.fresh(user?.ref ?? ""))?.groups, [{ id: WEB, name: "portal" }]);
    t.is(await holds(user as User), "portal-admin");
  }
  t.is((await read({ groups: [], gone: ["web"] })).changed, 0);
});

test("where a mapping knows an older name of a group than an account does, the account is right", async (t) => {
  const { directory, account, read, store, lookedAt } = scene();
  const user = await account("00uada", [], [WEB]);
  directory.rename(WEB, "net");
  await store.update(user, {
    identity: { ...identityOf(user), groups: [{ id: WEB, name: "net" }] } as never,
  });
  t.like(await read(), { changed: 0, failure: undefined });
  t.deepEqual(lookedAt(), []);
  t.deepEqual(
    directory.asked.filter((call) => call.startsWith("groupByID")),
    [`groupByID ${WEB}`],
  );
});

test("while Okta can't be asked what a group is called, what is stored stays, and that is told", async (t) => {
  const { directory, account, read, store, holds } = scene();
  const user = await account("00uada", [], [WEB]);
  await store.update(user, {
    identity: { ...identityOf(user), groups: [{ id: WEB, name: "web" }] } as never,
  });
  const bob = await account("00ubob", ["old"], []);
  const unreachable = new DirectoryUnreachableError(new Error("no"));
  directory.failing.set(`groupByID ${WEB}`, unreachable);
  t.like(await read({ groups: [], gone: ["web", "old"] }), { changed: 1, failure: unreachable });
  t.deepEqual((await store.fresh(user.ref))?.groups, [{ id: WEB, name: "web" }]);
  t.deepEqual((await store.fresh(bob.ref))?.groups, [], "others go by what could be read");
  t.is(await holds(user), "service-admin");
});

test("many who may not sign in are asked about one by one, whatever the numbers say", async (t) => {
  const { account, read, lookedAt } = scene();
  for (const id of many(52)) await account(id, ["web"], [WEB], { status: "SUSPENDED" });
  t.is((await read()).changed, 52);
  t.is(lookedAt().length, 52);
});

test("of somebody who is out and in another group the rest stays, as one of many", async (t) => {
  const { account, read, store, lookedAt } = scene();
  let last: User | undefined;
  for (const id of many(52)) last = await account(id, ["web", "unmapped"], id === "00u51" ? [PORTAL] : []);
  t.is((await read()).changed, 52);
  t.is(lookedAt().length, 50);
  const stored = await store.fresh(last?.ref ?? "");
  t.deepEqual(stored?.groups, [{ name: "unmapped" }, { id: PORTAL, name: "portal" }]);
  const before = await store.find(ORGANIZATION, { issuer: ISSUER, subject: "00u50" });
  t.like(before, { groups: [{ name: "unmapped" }], oktaStatus: "ACTIVE" });
});

test("a list that lacks somebody whose own groups have it is one that is told, and nobody goes by it", async (t) => {
  const { directory, account, read, holds, lookedAt } = scene();
  const users: User[] = [];
  for (const id of many(60)) users.push(await account(id, ["web"], []));
  directory.alsoIn.set("00u7", [WEB]);
  const { failure, changed } = await read();
  t.regex(String(failure), /doesn't have somebody whose own groups have it/);
  t.is(changed, 60, "60 have been asked about, and what they are in is stored by its id");
  t.is(lookedAt().length, 60);
  t.is(await holds(users[7] as User), "service-admin");
});

test("whom Okta doesn't show keeps everything and is told; nobody else goes by the numbers then", async (t) => {
  const { directory, account, read, holds, lookedAt } = scene();
  const users: User[] = [];
  for (const id of many(52)) users.push(await account(id, ["web"], []));
  directory.people.delete("00u3");
  const { notShown, changed, failure } = await read();
  t.deepEqual(
    notShown.map(({ subject }) => subject),
    ["00u3"],
  );
  t.deepEqual([changed, failure, lookedAt().length], [51, undefined, 52]);
  t.is(await holds(users[3] as User), "service-admin");
});

test("when Okta fails in the middle, what was stored stands, and the failure is told", async (t) => {
  const { directory, account, read } = scene();
  for (const id of many(3)) await account(id, ["web"], []);
  const unreachable = new DirectoryUnreachableError(new Error("no"));
  directory.failing.set("user 00u2", unreachable);
  t.like(await read(), { changed: 2, failure: unreachable });
  directory.failing.clear();
  directory.failing.set(`members ${PORTAL}`, unreachable);
  t.like(await read(), { changed: 1, failure: unreachable }, "the group that could be read says so");
});

/** Okta's answer about one person alone, perhaps. */
const broken = () => new DirectoryUnreachableError(new HttpStatusError("https://acme.okta.com", 500));

test("nobody waits for whom Okta can't tell of, or who can't be stored, and it is said of whom it failed", async (t) => {
  const forbidden = new DirectoryForbiddenError("okta.users.read", "no");
  for (const error of [broken(), forbidden, new GroupVanishedError("web"), new StoreError("no")]) {
    const { directory, store, account, read, holds, lookedAt } = scene();
    const users: User[] = [];
    for (const id of many(4)) users.push(await account(id, ["web"], []));
    if (error instanceof StoreError) failing(store, users[1], error);
    else directory.failing.set("user 00u1", error);
    directory.failing.set("user 00u3", broken());
    const { changed, failure, left } = await read();
    t.deepEqual([changed, failure, lookedAt()], [2, undefined, ["00u0", "00u1", "00u2", "00u3"]]);
    t.deepEqual([[...left.keys()].sort(), left.get("00u1")], [["00u1", "00u3"], error]);
    t.deepEqual(await Promise.all(users.map(holds)), ["", "service-admin", "", "service-admin"]);
    directory.failing.clear();
  }
});

test("who gains and can't be stored keeps nobody from gaining, losing, or getting an account", async (t) => {
  const { store, account, read, holds, directory } = scene({ beforeLogin: true });
  const gains = [await account("00uada", [], [WEB]), await account("00ubob", [], [WEB])];
  const loses = await account("00ucy", ["web"], []);
  directory.add("00unew", [WEB]);
  const error = new StoreError("no");
  failing(store, gains[0], error);
  const { create } = store;
  store.create = async (...user) => {
    if (user[0].identity.subject === "00uother") throw new StoreError("no");
    return create.apply(store, user);
  };
  const passed = await read();
  t.like(passed, { changed: 3, failure: undefined });
  t.deepEqual([...passed.left.keys()], ["00uada", "00uother"]);
  t.deepEqual(await Promise.all([...gains, loses].map(holds)), ["", "service-admin", ""]);
  t.truthy(await store.find(ORGANIZATION, { issuer: ISSUER, subject: "00unew" }));
});

test("what fails for everybody ends it: at once where Okta can't be asked, else after twenty in a row", async (t) => {
  const errors = [
    new DirectoryUnreachableError(new HttpTimeoutError("https://acme.okta.com", 1)),
    new DirectoryUnauthorizedError("no"),
    new DirectoryRateLimitedError(1_000),
    new Error("a fault of ours"),
  ];
  for (const [error, asked] of [...errors.map((each) => [each, 1] as const), [broken(), 20] as const]) {
    const { directory, account, read, lookedAt } = scene();
    for (const id of many(60)) await account(id, ["web"], []);
    directory.failing.set("user", error);
    const { changed, failure } = await read();
    t.deepEqual([changed, failure, lookedAt().length], [0, error, asked]);
  }

  const { directory, account, read, lookedAt } = scene();
  for (const id of many(60)) {
    await account(id, ["web"], []);
    if (id !== "00u19") directory.failing.set(`user ${id}`, broken());
  }
  t.is((await read()).changed, 1);
  t.is(lookedAt().length, 40, "somebody could be asked about");
});

test("who can't be looked at says nothing of the others, who go by the numbers as soon as most could", async (t) => {
  for (const [failing, looks] of [
    [1, 50],
    [24, 50],
    [25, 51],
    [28, 57],
    [40, 60],
  ] as const) {
    const { directory, account, read, lookedAt } = scene();
    for (const id of many(60)) await account(id, ["web"], []);
    const error = new DirectoryForbiddenError("okta.users.read", "no");
    for (const id of many(failing)) directory.failing.set(`user ${id}`, error);
    const { changed, failure, left } = await read();
    t.deepEqual([changed, failure, left.size], [60 - failing, undefined, failing]);
    t.is(lookedAt().length, looks, `${failing}`);
  }
});

test("whoever isn't what the groups said ends that for all who come later, and contradicts nothing that late", async (t) => {
  const { directory, account, read, lookedAt } = scene();
  for (const id of many(70)) await account(id, ["web"], []);
  const error = new DirectoryForbiddenError("okta.users.read", "no");
  for (const id of many(28)) directory.failing.set(`user ${id}`, error);
  directory.alsoIn.set("00u51", [WEB]);
  const { changed, failure } = await read();
  t.deepEqual([changed, failure, lookedAt().length], [70 - 28, undefined, 70]);
});

test("a list that Okta's number of members contradicts says nothing of the others' groups", async (t) => {
  const { directory, account, read, lookedAt } = scene();
  for (const id of many(50)) await account(id, ["portal"], []);
  await account("00uada", ["web"], []);
  for (const id of many(60).slice(50)) await account(id, ["portal"], []);
  directory.alsoIn.set("00uada", [WEB]);
  Object.assign(directory.groups.get(WEB) ?? {}, { count: 2 });
  t.like(await read(), { failure: undefined, changed: 61 });
  t.deepEqual(lookedAt(), [...many(50), "00uada"]);
});

test("who is looked at while others are taken isn't taken by the list, which is older", async (t) => {
  for (const how of ["isToBeLookedAt", "isLookedAt"] as const) {
    const { directory, account, read, lookedAt, holds } = scene();
    for (const id of many(60)) await account(id, ["web"], []);
    const back = await account("00uback", ["web"], []);
    directory.alsoIn.set("00uback", [WEB]);
    const isTaking = () => directory.asked.some((call) => call.startsWith("user "));
    const { failure } = await read({ [how]: (subject: string) => subject === "00uback" && isTaking() });
    t.is(failure, undefined);
    t.deepEqual(lookedAt(), how === "isLookedAt" ? [...many(50), "00uback"] : many(50));
    t.is(await holds(back), "service-admin");
  }
});

test("whoever is back in a group by what somebody has looked at since contradicts no list", async (t) => {
  const { directory, account, read, lookedAt, holds } = scene();
  for (const id of many(10)) await account(id, ["web"], []);
  const back = await account("00uback", ["web"], []);
  for (const id of many(70).slice(10)) await account(id, ["web"], []);
  directory.alsoIn.set("00uback", [WEB]);
  const isTaking = () => directory.asked.some((call) => call.startsWith("user "));
  const { failure, changed } = await read({ isLookedAt: (subject) => subject === "00uback" && isTaking() });
  t.deepEqual([failure, changed], [undefined, 71], "the group's id is stored");
  t.is(lookedAt().length, 51);
  t.is(await holds(back), "service-admin");
});

test("who has been looked at since the pages gets no account by them", async (t) => {
  const { directory, read, lookedAt, store } = scene({ beforeLogin: true });
  directory.groups.get(WEB)?.pages.push(["00uleft", "00ustays"]);
  for (const id of ["00uleft", "00ustays"]) directory.people.set(id, { id, status: "ACTIVE" });
  directory.alsoIn.set("00ustays", [WEB]);
  await read({ isLookedAt: (subject) => subject !== "00uother" });
  t.deepEqual(lookedAt().sort(), ["00uleft", "00ustays"]);
  const held = async (subject: string) =>
    rolesHeld(await store.find(ORGANIZATION, { issuer: ISSUER, subject }), ISSUER);
  t.deepEqual(
    [await held("00uother"), await held("00ustays")],
    ["portal-admin,service-admin", "service-admin"],
  );
});

test("who is looked at for another reason confirms nothing of those who would lose something", async (t) => {
  for (const [failing, others, looks] of [
    [24, 26, 70],
    [20, 5, 55],
    [0, 50, 70],
    [0, 15, 65],
  ] as const) {
    const { directory, account, read, lookedAt } = scene();
    for (const id of many(70)) await account(id, ["web"], []);
    const error = new DirectoryForbiddenError("okta.users.read", "no");
    for (const id of many(failing)) directory.failing.set(`user ${id}`, error);
    const newer = new Set(many(failing + others).slice(failing));
    const { changed, left } = await read({ isLookedAt: (subject) => newer.has(subject) });
    t.deepEqual([changed, left.size, lookedAt().length], [70 - failing, failing, looks]);
  }
});

test("however many Okta refuses to tell of one after the other, who comes behind them doesn't wait", async (t) => {
  const { directory, account, read } = scene();
  for (const id of many(120)) await account(id, ["web"], []);
  const error = new DirectoryForbiddenError("okta.users.read", "no");
  for (const id of many(100)) directory.failing.set(`user ${id}`, error);
  const { changed, failure, left } = await read();
  t.deepEqual([changed, failure, left.size], [20, undefined, 100]);
});

test("who is looked at alone is left to that: they neither end a pass, nor hold up who loses something in it", async (t) => {
  const { store, directory, account, read, holds, lookedAt } = scene({ beforeLogin: true });
  const alone = new Set(many(60));
  for (const id of many(20)) await account(id, [], [WEB]);
  for (const id of many(40).slice(20)) await account(id, ["web"], []);
  for (const id of many(60).slice(40)) directory.add(id, [WEB]);
  const ada = await account("00uada", ["web"], []);
  const { update, create } = store;
  const isAlone = (subject: string | undefined) => alone.has(subject ?? "");
  store.update = async (...change) => {
    if (isAlone(change[0].subject)) throw new StoreError("no");
    return update.apply(store, change);
  };
  store.create = async (account) => {
    if (isAlone(account.identity.subject)) throw new StoreError("no");
    return create.call(store, account);
  };
  const { failure, left, skipped } = await read({ isToBeLookedAt: (subject) => alone.has(subject) });
  t.deepEqual([failure, left.size], [undefined, 0]);
  t.deepEqual([...skipped].sort(), many(40).sort(), "who has an account: nothing new is known of them");
  t.is(await holds(ada), "");
  t.deepEqual(lookedAt(), ["00uada"]);
});

test("an API server that stores nothing is asked for twenty people who gain, and not for all", async (t) => {
  const { store, account, read } = scene({ beforeLogin: true });
  for (const id of many(60)) await account(id, [], [WEB]);
  const error = new StoreError("no");
  let writes = 0;
  store.update = store.create = async (): Promise<User> => {
    writes++;
    throw error;
  };
  t.like(await read(), { changed: 0, failure: error });
  t.is(writes, 20);
});

test("who is written by somebody else meanwhile is asked about again", async (t) => {
  const { store, account, read, lookedAt, holds } = scene();
  const ada = await account("00uada", ["web"], []);
  let others = 2;
  const { update } = store;
  store.update = async (...change) => {
    if (others-- > 0) throw new StaleUserError("The account has changed.");
    return update.apply(store, change);
  };
  t.is((await read()).changed, 1);
  t.is(lookedAt().length, 3);
  t.is(await holds(ada), "");
});

test("who is written by somebody else just then is asked about, also where the pages or the numbers would do", async (t) => {
  /** The first write of an account comes too late. */
  const overtaken = (store: SimulatedStore, { ref }: User): void => {
    const { update } = store;
    let isFirst = true;
    store.update = async (...change) => {
      if (change[0].ref !== ref || !isFirst) return update.apply(store, change);
      isFirst = false;
      throw new StaleUserError("The account has changed.");
    };
  };
  const { store, account, read, holds, lookedAt } = scene();
  const gains = await account("00uada", ["web"], [WEB, PORTAL]);
  overtaken(store, gains);
  t.like(await read(), { changed: 1, failure: undefined });
  t.deepEqual(lookedAt(), ["00uada"]);
  t.is(await holds(gains), "portal-admin,service-admin");

  const others = scene();
  const leavers: User[] = [];
  for (const id of many(60)) leavers.push(await others.account(id, ["web"], []));
  overtaken(others.store, leavers[55] as User);
  t.like(await others.read(), { changed: 60, failure: undefined });
  t.is(others.lookedAt().length, 51);
  t.is(await others.holds(leavers[55] as User), "");
});

test("when all is over nothing more is asked or stored, and that is no failure of Okta's", async (t) => {
  const reason = new Error("it is over");
  for (const last of ["members", "user", "groupByID"]) {
    const { directory, account, end, read, store } = scene({ beforeLogin: true });
    for (const id of many(60)) await account(id, ["web"], []);
    let writes = 0;
    const { update } = store;
    store.update = async (...change) => {
      if (end.signal.aborted) writes++;
      return update.apply(store, change);
    };
    directory.onAsked = (call) => {
      if (call === last) end.abort(reason);
    };
    if (last === "user") directory.failing.set("user", new DirectoryUnreachableError(reason));
    await t.throwsAsync(read(), { is: reason });
    t.is(writes, 0, last);
    t.is(directory.asked.filter((call) => call.startsWith(`${last} `)).length, 1, last);
  }
});

test("people get accounts before they sign in, by the groups that were read, where an organization says so", async (t) => {
  const { store, read, end } = scene({ beforeLogin: true });
  t.like(await read({ groups: [PORTAL] }), { changed: 1, people: 1 });
  const made = await store.find(ORGANIZATION, { issuer: ISSUER, subject: "00uother" });
  t.deepEqual(made?.groups, [{ id: PORTAL, name: "portal" }]);
  store.create = async () => {
    throw new Error("they have one");
  };
  t.like(await read({ groups: [PORTAL] }), { changed: 0 });

  const without = scene();
  t.like(await without.read(), { changed: 0, people: 1 });
  end.abort(new Error("it is over"));
  await t.throwsAsync(read(), { message: "it is over" });
});

test("of a group that Okta doesn't show any more nobody loses anything, by its name or its id, be they many", async (t) => {
  const { directory, account, read, store, holds, lookedAt } = scene();
  const users: User[] = [];
  for (const id of many(60)) users.push(await account(id, ["web", "portal"], [WEB, PORTAL]));
  const byID = await account("00ubyid", [], [WEB]);
  await store.update(byID, {
    identity: { ...identityOf(byID), groups: [{ id: WEB, name: "web" }] } as never,
  });
  directory.hiddenGroups.add(WEB);
  const hidden = await read();
  t.like(hidden, { changed: 0, failure: undefined, notShown: [] });
  t.deepEqual(
    hidden.groupsNotShown.map(({ id }) => id),
    [WEB],
  );
  t.deepEqual(lookedAt(), []);
  // Its name may have come to be looked for in vain, by a mapping that has just been made.
  t.like(await read({ groups: [], gone: ["other"] }), { changed: 0 });
  for (const { ref } of users) {
    const { subject = "" } = (await store.fresh(ref)) ?? {};
    directory.remove(subject, PORTAL);
  }
  t.like(await read(), { changed: 60, failure: undefined });
  t.deepEqual(
    await Promise.all([users[0], users[59], byID].map((user) => holds(user as User))),
    ["service-admin", "service-admin", "service-admin"],
    "what they lose is the other",
  );
  directory.deleteGroup(WEB);
  t.like(await read(), { changed: 61, groupsNotShown: [] });
  t.is(await holds(byID), "");
});

test("who is stored with the id of a group that isn't shown keeps it, also where its name is another's by now, or gone", async (t) => {
  for (const groups of [["00g-web2"], []]) {
    const { directory, account, read, store, holds } = scene();
    const user = await account("00uada", [], [WEB]);
    await store.update(user, {
      identity: { ...identityOf(user), groups: [{ id: WEB, name: "web" }] } as never,
    });
    directory.add("00uother", ["00g-web2"]);
    directory.rename("00g-web2", "web");
    directory.hiddenGroups.add(WEB);
    const as = groups.map((id) => ({ id, name: "web", byID: false }));
    t.like(await read({ as, gone: groups.length === 0 ? ["web"] : [] }), { changed: 0, failure: undefined });
    t.is(await holds(user), "service-admin");
    directory.deleteGroup(WEB);
    t.like(await read({ as, gone: groups.length === 0 ? ["web"] : [] }), { changed: 1, failure: undefined });
    t.is(await holds(user), "");
  }
});

test("a group that was shown a moment ago isn't read until it has been looked up anew, and nobody loses it", async (t) => {
  const { directory, account, read, holds } = scene();
  const ada = await account("00uada", ["web"], [WEB]);
  const bob = await account("00ubob", ["web", "portal"], [WEB]);
  directory.hiddenGroups.add(WEB);
  const lookedUp: string[] = [];
  const lookUpGroups = (ids: readonly string[]) => void lookedUp.push(...ids);
  const passed = await read({ mapped: () => MAPPED, lookUpGroups });
  t.true(passed.failure instanceof GroupVanishedError);
  t.deepEqual(passed.groupsNotShown, []);
  t.true(lookedUp.length > 0 && lookedUp.every((id) => id === WEB));
  t.deepEqual([await holds(ada), await holds(bob)], ["service-admin", "portal-admin,service-admin"]);
});
