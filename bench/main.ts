import { once } from "node:events";
import { parseArgs } from "node:util";
import { Bench } from "./bench.ts";
import type { Measure, Outcome } from "./measure.ts";
import { activePeople } from "./measures/active-people.ts";
import { applyToReady } from "./measures/apply-to-ready.ts";
import { coldStart } from "./measures/cold-start.ts";
import { headers } from "./measures/headers.ts";
import { hook } from "./measures/hook.ts";
import { large } from "./measures/large.ts";
import { logins } from "./measures/logins.ts";
import { mappingChange } from "./measures/mapping-change.ts";
import { behindNginx } from "./measures/nginx.ts";
import { replicas } from "./measures/replicas.ts";
import { revocation } from "./measures/revocation.ts";
import { scale } from "./measures/scale.ts";
import { sessions } from "./measures/sessions.ts";
import { sync } from "./measures/sync.ts";
import { usersPage } from "./measures/users-page.ts";
import { writeReport } from "./report.ts";
import { terminalTable } from "./table.ts";

const MEASURES: readonly Measure[] = [
  applyToReady,
  sessions,
  activePeople,
  usersPage,
  behindNginx,
  logins,
  headers,
  revocation,
  replicas,
  sync,
  hook,
  coldStart,
  scale,
  mappingChange,
  large,
];

const HELP = `Measures what the product costs, each thing beside its neighbour in the same run.

  npm run bench                              all of it, about half an hour
  npm run bench -- --only sessions,logins    some of it: ${MEASURES.map(({ name }) => name).join(", ")}
  npm run bench -- --quick                   a tenth of each, to see that it works
  npm run bench -- --write                   writes docs/benchmarks.md; with --only, its other parts stay
`;

const { values } = parseArgs({
  options: {
    help: { type: "boolean", short: "h", default: false },
    only: { type: "string" },
    quick: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});

if (values.help) {
  process.stdout.write(HELP);
  process.exit();
}
const chosen = choose(values.only);
const began = performance.now();
const bench = await Bench.start({
  quick: values.quick,
  say: (text) => console.error(`${elapsed()}  ${text}`),
});
const stopped = Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]).then(
  () => "stopped" as const,
);
try {
  const outcome = await Promise.race([measureAll(), stopped]);
  if (outcome === "stopped") process.exitCode = 130;
} finally {
  await bench.stop();
}
process.exit();

async function measureAll(): Promise<void> {
  const found: { measure: Measure; outcome: Outcome }[] = [];
  for (const measure of chosen) {
    bench.say(measure.title);
    const outcome = await measure.run(bench);
    found.push({ measure, outcome });
    console.log(terminalTable(outcome.rows));
    for (const note of outcome.notes) console.log(`        ${note}`);
  }
  if (values.write) await writeReport(found, MEASURES, values.quick);
  const rows = found.flatMap(({ outcome }) => outcome.rows);
  const judged = rows.filter(({ met }) => met !== undefined);
  console.log(`\n${judged.filter(({ met }) => met).length} of ${judged.length} budgets are met.`);
}

function choose(only: string | undefined): readonly Measure[] {
  if (only === undefined) return MEASURES;
  const names = only.split(",");
  const unknown = names.find((name) => !MEASURES.some((measure) => measure.name === name));
  if (unknown !== undefined) {
    console.error(
      `There is no measurement ${unknown}; there are ${MEASURES.map(({ name }) => name).join(", ")}.`,
    );
    process.exit(2);
  }
  return MEASURES.filter(({ name }) => names.includes(name));
}

function elapsed(): string {
  return `${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s`;
}
