import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { listen, listenOnFreePort } from "../../dev/control-plane/ports.ts";
import { untilRefused } from "../until-refused.ts";

/** A TCP proxy between a client and a server that can break what goes through it, as networks do. */
export class TcpProxy {
  readonly #server: Server;
  readonly #target: { host: string; port: number };
  readonly #pairs = new Set<{ client: Socket; server: Socket }>();
  readonly #sockets = new Set<Socket>();
  #stalled = false;
  #port = 0;
  #accepted = 0;

  private constructor(target: { host: string; port: number }) {
    this.#target = target;
    this.#server = createServer((client) => this.#accept(client));
  }

  static async start(target: URL): Promise<TcpProxy> {
    const proxy = new TcpProxy({ host: target.hostname, port: Number(target.port) });
    // One that stays free while connections are refused.
    proxy.#port = await listenOnFreePort(proxy.#server);
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  /** Connections accepted so far. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Resets every connection; new ones are fine. */
  cut(): void {
    for (const { client, server } of this.#pairs) {
      client.resetAndDestroy();
      server.destroy();
    }
  }

  /** From now on no byte comes through, in either direction, and nobody is told: new connections too. */
  stall(): void {
    this.#stalled = true;
    for (const { client, server } of this.#pairs) {
      client.pause();
      server.pause();
    }
  }

  /** Connections that stalled go on, and new ones are fine. */
  resume(): void {
    this.#stalled = false;
    for (const { client, server } of this.#pairs) {
      client.resume();
      server.resume();
    }
  }

  /** Stalls the connections that are open now for ever; new ones are fine. */
  stallOpenConnections(): void {
    this.stall();
    this.#pairs.clear();
    this.#stalled = false;
  }

  /** Resets every connection and refuses new ones. */
  async refuse(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    this.cut();
    await closed;
    await untilRefused(this.#port);
  }

  /** Accepts connections (again), on the same port. */
  async accept(): Promise<void> {
    if (!(await listen(this.#server, this.#port))) throw new Error(`port ${this.#port} was taken meanwhile`);
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await this.refuse();
  }

  #accept(client: Socket): void {
    this.#accepted++;
    const server = connect(this.#target);
    const pair = { client, server };
    this.#pairs.add(pair);
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    }
    const end = () => {
      if (!this.#pairs.delete(pair)) return;
      client.destroy();
      server.destroy();
    };
    client.on("error", end).on("close", end);
    server.on("error", end).on("close", end);
    client.on("data", (chunk) => server.write(chunk));
    server.on("data", (chunk) => client.write(chunk));
    if (this.#stalled) {
      client.pause();
      server.pause();
    }
  }
}
