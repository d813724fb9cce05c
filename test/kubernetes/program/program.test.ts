import { execFile } from "node:child_process";
import test, { type ExecutionContext } from "ava";
import { programFlags, runProgram } from "../../../kubernetes/index.ts";
import { oneContext } from "../one-context.ts";

/** Says what it was told and what it counts, and ends, or fails. */
const PROGRAM = `
  import { isPort, programFlags, runProgram } from ${JSON.stringify(new URL("../../../kubernetes/index.ts", import.meta.url).href)};
  await runProgram({
    name: "gadget-controller",
    summary: "minds gadgets",
    prefix: "gadget_",
    memoryLimit: "the gadget's limit",
    flags: { ...programFlags, "health-port": { value: "PORT", description: "a port", check: isPort } },
    main: async ({ flags, namespace, metrics, log }) => {
      log.info({ port: flags["health-port"], namespace, metrics: await metrics.metrics() }, "up");
      if (flags["health-port"] === "66") throw new Error("no such port");
      setInterval(() => {}, 60_000); // as a library may have it
    },
  });`;

/** Runs it in a process of its own. */
async function run(t: ExecutionContext, { args = [], env = {} }: { args?: string[]; env?: object }) {
  const KUBECONFIG = await oneContext(t, { namespace: "mine" });
  return new Promise<{ code: unknown; stdout: string; stderr: string; lines: Record<string, unknown>[] }>(
    (resolve) => {
      execFile(
        process.execPath,
        ["--input-type=module", "--eval", PROGRAM, "x", ...args],
        { env: { ...process.env, KUBECONFIG, ...env } },
        (error, stdout, stderr) => {
          const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
          resolve({ code: error?.code ?? 0, stdout, stderr, lines: lines.map((line) => JSON.parse(line)) });
        },
      );
    },
  );
}

test("what a program's variables and metrics are called begins with its prefix; it ends when main has ended", async (t) => {
  const { code, lines } = await run(t, { env: { GADGET_HEALTH_PORT: "1234", HEALTH_PORT: "5" } });
  t.is(code, 0);
  const [up, stopped, ...others] = lines;
  t.like(up, { msg: "up", name: "gadget-controller", port: "1234", namespace: "mine" });
  t.like(stopped, { msg: "stopped" });
  t.deepEqual(others, []);
  const metrics = String(up?.metrics);
  t.regex(metrics, /^# TYPE gadget_reconciles_total counter$/m);
  t.regex(metrics, /^gadget_memory_used_ratio\{of="heap"\} 0\.\d+$/m);
  t.regex(metrics, /^# TYPE kubernetes_client_requests_total counter$/m);
  t.regex(metrics, /^process_cpu_seconds_total /m);
});

test("why it can't run, or go on, is said in words, and in its exit code", async (t) => {
  const [unconfigured, failed, quiet] = await Promise.all([
    run(t, { args: ["--kubeconfig", "/no/such/file"] }),
    run(t, { args: ["--health-port", "66", "--namespace", "other"] }),
    run(t, { args: ["--health-port", "66", "--log-level", "error"] }),
  ]);
  t.is(unconfigured.code, 1);
  t.is(unconfigured.lines.length, 1);
  t.regex(String(unconfigured.lines[0]?.msg), /^The kubeconfig can't be read: /);
  t.false("err" in (unconfigured.lines[0] ?? {}), "who reads it can do nothing with a stack");
  t.is(failed.code, 1);
  // What is fatal is written at once, which may be while what came before is still being written.
  const lines = failed.lines.toSorted((a, b) => Number(a.level) - Number(b.level));
  t.is(lines.length, 2);
  t.like(lines[0], { msg: "up", namespace: "other" });
  t.like(lines[1], { level: 60, msg: "the program can't go on", err: { message: "no such port" } });
  t.deepEqual(
    quiet.lines.map(({ msg }) => msg),
    ["the program can't go on"],
  );
});

test.serial("who asks for help gets it, who makes a mistake is told of it, and nothing runs", async (t) => {
  const { argv, exitCode, stdout, stderr } = process;
  const write = { out: stdout.write, err: stderr.write };
  const asked = async (...args: string[]) => {
    const written: Record<"out" | "err", string[]> = { out: [], err: [] };
    process.argv = [...argv.slice(0, 2), ...args];
    stdout.write = (text: string | Uint8Array) => written.out.push(String(text)) > 0;
    stderr.write = (text: string | Uint8Array) => written.err.push(String(text)) > 0;
    try {
      const ran: string[] = [];
      const main = async () => void ran.push("main");
      const flags = programFlags;
      await runProgram({ name: "x", summary: "does nothing", prefix: "x_", memoryLimit: "", flags, main });
      return { out: written.out.join(""), err: written.err.join(""), ran, code: process.exitCode };
    } finally {
      Object.assign(process, { argv, exitCode });
      stdout.write = write.out;
      stderr.write = write.err;
    }
  };
  const help = await asked("--help");
  t.regex(help.out, /^x: does nothing\n/);
  t.like(help, { err: "", ran: [], code: exitCode });
  const mistake = await asked("--log-level", "loud");
  t.regex(mistake.err, /^x: --log-level loud: is none of .*\n$/);
  t.like(mistake, { out: "", ran: [], code: 2 });
});
