import test from "ava";
import { mergeConditions } from "../../../kubernetes/controller/conditions.ts";
import {
  type Condition,
  conditionFalse,
  conditionTrue,
  conditionUnknown,
} from "../../../kubernetes/index.ts";

const now = new Date("2026-11-24T10:00:00.123Z");
const before: Condition[] = [
  {
    type: "Ready",
    status: "True",
    reason: "Fine",
    message: "All is well.",
    observedGeneration: 1,
    lastTransitionTime: "2026-01-01T00:00:00Z",
  },
];

test("the time changes with the status, and with nothing else", (t) => {
  const [same] = mergeConditions(before, [conditionTrue("Ready", "Better", "All is even better.")], {
    generation: 2,
    now,
  });
  t.deepEqual(same, {
    type: "Ready",
    status: "True",
    reason: "Better",
    message: "All is even better.",
    observedGeneration: 2,
    lastTransitionTime: "2026-01-01T00:00:00Z",
  });
  const [other] = mergeConditions(before, [conditionFalse("Ready", "Broken", "It is broken.")], {
    generation: 2,
    now,
  });
  t.is(other?.lastTransitionTime, "2026-11-24T10:00:00Z");
});

test("conditions are sorted by type, and only the desired ones are there", (t) => {
  const desired = [conditionUnknown("Valid", "Unknown", "?"), conditionTrue("Known", "Yes", "!")];
  const merged = mergeConditions(before, desired, { generation: 1, now });
  t.deepEqual(
    merged.map(({ type, status }) => [type, status]),
    [
      ["Known", "True"],
      ["Valid", "Unknown"],
    ],
  );
});

test("an object without a generation has none in its conditions", (t) => {
  const [condition] = mergeConditions([], [conditionTrue("Ready", "Fine", "")], {
    generation: undefined,
    now,
  });
  t.false("observedGeneration" in (condition ?? {}));
});

test("a message that is too long for the API is cut", (t) => {
  const [condition] = mergeConditions([], [conditionTrue("Ready", "Fine", "x".repeat(40_000))], {
    generation: 1,
    now,
  });
  t.is(condition?.message.length, 32_768);
});

test("a message that just fits isn't cut, and one that is cut says so", (t) => {
  const message = (length: number) => {
    const desired = [conditionTrue("Ready", "Fine", "x".repeat(length))];
    return mergeConditions([], desired, { generation: 1, now })[0]?.message ?? "";
  };
  t.is(message(32_768), "x".repeat(32_768));
  t.is(message(32_769), `${"x".repeat(32_767)}…`);
});

test("however conditions are given, they are sorted, and times are those of the same condition", (t) => {
  const types = ["D", "B", "A", "C", "Ready"];
  const merged = mergeConditions(
    before,
    types.map((type) => conditionTrue(type, "Fine", "")),
    { generation: 1, now },
  );
  t.deepEqual(
    merged.map(({ type }) => type),
    ["A", "B", "C", "D", "Ready"],
  );
  t.deepEqual(
    merged.map(({ lastTransitionTime }) => lastTransitionTime === "2026-01-01T00:00:00Z"),
    [false, false, false, false, true],
  );
  const [unsaid] = mergeConditions([], [conditionTrue("Ready", "Fine", "")], { generation: 1 });
  t.regex(unsaid?.lastTransitionTime ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
});
