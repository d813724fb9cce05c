import { join } from "node:path";
import { freePort } from "./ports.ts";
import { onFreePort } from "./start-failed.ts";
import type { Tether, TetheredProcess } from "./tether.ts";
import { untilReady } from "./until-ready.ts";

/** An etcd that answers. */
export interface Etcd {
  readonly url: string;
  /**
   * Stops it, does something with the folder that has its data, and starts it again on the same port.
   * @param graceMs see TetheredProcess.stop
   */
  restart(graceMs: number, meanwhile: (data: string) => Promise<void>): Promise<void>;
  stop(graceMs: number): Promise<void>;
}

/**
 * Starts etcd with its data in the folder, and waits until it answers.
 *
 * @throws StartFailedError
 */
export async function startEtcd(tether: Tether, program: string, folder: string): Promise<Etcd> {
  const data = join(folder, "etcd");
  const launch = async (url: string): Promise<TetheredProcess> => {
    const process = await tether.start(
      "etcd",
      [
        program,
        `--data-dir=${data}`,
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
    return process;
  };
  let { url, process } = await onFreePort(async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    return { url, process: await launch(url) };
  });
  return {
    url,
    async restart(graceMs, meanwhile) {
      await process.stop(graceMs);
      await meanwhile(data);
      process = await launch(url);
    },
    stop: (graceMs) => process.stop(graceMs),
  };
}
