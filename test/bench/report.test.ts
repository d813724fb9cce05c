import test from "ava";
import type { Measure } from "../../bench/measure.ts";
import { reportOn } from "../../bench/report.ts";

const measure = (name: string): Measure => ({
  name,
  title: `The ${name}`,
  method: `How the ${name} is measured.`,
  run: () => Promise.reject(new Error("not here")),
});
const all = [measure("first"), measure("second")];
const found = (name: string, measured: string) => ({
  measure: measure(name),
  outcome: {
    rows: [{ what: `Cost of ${name}`, measured, neighbour: "", ratio: "", budget: "" }],
    notes: [`Seen: ${measured}.`],
  },
});
const CLUSTER =
  "<!-- real cluster -->\n## On a real cluster\n\n| What | Seen |\n<!-- end of real cluster -->\n";

test("what wasn't measured this time stays on the page, in its place, with its row in the table", (t) => {
  const both = reportOn(CLUSTER, [found("second", "2 ms"), found("first", "1 ms")], all, false);
  t.regex(both, /\| Cost of first \| 1 ms[^\n]*\n\| Cost of second \| 2 ms/);
  t.true(both.indexOf("## The first") < both.indexOf("## The second"));
  t.true(both.endsWith(CLUSTER));

  const again = reportOn(both, [found("first", "9 ms")], all, false);
  t.is(again.replaceAll("9 ms", "1 ms"), both);
  t.is(again.match(/9 ms/g)?.length, 3, "in the table, in the section's, and in what was seen");
});
