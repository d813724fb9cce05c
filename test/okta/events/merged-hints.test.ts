import test, { type ExecutionContext } from "ava";
import fc from "fast-check";
import { EVENT_TYPES } from "../../../okta/events/event-types.ts";
import type { GroupHint, Hint, PersonHint } from "../../../okta/events/hint.ts";
import { hintsOfEvent } from "../../../okta/events/hints-of-event.ts";
import type { LogEvent } from "../../../okta/events/log-event.ts";
import { mergeHints, saidOfPerson } from "../../../okta/events/merged-hints.ts";

const at = (ms: number) => new Date(Date.parse("2026-11-26T08:00:00Z") + ms).toISOString();

/** Few people and groups in a short time, so that they get into each other's way. */
const events: fc.Arbitrary<LogEvent[]> = fc.array(
  fc.record({
    uuid: fc.uuid(),
    published: fc.integer({ min: 0, max: 5 }).map(at),
    eventType: fc.constantFrom(...EVENT_TYPES, "user.session.start", "unheard.of"),
    outcome: fc.constantFrom("SUCCESS", "FAILURE"),
    targets: fc.array(
      fc.oneof(
        fc.record({ id: fc.constantFrom("u1", "u2"), type: fc.constant("User") }),
        fc.record({
          id: fc.constantFrom("g1", "g2", "g3"),
          type: fc.constant("UserGroup"),
          displayName: fc.constantFrom("Team", "Crew"),
        }),
        fc.record({ id: fc.constant("a1"), type: fc.constant("AppInstance") }),
      ),
      { maxLength: 3 },
    ),
  }),
  { maxLength: 12 },
);

function merged(of: readonly LogEvent[]): Hint[] {
  return mergeHints(of.flatMap(hintsOfEvent)).sort((a, b) => (a.kind + a.id < b.kind + b.id ? -1 : 1));
}

test("in whatever order events come, however often, and among whatever others, the same is to be looked at", (t) => {
  const disturbed = events.chain((original) =>
    fc.record({
      original: fc.constant(original),
      doubles: fc.array(fc.nat(), { maxLength: 6 }),
      order: fc.array(fc.nat(), { minLength: 24, maxLength: 24 }),
    }),
  );
  fc.assert(
    fc.property(disturbed, ({ original, doubles, order }) => {
      const foreign = { uuid: "x", published: at(9), eventType: "unheard.of", targets: [] };
      const again = original.length === 0 ? [] : doubles.flatMap((n) => original[n % original.length] ?? []);
      const all = [...original, ...again, foreign];
      const shuffled = all
        .map((event, n) => [order[n % order.length] ?? 0, event] as const)
        .sort(([a], [b]) => a - b)
        .map(([, event]) => event);
      t.deepEqual(merged(shuffled), merged(original));
    }),
    { numRuns: 500 },
  );
});

test("everybody and every group that events are about is in it, once, with the time of the last of them", (t) => {
  fc.assert(
    fc.property(events, (original) => {
      const hints = original.flatMap(hintsOfEvent);
      const keys = (of: readonly Hint[]) => of.map(({ kind, id }) => `${kind} ${id}`).sort();
      t.deepEqual(keys(merged(original)), [...new Set(keys(hints))]);
      for (const { kind, id, eventTime } of merged(original)) {
        const times = hints
          .filter((hint) => hint.kind === kind && hint.id === id)
          .map((hint) => hint.eventTime);
        t.is(eventTime, times.sort().at(-1) ?? "");
      }
    }),
  );
});

test("who joins a group and leaves it again has left it, also where the first is heard of last", (t) => {
  const joined: Hint = { kind: "person", id: "u1", eventTime: at(1), joined: ["g1", "g2"] };
  const left: Hint = { kind: "person", id: "u1", eventTime: at(2), left: ["g1"] };
  for (const hints of [
    [joined, left],
    [left, joined],
  ])
    t.deepEqual(mergeHints(hints), [
      {
        ...{ kind: "person", id: "u1", eventTime: at(2), joined: ["g2"], left: ["g1"] },
        earlier: [{ id: "g2", time: at(1) }],
      },
    ]);
});

test("in whatever parts hints are merged, the same comes of it: each thing that was said keeps its own time", (t) => {
  const said = fc.record({
    ms: fc.integer({ min: 0, max: 5 }),
    what: fc.constantFrom<Partial<PersonHint>>(
      {},
      ...["g1", "g2"].flatMap((id) => [{ joined: [id] }, { left: [id] }]),
      { active: true },
      { active: false },
    ),
  });
  fc.assert(
    fc.property(fc.array(said, { minLength: 1, maxLength: 8 }), fc.nat(8), (all, split) => {
      const hints = all.map(({ ms, what }) => person(ms, what));
      const once = mergeHints(hints);
      const [first, rest] = [hints.slice(0, split), hints.slice(split)];
      t.deepEqual(mergeHints([...mergeHints(first), ...mergeHints(rest)]), once);
      t.deepEqual(mergeHints([...mergeHints(rest), ...mergeHints(first)]), once);
    }),
    { numRuns: 500 },
  );
});

test("a group that was renamed twice has its last name", (t) => {
  const named = (name: string, ms: number): Hint => ({ kind: "group", id: "g1", name, eventTime: at(ms) });
  t.deepEqual(mergeHints([named("third", 3), named("first", 1), named("second", 2)]), [named("third", 3)]);
});

const person = (ms: number, more: Partial<PersonHint> = {}): PersonHint => ({
  kind: "person",
  id: "u1",
  eventTime: at(ms),
  ...more,
});

/** What comes of two hints, in either order. */
function ofBoth(t: ExecutionContext, one: Hint, another: Hint): Hint[] {
  const forwards = mergeHints([one, another]);
  t.deepEqual(mergeHints([another, one]), forwards);
  return forwards;
}

test("of what was said at the same time, the one that takes counts", (t) => {
  const [joined, left] = [person(1, { joined: ["g1"] }), person(1, { left: ["g1"] })];
  t.deepEqual(ofBoth(t, joined, left), [left]);
  const [active, inactive] = [person(1, { active: true }), person(1, { active: false })];
  t.deepEqual(ofBoth(t, active, inactive), [inactive]);
});

test("of what was said one after the other, the later counts, whatever it is", (t) => {
  for (const active of [true, false]) {
    const [before, after] = [person(1, { active: !active }), person(2, { active })];
    t.deepEqual(ofBoth(t, before, after), [after]);
  }
  t.deepEqual(ofBoth(t, person(1, { left: ["g1"] }), person(2, { joined: ["g1"] })), [
    person(2, { joined: ["g1"] }),
  ]);
});

test("what nothing was said of isn't there, and what was is in order", (t) => {
  t.deepEqual(mergeHints([person(1)]), [person(1)]);
  t.deepEqual(mergeHints([]), []);
  const [one, another] = [
    person(1, { joined: ["g4", "g1"], groupNames: ["Team", "Crew"] }),
    person(2, { left: ["g3", "g2"], groupNames: ["Crew", "All"], active: true }),
  ];
  t.deepEqual(ofBoth(t, one, another), [
    person(2, {
      joined: ["g1", "g4"],
      left: ["g2", "g3"],
      active: true,
      earlier: [
        { id: "g1", time: at(1) },
        { id: "g4", time: at(1) },
      ],
      groupNames: ["All", "Crew", "Team"],
    }),
  ]);
});

test("of names that a group had at the same time the same is taken in either order, and any before none", (t) => {
  const named = (name?: string): GroupHint => ({
    kind: "group",
    id: "g1",
    eventTime: at(1),
    ...(name === undefined ? {} : { name }),
  });
  t.deepEqual(ofBoth(t, named("a"), named("b")), [named("b")]);
  t.deepEqual(ofBoth(t, named(), named("a")), [named("a")]);
  const known = named("a");
  t.is(mergeHints([known, named("a")])[0], known);
});

test("what is said of a person is added to what was known, and as good without", (t) => {
  const known = person(2, { joined: ["g1"], left: ["g2"], active: true });
  t.deepEqual(saidOfPerson(undefined, known), {
    eventTime: at(2),
    joined: ["g1"],
    left: ["g2"],
    active: true,
    activeTime: undefined,
    earlier: [],
  });
  t.deepEqual(saidOfPerson(known, person(3, { joined: ["g2"], active: false })), {
    eventTime: at(3),
    joined: ["g1", "g2"],
    left: [],
    active: false,
    activeTime: undefined,
    earlier: [{ id: "g1", time: at(2) }],
  });
  t.deepEqual(saidOfPerson(known, person(1, { left: ["g1", "g3"] })), {
    eventTime: at(2),
    joined: ["g1"],
    left: ["g2", "g3"],
    active: true,
    activeTime: undefined,
    earlier: [{ id: "g3", time: at(1) }],
  });
  t.is(saidOfPerson(undefined, person(1)).active, undefined);
});
