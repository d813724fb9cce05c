import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { ApiAccess } from "../../dev/control-plane/api-request.ts";

/** A request that changes something. */
export interface Write {
  readonly method: string;
  /** Without its query. */
  readonly path: string;
}

/** A place at which a process can die. */
export type Moment = "before" | "after";

/**
 * A proxy between a program and the API server that sees every write, and can stop the world before it arrives or
 * after it was done and before the program is told.
 */
export class WriteTap {
  readonly url: string;
  readonly writes: Write[] = [];
  /** Requests that the API server has granted, each once, as "METHOD /path?query". */
  readonly requests = new Set<string>();
  /** Requests that the API server has refused with 403, reads as well. */
  readonly forbidden = new Set<string>();
  /** Called at both moments of every write; the write, or its answer, waits until this is done. */
  onWrite: ((write: Write, moment: Moment) => Promise<void> | void) | undefined;
  /** Called before every Event that is written; where it rejects, the connection breaks. */
  onEvent: (() => Promise<void>) | undefined;
  readonly #stop: () => Promise<void>;

  private constructor(url: string, stop: () => Promise<void>) {
    this.url = url;
    this.#stop = stop;
  }

  static async start(access: ApiAccess): Promise<WriteTap> {
    const agent = new Agent({ ca: access.ca, keepAlive: true });
    const server = createServer((req, res) => {
      tap.#forward(access, agent, req, res).catch(() => res.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const tap = new WriteTap(`http://127.0.0.1:${port}`, async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      agent.destroy();
    });
    return tap;
  }

  stop(): Promise<void> {
    return this.#stop();
  }

  async #forward(access: ApiAccess, agent: Agent, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { method = "GET", url = "/" } = req;
    // Leases, reviews and Events are writes, too; but nobody's access hangs on them.
    const path = url.replace(/\?.*/, "");
    const counts = method !== "GET" && !/\/(leases|tokenreviews|events)(\/|$)/.test(path);
    const write = { method, path };
    const body = await buffer(req);
    if (method !== "GET" && /\/events(\/|$)/.test(path)) await this.onEvent?.();
    if (counts) {
      this.writes.push(write);
      await this.onWrite?.(write, "before");
      if (res.destroyed) return; // who asked was killed before the write left
    }
    const upstream = httpsRequest(new URL(url, access.url), { method, headers: req.headers, agent });
    res.once("close", () => upstream.destroy());
    upstream.once("error", () => res.destroy());
    upstream.once("response", (answer) => {
      (answer.statusCode === 403 ? this.forbidden : this.requests).add(`${method} ${url}`);
      const tell = (): void => {
        if (res.destroyed) return;
        res.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(res);
        // A watch that breaks off has to break off here, too: over HTTP/1.1 nothing else would tell.
        answer.once("close", () => {
          if (!answer.complete) res.destroy();
        });
      };
      if (!counts) tell();
      else Promise.resolve(this.onWrite?.(write, "after")).then(tell, () => res.destroy());
    });
    upstream.end(body);
  }
}
