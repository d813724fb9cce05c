import test from "ava";
import {
  DirectoryRateLimitedError,
  DirectoryUnreachableError,
} from "../../../okta/directory/directory-errors.ts";
import { askedDirectory, mapping, organization } from "./asked-directory.ts";

const NAMES = Array.from({ length: 10 }, (_, index) => `group-${index}`);

test("nobody waits for Okta: it is being asked, and then there is the answer", async (t) => {
  const { look, lookup } = askedDirectory();
  const many = mapping("many", NAMES);
  t.like(lookup.lookUp(many, organization()), {
    check: { kind: "checking" },
    againMs: undefined,
    patienceMs: 300,
  });
  const { check, groups, againMs } = await look(many);
  t.is(check.kind, "read");
  t.is(groups.length, 10);
  t.is(againMs, 300_000);
});

test("who is held up by a rate limit time after time asks ever later, however soon Okta says", async (t) => {
  const { state, look } = askedDirectory();
  state.fail = () => new DirectoryRateLimitedError(500);
  for (const least of [500, 1_000, 2_000, 4_000]) {
    const { againMs = -1 } = await look(mapping("one", NAMES));
    t.true(againMs >= least, `${againMs}`);
    state.now += againMs;
  }
});

test("a rate limit that is used up loses nothing of what was read, nor what was said before", async (t) => {
  const { state, look } = askedDirectory();
  const many = mapping("many", NAMES);
  const limit = (calls: number) => {
    state.fail = () => (state.asked.length >= calls ? new DirectoryRateLimitedError(7_000) : undefined);
  };
  limit(6);
  const refused = await look(many);
  t.like(refused, { check: { kind: "unread", reason: "DirectoryRateLimited" }, againMs: 7_000 });
  t.notRegex(
    refused.check.kind === "unread" ? refused.check.message : "",
    /\d/,
    "or it would be written anew each time",
  );
  state.now += 7_000;
  limit(15);
  t.is((await look(many)).check.kind, "read");
  t.deepEqual(state.asked, NAMES);

  state.now += 3_600_000;
  const again = await look(many);
  t.is(again.check.kind, "read", "what was found an hour ago, until the rest is read");
  t.is(again.againMs, 7_000);
});

test("what hasn't been asked before is asked, and nothing else", async (t) => {
  const { state, look } = askedDirectory();
  await look(mapping("one", ["a"]));
  await look(mapping("one", ["a"], { generation: 2 }), organization({ generation: 2 }));
  t.deepEqual(state.asked, ["a"], "roles and the like may have changed");
  await look(mapping("one", ["a", "b"], { generation: 3 }));
  t.deepEqual(state.asked, ["a", "a", "b"]);
});

test("what another leader has read isn't read anew at once", async (t) => {
  const { state, look, lookup } = askedDirectory();
  const told = mapping("told", ["a"], { told: true });
  const { check, againMs = 0 } = await look(told);
  t.like(check, { kind: "checking", isOfStatus: true });
  t.true(againMs >= 60_000 && againMs <= 300_000, `${againMs}`);
  t.deepEqual(state.asked, []);
  await look(mapping("told", ["a"], { told: true, generation: 2 }));
  t.deepEqual(state.asked, ["a"], "of another generation nothing is known");
  t.like(
    lookup.lookUp(mapping("new", ["b"]), organization()),
    { againMs: undefined },
    "nor of what it has not read",
  );
});

test("of a directory that can't be read one read finds out, ever later; the others fail with it until it is back", async (t) => {
  const { state, look, lookup } = askedDirectory();
  let tries = 0;
  state.fail = () => {
    tries++;
    return new DirectoryUnreachableError(new Error("dead"));
  };
  const [first, ...others] = NAMES.map((name) => mapping(name, [name]));
  if (!first) throw new Error("there is no mapping");
  const waits: number[] = [];
  for (let i = 0; i < 8; i++) {
    const { check, againMs = 0 } = await look(first);
    t.is(check.kind, "failed");
    for (const other of others) t.is((await look(other)).check.kind, "failed");
    waits.push(againMs);
    state.now += againMs;
  }
  t.is(tries, 8);
  t.true(
    (waits[0] ?? 0) <= 10_000 && (waits.at(-1) ?? 0) >= 150_000 && (waits.at(-1) ?? 0) <= 300_000,
    `${waits}`,
  );

  await look(first);
  await look(first, organization({ generation: 2 }));
  t.is(tries, 10, "whoever edits the organization wants to know now");
  state.fail = undefined;
  lookup.recovered("access/acme", ["access/group-0"]);
  t.is((await look(first, organization({ generation: 2 }))).check.kind, "read");
});

test("nothing is read any more by who leads no longer", async (t) => {
  const { state, lookup } = askedDirectory();
  state.stop.abort();
  for (const name of NAMES) lookup.lookUp(mapping(name, [name]), organization());
  await new Promise(setImmediate);
  t.deepEqual(state.asked, []);
});
