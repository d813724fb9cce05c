/**
 * Runs everything that must hold: the checks of the code, then the tests, on one control plane that they share.
 *
 *   npm test                          all of it
 *   npm test -- FILE...               only these test files, without the checks
 *   npm test -- --no-checks           all tests, without the checks
 *   npm test -- --checks-only         the checks, without tests
 *   npm test -- FILE --match='...'    other options are AVA's
 *   KUBERNETES=1.33 npm test          on the oldest Kubernetes that is supported, instead of the newest
 *
 * Where ORO_CONTROL_PLANE names a running control plane (npm run control-plane), that one is used. The last line is
 * `N passed, N failed`; the exit code is 0 only if nothing failed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { delimiter, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { apiRequest } from "../dev/control-plane/api-request.ts";
import {
  attachControlPlane,
  type RunningControlPlane,
  startControlPlane,
} from "../dev/control-plane/control-plane.ts";
import { CONTROL_PLANE, environmentOf } from "../dev/control-plane/environment.ts";
import { findHelm } from "../dev/control-plane/helm.ts";
import { installCrds } from "../dev/control-plane/install.ts";
import { chosenKubernetes, OtherKubernetesError } from "../dev/control-plane/kubernetes-version.ts";
import { duration } from "../dev/control-plane/progress.ts";
import { type Counts, countsOf } from "./ava-counts.ts";
import { CHECKS, runCheck } from "./checks.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
process.chdir(root);
const env: NodeJS.ProcessEnv = {
  ...process.env,
  PATH: `${root}node_modules/.bin${delimiter}${process.env.PATH ?? ""}`,
};
// Every test file is a thread of its own that loads the product anew: half of that is reading TypeScript. What coverage
// is measured by doesn't know the places in what was read earlier.
if (!env.NODE_V8_COVERAGE) env.NODE_COMPILE_CACHE ??= join(root, ".cache/compiled");

const HELP = `npm test [-- FILE... | --no-checks | --checks-only | options of AVA]

KUBERNETES=1.33         tests on the oldest Kubernetes that is supported, built once
KUBERNETES=newest       on the newest, built once; default: what is at hand and supported, else the newest
ORO_CONTROL_PLANE=FILE  tests on this running control plane (npm run control-plane prints it)
KUBEBUILDER_ASSETS=DIR  takes etcd, kube-apiserver and kubectl from here, instead of building them`;

/** Set by Ctrl-C; then the run ends with what it has, and cleans up. */
let interruptedBy: NodeJS.Signals | undefined;
let ava: ChildProcess | undefined;

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  if (args.includes("--help")) {
    console.log(HELP);
    return 0;
  }
  const own = ["--no-checks", "--checks-only"];
  const avaArgs = args.filter((arg) => !own.includes(arg));
  const withChecks =
    args.includes("--checks-only") || (!args.includes("--no-checks") && avaArgs.length === 0);
  const withTests = !args.includes("--checks-only");

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      // Asked a second time, it doesn't wait for tests that hang.
      ava?.kill(interruptedBy === undefined ? signal : "SIGKILL");
      interruptedBy = signal;
    });
  }

  const failedChecks = withChecks ? await checks() : 0;
  const tests =
    withTests && !interruptedBy ? await testsOnControlPlane(avaArgs) : { passed: 0, failed: 0, skipped: 0 };
  const passed = tests.passed;
  const failed = tests.failed + failedChecks;
  console.log(`\n${passed} passed, ${failed} failed${tests.skipped > 0 ? `, ${tests.skipped} skipped` : ""}`);
  if (interruptedBy) return 130;
  return failed === 0 ? 0 : 1;
}

/** @returns how many failed */
async function checks(): Promise<number> {
  let failed = 0;
  await Promise.all(
    CHECKS.map(async (check) => {
      const { name, ok, output, ms } = await runCheck(check, env);
      console.log(`${ok ? "ok    " : "FAILED"} ${name} (${(ms / 1000).toFixed(1)} s)`);
      if (!ok) {
        failed += 1;
        console.log(`${output}\n`);
      }
    }),
  );
  return failed;
}

async function testsOnControlPlane(avaArgs: readonly string[]): Promise<Counts> {
  const chosen = chosenKubernetes();
  // Tests of the chart need Helm. When it has to be built, that is better not done while others run.
  if (avaArgs.length === 0 || avaArgs.some((arg) => arg.includes("charts"))) await findHelm();
  const started = performance.now();
  const given = process.env[CONTROL_PLANE];
  if (given) {
    if (chosen !== "any") throw new OtherKubernetesError(chosen, CONTROL_PLANE);
    const running = await attachControlPlane(given);
    await installCrds(running);
    console.log(`control plane: Kubernetes ${await versionOf(running)}, ${given}`);
    return runAva(avaArgs, env);
  }
  const controlPlane = await startControlPlane();
  try {
    await installCrds(controlPlane);
    const took = duration(performance.now() - started);
    console.log(`control plane: Kubernetes ${await versionOf(controlPlane)}, up with the CRDs in ${took}`);
    if (interruptedBy) return { passed: 0, failed: 0, skipped: 0 };
    return await runAva(avaArgs, { ...env, ...environmentOf(controlPlane) });
  } finally {
    await controlPlane.stop();
  }
}

/** @returns for example v1.37.2: what the server says, whatever was asked for */
async function versionOf({ admin }: RunningControlPlane): Promise<string> {
  const { body } = await apiRequest(admin, "GET", "/version");
  return z.object({ gitVersion: z.string() }).parse(JSON.parse(body)).gitVersion;
}

async function runAva(args: readonly string[], avaEnv: NodeJS.ProcessEnv): Promise<Counts> {
  const started = performance.now();
  const colour = process.stdout.isTTY ? { FORCE_COLOR: "1" } : {};
  ava = spawn("ava", args, { env: { ...avaEnv, ...colour }, stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  ava.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
    process.stdout.write(chunk);
  });
  const closed = once(ava, "close");
  const [code] = await once(ava, "exit");
  // Nothing more comes when AVA is gone, but a program that a test left behind may keep the pipe open.
  await Promise.race([closed, delay(1_000, undefined, { ref: false })]);
  ava.stdout?.destroy();
  console.log(`tests: ${duration(performance.now() - started)}`);
  return countsOf(output, typeof code === "number" ? code : 1);
}

process.exitCode = await main();
