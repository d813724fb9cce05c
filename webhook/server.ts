import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import type { ChangingFilesOptions } from "../kubernetes/index.ts";
import { followCertificate, type TlsFiles } from "./tls.ts";

/** What a client may take, by Node's names; times in ms. */
const BOUNDS = {
  /** In bytes: a browser's cookies, those of sign-ins under way included, and a callback's query. */
  maxHeaderSize: 32 * 1024,
  /** Connections at once, of 12 KiB each at the least. A proxy needs one for each request that is under way. */
  maxConnections: 2_000,
  /** As long as for the headers of a request. */
  handshakeTimeout: 10_000,
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  /** How often requests are looked for that take longer. */
  connectionsCheckingInterval: 2_000,
  /** Longer than load balancers keep idle connections (60 s at most of them), so that they close, not we. */
  keepAliveTimeout: 65_000,
};

export interface RunningServer {
  readonly port: number;
  /** Parts from its clients one by one, lets what is under way finish, and cuts what takes longer than `graceMs`. */
  close(graceMs: number): Promise<void>;
}

export interface ServeOptions {
  /** 0 for a free one. */
  readonly port: number;
  /** The address to listen on; undefined for all, of IPv4 and of IPv6 as far as the machine has them. */
  readonly host: string | undefined;
  /** Plain http without it. */
  readonly tls?: (TlsFiles & ChangingFilesOptions) | undefined;
  /** Where they aren't the usual ones. */
  readonly bounds?: Partial<typeof BOUNDS>;
}

/** Serves HTTP with bounds on how long a client may take. */
export async function serve(
  listener: RequestListener,
  { port, host, tls, bounds: changed }: ServeOptions,
): Promise<RunningServer> {
  const bounds = { ...BOUNDS, ...changed };
  const secure = tls && createTlsServer(bounds, listener);
  const server = secure ?? createServer(bounds, listener);
  const unfollow = secure ? await followCertificate(secure, tls, tls) : () => {};
  server.maxConnections = bounds.maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : port,
    async close(graceMs) {
      unfollow();
      await close(server, graceMs);
    },
  };
}

/** For so long, of the time to finish, connections are given up one by one as they are used. */
const PARTING_MS = 2_500;

/**
 * A connection that is closed just as a request comes on it is an error to whoever sent it, and proxies don't send
 * everything again. So each answer says that it is the last on its connection, for a while, before the rest is closed.
 */
async function close(server: Server | TlsServer, graceMs: number): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  // New ones are taken meanwhile: whoever sends them hasn't heard yet that this replica is going.
  server.prependListener("request", (_request, response) => {
    response.shouldKeepAlive = false;
  });
  const partedAt = performance.now() + Math.min(PARTING_MS, graceMs / 2);
  while ((await connections(server)) > 0 && performance.now() < partedAt) await sleep(50);
  // Where this process was held up, time has passed in which nothing was read: what has come by now is read first. Two
  // turns, since the one under way may be past its reading.
  for (let turn = 0; turn < 2; turn++) await setImmediate();
  await new Promise<void>((resolve) => {
    server.close(() => resolve()); // closes idle connections as well
  });
  clearTimeout(cut);
}

function connections(server: Server | TlsServer): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });
}
