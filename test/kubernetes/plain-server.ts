import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import type { ExecutionContext } from "ava";
import { Registry } from "prom-client";
import { type Client, type ClientOptions, createClient } from "../../kubernetes/index.ts";
import { logLines } from "../log-lines.ts";
import { oneContext } from "./one-context.ts";

/** What was asked of a server. */
export interface Asked {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: IncomingHttpHeaders;
  /** Parsed, where there is one. */
  body: unknown;
}

/** Answers with a status and what is to be JSON; or as it likes. */
export type Answering = (
  asked: Asked,
  response: ServerResponse,
) => [status: number, body: unknown] | undefined;

/** A server on loopback that answers what the test says, in milliseconds; and a client of it. */
export async function plainServer(
  t: ExecutionContext,
  user: object = {},
  options: Partial<ClientOptions> = {},
) {
  const requests: Asked[] = [];
  const state: { answer: Answering } = { answer: () => [200, { metadata: { name: "x" } }] };
  const server = createServer((request, response) => {
    void (async () => {
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://x");
      const body = await text(request);
      const asked: Asked = {
        method: request.method ?? "",
        path: pathname,
        query: Object.fromEntries(searchParams),
        headers: request.headers,
        body: body === "" ? undefined : JSON.parse(body),
      };
      requests.push(asked);
      const answer = state.answer(asked, response);
      if (answer)
        response.writeHead(answer[0], { "content-type": "application/json" }).end(JSON.stringify(answer[1]));
    })();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const cluster = { server: url, "insecure-skip-tls-verify": true };
  const kubeconfig = await oneContext(t, { cluster, user, namespace: "mine" });
  const metrics = new Registry();
  const { log } = logLines();
  const client: Client = await createClient({ kubeconfig, userAgent: "test/1", metrics, log, ...options });
  t.teardown(() => client.close());
  return { state, requests, client, metrics, kubeconfig, url, server };
}
