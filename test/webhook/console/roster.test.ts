import { setImmediate } from "node:timers/promises";
import test from "ava";
import fc from "fast-check";
import { noAccess, type User } from "../../../identity/index.ts";
import { type Roster, RosterBusyError, type RosterQuery } from "../../../webhook/console/roster.ts";
import type { RosterSort } from "../../../webhook/console/roster-sort.ts";
import { waitFor } from "../../cluster.ts";
import { account } from "../../identity/an-account.ts";
import { ACME, FIRST, namesOn, usersScene } from "./users-scene.ts";

const ANN = "ann";

async function listed(roster: Roster, query: Partial<RosterQuery>, organization = ACME): Promise<string[]> {
  return namesOn(await roster.page(organization, { ...FIRST, ...query }, ANN));
}

const deactivated = { access: noAccess("NoMappedGroup", "") };
const holding = (role: string): Partial<User> => ({
  access: { active: true, grants: [{ role }], groups: [], reason: "LocalAccount", message: "" },
});

const CROWD: Record<string, Partial<User>> = {
  ada: { name: "Ada Lovelace", lastLoginTime: 3_000 },
  ben: { name: "Émile Zola", email: "Ben@ACME.example", ...deactivated },
  eve: {
    name: "eve arden",
    groups: [{ name: "Marketing", id: "00g7" }, { name: "staff" }],
    ...holding("portal-admin"),
  },
  mia: { source: "Local", ...holding("organization-admin"), lastLoginTime: 2_000 },
};

function crowd() {
  const scene = usersScene();
  for (const [name, changes] of Object.entries(CROWD)) scene.put(name, changes);
  scene.put("other", { organization: "acme/beta", name: "Ada of Beta" });
  scene.put("new", { name: "New" });
  const { access: _, ...undecided } = scene.users.get("acme/new") ?? account();
  scene.users.set(undecided.ref, undecided);
  return scene;
}

const FILTERS: [what: string, query: Partial<RosterQuery>, names: string[]][] = [
  ["everybody of the organization, and nobody of another", {}, ["ada", "ben", "eve", "mia", "new"]],
  ["a part of the email, whatever its case", { search: "BEN@acme" }, ["ben"]],
  ["a part of the name, whatever its case and accents", { search: "emile" }, ["ben"]],
  ["an accent finds who has none", { search: "Évé" }, ["eve"]],
  ["spaces around what is searched are none of it", { search: "  lovelace " }, ["ada"]],
  ["nobody is called that", { search: "%" }, []],
  ["a role", { role: "portal-admin" }, ["eve"]],
  ["a group by its name", { group: "Marketing" }, ["eve"]],
  ["a group by its id", { group: "00g7" }, ["eve"]],
  ["a group's name is exact, as in mappings", { group: "marketing" }, []],
  ["who is active", { state: "Active" }, ["ada", "eve", "mia"]],
  ["who is deactivated", { state: "Deactivated" }, ["ben"]],
  ["who isn't decided on yet", { state: "Undecided" }, ["new"]],
  ["local accounts", { source: "Local" }, ["mia"]],
  ["two at once", { source: "Okta", role: "service-admin" }, ["ada"]],
];

for (const [what, query, names] of FILTERS) {
  test(`the list is filtered: ${what}`, async (t) => {
    const { roster } = crowd();
    const page = await roster.page(ACME, { ...FIRST, ...query }, ANN);
    t.deepEqual(namesOn(page), names);
    t.is(page.filtered, names.length);
    t.is(page.total, 5);
  });
}

const SORTS: [query: Partial<RosterQuery>, names: string[]][] = [
  [{ sort: "email" }, ["ada", "ben", "eve", "mia", "new"]],
  [{ sort: "email", descending: true }, ["new", "mia", "eve", "ben", "ada"]],
  [{ sort: "name" }, ["mia", "ada", "ben", "eve", "new"]],
  [{ sort: "lastSignIn", descending: true }, ["ada", "mia", "new", "eve", "ben"]],
  [{ sort: "state" }, ["ada", "eve", "mia", "ben", "new"]],
];

for (const [query, names] of SORTS) {
  test(`the list is sorted: ${JSON.stringify(query)}`, async (t) => {
    const { roster } = crowd();
    t.deepEqual(await listed(roster, query), names);
  });
}

test("whoever is there all the time comes once on the way through the pages, in order, whoever comes and goes meanwhile", async (t) => {
  const names = fc.constantFrom(..."abcdefghijklmnopqrst");
  const act = fc.record({
    name: names,
    does: fc.constantFrom("comes", "goes", "signs in"),
    at: fc.nat(3),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(names),
      fc.array(fc.array(act, { maxLength: 4 }), { maxLength: 12 }),
      fc.constantFrom<RosterSort>("email", "name", "lastSignIn", "state"),
      fc.boolean(),
      fc.constantFrom(undefined, "acme"),
      fc.boolean(),
      async (first, acts, sort, descending, search, backwards) => {
        const { roster, put, remove, users } = usersScene();
        for (const name of first) put(name, { lastLoginTime: name.charCodeAt(0) % 3 });
        const stayed = new Set(first);
        const seen: string[] = [];
        const query = { sort, descending, search, limit: 3 };
        let on: { after?: string | undefined; before?: string | undefined } = {};
        if (backwards) {
          let page = await roster.page(ACME, query, ANN);
          while (page.next) page = await roster.page(ACME, { ...query, after: page.next }, ANN);
          seen.push(...namesOn(page).reverse());
          on = { before: page.previous };
          if (!page.previous) return;
        }
        for (;;) {
          for (const { name, does, at } of acts.shift() ?? []) {
            if (does === "goes") remove(name);
            if (does === "comes" && !users.has(`acme/${name}`)) put(name, { lastLoginTime: at });
            if (does === "signs in" && users.has(`acme/${name}`)) put(name, { lastLoginTime: at });
            // Of those who change their place in the order, nothing is promised.
            if (does === "goes" || sort === "lastSignIn") stayed.delete(name);
          }
          const page = await roster.page(ACME, { ...query, ...on }, ANN);
          t.is(page.total, users.size);
          t.is(page.filtered, users.size);
          const there = namesOn(page);
          seen.push(...(backwards ? there.reverse() : there));
          on = backwards ? { before: page.previous } : { after: page.next };
          if (on.after === undefined && on.before === undefined) break;
        }
        const ofThose = seen.filter((name) => stayed.has(name));
        const model = [...stayed].sort((a, b) => place(a) - place(b));
        const expected = descending !== backwards ? model.reverse() : model;
        t.deepEqual(ofThose, expected);

        function place(name: string): number {
          const at = users.get(`acme/${name}`)?.lastLoginTime ?? 0;
          return (sort === "lastSignIn" ? at * 1_000 : 0) + name.charCodeAt(0);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("all of a filtered list comes in batches, each user once", async (t) => {
  const { roster, put } = usersScene();
  for (let i = 0; i < 1_000; i++) put(`user-${String(i).padStart(4, "0")}`, i % 2 === 0 ? {} : deactivated);
  const seen: string[] = [];
  let batches = 0;
  for await (const users of roster.all(ACME, { ...FIRST, state: "Active" }, ANN)) {
    batches++;
    seen.push(...namesOn({ users }));
  }
  t.is(seen.length, 500);
  t.deepEqual(seen, [...new Set(seen)].sort());
  t.true(batches >= 3);
});

test("whoever is there while all of a list is read comes once, also who changes place; who no longer matches doesn't", async (t) => {
  for (const descending of [false, true]) {
    const { roster, put, remove, users } = usersScene();
    const names = Array.from({ length: 1_000 }, (_, i) => `user-${String(i).padStart(4, "0")}`);
    for (const [i, name] of names.entries()) put(name, { lastLoginTime: i });
    const query = { ...FIRST, sort: "lastSignIn", descending, state: "Active" } as const;
    const inOrder = descending ? names.toReversed() : names;
    const seen: string[] = [];
    let batches = 0;
    for await (const users of roster.all(ACME, query, ANN)) {
      seen.push(...namesOn({ users }));
      batches++;
      // Those who stand at the end come to the front, and the other way round.
      for (const name of inOrder.slice(-200, -2)) put(name, { lastLoginTime: descending ? 5_000 : -1 });
      for (const name of inOrder.slice(0, 100)) put(name, { lastLoginTime: descending ? -1 : 5_000 });
      put(inOrder.at(-1) ?? "", { ...deactivated, lastLoginTime: 1 });
      remove(inOrder.at(-2) ?? "");
      put("new", { lastLoginTime: batches });
    }
    t.deepEqual(seen, inOrder.slice(0, -2));
    t.true(batches >= 3 && users.size === 1_000);
  }
});

test("of nobody there is one batch without anybody", async (t) => {
  const { roster } = usersScene();
  const batches: (readonly User[])[] = [];
  for await (const users of roster.all(ACME, FIRST, ANN)) batches.push(users);
  t.deepEqual(batches, [[]]);
});

test("what is heard while everybody is still being read counts", async (t) => {
  const { roster, put, remove, slowReads } = usersScene();
  for (const name of ["a", "b", "c", "d"]) put(name);
  const going = Promise.withResolvers<void>();
  slowReads(() => going.promise);
  const page = roster.page(ACME, FIRST, ANN);
  await setImmediate();
  await setImmediate();
  remove("a");
  put("b", { email: "zoe@acme.example" });
  put("e");
  going.resolve();
  t.deepEqual(namesOn(await page), ["c", "d", "e", "b"]);
  t.is((await page).total, 4);
});

test("the version changes with the organization's users and the names of its roles, and with nothing else", async (t) => {
  const { roster, makeRoster, put, remove, catalogues } = crowd();
  const other = makeRoster();
  const versions = [await roster.version(ACME)];
  const changed = async (what: string): Promise<void> => {
    const version = await roster.version(ACME);
    t.not(version, versions.at(-1), what);
    t.is(await other.version(ACME), version, "as another replica has it");
    t.is((await roster.page(ACME, FIRST, ANN)).version, version);
    versions.push(version);
  };
  const stays = async (what: string): Promise<void> => {
    t.is(await roster.version(ACME), versions.at(-1) ?? "", what);
  };

  await stays("nothing happened");
  put("other", { organization: "acme/beta", name: "Somebody else" });
  await stays("somebody of another organization changed");
  put("ada", { ...CROWD.ada });
  await stays("nothing of her changed");
  put("ada", { ...CROWD.ada, name: "Ada King" });
  await changed("a name changed");
  put("zoe");
  await changed("somebody came");
  put("zoe", { organization: "acme/beta" });
  await changed("somebody went to another organization");
  remove("ben");
  await changed("somebody was deleted");
  catalogues.set(ACME, [{ name: "service-admin" }]);
  await changed("a role came");
  catalogues.set(ACME, [{ name: "service-admin" }]);
  await stays("the same roles");
  t.false((await listed(roster, {})).includes("zoe"));
  t.true((await listed(roster, {}, "acme/beta")).includes("zoe"));
});

test("a place in another order, or none, is refused", async (t) => {
  const { roster, put } = usersScene();
  for (let i = 0; i < 20; i++) put(`u${i}`);
  const { next } = await roster.page(ACME, FIRST, ANN);
  const refused: Partial<RosterQuery>[] = [
    { after: "nonsense" },
    { after: "" },
    { before: Buffer.from("[1]").toString("base64url") },
    { after: Buffer.from('["lastSignIn",0,"a",null]').toString("base64url"), sort: "lastSignIn" },
    { after: Buffer.from('["state",0,"a","Gone","x"]').toString("base64url"), sort: "state" },
    { after: next, descending: true },
    { after: next, sort: "name" },
  ];
  for (const query of refused)
    await t.throwsAsync(roster.page(ACME, { ...FIRST, ...query }, ANN), { code: "cursor-invalid" });
});

test("a user is found by the name of the account in their own organization alone", async (t) => {
  const { roster } = crowd();
  t.is((await roster.find(ACME, "ada"))?.email, "ada@acme.example");
  t.is(await roster.find(ACME, "other"), undefined);
  t.is(await roster.find(ACME, "nobody"), undefined);
  t.is((await roster.find("acme/beta", "other"))?.name, "Ada of Beta");
});

test("one caller's many questions are refused, and not those of others", async (t) => {
  const { roster } = crowd();
  const asked = Array.from({ length: 30 }, () => roster.page(ACME, { ...FIRST, search: "a" }, ANN));
  const others = ["ben", "eve"].map((caller) => roster.page(ACME, { ...FIRST, search: "a" }, caller));
  const outcomes = await Promise.allSettled(asked);
  const refusals = outcomes.filter((outcome) => outcome.status === "rejected");
  t.true(refusals.length > 0 && refusals.length < 30);
  for (const { reason } of refusals) {
    t.true(reason instanceof RosterBusyError);
    t.true(reason.byOneCaller);
  }
  for (const page of await Promise.all(others)) t.is(page.filtered, 5);
});

test("where not everybody could be read it is tried anew by whoever asks next; who is deleted meanwhile is left out", async (t) => {
  const { roster, put, reads, slowReads, users } = usersScene();
  put("ada");
  put("ben");
  slowReads(() => Promise.reject(new Error("away")));
  const failing = [roster.page(ACME, FIRST, ANN), roster.version(ACME)];
  for (const asked of failing) await t.throwsAsync(asked, { message: "away" });
  t.is(reads(), 1, "of those who wait for the same, one reads");
  slowReads(undefined);
  t.deepEqual(await listed(roster, {}), ["ada", "ben"]);
  await listed(roster, {});
  t.is(reads(), 2, "what was read is kept");
  users.delete("acme/ben");
  t.deepEqual(await listed(roster, {}), ["ada"], "before it was heard of");
});

test("what nobody looks at any more is let go, and read anew when somebody does", async (t) => {
  const { roster, put, reads } = usersScene({ unusedMs: 1 });
  put("ada");
  t.deepEqual(await listed(roster, {}), ["ada"]);
  t.is(reads(), 1);
  await waitFor(
    async () => {
      await listed(roster, {});
      return reads() > 1 || undefined;
    },
    { what: "everybody to be read anew" },
  );
});
