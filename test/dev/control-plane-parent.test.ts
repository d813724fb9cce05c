import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import test from "ava";
import { waitFor } from "../wait-for.ts";
import { processesOf } from "./processes.ts";

const main = fileURLToPath(new URL("../../dev/control-plane/main.ts", import.meta.url));
const controlPlane = new URL("../../dev/control-plane/control-plane.ts", import.meta.url).href;

/** Starts a program that has a control plane and prints where its description is. */
async function parentOf(t: { teardown(run: () => void): void }, ...args: string[]) {
  const parent = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "ignore"] });
  t.teardown(() => void parent.kill("SIGKILL"));
  for await (const line of createInterface({ input: parent.stdout })) {
    const description = /([^'\s]+control-plane\.json)/.exec(line)?.[1];
    if (description !== undefined) return { parent, processes: await processesOf(description) };
  }
  throw new Error("it ended without a control plane");
}

async function exitOf(parent: ChildProcess): Promise<unknown> {
  if (parent.exitCode === null && parent.signalCode === null) await once(parent, "exit");
  return parent.exitCode ?? parent.signalCode;
}

function nothingLeft({ folder, alive }: { folder: string; alive: () => boolean }) {
  const gone = () => !alive() && !existsSync(folder) && !existsSync(`${folder}.abandoned`);
  return waitFor(() => gone() || undefined, { what: "etcd, kube-apiserver and their folder to be gone" });
}

test.serial("npm run control-plane ends in good order on Ctrl-C", async (t) => {
  const { parent, processes } = await parentOf(t, main);
  parent.kill("SIGINT");
  t.is(await exitOf(parent), 0);
  t.false(processes.alive());
  t.false(existsSync(processes.folder));
});

test.serial("killing the parent with SIGKILL leaves neither a process nor a file", async (t) => {
  const { parent, processes } = await parentOf(t, main);
  t.true(processes.alive());
  parent.kill("SIGKILL");
  t.is(await exitOf(parent), "SIGKILL");
  t.true(await nothingLeft(processes));
});

test.serial("an exception of the parent leaves neither a process nor a file", async (t) => {
  const program = `
    const { startControlPlane } = await import(${JSON.stringify(controlPlane)});
    console.log((await startControlPlane()).description);
    process.stdin.on("data", () => { throw new Error("a mistake"); });`;
  const { parent, processes } = await parentOf(t, "--input-type=module", "--eval", program);
  t.true(processes.alive());
  parent.stdin?.write("go on");
  t.is(await exitOf(parent), 1);
  t.true(await nothingLeft(processes));
});
