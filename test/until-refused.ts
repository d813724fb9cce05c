import { once } from "node:events";
import { connect } from "node:net";
import { waitFor } from "./wait-for.ts";

/**
 * Resolves when connections to this port of loopback are refused.
 *
 * A server that was closed just now may still be connected to: a process that is being started (kubectl, say) has all
 * that its parent had open, until the moment at which it becomes another program.
 */
export async function untilRefused(port: number): Promise<void> {
  await waitFor(
    async () => {
      const socket = connect({ port, host: "127.0.0.1" });
      try {
        await once(socket, "connect");
        return undefined;
      } catch (error) {
        const code = error instanceof Error && "code" in error ? error.code : undefined;
        if (code === "ECONNREFUSED") return true;
        if (code === "ECONNRESET") return undefined; // it was closed while this knocked
        throw error;
      } finally {
        socket.destroy();
      }
    },
    { what: `connections to port ${port} to be refused` },
  );
}
