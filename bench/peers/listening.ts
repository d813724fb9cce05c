import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { settings } from "./settings.ts";

/** Listens on loopback, and says so in the way that the product's own programs do. */
export function listen(server: Server): void {
  server.keepAliveTimeout = 65_000;
  server.listen(settings.port, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo;
    console.log(JSON.stringify({ msg: "listening", pid: process.pid, port }));
  });
  process.once("SIGTERM", () => process.exit(0));
}
