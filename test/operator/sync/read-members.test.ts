import test from "ava";
import {
  DirectoryForbiddenError,
  DirectoryInvalidAnswerError,
  DirectoryUnreachableError,
} from "../../../okta/directory/directory-errors.ts";
import { Room } from "../../../okta/room.ts";
import { GroupEvidence } from "../../../operator/sync/group-evidence.ts";
import { readMembers } from "../../../operator/sync/read-members.ts";
import { ADirectory } from "./a-directory.ts";

/** Of none of the groups it is known that it was ever shown. */
const EVIDENCE = {
  mapped: () => ({ found: new Map(), gone: new Set<string>(), notShown: new Set<string>() }),
  lookUpGroups: () => {},
};

function scene(groups: Record<string, string[][]> = {}, room = new Room(1_000_000)) {
  const directory = new ADirectory();
  for (const [group, pages] of Object.entries(groups)) {
    directory.groups.set(group, { name: group, pages });
    for (const id of pages.flat()) directory.people.set(id, { id, status: "ACTIVE" });
  }
  const end = new AbortController();
  const kept = room.share("acme");
  const read = async (ids: string[] = Object.keys(groups), gone: string[] = []) => {
    const asked = ids.map((id) => ({ id, name: id, byID: false }));
    const members = await readMembers(
      directory,
      { groups: asked, gone },
      new GroupEvidence(directory, EVIDENCE),
      { signal: end.signal, kept },
    );
    return {
      ...members,
      of: Object.fromEntries([...members.byUser].map(([id, { groupIDs }]) => [id, [...groupIDs].sort()])),
      ids: [...members.read.byID.keys()].sort(),
    };
  };
  return { directory, end, kept, read };
}

test("whoever is in one of the groups is known with all of them that they are in, and each group with its size", async (t) => {
  const { read } = scene({ web: [["ada", "bob"], ["cy"]], portal: [["bob"]], other: [["dan"]] });
  const { of, sizes, ids, failure } = await read(["web", "portal"]);
  t.deepEqual(of, { ada: ["web"], bob: ["portal", "web"], cy: ["web"] });
  t.deepEqual(Object.fromEntries(sizes), { web: 3, portal: 1 });
  t.deepEqual(ids, ["portal", "web"]);
  t.is(failure, undefined);
});

test("who is on two pages, since somebody came in between, is one member", async (t) => {
  const { read } = scene({
    web: [
      ["ada", "bob"],
      ["bob", "cy"],
    ],
  });
  t.is((await read()).sizes.get("web"), 3);
});

test("a group that Okta has deleted is one without members, and so are names that it has said are gone", async (t) => {
  const { directory, read } = scene({ web: [["ada"]] });
  directory.deletedGroups.add("deleted");
  const { ids, sizes, read: groups, failure } = await read(["web", "deleted"], ["left"]);
  t.deepEqual(ids, ["deleted", "web"]);
  t.is(sizes.get("deleted"), 0);
  t.true(groups.has({ name: "left" }));
  t.is(failure, undefined);
});

test("of a group that Okta neither shows nor has deleted nothing is known, nor of whoever came by its name", async (t) => {
  const { directory, read } = scene({ web: [["ada"]], hidden: [["bob"]], empty: [[]] });
  directory.hiddenGroups.add("hidden");
  directory.onAsked = () => {
    if (directory.asked.at(-1) === "members empty") directory.hiddenGroups.add("empty");
  };
  const { ids, notShown, sizes, read: groups, failure } = await read(undefined, ["left"]);
  t.deepEqual(ids, ["web"]);
  t.deepEqual([...sizes.keys()], ["web"]);
  t.deepEqual(
    notShown.map(({ id }) => id),
    ["hidden", "empty"],
  );
  t.deepEqual(
    ["web", "hidden", "left"].map((name) => groups.has({ name })),
    [true, false, true],
  );
  t.is(failure, undefined);
  directory.failing.set("groupWasDeleted", new DirectoryForbiddenError("okta.logs.read", "no"));
  t.deepEqual((await read(["hidden"])).ids, []);
  const unreachable = new DirectoryUnreachableError(new Error("no"));
  directory.failing.set("groupWasDeleted", unreachable);
  t.like(await read(["hidden"]), { failure: unreachable, notShown: [] });
});

test("an empty list is believed where Okta's number of members says the same, and else the group isn't read", async (t) => {
  const { directory, read } = scene({ empty: [[]], short: [[]], vanished: [[]] });
  directory.groups.set("short", { name: "short", pages: [[]], count: 2 });
  directory.onAsked = () => {
    if (directory.asked.at(-1) === "groupByID vanished") directory.deleteGroup("vanished");
  };
  const { ids, failure } = await read();
  t.deepEqual(ids, ["empty", "vanished"]);
  t.true(failure instanceof DirectoryInvalidAnswerError);
  t.regex(String(failure), /the group short is empty, and the group isn't/);
});

test("of a group that can't be read to its end nothing is known; the others are read, and the first failure is told", async (t) => {
  const { directory, read } = scene({ web: [["ada"], ["bob"]], bad: [["eve"]], portal: [["cy"]] });
  const [first, second] = [1, 2].map((i) => new DirectoryUnreachableError(new Error(`no ${i}`)));
  let pages = 0;
  directory.onAsked = () => {
    if (directory.asked.at(-1) === "members web" && ++pages === 2) throw first;
    if (directory.asked.at(-1) === "members bad") throw second;
  };
  const { of, ids, sizes, failure } = await read(["web", "portal", "bad"]);
  t.deepEqual(of, { cy: ["portal"] });
  t.deepEqual([ids, [...sizes.keys()]], [["portal"], ["portal"]]);
  t.is(failure, first);
});

test("who is seen once as somebody who may not sign in is taken for that, in whatever order", async (t) => {
  for (const statuses of [
    ["ACTIVE", "SUSPENDED"],
    ["SUSPENDED", "ACTIVE"],
    ["SUSPENDED", "DEPROVISIONED"],
  ]) {
    const { directory, read } = scene({ web: [["ada"]], portal: [["ada"]], other: [["ada"]] });
    const next = [...statuses, "ACTIVE"].values();
    directory.members = async function* () {
      yield [{ id: "ada", status: next.next().value ?? "" }];
    };
    const { byUser, of } = await read();
    t.not(byUser.get("ada")?.user.status, "ACTIVE", statuses.join());
    t.deepEqual(of.ada, ["other", "portal", "web"]);
  }
});

test("two groups are read at once", async (t) => {
  const names = ["a", "b", "c", "d", "e"];
  const { directory, read } = scene(Object.fromEntries(names.map((name) => [name, [[`${name}1`]]])));
  let [now, most] = [0, 0];
  directory.onAsked = async () => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setImmediate(resolve));
    now--;
  };
  t.is((await read()).ids.length, 5);
  t.is(most, 2);
});

test("when all is over no more is asked, and that is no failure of Okta's", async (t) => {
  const { directory, read, end } = scene({ web: [["ada"], ["bob"], ["cy"]], portal: [["ada"]] });
  const reason = new Error("it is over");
  directory.onAsked = () => end.abort(reason);
  await t.throwsAsync(read(["web"]), { is: reason });
  t.is(directory.asked.length, 1);
  await t.throwsAsync(read(["portal"]), { is: reason });
  t.is(directory.asked.length, 1);

  const other = scene({ web: [["ada"]] });
  other.directory.onAsked = () => {
    other.end.abort(reason);
    throw new DirectoryUnreachableError(new Error("no"));
  };
  await t.throwsAsync(other.read(), { is: reason });
});

test("groups that have more members than there is room for aren't read; smaller ones are, and what they take is given back", async (t) => {
  const many = Array.from({ length: 20 }, (_, page) => Array.from({ length: 200 }, (_, n) => `${page}-${n}`));
  const room = new Room(1_000_000);
  const { read, directory, kept } = scene({ web: [["ada"]], many, portal: [["ada", "bob"]] }, room);
  const { of, ids, failure, tooLarge, read: groups } = await read(undefined, ["many"]);
  t.false(groups.has({ name: "many" }), "of whoever came by its name nothing is known");
  t.deepEqual(of, { ada: ["portal", "web"], bob: ["portal"] });
  t.deepEqual(ids, ["portal", "web"]);
  t.is(failure, undefined);
  t.deepEqual(
    tooLarge.map(({ id }) => id),
    ["many"],
  );
  t.true(
    directory.asked.filter((asked) => asked === "members many").length < 2 * 20,
    "the rest isn't asked for",
  );
  t.true(room.share("acme").take(490_000), "only that of two is kept");
  kept[Symbol.dispose]();
});

test("groups for which there is room one after the other are read, also where they are read at once", async (t) => {
  const pages = (group: string) =>
    Array.from({ length: 8 }, (_, page) => Array.from({ length: 100 }, (_, n) => `${group}-${page}-${n}`));
  const room = new Room(500_000);
  const { read, directory } = scene({ one: pages("same"), other: pages("same") }, room);
  const { ids, tooLarge, failure } = await read();
  t.deepEqual([ids, tooLarge, failure], [["one", "other"], [], undefined]);
  t.is(directory.asked.filter((asked) => asked === "members other").length, 2 * 8, "page by page");
});

test("who is in many groups takes hardly more room than who is in one", async (t) => {
  const everybody = Array.from({ length: 500 }, (_, n) => `somebody-${n}`);
  const names = Array.from({ length: 20 }, (_, n) => `g${n}`);
  const room = new Room(800_000);
  const { read } = scene(Object.fromEntries(names.map((name) => [name, [everybody]])), room);
  const { ids, of, failure } = await read();
  t.is(failure, undefined);
  t.is(ids.length, 20);
  t.is(of["somebody-0"]?.length, 20);
});
