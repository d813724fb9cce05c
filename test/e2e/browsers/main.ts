/**
 * The people's browsers, in a pod: only inside of a cluster are its Services reached the same way everywhere. They do
 * what they are told by POST requests (see browsers.ts one folder up), which come by way of the API server.
 */
import { createServer, type IncomingMessage } from "node:http";
import { json } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { request } from "undici";
import { z } from "zod";
import { throughIngress } from "./connections.ts";
import { People } from "./people.ts";
import { Traffic } from "./traffic.ts";

const settings = z
  .object({
    PORT: z.coerce.number(),
    LOGIN_URL: z.url(),
    OKTA_URL: z.url(),
    SERVICE_HOST: z.string(),
    SERVICE_PORT: z.coerce.number(),
  })
  .parse(process.env);

const login = new URL(settings.LOGIN_URL);
const connections = throughIngress(login, { host: settings.SERVICE_HOST, port: settings.SERVICE_PORT });
const people = new People({ login, okta: new URL(settings.OKTA_URL) }, connections);
let traffic: Traffic | undefined;

const Somebody = z.object({ name: z.string(), at: z.url().optional() });
const Load = z.object({
  signInsPerSecond: z.number(),
  checksPerSecond: z.number(),
  names: z.array(z.string()).min(1),
});
const Pod = z.object({ address: z.string(), ports: z.array(z.number()) });

/** Path -> what is done; the answer is sent as JSON. */
const actions: Record<string, (body: unknown) => Promise<unknown>> = {
  "/sign-in": async (body) => people.signIn(Somebody.parse(body).name),
  "/session": async (body) => {
    const { name, at } = Somebody.parse(body);
    return people.session(name, at === undefined ? undefined : new URL(at));
  },
  "/traffic/start": async (body) => {
    await traffic?.stop();
    traffic = new Traffic(people, Load.parse(body));
    return {};
  },
  "/traffic/stop": async () => {
    const report = await traffic?.stop();
    traffic = undefined;
    return report;
  },
  "/until-ready": async (body) => {
    const { address, ports } = Pod.parse(body);
    return Promise.all(ports.map((port) => untilReady(`http://${address}:${port}/readyz`)));
  },
};

/** @returns when it answered for the first time, in ms since 1970 */
async function untilReady(url: string): Promise<number> {
  for (const signal = AbortSignal.timeout(60_000); ; await delay(10, undefined, { signal })) {
    const answer = await request(url, { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
    await answer?.body.dump();
    if (answer?.statusCode === 200) return Date.now();
  }
}

async function answer(incoming: IncomingMessage): Promise<{ status: number; body: unknown }> {
  const action = actions[incoming.url ?? ""];
  if (incoming.method !== "POST" || action === undefined)
    return { status: 404, body: { error: "no such action" } };
  try {
    return { status: 200, body: await action(await json(incoming)) };
  } catch (error) {
    return { status: 500, body: { error: String(error) } };
  }
}

const server = createServer((incoming, response) => {
  if (incoming.method === "GET") return void response.end("ready");
  answer(incoming).then(({ status, body }) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
});
server.keepAliveTimeout = 0; // the API server keeps connections, and one that closes as it is used is an error
server.listen(settings.PORT);
process.once("SIGTERM", () => process.exit());
