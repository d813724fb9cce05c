import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { ExecutionContext } from "ava";
import { type OktaOptions, type OktaStandIn, startOkta } from "../../../dev/okta/index.ts";
import { type Exchange, loadContract, skipMessage } from "./contract.ts";

const contract = loadContract();
let told = false;

/** A stand-in for one test, stopped after it. */
export async function oktaFor(t: ExecutionContext, options: OktaOptions = {}): Promise<OktaStandIn> {
  const okta = await startOkta(options);
  t.teardown(() => okta.stop());
  return okta;
}

/**
 * A stand-in for one test behind a proxy that reads along. After the test every exchange has to hold to Okta's
 * OpenAPI documents, where they are to be had.
 */
export async function recordedOktaFor(t: ExecutionContext, options: OktaOptions = {}): Promise<OktaStandIn> {
  const exchanges: Exchange[] = [];
  let target = "";
  const proxy = createServer(async (incoming, outgoing) => {
    const requestBody = await text(incoming);
    const forwarded = request(
      new URL(incoming.url ?? "/", target),
      { method: incoming.method, headers: incoming.headers },
      async (answer) => {
        const body = await text(answer);
        exchanges.push({
          method: incoming.method ?? "",
          url: new URL(incoming.url ?? "/", target),
          requestHeaders: flat(incoming.headers),
          requestBody,
          status: answer.statusCode ?? 0,
          headers: flat(answer.headers),
          body,
        });
        outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
        outgoing.end(body);
      },
    );
    forwarded.on("error", () => outgoing.destroy());
    forwarded.end(requestBody);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const { port } = proxy.address() as AddressInfo;
  const okta = await startOkta({ ...options, url: `http://127.0.0.1:${port}` });
  target = okta.address;

  t.teardown(async () => {
    proxy.close();
    proxy.closeAllConnections();
    await okta.stop();
    if (contract) {
      const violations = exchanges.flatMap((exchange) => contract.violations(exchange));
      if (violations.length > 0)
        throw new Error(`Not as Okta's OpenAPI says:\n${[...new Set(violations)].join("\n")}`);
    } else if (!told) {
      told = true;
      t.log(skipMessage);
    }
  });
  return okta;
}

function flat(headers: NodeJS.Dict<string | string[]>): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]),
  );
}
