import test from "ava";
import { clockAdvice, OktaClock } from "../../okta/clocks.ts";

const NOW = Date.parse("2026-11-24T09:00:00.400Z");

/** What is said after answers with these dates, each heard when it is `NOW`. */
function told(...dates: (string | null)[]): string | undefined {
  const clock = new OktaClock();
  for (const date of dates) clock.heard(date, NOW);
  return clockAdvice(clock.difference);
}

test("clocks that differ by more than half a minute are told, and which way", (t) => {
  t.is(told("Tue, 24 Nov 2026 09:00:30 GMT"), undefined);
  t.is(told("Tue, 24 Nov 2026 08:59:30 GMT"), undefined);
  t.is(
    told("Tue, 24 Nov 2026 10:00:00 GMT"),
    "The clock here is 3600 seconds behind Okta's, by the Date of Okta's answer: set the node's clock right.",
  );
  t.regex(told("Tue, 24 Nov 2026 08:58:00 GMT") ?? "", /^The clock here is 120 seconds ahead of Okta's/);
});

test("what is told stays the same while the clocks do, and follows them", (t) => {
  const hour = "Tue, 24 Nov 2026 10:00:00 GMT";
  t.is(told(hour, "Tue, 24 Nov 2026 09:59:58 GMT", "Tue, 24 Nov 2026 10:00:05 GMT"), told(hour));
  t.regex(told(hour, "Tue, 24 Nov 2026 10:00:07 GMT") ?? "", / 3607 seconds/);
  t.is(told(hour, "Tue, 24 Nov 2026 09:00:01 GMT"), undefined, "it was put right");
});

test("an answer without a date, or with nonsense, tells nothing", (t) => {
  t.is(told(null), undefined);
  t.is(told("yesterday"), undefined);
  t.is(told("Tue, 24 Nov 2026 10:00:00 GMT", null), undefined);
});

test("what told of the difference is named", (t) => {
  t.is(
    clockAdvice({ aheadS: -31, by: "iat" }),
    "The clock here is 31 seconds ahead of Okta's, by the iat of Okta's ID token: set the node's clock right.",
  );
  t.is(clockAdvice(undefined), undefined);
});
