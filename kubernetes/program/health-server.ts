import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Logger } from "pino";
import type { Registry } from "prom-client";

/** Says what is wrong, in one sentence, or undefined when nothing is. */
export type Check = () => string | undefined | Promise<string | undefined>;

export interface HealthServerOptions {
  /** 0: a free one. */
  port: number;
  /** Address to listen on; all of them unless said otherwise, as a pod's probes need. */
  host?: string;
  /** While one of these fails, the process needs a restart. By name. */
  live?: Record<string, Check>;
  /** While one of these fails, the process can't do its work. By name. */
  ready?: Record<string, Check>;
  metrics: Registry;
  log: Logger;
}

const CHECK_TIMEOUT_MS = 2_000;

/**
 * Serves /livez, /readyz (200 or 503, with a line for each check) and /metrics. That it answers also shows that the event
 * loop turns: a probe of a blocked process times out.
 */
export class HealthServer {
  readonly #options: HealthServerOptions;
  readonly #server: Server;
  #stopping = false;

  constructor(options: HealthServerOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.headersTimeout = 5_000;
    this.#server.requestTimeout = 10_000;
  }

  /** Resolves with the port. Rejects when it can't listen. */
  listen(): Promise<number> {
    const { port, host } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ port, ...(host && { host }) }, () => {
        this.#server.off("error", reject);
        const address = this.#server.address();
        resolve(typeof address === "object" && address ? address.port : port);
      });
    });
  }

  /** From now on not ready, so that nothing new is sent here. Still answers. */
  drain(): void {
    this.#stopping = true;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (request.method !== "GET" && request.method !== "HEAD") return send(response, 405, "only GET\n");
      switch (request.url?.split("?", 1)[0]) {
        case "/livez":
          return await this.#report(response, this.#options.live ?? {});
        case "/readyz":
          return await this.#report(response, {
            ...(this.#stopping && { shutdown: () => "the process is stopping" }),
            ...this.#options.ready,
          });
        case "/metrics": {
          const { metrics } = this.#options;
          return send(response, 200, await metrics.metrics(), metrics.contentType);
        }
        default:
          return send(response, 404, "there are /livez, /readyz and /metrics\n");
      }
    } catch (error) {
      this.#options.log.error({ err: error, url: request.url }, "a health endpoint failed");
      if (!response.headersSent) send(response, 500, "internal error\n");
    }
  }

  async #report(response: ServerResponse, checks: Record<string, Check>): Promise<void> {
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => ({ name, problem: await outcome(check) })),
    );
    const failed = results.some(({ problem }) => problem !== undefined);
    const lines = results.map(({ name, problem }) =>
      problem ? `[-] ${name}: ${problem}\n` : `[+] ${name}\n`,
    );
    send(response, failed ? 503 : 200, `${lines.join("")}${failed ? "not " : ""}ok\n`);
  }
}

async function outcome(check: Check): Promise<string | undefined> {
  const late = Promise.withResolvers<string>();
  const timer = setTimeout(() => late.resolve("no answer from the check"), CHECK_TIMEOUT_MS);
  try {
    return await Promise.race([check(), late.promise]);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
  }
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  contentType = "text/plain; charset=utf-8",
) {
  response.writeHead(status, { "content-type": contentType, "cache-control": "no-store" });
  response.end(body);
}
