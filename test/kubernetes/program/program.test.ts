import { execFile } from "node:child_process";
import { promisify } from "node:util";
import test from "ava";
import { kubeconfigPath } from "../api-server.ts";

/** Says what it was told and what it counts, and ends. */
const PROGRAM = `
  import { isPort, programFlags, runProgram } from ${JSON.stringify(new URL("../../../kubernetes/index.ts", import.meta.url).href)};
  await runProgram({
    name: "gadget-controller",
    summary: "minds gadgets",
    prefix: "gadget_",
    memoryLimit: "the gadget's limit",
    flags: { ...programFlags, "health-port": { value: "PORT", description: "a port", check: isPort } },
    main: async ({ flags, metrics, log }) => log.info({ port: flags["health-port"], metrics: await metrics.metrics() }, "up"),
  });`;

test("what a program's variables and metrics are called begins with its prefix", async (t) => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", PROGRAM], {
    env: {
      PATH: process.env.PATH,
      KUBECONFIG: kubeconfigPath(),
      GADGET_HEALTH_PORT: "1234",
      HEALTH_PORT: "5",
    },
  });
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const up = lines.find(({ msg }) => msg === "up");
  t.is(up?.port, "1234");
  t.regex(up?.metrics, /^# TYPE gadget_reconciles_total counter$/m);
  t.regex(up?.metrics, /^gadget_memory_used_ratio\{of="heap"\} 0\.\d+$/m);
  t.regex(up?.metrics, /^# TYPE kubernetes_client_requests_total counter$/m);
});
