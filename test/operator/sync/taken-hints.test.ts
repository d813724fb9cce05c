import test from "ava";
import type { OktaHints, OktaHintsSpec, PersonHint } from "../../../crds/types.ts";
import {
  DirectoryForbiddenError,
  DirectoryUnreachableError,
} from "../../../okta/directory/directory-errors.ts";
import { OF_NO_EVENT } from "../../../okta/events/hint.ts";
import { TakenHints } from "../../../operator/sync/taken-hints.ts";
import type { Done } from "../../../organizations/hints.ts";
import { organization } from "../../organizations/organization.ts";

const ACME = organization("acme/acme", "acme");

function scene(spec: OktaHintsSpec = {}) {
  const stored = { spec, done: [] as Done[], error: undefined as Error | undefined };
  const hints = new TakenHints({
    of: (key) => (key === "acme/acme" ? ({ spec: stored.spec } as OktaHints) : undefined),
    heard: async () => {},
    done: async (_organization, done) => {
      stored.done.push(done);
      if (stored.error) throw stored.error;
    },
  });
  return { stored, hints, take: () => hints.take(ACME) };
}

const at = (minute: number): string => `2026-11-26T12:${String(minute).padStart(2, "0")}:00.000Z`;
const hint = (id: string, heardTime = "1", minute = 0): PersonHint => ({
  id,
  heardTime,
  eventTime: at(minute),
});
const everything = { heardTime: "9", eventTime: at(0) };
const people = (count: number): PersonHint[] => Array.from({ length: count }, (_, i) => hint(`00u${i}`));
const nothing = { people: new Set<string>(), groups: new Set<string>(), unread: new Set<string>() };
/** So long after it was heard that nothing more is to be expected. */
const later = (): number => performance.now() + 60_000;

test("of people they are looked at, of groups and of everything members are read; what is known isn't new again", (t) => {
  const { hints, stored, take } = scene({ people: [hint("00u1")], groups: [hint("00g1"), hint("00g2")] });
  t.deepEqual(take(), { needsPass: true, groupIDs: ["00g1", "00g2"] });
  t.deepEqual(
    [...hints.looks.due()].map(({ hint: { id } }) => id),
    ["00u1"],
  );
  t.deepEqual(hints.needs.due(), new Set(["00g1", "00g2"]));
  t.is(hints.size, 3);

  stored.spec = { ...stored.spec, groups: [hint("00g1"), hint("00g2", "2"), hint("00g3")], everything };
  t.deepEqual(take(), { needsPass: true, groupIDs: "all" });
  t.is(hints.needs.due(), "all");
  t.deepEqual(take(), { needsPass: false, groupIDs: [] });
});

test("people alone need no pass, and nothing heard is nothing", (t) => {
  t.deepEqual(scene({ people: [hint("00u1")] }).take(), { needsPass: false, groupIDs: [] });
  t.deepEqual(scene().take(), { needsPass: false, groupIDs: [] });
  const { hints, stored, take } = scene({ people: [hint("00u1")], groups: [hint("00g1")], everything });
  take();
  stored.spec = {};
  take();
  t.is(hints.size, 0, "somebody else has done it");
  t.deepEqual(hints.take(organization("acme/other", "other")), { needsPass: false, groupIDs: [] });
});

test("what no event tells of is no change of Okta's", (t) => {
  const { hints, stored, take } = scene({ people: [{ ...hint("00u1"), eventTime: OF_NO_EVENT }] });
  take();
  t.deepEqual([hints.looks.size, hints.lastChange], [1, undefined]);
  stored.spec = { groups: [{ ...hint("00g1"), eventTime: OF_NO_EVENT }, hint("00g2", "1", 3)] };
  take();
  t.is(hints.lastChange, Date.parse(at(3)));
});

test("a group that could not be read in a pass stays to be read", async (t) => {
  const { hints, stored, take } = scene({ groups: [hint("00g1", "7"), hint("00g2", "8")], everything });
  take();
  await hints.passed(ACME, {
    scope: "all",
    startedAt: later(),
    left: { ...nothing, groups: new Set(["00g1"]) },
  });
  t.deepEqual(stored.done, [{ people: [], groups: [{ id: "00g2", heardTime: "8" }], everything: "9" }]);
  t.is(hints.needs.size, 1);
});

test("who could not be looked at in a pass, or stored, is looked at alone afterwards", async (t) => {
  const { hints, stored, take } = scene({ people: people(201) });
  take();
  const left = { ...nothing, people: new Set(["00u7"]) };
  await hints.passed(ACME, { scope: "all", startedAt: later(), left });
  t.is(stored.done[0]?.people?.length, 200);
  stored.spec = { people: people(201).filter(({ id }) => left.people.has(id)) };
  take();
  t.deepEqual([hints.looks.has("00u7"), hints.needs.size], [true, 0]);
});

test("when the last change happened is the latest that was heard of, in whatever order", (t) => {
  const { hints, stored, take } = scene();
  take();
  t.is(hints.lastChange, undefined);
  for (const [spec, latest] of [
    [{ people: [hint("00u1", "1", 5), hint("00u2", "1", 3)] }, 5],
    [{ groups: [hint("00g1", "1", 4)] }, 5],
    [{ groups: [hint("00g1", "2", 7)] }, 7],
    [{ everything: { heardTime: "1", eventTime: at(9) } }, 9],
    [{}, 9],
  ] as const) {
    stored.spec = spec as OktaHintsSpec;
    take();
    t.is(hints.lastChange, Date.parse(at(latest)));
  }
});

test("of more than two hundred people everybody's groups are read instead, of more than twenty where that is done anyway", (t) => {
  for (const [count, more, looks, needs] of [
    [200, {}, 200, 0],
    [201, {}, 0, 201],
    [20, { everything }, 20, 1],
    [21, { everything }, 0, 22],
  ] as const) {
    const { hints, take } = scene({ people: people(count), ...more });
    t.deepEqual(take(), { needsPass: needs > 0, groupIDs: "everything" in more ? "all" : [] });
    t.deepEqual([hints.looks.size, hints.needs.size], [looks, needs], `${count}`);
    t.is(hints.needs.due(), needs > 0 ? "all" : undefined);
  }
});

test("whom a pass has left, or of whom it fails, is looked at alone, however much else is heard", async (t) => {
  const left = people(60).map((one) => ({ ...one, eventTime: OF_NO_EVENT }));
  const [bad, other] = [hint("00ubad"), hint("00uother")];
  const { hints, stored, take } = scene({ people: [...left, bad, other] });
  take();
  const refused = new DirectoryForbiddenError("okta.users.read", "no");
  const of = { bad: refused, other: new DirectoryUnreachableError(new Error("no")) };
  hints.looks.ended(bad, 0, { kind: "failed", error: of.bad });
  hints.looks.ended(other, 0, { kind: "failed", error: of.other });
  const many = Array.from({ length: 20 }, (_, i) => hint(`00unew${i}`));
  stored.spec = { people: [...left, bad, other, ...many], everything };
  take();
  t.deepEqual([hints.looks.size, hints.needs.size], [61, 22]);
  t.deepEqual(
    ["00u59", "00ubad", "00uother", "00unew0"].map((id) => hints.looks.has(id)),
    [true, true, false, false],
  );
  stored.spec = { people: [...left, bad] };
  take();
  t.deepEqual([hints.looks.size, hints.needs.size], [61, 0]);
});

test("of whom a group is told that can't be read, or that they are suspended, they are looked at, however many they are", async (t) => {
  const large = new Set(["00glarge"]);
  const left = people(300).map((one, i) => ({ ...one, left: [i < 150 ? "00glarge" : "00gother"] }));
  const suspended = { ...hint("00ususpended"), active: false, left: ["00gother"] };
  const { hints, stored, take } = scene({ people: [...left, suspended] });
  hints.take(ACME, large);
  t.deepEqual([hints.looks.size, hints.needs.size], [301, 0], "not more than two hundred others are left");
  stored.spec = {
    people: [...left, ...left.slice(150).map((one) => ({ ...one, id: `${one.id}0` })), suspended],
  };
  hints.take(ACME, large);
  t.deepEqual([hints.looks.size, hints.needs.size], [151, 300]);
  t.true(hints.looks.has("00ususpended"));

  stored.spec = { people: [...left, suspended] };
  take();
  t.deepEqual([hints.looks.size, hints.needs.size], [0, 301], "it isn't known to be so large yet");
  await hints.passed(ACME, { scope: "all", startedAt: later(), left: { ...nothing, unread: large } });
  t.deepEqual(
    stored.done[0]?.people?.map(({ id }) => id),
    left.slice(150).map(({ id }) => id),
  );
});

test("those who were to be looked at one by one aren't when so many more are heard of", (t) => {
  const { hints, stored, take } = scene({ people: people(3) });
  take();
  stored.spec = { people: people(300) };
  take();
  t.deepEqual([hints.looks.size, hints.needs.size], [0, 300]);
});

test("a pass takes out that for which nothing more is to be expected, each as it was heard", async (t) => {
  const { hints, stored, take } = scene({ groups: [hint("00g1", "7")] });
  take();
  await hints.passed(ACME, { scope: "all", startedAt: performance.now(), left: nothing });
  t.deepEqual(stored.done, [], "it was heard just now: Okta may be behind");
  await hints.passed(ACME, { scope: new Set(["00g1"]), startedAt: later(), left: nothing });
  t.deepEqual(stored.done, [{ people: [], groups: [{ id: "00g1", heardTime: "7" }] }]);

  stored.spec = { people: people(201), groups: [hint("00g2", "8")], everything };
  take();
  await hints.passed(ACME, { scope: "all", startedAt: later(), left: nothing });
  t.deepEqual(stored.done[1], {
    people: people(201).map(({ id, heardTime }) => ({ id, heardTime })),
    groups: [{ id: "00g2", heardTime: "8" }],
    everything: "9",
  });
});

test("what is being taken out isn't begun anew while it is still seen; the same of a later time is", async (t) => {
  const { hints, stored, take } = scene({ people: [hint("00u1")], groups: [hint("00g1")], everything });
  take();
  await hints.takeOut(ACME, { people: [hint("00u1")], groups: [hint("00g1")], everything: "9" });
  t.deepEqual(take(), { needsPass: false, groupIDs: [] });
  t.is(hints.size, 0);

  stored.spec = { people: [hint("00u1", "2")], groups: [hint("00g1", "2")], everything };
  t.deepEqual(take(), { needsPass: true, groupIDs: ["00g1"] });
  t.is(hints.size, 2);
  stored.spec = {};
  take();
  stored.spec = { everything };
  t.true(take().needsPass, "it has been gone in between: it is heard of anew");
});

test("where it can't be taken out, that is told, and it is begun anew", async (t) => {
  const spec = { people: [hint("00u1")], groups: [hint("00g1")], everything };
  const { hints, stored, take } = scene(spec);
  take();
  stored.error = new Error("no");
  for (const done of [{ people: [hint("00u1")] }, { groups: [hint("00g1")] }, { everything: "9" }])
    await t.throwsAsync(hints.takeOut(ACME, done), { is: stored.error });
  take();
  t.is(hints.size, 3);
});
