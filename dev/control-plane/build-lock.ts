import { open, readFile, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as delay } from "node:timers/promises";

const HEARTBEAT_MS = 5_000;
const STALE_AFTER_MS = 30_000;
const LOOK_AGAIN_MS = 500;

/**
 * Runs `work` while no other process on this cache does. The lock is a file, because Node has no flock; its holder
 * touches it while it lives, so that a lock of a process that was killed doesn't last.
 *
 * This only saves work: whoever builds into a folder of its own and renames it is right without the lock as well.
 *
 * @param file the lock; its folder exists
 * @param waiting is called twice a second while another process holds the lock
 */
export async function exclusively<T>(file: string, waiting: () => void, work: () => Promise<T>): Promise<T> {
  const holder = `${hostname()} ${process.pid}`;
  while (!(await take(file, holder))) {
    if (await isStale(file)) {
      await rm(file, { force: true });
      continue;
    }
    waiting();
    await delay(LOOK_AGAIN_MS);
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    // The file can only be gone when another process took this one for dead: then there is nothing to keep alive.
    utimes(file, now, now).catch(() => clearInterval(heartbeat));
  }, HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    if ((await contentOf(file)) === holder) await rm(file, { force: true });
  }
}

async function take(file: string, holder: string): Promise<boolean> {
  try {
    const handle = await open(file, "wx");
    await handle.writeFile(holder);
    await handle.close();
    return true;
  } catch (error) {
    if (isErrno(error, "EEXIST")) return false;
    throw error;
  }
}

/** The holder is on this machine and dead, or nobody has touched the lock for a while. */
async function isStale(file: string): Promise<boolean> {
  const content = await contentOf(file);
  if (content === undefined) return false; // released just now
  const [host, pid] = content.split(" ");
  if (host === hostname() && pid !== undefined && !isAlive(Number(pid))) return true;
  const touched = await stat(file).catch(() => undefined);
  return touched !== undefined && Date.now() - touched.mtimeMs > STALE_AFTER_MS;
}

async function contentOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !isErrno(error, "ESRCH");
  }
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
