import test from "ava";
import { microTime, rfc3339 } from "../../../kubernetes/client/times.ts";

test("a time is to the second, and one of the other kind to the microsecond", (t) => {
  const date = new Date("2026-11-24T10:00:00.123Z");
  t.is(rfc3339(date), "2026-11-24T10:00:00Z");
  t.is(rfc3339(date.getTime()), "2026-11-24T10:00:00Z");
  t.is(microTime(date), "2026-11-24T10:00:00.123000Z");
  t.regex(microTime(), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}000Z$/);
});
