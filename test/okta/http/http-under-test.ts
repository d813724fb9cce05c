import { Http } from "../../../okta/http/http.ts";
import { LOOPBACK } from "../loopback.ts";
import { TestServer } from "../server.ts";

/** A server of this machine, and a client that may call it. */
export async function scene(options: ConstructorParameters<typeof Http>[0] = {}) {
  const server = await TestServer.start();
  const http = new Http({ destinations: LOOPBACK, timeoutMs: 5_000, ...options });
  return {
    server,
    http,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await http.close();
    },
  };
}
