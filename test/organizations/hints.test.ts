import test from "ava";
import fc from "fast-check";
import type { OktaHintsSpec } from "../../crds/types.ts";
import { type Hint, OF_NO_EVENT } from "../../okta/events/hint.ts";
import { withHeard, withoutDone } from "../../organizations/hints.ts";

const START = Date.parse("2026-11-26T08:00:00Z");
const at = (ms: number) => new Date(START + ms).toISOString();

function person(id: string, ms: number, said: Partial<Extract<Hint, { kind: "person" }>> = {}): Hint {
  return { kind: "person", id, eventTime: at(ms), ...said };
}

function group(id: string, ms: number): Hint {
  return { kind: "group", id, eventTime: at(ms) };
}

/** What has been heard after all of these, one after another. */
function heard(...batches: Hint[][]): OktaHintsSpec {
  return batches.reduce((spec: OktaHintsSpec, hints, n) => withHeard(spec, { hints }, START + n), {});
}

test("what was heard stands there with when that was, until it is done", (t) => {
  const spec = heard([person("u1", 1, { joined: ["g1"] }), group("g2", 2)]);
  t.deepEqual(spec, {
    people: [{ id: "u1", heardTime: at(0), eventTime: at(1), joined: ["g1"] }],
    groups: [{ id: "g2", heardTime: at(0), eventTime: at(2) }],
  });
  const less = withoutDone(spec, { people: [{ id: "u1", heardTime: at(0) }] });
  t.deepEqual(less, { groups: [{ id: "g2", heardTime: at(0), eventTime: at(2) }] });
  t.deepEqual(withoutDone(less, { groups: [{ id: "g2", heardTime: at(0) }] }), {});
});

test("what has been heard again since it was looked at stays", (t) => {
  const before = heard([person("u1", 1), group("g1", 1)]);
  const after = withHeard(before, { hints: [person("u1", 2), group("g1", 2)] }, START);
  const done = { people: before.people ?? [], groups: before.groups ?? [] };
  t.is(withoutDone(after, done), after, "even where it was heard in the same millisecond");
  t.deepEqual(withoutDone(after, { people: after.people ?? [], groups: after.groups ?? [] }), {});
});

test("a clock that went back makes nothing look as if it had been heard before", (t) => {
  const before = heard([person("u1", 1)]);
  const after = withHeard(before, { hints: [person("u1", 2)] }, START - 60_000);
  t.is(after.people?.[0]?.heardTime, at(1));
});

test("what is heard twice changes nothing, and isn't written", (t) => {
  const hints = [person("u1", 1, { joined: ["g1"], active: false }), group("g1", 1)];
  const spec = heard(hints);
  t.is(withHeard(spec, { hints }, START + 9), spec);
  t.is(withHeard(spec, { hints: [person("u1", 0)] }, START + 9), spec, "nor what happened before");
  t.is(withHeard(spec, {}, START + 9), spec);
});

test("of what contradicts, that counts which happened last, and at the same time that which takes", (t) => {
  const joined = person("u1", 1, { joined: ["g1", "g2"], active: true });
  for (const batches of [
    [[joined], [person("u1", 2, { left: ["g1"], active: false })]],
    [[person("u1", 2, { left: ["g1"], active: false })], [joined]],
    [[joined], [person("u1", 1, { left: ["g1"], active: false })]],
    [[person("u1", 1, { left: ["g1"], active: false })], [joined]],
  ])
    t.like(heard(...batches).people?.[0], { joined: ["g2"], left: ["g1"], active: false });
  const back = heard(
    [person("u1", 1, { left: ["g1"] })],
    [person("u1", 2, { joined: ["g1"], active: true })],
  );
  t.deepEqual(back.people, [{ id: "u1", heardTime: at(1), eventTime: at(2), joined: ["g1"], active: true }]);
});

test("a removal that is heard of late counts, whatever has happened to the person since, and so does a suspension", (t) => {
  const since = [person("u1", 1, { joined: ["g1"], active: true }), person("u1", 5, { joined: ["g2"] })];
  const late = [person("u1", 3, { left: ["g1"] }), person("u1", 3, { active: false })];
  for (const batches of [since.map((hint) => [hint]), [since]])
    t.deepEqual(heard(...batches, ...late.map((hint) => [hint])).people, [
      {
        ...{ id: "u1", heardTime: at(batches.length + 1), eventTime: at(5), joined: ["g2"], left: ["g1"] },
        ...{ active: false, activeTime: at(3), earlier: [{ id: "g1", time: at(3) }] },
      },
    ]);
  const older = person("u1", 0, { left: ["g1"], active: false });
  const spec = heard(since);
  t.is(withHeard(spec, { hints: [older] }, START + 9), spec, "what was before both is over");
});

test("what is said of one moment is noted to the last, and the same in another order is nothing new", (t) => {
  const said = [
    person("u1", 1, { joined: ["g1"] }),
    person("u1", 1, { joined: ["g2"] }),
    person("u1", 1, { left: ["g3"] }),
    person("u1", 1, { active: true }),
  ];
  const spec = heard(...said.map((hint) => [hint]));
  t.like(spec.people, [{ joined: ["g1", "g2"], left: ["g3"], active: true, heardTime: at(3) }]);
  const turned = person("u1", 1, { joined: ["g2", "g1"], left: ["g3"], active: true });
  t.is(withHeard(spec, { hints: [turned] }, START + 9), spec);
  t.is(heard(...said.map((hint) => [hint]), [person("u1", 1, { active: false })]).people?.[0]?.active, false);
});

test("of a group it is kept what it was called last, where that is a name", (t) => {
  const told = (spec: OktaHintsSpec, ms: number, name?: string) =>
    withHeard(
      spec,
      { hints: [{ ...group("g1", ms), ...(name === undefined ? {} : { name }) } as Hint] },
      START,
    );
  const nameOf = ({ groups = [] }: OktaHintsSpec) => groups[0]?.name;
  t.is(nameOf(told({}, 1)), undefined);
  const web = told({}, 1, "web");
  t.is(nameOf(web), "web");
  t.is(nameOf(told(web, 2, "net")), "net");
  for (const name of [undefined, "", "x".repeat(256)]) t.is(nameOf(told(web, 2, name)), "web");
  t.is(nameOf(told(web, 2, "x".repeat(255)))?.length, 255);
  t.is(told(web, 1, "net"), web, "it isn't later");
});

test("in whatever order and however often hints are heard, the same people and groups are to be looked at", (t) => {
  const hint = fc.oneof(
    fc.record({ id: fc.constantFrom("u1", "u2", "u3"), ms: fc.nat(9) }).map(({ id, ms }) => person(id, ms)),
    fc.record({ id: fc.constantFrom("g1", "g2"), ms: fc.nat(9) }).map(({ id, ms }) => group(id, ms)),
  );
  const asked = ({ people = [], groups = [] }: OktaHintsSpec) =>
    [...people, ...groups].map(({ id, eventTime }) => `${id} ${eventTime}`).sort();
  fc.assert(
    fc.property(fc.array(hint), fc.array(fc.nat()), (hints, order) => {
      const shuffled = hints
        .map((each, n) => [order[n] ?? 0, each] as const)
        .sort(([a], [b]) => a - b)
        .map(([, each]) => [each]);
      t.deepEqual(asked(heard(...shuffled, hints)), asked(heard(hints)));
    }),
  );
});

test("up to 500 people and groups are noted one by one, and beyond them that everything is to be looked at", (t) => {
  const people = Array.from({ length: 499 }, (_, n) => person(`u${n}`, 10 + n));
  const most = heard([...people, group("g1", 5)]);
  t.is(most.people?.length, 499);
  t.is(most.everything, undefined);
  const all = withHeard(most, { hints: [person("one more", 600)], logCursor: "c1" }, START + 700);
  t.deepEqual(
    all,
    { everything: { heardTime: at(700), eventTime: at(5) }, logCursor: "c1" },
    "since the first of it",
  );
  const later = withHeard(all, { hints: [person("u1", 800)] }, START + 800);
  t.is(
    later.people?.length,
    1,
    "who comes afterwards is noted again: that is sooner looked at than everything",
  );
  t.deepEqual(later.everything, all.everything);
  const flooded = withHeard(later, { hints: [...people, group("g1", 5), group("g2", 5)] }, START + 900);
  t.deepEqual(flooded.everything, { heardTime: at(900), eventTime: at(5) });
  t.deepEqual(withoutDone(flooded, { everything: at(700) }), flooded, "which has been heard again since");
  t.deepEqual(withoutDone(flooded, { everything: at(900) }), { logCursor: "c1" });
  const latest = heard([person("first", 1), ...people, group("g1", 5)]);
  t.is(latest.everything?.eventTime, at(1));
  const left = { ...group("g1", 5), eventTime: OF_NO_EVENT };
  t.is(heard([left, ...people, person("u500", 600)]).everything?.eventTime, at(10), "that one has none");
  const alone = people.map((one) => ({ ...one, eventTime: OF_NO_EVENT }));
  t.is(heard([...alone, left, { ...left, id: "g2" }]).everything?.eventTime, OF_NO_EVENT);
});

test("however much is said of however few people, an object stays small enough to be stored", (t) => {
  const groups = Array.from({ length: 300 }, (_, n) => `g${n}`);
  t.is(heard([person("u1", 1, { joined: groups })]).people?.[0]?.joined?.length, 100);
  t.is(heard([person("u1", 1, { left: groups })]).people?.[0]?.left?.length, 100);
  for (const said of [{ joined: groups }, { left: groups }]) {
    const many = Array.from({ length: 51 }, (_, n) => person(`u${n}`, 1, said));
    t.deepEqual(Object.keys(heard(many)), ["everything"]);
    t.is(heard(many.slice(1)).people?.length, 50);
  }
});

test("how far the log was read is noted together with what was in it", (t) => {
  const spec = withHeard({}, { hints: [person("u1", 1)], logCursor: "c1" }, START);
  t.like(spec, { people: { length: 1 }, logCursor: "c1" });
  t.is(withHeard(spec, { logCursor: "c1" }, START), spec);
  t.is(withHeard(spec, { logCursor: "c2" }, START).logCursor, "c2");
  const longest = "c".repeat(2_048);
  t.is(withHeard(spec, { logCursor: longest }, START).logCursor, longest);
  t.false(
    "logCursor" in withHeard(spec, { logCursor: "c".repeat(2_049) }, START),
    "one too long to be stored is none",
  );
});

test("that everything is to be looked at stands beside what is known, and is new each time that it is heard", (t) => {
  const spec = heard([person("u1", 1)]);
  const first = withHeard(spec, { everything: true, logCursor: "c1" }, START + 5);
  t.deepEqual(first, { ...spec, everything: { heardTime: at(5), eventTime: at(5) }, logCursor: "c1" });
  const second = withHeard(first, { everything: true }, START + 9);
  t.deepEqual(second.everything, { heardTime: at(9), eventTime: at(5) });
  t.is(withoutDone(second, { everything: at(5) }), second);
});

test("when the event hook called is known to a minute, and doesn't cost a write for each call", (t) => {
  const first = withHeard({}, { eventHook: "called" }, START);
  t.deepEqual(first, { eventHook: { verifiedTime: at(0), lastEventTime: at(0) } });
  t.is(withHeard(first, { eventHook: "called" }, START + 59_999), first);
  t.deepEqual(withHeard(first, { eventHook: "called" }, START + 60_000), {
    eventHook: { verifiedTime: at(0), lastEventTime: at(60_000) },
  });
  t.deepEqual(withHeard({}, { eventHook: "verified" }, START), { eventHook: { verifiedTime: at(0) } });
  for (const eventHook of ["called", "verified"] as const) {
    const here = withHeard({}, { eventHook, loginPath: "acme" }, START);
    t.is(here.eventHook?.loginPath, "acme");
    t.is(withHeard(here, { eventHook, loginPath: "acme" }, START + 1), here);
    const moved = withHeard(here, { eventHook, loginPath: "shop" }, START + 2);
    t.like(moved.eventHook, { loginPath: "shop", verifiedTime: at(2) }, "at once at another address");
    const refused = withHeard(here, { eventHook: "refused", loginPath: "shop" }, START + 3);
    t.like(refused.eventHook, { loginPath: "acme", verifiedTime: at(0) }, "that was the right one");
  }
});

test("a wrong secret is noted, and the first right one after it at once", (t) => {
  const right = withHeard({}, { eventHook: "called" }, START);
  const wrong = withHeard(right, { eventHook: "refused" }, START + 1);
  t.deepEqual(wrong.eventHook, { verifiedTime: at(0), lastEventTime: at(0), refusedTime: at(1) });
  t.is(withHeard(wrong, { eventHook: "refused" }, START + 59_999), wrong, "whoever guesses causes no writes");
  const again = withHeard(wrong, { eventHook: "called" }, START + 2);
  t.deepEqual(again.eventHook, { verifiedTime: at(2), lastEventTime: at(2), refusedTime: at(1) });
  t.is(withHeard(again, { eventHook: "refused" }, START + 3), again);
  t.is(withHeard(again, { eventHook: "called" }, START + 4), again);
  t.is(withHeard(wrong, { eventHook: "verified" }, START + 2).eventHook?.verifiedTime, at(2));
  const atOnce = withHeard(right, { eventHook: "refused" }, START);
  t.not(withHeard(atOnce, { eventHook: "called" }, START), atOnce, "also in the same millisecond");
  t.not(withHeard(right, { eventHook: "verified" }, START + 60_000), right);
  t.is(withHeard(right, { eventHook: "verified" }, START + 59_999), right);
});
