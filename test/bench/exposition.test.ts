import test from "ava";
import { parseExposition, total } from "../../bench/exposition.ts";
import { markdownTable } from "../../bench/table.ts";

const TEXT = `# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{verb="PATCH",resource="a",note="a \\"quoted\\" } brace"} 3
requests_total{verb="GET",resource="a"} 4e2
up 1
`;

test("metrics are summed over the labels that pass", (t) => {
  const samples = parseExposition(TEXT);
  t.is(total(samples, "requests_total"), 403);
  t.is(
    total(samples, "requests_total", ({ verb }) => verb === "PATCH"),
    3,
  );
  t.is(total(samples, "up"), 1);
  t.is(total(samples, "unknown_total"), 0);
});

test("a row without a budget has no verdict", (t) => {
  const row = { what: "a|b", measured: "1 ms", neighbour: "2 ms", ratio: "0.50x", budget: "" };
  const lines = markdownTable([row, { ...row, budget: "<= 1x", met: true }]).split("\n");
  t.is(lines[2], "| a\\|b | 1 ms | 2 ms | 0.50x |  |  |");
  t.true(lines[3]?.endsWith("| <= 1x | yes |"));
});
