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
