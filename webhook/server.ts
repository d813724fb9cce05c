import { createServer, type RequestListener, type Server } from "node:http";

/** Longest headers, in bytes: a browser's cookies, those of sign-ins under way included, and a callback's query. */
const MAX_HEADER_BYTES = 32 * 1024;

export interface RunningServer {
  readonly port: number;
  /** Takes no more connections, lets what is under way finish, and cuts what takes longer than `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/**
 * Serves HTTP with bounds on how long a client may take.
 * @param port 0 for a free one
 * @param host the address to listen on; undefined for all
 */
export async function serve(
  listener: RequestListener,
  { port, host }: { port: number; host: string | undefined },
): Promise<RunningServer> {
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, listener);
  server.headersTimeout = 10_000;
  server.requestTimeout = 20_000;
  // Longer than load balancers keep idle connections (60 s at most of them), so that they close, not we.
  server.keepAliveTimeout = 65_000;
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
    close: (graceMs) => close(server, graceMs),
  };
}

function close(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    // Closes idle connections as well.
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
  });
}
