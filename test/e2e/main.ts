/**
 * The product as people run it: its image and chart in a real cluster, from the installation to the end, and what can
 * happen in between.
 *
 *   npm run e2e                                   on a one-node cluster that is made for it (dev/cluster)
 *   npm run e2e -- --context NAME --image IMAGE   on another, which has the image or can pull it (docs/development.md)
 *   npm run e2e -- --keep                         leaves everything as it is at the end
 *   npm run e2e -- --write                        writes what was measured into docs/benchmarks.md
 *
 * The last line is `N passed, N failed`; the exit code is 0 only if nothing failed. Where it can't run, it says why,
 * and that is no failure.
 */
import { parseArgs } from "node:util";
import { writeClusterReport } from "../../bench/report.ts";
import { duration, showProgress } from "../../dev/control-plane/progress.ts";
import { ownCluster, SkippedError, someCluster, type TestCluster } from "./cluster.ts";
import { diagnosis } from "./diagnosis.ts";
import { Environment } from "./environment.ts";
import type { Step } from "./step.ts";
import { forms } from "./steps/forms.ts";
import { fromReleased } from "./steps/from-released.ts";
import { install } from "./steps/install.ts";
import { operation } from "./steps/operation.ts";
import { uninstall } from "./steps/uninstall.ts";
import { upgrade } from "./steps/upgrade.ts";

const steps: readonly Step[] = [
  ...install,
  ...upgrade,
  ...forms,
  ...operation,
  ...uninstall,
  ...fromReleased,
];

const { values: options } = parseArgs({
  options: {
    context: { type: "string" },
    image: { type: "string" },
    keep: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});

/** Ctrl-C ends it after the step under way, so that it still cleans up; a second one ends it at once. */
let interrupted = false;

async function main(): Promise<number> {
  if ((options.context === undefined) !== (options.image === undefined)) {
    console.error("--context NAME and --image IMAGE go together: that cluster has the image, or can pull it");
    return 2;
  }
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (interrupted) process.exit(130);
      interrupted = true;
      console.error("\nEnding after this step.");
    });
  }
  const cluster = await findCluster();
  if (cluster instanceof SkippedError) {
    console.log(`skipped: ${cluster.message}`);
    console.log(`\n0 passed, 0 failed, ${steps.length} skipped`);
    return 0;
  }
  try {
    const environment = await Environment.create(cluster);
    try {
      return await runSteps(environment, cluster);
    } finally {
      if (!options.keep) await environment.remove();
    }
  } finally {
    if (!options.keep) await cluster.stop();
  }
}

async function findCluster(): Promise<TestCluster | SkippedError> {
  const { context, image } = options;
  if (context !== undefined) {
    if (image === undefined)
      throw new Error("--context needs --image IMAGE, which that cluster has or can pull");
    return someCluster(context, image);
  }
  return ownCluster(showProgress()).catch((error: unknown) => {
    if (error instanceof SkippedError) return error;
    throw error;
  });
}

async function runSteps(environment: Environment, { imageSize }: TestCluster): Promise<number> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const told: { title: string; detail: string }[] = [];
  for (const [index, { title, run }] of steps.entries()) {
    if (interrupted) {
      counts.skipped += steps.length - index;
      break;
    }
    const started = performance.now();
    const say = (word: string, detail = ""): void => {
      console.log(`${word} ${title} (${duration(performance.now() - started)})`);
      if (detail !== "") console.log(detail.replace(/^/gm, "       "));
    };
    try {
      const detail = await run(environment);
      counts.passed += 1;
      say("ok    ", detail);
      if (detail !== undefined) told.push({ title, detail });
    } catch (error) {
      if (error instanceof SkippedError) {
        counts.skipped += 1;
        say("skip  ", error.message);
        continue;
      }
      counts.failed += 1;
      say("FAILED", `${error instanceof Error ? error.message : error}\n${await diagnosis(environment)}`);
      // Without an installation to look at, all others would fail for the same reason.
      if (index < 2) {
        counts.skipped += steps.length - index - 1;
        break;
      }
    }
  }
  if (imageSize !== undefined) told.unshift({ title: "the image, its base included", detail: imageSize });
  if (options.write && counts.failed === 0 && !interrupted) await writeClusterReport(told);
  const { passed, failed, skipped } = counts;
  console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  return failed > 0 || interrupted ? 1 : 0;
}

process.exitCode = await main();
