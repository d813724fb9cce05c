import { once } from "node:events";
import { connect, createServer, type Server, type TLSSocket } from "node:tls";
import { listenOnFreePort } from "../../dev/control-plane/ports.ts";
import type { Certificate } from "../certificates.ts";

/** A proxy in front of an API server that ends TLS with a certificate of its own, which can be replaced. */
export class TlsProxy {
  readonly #server: Server;
  readonly #sockets = new Set<TLSSocket>();
  #port = 0;

  private constructor(target: URL, ca: string | undefined, certificate: Certificate) {
    // Watches speak HTTP/2 and calls HTTP/1.1: what a client has agreed on with us, we speak with the server.
    this.#server = createServer({ ...certificate, ALPNProtocols: ["h2", "http/1.1"] }, (client) => {
      const { hostname: host, port } = target;
      const protocol = client.alpnProtocol || "http/1.1";
      const server = connect({ host, port: Number(port), ca, ALPNProtocols: [protocol] });
      for (const socket of [client, server]) {
        this.#sockets.add(socket);
        const end = () => {
          client.destroy();
          server.destroy();
          this.#sockets.delete(socket);
        };
        socket.on("error", end).on("close", end);
      }
      client.pipe(server).pipe(client);
    });
  }

  /** @param ca of the target */
  static async start(target: URL, ca: string | undefined, certificate: Certificate): Promise<TlsProxy> {
    const proxy = new TlsProxy(target, ca, certificate);
    proxy.#port = await listenOnFreePort(proxy.#server);
    return proxy;
  }

  get url(): string {
    return `https://127.0.0.1:${this.#port}`;
  }

  /** From now on another certificate; open connections stay. */
  replace(certificate: Certificate): void {
    this.#server.setSecureContext({ ...certificate });
  }

  /** Breaks what is open. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.cut();
    await closed;
  }
}
