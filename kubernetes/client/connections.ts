import { createSecureContext } from "node:tls";
import { type Dispatcher, Pool, ProxyAgent } from "undici";
import type { Access } from "./credentials.ts";

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * The connections for calls: HTTP/1.1, several of them, kept alive. On one core that is 15 % cheaper than HTTP/2 and as
 * fast; the API server closes idle connections after 90 s, so we do it sooner.
 */
export function callPool(access: Access, connections: number): Dispatcher {
  return dispatcherFor(access, { connections, allowH2: false, keepAliveTimeout: 30_000 }, 30_000);
}

/**
 * The connection for watches: HTTP/2 where the server speaks it, so that all watches and their heartbeat share one
 * connection, and an answered heartbeat proves that the watches are alive. On HTTP/1.1 each has its own.
 * @param onGoAway called when the server goes away from a connection, on which what runs may finish
 */
export function watchPool(access: Access, onGoAway: (error: Error) => void): Dispatcher {
  const options = { connections: null, allowH2: true, keepAliveTimeout: 30_000 };
  return dispatcherFor(access, options, 5_000, (origin, poolOptions) =>
    newPool(origin, poolOptions).on("disconnect", (_origin, _targets, error) => {
      if (/GOAWAY/.test(error.message)) onGoAway(error);
    }),
  );
}

const newPool = (origin: string | URL, options: Pool.Options) => new Pool(origin, options);

/** @param makePool makes the pool; behind a proxy it is inside an agent, which tells nothing of what happens to it */
function dispatcherFor(
  access: Access,
  options: Pool.Options,
  keepAliveProbeMs: number,
  makePool = newPool,
): Dispatcher {
  const { servername, rejectUnauthorized, ...material } = access.tls;
  const connect = {
    // Made once per pool: parsing certificates for each connection is a millisecond each.
    ...(access.origin.startsWith("https:") && { secureContext: createSecureContext(material) }),
    ...(servername !== undefined && { servername }),
    ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
    ...(options.allowH2 && { preferH2: true }),
    allowH2: options.allowH2 === true,
    timeout: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveProbeMs,
  };
  if (!access.proxyUrl) return makePool(access.origin, { ...options, connect });
  return new ProxyAgent({
    ...options,
    uri: access.proxyUrl,
    requestTls: connect,
    connectTimeout: CONNECT_TIMEOUT_MS,
    factory: makePool,
  });
}
