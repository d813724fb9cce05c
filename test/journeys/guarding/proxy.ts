import { spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import {
  type DocumentedProxy,
  documentedProxies,
  type Place,
} from "../../../dev/quickstart/documented-proxy.ts";
import { waitFor } from "../../cluster.ts";

/** A documented proxy as tests start it. */
export interface ProxyUnderTest {
  readonly name: DocumentedProxy["name"];
  /** What it answers where the webhook is away. */
  readonly away: number;
  /** How long it waits for the webhook. */
  readonly timeOutMs: number;
  /** Starts the real one on the documented configuration; it ends with the test. */
  start(t: ExecutionContext, place: Place): Promise<void>;
}

const AWAY = { nginx: 503, Caddy: 502, HAProxy: 503, Apache: 503, Traefik: 500 } as const;
/** As the files say. Traefik's says nothing, and can't. */
const TIME_OUT_MS = { nginx: 5_000, Caddy: 5_000, HAProxy: 5_000, Apache: 5_000, Traefik: 30_000 } as const;

/** A test with each of the proxies that are installed here; the others are skipped, with a sentence. */
export function testWithProxies(
  title: string,
  body: (t: ExecutionContext, proxy: ProxyUnderTest) => Promise<void>,
): void {
  for (const { name, isHere, prepare } of documentedProxies) {
    const here = isHere();
    if (!here) console.log(`There is no ${name} here: what needs it is skipped.`);
    const start = async (t: ExecutionContext, place: Place) =>
      run(t, await prepare(place), join(place.folder, `${name}.log`), place.port);
    (here ? test : test.skip)(`${name}: ${title}`, (t) =>
      body(t, { name, away: AWAY[name], timeOutMs: TIME_OUT_MS[name], start }),
    );
  }
}

async function run(t: ExecutionContext, [command = "", ...args]: string[], log: string, port: number) {
  const output = await open(log, "a");
  const program = spawn(command, args, { stdio: ["ignore", output.fd, output.fd] });
  const ended = once(program, "exit");
  t.teardown(async () => {
    program.kill("SIGTERM");
    await ended;
    await output.close();
  });
  const listens = async () => {
    if (program.exitCode !== null)
      throw new Error(`${command} ended: ${await readFile(log, "utf8").catch(() => "no log")}`);
    return new Promise<true | undefined>((resolve) => {
      request(
        { host: "127.0.0.1", port, path: "/session", headers: { host: `localhost:${port}` } },
        (response) => {
          response.resume();
          // Traefik listens before it knows where anything leads.
          resolve(response.statusCode === 404 ? undefined : true);
        },
      )
        .on("error", () => resolve(undefined))
        .end();
    });
  };
  await waitFor(listens, { what: `${command} to listen` });
}
