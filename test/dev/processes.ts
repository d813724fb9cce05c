import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** The processes of a control plane without a folder of its own: see Tether. */
export async function processesOf(description: string) {
  const folder = dirname(dirname(description));
  const pid = async (program: string) => Number(await readFile(join(folder, `${program}.pid`), "utf8"));
  const pids = { etcd: await pid("etcd"), "kube-apiserver": await pid("kube-apiserver") };
  return { ...pids, folder, alive: () => Object.values(pids).some(isAlive) };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // ESRCH: a process of this user's, or none
  }
}
