import type { EventRecorderOptions, EventToRecord } from "../../../kubernetes/index.ts";

/** What is told in tests, of whatever object. */
export const PAINTED: Omit<EventToRecord, "regarding"> = {
  type: "Normal",
  reason: "Painted",
  action: "Paint",
  note: "It is red now.",
};

/** Who tells it. */
export const PAINTER = {
  reportingController: "example.com/test",
  reportingInstance: "test-1",
} satisfies Partial<EventRecorderOptions>;
