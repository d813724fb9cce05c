import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { ExecutionContext } from "ava";
import type { LogEvent } from "../../../dev/okta/index.ts";

export interface HookCall {
  method: string;
  headers: IncomingHttpHeaders;
  /** Empty for the one-time verification. */
  body: string;
}

interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: string;
}

/** The service that a hook calls, stopped after the test. It gives challenges back, and takes everything. */
export interface HookReceiver {
  readonly url: string;
  readonly calls: readonly HookCall[];
  /** Instead of its usual answer; undefined: the usual one; "never": none at all; "hang-up": the connection ends. */
  answer: (call: HookCall) => Answer | "never" | "hang-up" | undefined;
  /** The events of all deliveries, in the order in which they came. */
  readonly events: LogEvent[];
  /** Resolves once a call comes that is like that. */
  until(isLikeThat: (call: HookCall) => boolean): Promise<HookCall>;
}

export async function hookReceiverFor(t: ExecutionContext): Promise<HookReceiver> {
  const calls: HookCall[] = [];
  const watchers = new Set<() => void>();
  const server = createServer(async (request, response) => {
    const call = { method: request.method ?? "", headers: request.headers, body: await text(request) };
    calls.push(call);
    for (const watch of watchers) watch();
    const wanted = receiver.answer(call);
    if (wanted === "never") return;
    if (wanted === "hang-up") return void response.destroy();
    const challenge = request.headers["x-okta-verification-challenge"];
    const usual: Answer =
      challenge === undefined ? {} : { body: JSON.stringify({ verification: challenge }) };
    const { status = 200, headers = {}, body = "" } = wanted ?? usual;
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const receiver: HookReceiver = {
    url: `http://127.0.0.1:${port}/hooks/okta/acme`,
    calls,
    answer: () => undefined,
    get events() {
      return deliveriesIn(calls).flatMap(({ body }) => JSON.parse(body).data.events as LogEvent[]);
    },
    until: (isLikeThat) =>
      new Promise((resolve) => {
        const watch = () => {
          const found = calls.find(isLikeThat);
          if (!found) return;
          watchers.delete(watch);
          resolve(found);
        };
        watchers.add(watch);
        watch();
      }),
  };
  return receiver;
}

export function deliveriesIn(calls: readonly HookCall[]): HookCall[] {
  return calls.filter(({ method }) => method === "POST");
}
