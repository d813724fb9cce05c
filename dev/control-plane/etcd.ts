import { join } from "node:path";
import { freePort } from "./ports.ts";
import { onFreePort } from "./start-failed.ts";
import type { Tether, TetheredProcess } from "./tether.ts";
import { untilReady } from "./until-ready.ts";

/**
 * Starts etcd with its data in the folder, and waits until it answers.
 *
 * @throws StartFailedError
 */
export function startEtcd(
  tether: Tether,
  program: string,
  folder: string,
): Promise<{ url: string; process: TetheredProcess }> {
  return onFreePort(async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const process = await tether.start(
      "etcd",
      [
        program,
        `--data-dir=${join(folder, "etcd")}`,
        `--listen-client-urls=${url}`,
        `--advertise-client-urls=${url}`,
        "--listen-peer-urls=http://127.0.0.1:0",
        // What the kernel has been given survives this process; that it survives a power cut isn't worth the time.
        "--unsafe-no-fsync",
        "--log-level=warn",
      ],
      join(folder, "etcd.log"),
    );
    await untilReady(process, async () => (await fetch(`${url}/readyz`)).ok);
    return { url, process };
  });
}
