import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import test from "ava";
import { parseFlags, programFlags } from "../../../kubernetes/program/flags.ts";
import { RunningLog } from "../../../kubernetes/program/running-log.ts";
import { kubeconfigPath } from "../api-server.ts";

function running(level: string) {
  const lines: Record<string, unknown>[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  const messages = (): unknown[] => lines.splice(0).map(({ msg, logLevel }) => logLevel ?? msg);
  return { messages, destination, running: new RunningLog({ name: "x", level, destination }) };
}

for (const level of ["info", "error"]) {
  test(`from ${level} to debug and back, for children too, whenever they were made`, (t) => {
    const { running: made, messages } = running(level);
    const { log } = made;
    const child = log.child({ controller: "users" });
    const grandchild = child.child({ key: "access/ada" });
    const speak = (): void => {
      for (const [who, each] of Object.entries({ log, child, grandchild })) each.debug(who);
    };
    speak();
    t.deepEqual(messages(), []);
    made.switchDebug();
    speak();
    const later = grandchild.child({ later: true });
    later.debug("later");
    t.deepEqual(messages(), ["debug", "log", "child", "grandchild", "later"]);
    made.switchDebug();
    speak();
    later.debug("later");
    t.deepEqual(messages(), [level]);
    log.error("errors still are");
    later.error("here, too");
    t.deepEqual(messages(), ["errors still are", "here, too"]);
  });
}

test("what was logged last is out when the log has ended, and nothing comes after it", async (t) => {
  const { running: made, messages, destination } = running("info");
  let late = 0;
  destination.on("error", () => late++);
  const child = made.log.child({ controller: "users" });
  child.info("the last words");
  await made.end();
  t.true(destination.writableFinished);
  child.fatal("too late");
  await new Promise(setImmediate);
  t.is(late, 0);
  t.deepEqual(messages(), ["the last words"]);
});

test("where debug is configured, it stays so", (t) => {
  const { running: made, messages } = running("debug");
  for (let times = 0; times < 2; times++) {
    made.switchDebug();
    made.log.debug("a detail");
    t.deepEqual(messages(), ["debug", "a detail"]);
  }
});

test("--help tells of the signal", (t) => {
  const parsed = parseFlags({ name: "x", summary: "y", prefix: "z_" }, programFlags, ["--help"], {});
  t.true(parsed.kind === "help" && parsed.text.includes("SIGUSR2"));
});

/** Says a detail over and over. */
const PROGRAM = `
  import { setTimeout as sleep } from "node:timers/promises";
  import { programFlags, runProgram } from ${JSON.stringify(new URL("../../../kubernetes/index.ts", import.meta.url).href)};
  await runProgram({
    name: "chatty",
    summary: "says a detail over and over",
    prefix: "chatty_",
    memoryLimit: "its limit",
    flags: programFlags,
    main: async ({ log, signal }) => {
      const part = log.child({ part: "one" });
      log.info("up");
      for (; !signal.aborted; await sleep(5)) part.debug("a detail");
    },
  });`;

test("SIGUSR2 switches a running program to debug, and the next one back", async (t) => {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", PROGRAM], {
    env: { ...process.env, KUBECONFIG: kubeconfigPath() },
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.teardown(() => {
    child.kill("SIGKILL");
  });
  const exited = once(child, "exit");
  const seen: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const { msg, logLevel } = JSON.parse(line);
    const said: string = logLevel ?? msg;
    if (said === seen.at(-1)) continue;
    seen.push(said);
    if (said === "up" || (said === "a detail" && seen.length === 3)) child.kill("SIGUSR2");
    if (said === "info") child.kill("SIGTERM");
  }
  t.deepEqual(seen, ["up", "debug", "a detail", "info", "stopping", "stopped"]);
  t.deepEqual(await exited, [0, null]);
});
