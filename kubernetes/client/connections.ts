import { createSecureContext } from "node:tls";
import { type Dispatcher, Pool, ProxyAgent } from "undici";
import type { Access } from "./credentials.ts";
import { KubeConfigError } from "./errors.ts";

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
 */
export function watchPool(access: Access): Dispatcher {
  return dispatcherFor(access, { connections: null, allowH2: true, keepAliveTimeout: 30_000 }, 5_000);
}

function dispatcherFor(access: Access, options: Pool.Options, keepAliveProbeMs: number): Dispatcher {
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
  if (!access.proxyUrl) return new Pool(access.origin, { ...options, connect });
  if (!access.proxyUrl.startsWith("http")) {
    throw new KubeConfigError(
      `The kubeconfig's proxy-url must be an http or https URL: "${access.proxyUrl}"`,
    );
  }
  return new ProxyAgent({
    ...options,
    uri: access.proxyUrl,
    requestTls: connect,
    connectTimeout: CONNECT_TIMEOUT_MS,
  });
}
