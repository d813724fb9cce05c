import test from "ava";
import { timeOf } from "../../../webhook/pages/time.ts";

test("a time is told to the minute, for people and for programs", (t) => {
  const of = String(timeOf(1_764_000_059_000));
  t.is(of, '<time datetime="2025-11-24T16:00:59.000Z">2025-11-24 16:00 UTC</time>');
  t.is(String(timeOf("2025-11-24T16:00:59Z")), of);
});
