import { isIP } from "node:net";
import type { Request } from "express";

/**
 * The client's address, of which `--trusted-proxies` says who may tell it. What a proxy tells that isn't an address
 * (some add a port, and whoever reaches this past the proxy can write anything) counts as the proxy's own. Empty when
 * the client has gone already.
 */
export function clientAddress({ ip = "", socket }: Pick<Request, "ip" | "socket">): string {
  return isIP(ip) === 0 ? (socket.remoteAddress ?? "") : ip;
}
