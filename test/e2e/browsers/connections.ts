import { connect as connectTcp } from "node:net";
import { Agent, buildConnector } from "undici";

/**
 * A browser's connections, with what stands between a browser and the cluster: for the login URL's host they go to
 * the Service without TLS, as they do behind an ingress that ends it; every other host is reached directly.
 *
 * @param login where browsers reach the webhook, such as https://login.example.com
 * @param service where its Service is: host and port
 */
export function throughIngress(login: URL, service: { host: string; port: number }): Agent {
  const direct = buildConnector({ timeout: 10_000 });
  return new Agent({
    connections: 32,
    headersTimeout: 20_000,
    bodyTimeout: 20_000,
    connect(options, callback) {
      if (options.hostname !== login.hostname) return direct(options, callback);
      const socket = connectTcp({ ...service, noDelay: true });
      const failed = (error: Error): void => callback(error, null);
      socket.once("error", failed);
      socket.once("connect", () => {
        socket.off("error", failed);
        callback(null, socket);
      });
    },
  });
}
