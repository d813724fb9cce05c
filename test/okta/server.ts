import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

export interface Answer {
  status?: number;
  headers?: Record<string, string | string[]>;
  /** An object is sent as JSON. */
  body?: unknown;
}

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly form: URLSearchParams;
}

/** Nobody listens there, and no server that takes a free port ever will: those are higher. */
export const CLOSED_URL = "http://127.0.0.1:9";

const NOT_FOUND: Answer = { status: 404, body: { errorCode: "E0000007", errorSummary: "Not found" } };

/** Answers a call, or leaves it hanging when it resolves to `undefined`. */
export type Route = (call: Call) => Answer | undefined | Promise<Answer | undefined>;

/** A loopback server that answers by the table given, and remembers what it was asked. */
export class TestServer implements AsyncDisposable {
  readonly calls: Call[] = [];
  readonly routes: Record<string, Route> = {};
  url = "";
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  static async start(): Promise<TestServer> {
    const server = new TestServer();
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    const address = server.#server.address();
    if (address === null || typeof address === "string") throw new Error("the server listens on no port");
    server.url = `http://127.0.0.1:${address.port}`;
    return server;
  }

  callsTo(path: string): Call[] {
    return this.calls.filter((call) => call.path === path);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const url = new URL(request.url ?? "/", this.url);
    const call: Call = {
      method: request.method ?? "",
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      form: new URLSearchParams(Buffer.concat(chunks).toString()),
    };
    this.calls.push(call);
    const route = this.routes[url.pathname];
    const answer = route ? await route(call) : NOT_FOUND;
    if (!answer) return;
    const raw = typeof answer.body === "string" || Buffer.isBuffer(answer.body);
    response.writeHead(answer.status ?? 200, {
      ...(raw ? {} : { "content-type": "application/json" }),
      ...answer.headers,
    });
    response.end(raw ? answer.body : JSON.stringify(answer.body ?? {}));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
