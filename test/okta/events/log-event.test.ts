import test from "ava";
import { logEventSchema, readEvents } from "../../../okta/events/log-event.ts";

const written = {
  uuid: "e1",
  published: "2026-11-26T08:00:00.123Z",
  eventType: "user.lifecycle.suspend",
  outcome: { result: "SUCCESS", reason: null },
  target: [{ id: "00u1", type: "User", alternateId: "ada@acme.example", displayName: "Ada" }],
  debugContext: {},
};
const read = {
  uuid: "e1",
  published: written.published,
  eventType: written.eventType,
  outcome: "SUCCESS",
  targets: [{ id: "00u1", type: "User", displayName: "Ada" }],
};

test("an event is what happened, when, with what outcome and to whom", (t) => {
  t.deepEqual(logEventSchema.parse(written), read);
  const inParis = "2026-11-26T09:00:00+01:00";
  t.is(logEventSchema.parse({ ...written, published: inParis }).published, inParis);
});

test("an event whose name, time or type is missing can't be read", (t) => {
  for (const lacking of [
    { uuid: "" },
    { uuid: 7 },
    { published: "yesterday" },
    { published: undefined },
    { eventType: "" },
    { eventType: null },
  ])
    t.false(logEventSchema.safeParse({ ...written, ...lacking }).success, JSON.stringify(lacking));
});

test("an outcome that can't be read is none", (t) => {
  const { outcome: _, ...without } = read;
  for (const outcome of [undefined, null, "fine", {}, { result: 7 }])
    t.deepEqual(logEventSchema.parse({ ...written, outcome }), without, JSON.stringify(outcome));
});

test("a target that can't be read is none, and keeps no other from being read", (t) => {
  const targetsOf = (target: unknown) => logEventSchema.parse({ ...written, target }).targets;
  for (const target of [undefined, null, [], "all", {}]) t.deepEqual(targetsOf(target), []);
  t.deepEqual(
    targetsOf([
      null,
      7,
      { id: "", type: "User" },
      { id: "00u1", type: "" },
      { id: 1, type: "User" },
      { id: "00u1" },
      { id: "00u2", type: "User", displayName: null },
      { id: "00g1", type: "UserGroup", displayName: 7 },
      { id: "00g2", type: "UserGroup", displayName: "" },
    ]),
    [
      { id: "00u2", type: "User" },
      { id: "00g1", type: "UserGroup" },
      { id: "00g2", type: "UserGroup", displayName: "" },
    ],
  );
});

test("an event of more targets than Okta's have can't be read, and isn't one about nobody", (t) => {
  const of = (many: number) => ({ ...written, target: Array(many).fill(written.target[0]) });
  t.is(logEventSchema.parse(of(1_000)).targets.length, 1_000);
  t.false(logEventSchema.safeParse(of(1_001)).success);
});

test("however many events there are, others run between them", async (t) => {
  const long = { ...written, target: Array(1_000).fill({ id: 1 }) };
  let turns = 0;
  const count = setInterval(() => turns++, 0);
  t.is((await readEvents(Array(100).fill(long))).length, 100);
  clearInterval(count);
  t.true(turns > 1, `${turns}`);
});
