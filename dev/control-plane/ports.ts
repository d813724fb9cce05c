import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { threadId } from "node:worker_threads";

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
    const port = OURS + randomInt(PORTS);
    if (given.has(port) && given.size < PORTS / 2) continue;
    if (!(await listen(server, port))) continue;
    given.add(port);
    return port;
  }
}

/**
 * A port that is free is taken a moment later only, by a program that is yet to start. So that two who look at once don't
 * find the same, each process, and each thread, looks in a part of its own, and finds nothing twice while there is more.
 */
const PORTS = 500;
const OURS = 20_000 + ((process.pid + threadId) % 24) * PORTS;
const given = new Set<number>();

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
