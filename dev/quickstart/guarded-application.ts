import { createServer } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { listenOnFreePort } from "../control-plane/ports.ts";
import type { Tether } from "../control-plane/tether.ts";
import type { DocumentedProxy } from "./documented-proxy.ts";

/** An application behind a proxy that asks the webhook. */
export interface GuardedApplication {
  /** Where browsers reach it. */
  readonly url: string;
  readonly proxy: DocumentedProxy["name"];
  stop(): Promise<void>;
}

export interface GuardedApplicationOptions {
  /** The proxy ends with it. */
  readonly tether: Tether;
  readonly proxy: DocumentedProxy;
  readonly port: number;
  readonly webhookPort: number;
  /** "namespace/name" */
  readonly organization: string;
  readonly loginPath: string;
}

const START_MS = 15_000;
const STOP_MS = 3_000;

/** Starts an application that shows what it is told of people, and the documented proxy in front of it. */
export async function startGuardedApplication(
  options: GuardedApplicationOptions,
): Promise<GuardedApplication> {
  const { tether, proxy, port, ...rest } = options;
  const url = `http://localhost:${port}`;
  const application = createServer(({ headers }, res) => {
    const told = Object.entries(headers).filter(([name]) => /^(x-auth-request-|cookie$)/.test(name));
    res.setHeader("Content-Type", "text/plain; charset=utf-8");
    res.end(
      ["This application is told of you:", ...told.map(([name, value]) => `${name}: ${value}`), ""].join(
        "\n",
      ),
    );
  });
  const applicationPort = await listenOnFreePort(application);
  const place = { ...rest, folder: tether.folder, port, applicationPort, origin: url };
  const program = await tether.start("proxy", await proxy.prepare(place), join(tether.folder, "proxy.log"));
  const stop = async (): Promise<void> => {
    await program.stop(STOP_MS);
    application.closeAllConnections();
    application.close();
  };
  const deadline = performance.now() + START_MS;
  while (!(await answers(url))) {
    if (program.running && performance.now() < deadline) {
      await sleep(50);
      continue;
    }
    const words = await program.lastOutput();
    await stop();
    throw new Error(`${proxy.name} did not come up before the application: ${words}`);
  }
  return { url, proxy: proxy.name, stop };
}

async function answers(url: string): Promise<boolean> {
  return fetch(url, { redirect: "manual" }).then(
    ({ status }) => status !== 404, // Traefik listens before it knows where anything leads
    () => false, // it doesn't listen yet
  );
}
