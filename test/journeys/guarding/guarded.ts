import { once } from "node:events";
import { type IncomingHttpHeaders, request } from "node:http";
import { text } from "node:stream/consumers";
import type { ExecutionContext } from "ava";
import { freePort } from "../../../dev/control-plane/ports.ts";
import type { CookieJar, OrganizationSeed } from "../../../dev/okta/index.ts";
import { type UnderTest, webhookUnderTest } from "../../webhook/webhook-under-test.ts";
import { type Application, type Received, startApplication } from "./application.ts";
import type { ProxyUnderTest } from "./proxy.ts";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** What the application got, where it was the application that answered. */
  readonly received: Received;
}

export interface Asking {
  readonly method?: string;
  /** The browser that asks. */
  readonly cookies?: CookieJar;
  /** Names and values in turn, sent as they stand. */
  readonly headers?: readonly string[];
}

/** An application behind a documented proxy, which asks a webhook that runs in this process. */
export interface Guarded {
  readonly under: UnderTest;
  readonly port: number;
  readonly application: Application;
  /** Asks the proxy for a path, exactly as it stands. */
  ask(path: string, asking?: Asking): Promise<Answer>;
  /** What a browser would send as its Cookie header. */
  cookieHeader(cookies: CookieJar): string;
}

export async function guarded(
  t: ExecutionContext,
  proxy: ProxyUnderTest,
  { okta }: { okta?: OrganizationSeed } = {},
): Promise<Guarded> {
  const port = await freePort();
  const applicationHosts = [`localhost:${port}`];
  const under = await webhookUnderTest(t, { applicationHosts, ...(okta === undefined ? {} : { okta }) });
  await under.applyAcme();
  const application = await startApplication(t);
  const { folder, namespace } = under.cluster;
  await proxy.start(t, {
    folder,
    port,
    webhookPort: Number(new URL(under.url).port),
    applicationPort: application.port,
    organization: `${namespace}/acme`,
    loginPath: "acme",
  });
  // Cookies know no ports: who signs in at the webhook itself is signed in here.
  const cookieHeader = (cookies: CookieJar) => cookies.header(new URL(under.url)) ?? "";
  return {
    under,
    port,
    application,
    cookieHeader,
    async ask(path, { method = "GET", cookies, headers = [] } = {}) {
      const cookie = cookies === undefined ? [] : ["Cookie", cookieHeader(cookies)];
      const all = ["Host", `localhost:${port}`, ...cookie, ...headers];
      const sent = request({ host: "127.0.0.1", port, path, method, headers: all, agent: false }).end();
      const [response] = await once(sent, "response");
      const body = await text(response);
      return {
        status: response.statusCode,
        headers: response.headers,
        body,
        get received() {
          return JSON.parse(body) as Received;
        },
      };
    },
  };
}
