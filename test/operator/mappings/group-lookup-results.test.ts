import { mock } from "node:test";
import test from "ava";
import {
  DirectoryInvalidAnswerError,
  DirectoryNotFoundError,
  DirectoryRateLimitedError,
  DirectoryUnreachableError,
} from "../../../okta/directory/directory-errors.ts";
import { askedDirectory, mapping, organization } from "./asked-directory.ts";

const MINUTE = 60_000;
const unreachable = () => new DirectoryUnreachableError(new Error("dead"));

test("without a directory nobody is asked: groups by id can't match, names are compared with those that people came with", async (t) => {
  const { state, lookup, look, comes } = askedDirectory();
  comes("Staff", "ops");
  const both = mapping("both", ["staff", "ops", { id: "00g1" }]);
  t.deepEqual(lookup.lookUp(both, organization({ directory: false })), {
    check: {
      kind: "no-directory",
      byID: ["00g1"],
      hints: [{ written: "staff", actual: "Staff" }],
    },
    groups: [],
  });
  t.is(lookup.lookUp(both, undefined).check.kind, "no-directory");
  t.deepEqual(state.asked, []);
  await look(mapping("one", ["a"]));
  lookup.lookUp(mapping("one", ["a"]), organization({ directory: false }));
  await look(mapping("one", ["a"]));
  t.deepEqual(state.asked, ["a", "a"], "what was read of a directory is forgotten with it");
});

test("what isn't there is told, with what is almost named so; what is there is shown, by its names of before", async (t) => {
  const { state, look } = askedDirectory();
  const group = (id: string, name = id) => ({ id, name, members: 1 });
  state.named = (name) => {
    if (name === "two") return { exact: [group("00a", "two"), group("00b", "two")], near: [] };
    if (name === "Ops") return { exact: [], near: [group("00o", "ops"), group("00p", "OPS")] };
    if (name === "00g1") return { exact: [group("00g1", "crew")], near: [] };
    return { exact: [], near: [] };
  };
  const found = [{ id: "00g1", name: "staff" }];
  const all = mapping("all", ["two", "Ops", "none", { id: "00g1" }, { id: "00g2" }, {}], { found });
  const { check, groups } = await look(all);
  t.deepEqual(check, {
    kind: "read",
    missing: ["none", "00g2"],
    hints: [{ written: "Ops", actual: "ops" }],
    notShown: [],
  });
  t.deepEqual(groups, [
    { id: "00a", name: "two", members: 1 },
    { id: "00b", name: "two", members: 1 },
    { name: "Ops", shown: false },
    { name: "none", shown: false },
    { id: "00g1", name: "crew", members: 1, formerNames: ["staff"] },
  ]);
  t.deepEqual(state.asked, ["two", "Ops", "none", "00g1", "00g2"]);
});

test("a group that Okta doesn't show any more stays as it was, until it is shown or its deletion is logged", async (t) => {
  const { state, look } = askedDirectory();
  const found = [
    { id: "00g1", name: "staff", formerNames: ["crew"] },
    { id: "00g2", name: "web", members: 3 },
  ];
  const one = mapping("one", ["web", { id: "00g1" }], { found });
  state.named = () => ({ exact: [], near: [] });
  state.isFollowed = true;
  const notShown = await look(one);
  t.like(notShown.check, { missing: [], notShown: ["web", "staff"] });
  t.deepEqual(notShown.groups, [
    { id: "00g2", name: "web", shown: false },
    { id: "00g1", name: "staff", shown: false, formerNames: ["crew"] },
  ]);
  t.is(notShown.againMs, 5 * MINUTE, "nobody tells when it is shown again");
  state.deleted.add("00g1").add("00g2");
  state.now += 5 * MINUTE;
  const deleted = await look(one);
  t.like(deleted.check, { missing: ["web", "00g1"], notShown: [] });
  t.deepEqual(deleted.groups, []);
  state.now += 6 * 60 * MINUTE;
  const again = await look(mapping("one", ["web", { id: "00g1" }], { found: [] }));
  t.deepEqual(again.groups, [], "what is gone is gone, although nothing is known of it any more");
});

test("of another directory what was known of groups says nothing; of other groups of the same one it does", async (t) => {
  const { state, look } = askedDirectory();
  const found = [{ id: "00g1", name: "staff" }];
  const of = (groups: ({ id: string } | string)[]) => mapping("one", groups, { found });
  state.named = (name) => ({ exact: name === "web" ? [{ id: "00g2", name, members: 0 }] : [], near: [] });
  t.like((await look(of(["web"]))).check, { missing: [], notShown: [] });
  t.like((await look(of(["web", { id: "00g1" }]))).check, { missing: [], notShown: ["staff"] });
  const elsewhere = organization();
  elsewhere.spec.okta.directory = { url: "https://other.okta.com" } as never;
  t.like((await look(of(["web", { id: "00g1" }]), elsewhere)).check, { missing: ["00g1"], notShown: [] });
});

test("of very many groups a status holds the first", async (t) => {
  const { state, look } = askedDirectory();
  state.named = (name) => ({
    exact: Array.from({ length: 300 }, (_, i) => ({ id: `${name}-${i}`, name, members: 0 })),
    near: [],
  });
  const { groups } = await look(mapping("many", ["a", "b"]));
  t.is(groups.length, 500);
  t.is(groups.at(-1)?.id, "b-199");
});

test("groups are looked at again every five minutes; where Okta tells of them, hardly ever; with many mappings, slower", async (t) => {
  const again = async (mappings: number, isFollowed = false) => {
    const { state, look } = askedDirectory();
    Object.assign(state, { mappings, isFollowed, now: 1_000 });
    const { againMs = 0 } = await look(mapping("one", ["a"]));
    state.now += againMs - 1;
    await look(mapping("one", ["a"]));
    t.is(state.asked.length, 1);
    state.now += 1;
    await look(mapping("one", ["a"]));
    t.is(state.asked.length, 2);
    return againMs;
  };
  t.is(await again(1), 5 * MINUTE);
  t.is(await again(1_000), 2_000_000);
  t.is(await again(1, true), 6 * 60 * MINUTE);
});

test("that Okta is being asked is said after a moment", (t) => {
  const { state, lookup } = askedDirectory();
  const patience = (now: number) => {
    state.now = now;
    return lookup.lookUp(mapping("one", ["a"]), organization()).patienceMs;
  };
  t.deepEqual([1_000, 1_250, 1_300, 9_000].map(patience), [300, 50, 0, 0]);
});

test("what was found before stays in the status until there is something newer", async (t) => {
  const { state, look, lookup } = askedDirectory();
  const found = [{ id: "00g1", name: "crew" }];
  const known = mapping("known", ["a"], { found });
  t.deepEqual(lookup.lookUp(known, organization()).groups, found);
  state.fail = unreachable;
  t.deepEqual((await look(known)).groups, found);
  t.deepEqual((await look(mapping("new", ["a"]))).groups, []);
});

test("what another leader has read counts while it and the directory are known, else it is read", async (t) => {
  const asked = async (one: ReturnType<typeof mapping>, of = organization()) => {
    const { state, look } = askedDirectory();
    await look(one, of);
    return state.asked.length;
  };
  t.is(await asked(mapping("m", ["a"], { told: true })), 0);
  t.is(await asked(mapping("m", ["a"])), 1);
  t.is(await asked(mapping("m", ["a"], { told: true, status: "Unknown" })), 1);
  t.is(await asked(mapping("m", ["a"], { told: true }), organization({ told: false })), 1);
  t.is(await asked(mapping("m", ["a"], { told: true }), organization({ generation: 2 })), 1);
});

test("a question that another has taken the place of isn't about what the status says", async (t) => {
  const { look, lookup } = askedDirectory();
  const at = lookup.lookUp(mapping("m", ["a"], { told: true }), organization());
  t.like(at.check, { kind: "checking", isOfStatus: true });
  const other = lookup.lookUp(mapping("m", ["b"], { told: true }), organization());
  t.like(other, { check: { kind: "checking", isOfStatus: false }, againMs: undefined });
  t.is((await look(mapping("m", ["b"]))).check.kind, "read");
});

test("an answer that can't be used is that mapping's alone: others are read, and it is tried again ever later", async (t) => {
  for (const error of [new DirectoryInvalidAnswerError("no id"), new DirectoryNotFoundError("group")]) {
    const { state, look } = askedDirectory();
    state.fail = (what) => (what === "odd" ? error : undefined);
    const odd = mapping("odd", ["odd"]);
    const waits: number[] = [];
    for (let i = 0; i < 7; i++) {
      const { check, againMs = 0 } = await look(odd);
      t.like(check, { kind: "failed", message: error.message });
      waits.push(againMs);
      state.now += againMs;
    }
    const [first = 0, second = 0] = waits;
    t.true(first >= 15_000 && first <= 30_000 && second >= 30_000 && second <= 60_000, `${waits}`);
    t.true((waits.at(-1) ?? 0) >= 150_000 && (waits.at(-1) ?? 0) <= 300_000, `${waits}`);
    t.is((await look(mapping("other", ["a"]))).check.kind, "read");
  }
});

test.serial(
  "what was read stays while it can't be read again, and it is told since when; not so at a rate limit",
  async (t) => {
    const noon = Date.UTC(2026, 10, 27, 12);
    mock.timers.enable({ apis: ["Date"], now: noon });
    t.teardown(() => mock.timers.reset());
    const { state, look } = askedDirectory();
    const one = mapping("one", ["a"]);
    const first = await look(one);
    const later = (ms: number): void => {
      state.now += ms;
      mock.timers.setTime(Date.now() + ms);
    };
    state.fail = unreachable;
    later(5 * MINUTE);
    const stale = await look(one);
    t.like(stale, { check: { kind: "read", missing: [] }, groups: first.groups });
    const since = (check: typeof stale.check) => (check.kind === "read" ? check.notReadSince : 0);
    t.is(since(stale.check), noon + 5 * MINUTE);
    later(MINUTE);
    t.is(since((await look(one)).check), noon + 5 * MINUTE, "since the first time");
    state.fail = undefined;
    later(10 * MINUTE);
    t.is(since((await look(one)).check), undefined);
    state.fail = () => new DirectoryRateLimitedError(1_000);
    later(5 * MINUTE);
    t.deepEqual((await look(one)).check, first.check);
  },
);

test("a failure that isn't Okta's has a reason as well", async (t) => {
  const { state, look } = askedDirectory();
  state.fail = () => new Error("what else");
  t.like((await look(mapping("one", ["a"]))).check, {
    kind: "failed",
    reason: "DirectoryUnreadable",
    message: "what else",
  });
});

test("whoever edits what can't be read wants to know now; what is read isn't read anew for an edit elsewhere", async (t) => {
  const { state, look } = askedDirectory();
  const tries = async (own: number, organizations: number) => {
    const before = state.asked.length + failed;
    await look(mapping("one", ["a"], { generation: own }), organization({ generation: organizations }));
    return state.asked.length + failed - before;
  };
  let failed = 0;
  state.fail = () => {
    failed++;
    return new DirectoryInvalidAnswerError("no id");
  };
  t.deepEqual([await tries(1, 1), await tries(1, 1), await tries(2, 1), await tries(2, 2)], [1, 0, 1, 1]);
  state.fail = undefined;
  t.deepEqual([await tries(3, 2), await tries(4, 3)], [1, 0]);
});

test("a directory that is back, and what has happened to a group, are reasons to look at once", async (t) => {
  const { state, look, lookup } = askedDirectory();
  const [one, two] = [mapping("one", ["a"]), mapping("two", ["b"])];
  await look(one);
  state.fail = unreachable;
  await look(two);
  state.fail = undefined;
  lookup.recovered("access/acme", ["access/one", "access/two", "access/unknown"]);
  await look(one);
  await look(two);
  t.deepEqual(state.asked, ["a", "b"], "what was read needn't be");
  lookup.again(["access/one", "access/unknown"]);
  await look(one);
  await look(two);
  t.deepEqual(state.asked, ["a", "b", "a"]);
});

test("what happens to a group before its mapping is looked up has it read, whatever another leader has read", async (t) => {
  const { state, look, lookup } = askedDirectory();
  const [one, two] = ["one", "two"].map((name) => mapping(name, [name], { told: true }));
  lookup.again(["access/one", "access/two"]);
  lookup.forget("access/two");
  if (one) await look(one);
  if (two) await look(two);
  t.deepEqual(state.asked, ["one"]);
});

test("what happens to a group while it is being looked up, or before the rest of a mapping is, has it looked up anew", async (t) => {
  const { state, look, lookup } = askedDirectory();
  const one = mapping("one", ["a"]);
  const { promise: hang, resolve: answer } = Promise.withResolvers<void>();
  state.hang = hang;
  lookup.lookUp(one, organization());
  await new Promise(setImmediate);
  lookup.again(["access/one"]);
  answer();
  await new Promise(setImmediate);
  state.hang = undefined;
  await look(one);
  t.deepEqual(state.asked, ["a", "a"]);
  await look(one);
  t.deepEqual(state.asked, ["a", "a"], "once");

  const two = mapping("two", ["b", "c"]);
  state.fail = (what) => (what === "c" ? new DirectoryRateLimitedError(1_000) : undefined);
  state.asked = [];
  await look(two);
  state.fail = undefined;
  lookup.again(["access/two"]);
  await look(two);
  t.deepEqual(state.asked, ["b", "b", "c"], "what was found of the first groups is of before");
});

test("what was read of the first groups counts for ten minutes", async (t) => {
  const { state, look } = askedDirectory();
  const three = mapping("three", ["a", "b", "c"]);
  const rest = async (waitMs: number) => {
    state.asked = [];
    state.fail = (what) => (what === "c" ? new DirectoryRateLimitedError(1_000) : undefined);
    await look(three);
    state.now += waitMs;
    state.asked = [];
    state.fail = undefined;
    await look(three);
    const { asked } = state;
    state.now += 60 * MINUTE;
    return asked;
  };
  t.deepEqual(await rest(10 * MINUTE - 1), ["c"]);
  t.deepEqual(await rest(10 * MINUTE), ["a", "b", "c"]);
});

test("who isn't asked about any more isn't read to the end, and nobody is told", async (t) => {
  const { state, lookup } = askedDirectory();
  lookup.lookUp(mapping("one", ["a", "b"]), organization());
  state.fail = (what) => {
    if (what === "a") lookup.forget("access/one");
    return undefined;
  };
  for (let i = 0; i < 9; i++) await new Promise(setImmediate);
  t.deepEqual(state.asked, ["a"]);
  t.deepEqual(state.answered, []);
});

test("an organization whose directory was taken away meanwhile has nothing read", async (t) => {
  const { state, look } = askedDirectory();
  state.hasDirectory = false;
  t.like(await look(mapping("one", ["a"])), { check: { kind: "checking" }, againMs: 5 * MINUTE });
  t.deepEqual(state.asked, []);
});

test("those who were in vain before hold up nobody who is new in their namespace", async (t) => {
  const { state, look, lookup } = askedDirectory();
  const failing = Array.from({ length: 8 }, (_, i) => mapping(`odd${i}`, [`odd${i}`]));
  state.fail = () => new DirectoryInvalidAnswerError("no id");
  for (const one of failing) await look(one);
  state.fail = undefined;
  state.now += MINUTE;
  state.hang = new Promise(() => {});
  for (const one of failing) lookup.lookUp(one, organization());
  for (let i = 0; i < 9; i++) await new Promise(setImmediate);
  t.is(state.asked.length, 4, "so many at once");
  state.hang = undefined;
  t.is((await look(mapping("new", ["a"]))).check.kind, "read");
});

test("a directory that could be read is tried again soon when it can't, whatever it was like before", async (t) => {
  const { state, look } = askedDirectory();
  const one = mapping("one", ["a"]);
  state.fail = unreachable;
  for (let i = 0; i < 5; i++) state.now += (await look(one)).againMs ?? 0;
  state.fail = undefined;
  state.now += (await look(one)).againMs ?? 0;
  state.fail = unreachable;
  t.true(((await look(one)).againMs ?? 0) <= 10_000);
});

test("who waits for a turn is asked about once, however often it is looked at meanwhile", async (t) => {
  const { state, lookup } = askedDirectory();
  const answer = Promise.withResolvers<void>();
  state.hang = answer.promise;
  const nine = Array.from({ length: 9 }, (_, i) => mapping(`m${i}`, [`g${i}`]));
  for (const one of [...nine, ...nine]) lookup.lookUp(one, organization());
  await new Promise(setImmediate);
  t.is(state.asked.length, 8, "so many at once");
  answer.resolve();
  for (let i = 0; i < 9; i++) await new Promise(setImmediate);
  t.is(state.asked.length, 9);
});
