import { readdir, readFile, readlink } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

/** A process that can't be taken for a later one with the same number. */
export interface ProcessId {
  readonly pid: number;
  /** When it started, in ticks since the machine did (proc_pid_stat(5), field 22). */
  readonly started: string;
}

/** @returns undefined when there is no such process */
export async function identify(pid: number): Promise<ProcessId | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // The second field is the program's name, in parentheses, and may hold anything.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, started] = [fields?.[0], fields?.[19]];
  return started === undefined || state === "Z" ? undefined : { pid, started };
}

export async function isAlive(id: ProcessId): Promise<boolean> {
  return (await identify(id.pid))?.started === id.started;
}

/** Kills it at once and waits until it is gone. */
export async function killAndWait(id: ProcessId): Promise<void> {
  while (await isAlive(id)) {
    process.kill(id.pid, "SIGKILL");
    await delay(50);
  }
}

/** @returns the only child of a process, as soon as it has one; undefined when the process ends first */
export async function childOf(parent: ProcessId): Promise<ProcessId | undefined> {
  while (await isAlive(parent)) {
    const path = `/proc/${parent.pid}/task/${parent.pid}/children`;
    const children = await readFile(path, "utf8").catch(() => "");
    const first = children.split(" ")[0];
    if (first) return identify(Number(first));
    await delay(20);
  }
  return undefined;
}

/**
 * @param member a process of the process namespace
 * @param program the path of the program's file
 * @returns those of a process namespace that run a program, numbered as outside of it
 */
export async function runningIn(member: ProcessId, program: string): Promise<ProcessId[]> {
  const namespaceOf = (pid: number) => readlink(`/proc/${pid}/ns/pid`).catch(() => undefined);
  const namespace = await namespaceOf(member.pid);
  const found: ProcessId[] = [];
  for (const name of await readdir("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || (await namespaceOf(pid)) !== namespace) continue;
    const executable = await readlink(`/proc/${pid}/exe`).catch(() => undefined);
    const id = executable === program ? await identify(pid) : undefined;
    if (id) found.push(id);
  }
  return found;
}
