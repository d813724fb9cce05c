import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import type { ExecutionContext } from "ava";
import { apiServerAccess, kubeconfigVia } from "./api-server.ts";

/** Answers a request in place of the API server; true if it did. */
export type Fault = (request: IncomingMessage, response: ServerResponse) => boolean;

/**
 * An HTTP server that hands everything on to the real API server, except what the current fault answers itself: a real
 * server with real misbehaviour.
 */
export class FaultServer {
  /** Answers the requests that it wants to; the others go to the API server. */
  fault: Fault = () => false;
  /** What a request waits for before the API server hears of it. */
  holds: (request: IncomingMessage) => Promise<unknown> | undefined = () => undefined;
  /** What an answer waits for when the API server has carried its request out. */
  delays: (request: IncomingMessage) => Promise<unknown> | undefined = () => undefined;
  /** Requests that the API server carries out, and whose answers get lost. */
  loses: (request: IncomingMessage) => boolean = () => false;
  /** "GET /path?query" of every request, in order. */
  readonly requests: string[] = [];
  /** A kubeconfig that leads here. */
  readonly kubeconfig: string;
  readonly url: string;
  readonly #watches = new Set<ServerResponse>();

  private constructor(url: string, kubeconfig: string) {
    this.url = url;
    this.kubeconfig = kubeconfig;
  }

  static async start(t: ExecutionContext): Promise<FaultServer> {
    const { server: target, tls } = await apiServerAccess();
    const agent = new Agent({ ...tls, keepAlive: true });
    let faults: FaultServer;
    const server = createServer((request, response) => {
      faults.requests.push(`${request.method} ${request.url}`);
      if (faults.fault(request, response)) return;
      const held = faults.holds(request);
      if (held) void held.then(() => forward(request, response));
      else forward(request, response);
    });
    const forward = (request: IncomingMessage, response: ServerResponse) => {
      const isLost = faults.loses(request);
      const { method = "GET", url = "/", headers } = request;
      if (url.includes("watch=true")) faults.#watches.add(response);
      const forwarded = httpsRequest(new URL(url, target), { method, headers, agent }, (answer) => {
        if (isLost) {
          answer.resume().on("end", () => response.destroy());
          return;
        }
        answer.on("error", () => response.destroy());
        const send = () => {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        };
        const delay = faults.delays(request);
        if (delay) void delay.then(send);
        else send();
      });
      forwarded.on("error", () => response.destroy());
      response.on("close", () => {
        faults.#watches.delete(response);
        forwarded.destroy();
      });
      request.pipe(forwarded);
    };
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    t.teardown(() => {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    });
    const address = server.address();
    const port = address && typeof address === "object" ? address.port : 0;
    const url = `http://127.0.0.1:${port}`;
    faults = new FaultServer(url, await kubeconfigVia(t, url, { insecure: true }));
    return faults;
  }

  /** Breaks the watches that are running, as if their connections had been lost. */
  breakWatches(): void {
    for (const watch of this.#watches) watch.destroy();
  }

  /** Loses the answers of the first `count` matching requests. */
  loseTimes(count: number, method: string, path: RegExp): void {
    let left = count;
    this.loses = (request) =>
      request.method === method && path.test(request.url ?? "") && left > 0 && left-- > 0;
  }

  /** Lets the first `count` matching requests be answered by `answer`; the others go to the API server. */
  failTimes(
    count: number,
    matches: (request: IncomingMessage) => boolean,
    answer: (response: ServerResponse) => void,
  ) {
    let left = count;
    this.fault = (request, response) => {
      if (left === 0 || !matches(request)) return false;
      left--;
      answer(response);
      return true;
    };
  }
}

/** An answer in the API server's manner. */
export function statusAnswer(
  code: number,
  reason: string,
  headers: Record<string, string> = {},
  message = reason,
) {
  return (response: ServerResponse): void => {
    response.writeHead(code, { "content-type": "application/json", ...headers });
    response.end(
      JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", reason, code, message }),
    );
  };
}
