import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Ticks per second in /proc (USER_HZ): 100 on every Linux that Node runs on. */
const TICKS_PER_S = 100;

/** CPU time that a process has used, and that of its children where it has any, in seconds; to 10 ms. */
export async function cpuSeconds(pid: number): Promise<number> {
  let ticks = 0;
  for (const each of [pid, ...(await childrenOf(pid))]) {
    // The name in parentheses may hold anything: fields are counted from behind it (proc_pid_stat(5)).
    const stat = await readFile(`/proc/${each}/stat`, "utf8").catch(() => "");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // utime and stime, and of the first also those of children that have ended
    const [from, to] = each === pid ? [11, 15] : [11, 13];
    for (const field of fields.slice(from, to)) ticks += Number(field);
  }
  return ticks / TICKS_PER_S;
}

async function childrenOf(pid: number): Promise<number[]> {
  const tasks = await readdir(`/proc/${pid}/task`);
  const lists = await Promise.all(
    tasks.map((task) => readFile(`/proc/${pid}/task/${task}/children`, "utf8").catch(() => "")),
  );
  return lists.flatMap((list) => list.split(" ").filter(Boolean).map(Number));
}

/** Memory of a process in MiB: what it holds in RAM now, and the most that it ever held. */
export async function memoryMiB(pid: number): Promise<{ now: number; peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const read = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) / 1024;
  return { now: read("VmRSS"), peak: read("VmHWM") };
}

/**
 * Keeps a process with all its threads on some cores, as `taskset -c` takes them.
 * @returns false where there is no taskset, or no second core
 */
export async function pin(pid: number, cores: string): Promise<boolean> {
  try {
    await run("taskset", ["-a", "-p", "-c", cores, String(pid)]);
    return true;
  } catch {
    return false; // the numbers are of CPU time, so they hold without it, with more noise
  }
}
