import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:net";

/**
 * A free port on loopback for a program that is about to be started. See {@link listenOnFreePort} for its range.
 *
 * Somebody else may take it before that program does: then try again with another.
 */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listenOnFreePort(server);
  await closed(server);
  return port;
}

/**
 * Lets a server of this process listen on loopback, outside the ranges from which systems take ports for outgoing
 * connections (Linux: 32768 and up, macOS: 49152 and up). From inside them, a client of any process could take the port
 * while its server restarts; a client that tries to reach that server can even connect to itself.
 *
 * @returns the port
 */
export async function listenOnFreePort(server: Server): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if (await listen(server, port)) return port;
  }
}

/** Lets a server listen on loopback. @returns whether it does: not when the port is taken */
export async function listen(server: Server, port: number): Promise<boolean> {
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") return false;
    throw error;
  }
}

/** @returns this port when it is free, else another one */
export async function freePortOr(preferred: number): Promise<number> {
  return (await isFree(preferred)) ? preferred : freePort();
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  if (!(await listen(server, port))) return false;
  await closed(server);
  return true;
}

async function closed(server: Server): Promise<void> {
  server.close();
  await once(server, "close");
}
