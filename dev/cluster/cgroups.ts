import { existsSync } from "node:fs";
import { readdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const MOUNT = "/sys/fs/cgroup";

/**
 * The paths of one control group: one in each hierarchy of version 1, or a single one of version 2.
 *
 * @param name with a leading slash
 */
export async function controlGroups(name: string): Promise<string[]> {
  if (existsSync(join(MOUNT, "cgroup.controllers"))) return [join(MOUNT, name)];
  const entries = await readdir(MOUNT, { withFileTypes: true });
  // Links name hierarchies that hold several controllers; `unified` is version 2 without any.
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(MOUNT, entry.name, name));
}

/** Removes a control group and those in it, as soon as the last process has gone from them. */
export async function removeControlGroup(path: string): Promise<void> {
  if (!existsSync(path)) return;
  for (const entry of await readdir(path, { withFileTypes: true }))
    if (entry.isDirectory()) await removeControlGroup(join(path, entry.name));
  for (let triesLeft = 50; ; triesLeft--) {
    try {
      return await rmdir(path);
    } catch (error) {
      // The kernel takes a moment to see the last of processes that were killed.
      const busy = error instanceof Error && "code" in error && error.code === "EBUSY";
      if (!busy || triesLeft === 0) throw error;
      await delay(100);
    }
  }
}
