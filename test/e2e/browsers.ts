import { z } from "zod";
import { type KubectlTarget, kubectlOutput } from "../../dev/control-plane/kubectl.ts";
import type { Load, Report } from "./browsers/traffic.ts";
import type { TestCluster } from "./cluster.ts";
import { places } from "./places.ts";
import { podOf } from "./pod.ts";

const port = 8080;

/** The pod of the people's browsers. @param authority the certificate that Okta's is from, as PEM */
export function browsersPod(cluster: TestCluster, authority: string): Promise<object[]> {
  return podOf(
    {
      name: "browsers",
      entryPoint: "test/e2e/browsers/main.ts",
      env: {
        PORT: String(port),
        LOGIN_URL: places.loginURL,
        OKTA_URL: places.oktaURL,
        SERVICE_HOST: `${places.release}.${places.namespace}.svc`,
        SERVICE_PORT: "80",
        NODE_EXTRA_CA_CERTS: "/files/ca.crt",
      },
      files: { "ca.crt": authority },
      port,
      ready: { scheme: "HTTP", path: "/" },
    },
    cluster,
  );
}

const Page = z.object({ status: z.number(), title: z.string(), body: z.string() });
const Session = z.object({ status: z.number(), roles: z.array(z.string()).optional() });
const Tally = z.object({
  sent: z.number(),
  refused: z.number(),
  unanswered: z.number(),
  longestMs: z.number(),
});
const TrafficReport = z.object({
  signIns: Tally,
  checks: Tally,
  longestPauseMs: z.number(),
  failures: z.array(z.string()),
});

/** Tells the browsers' pod what to do, by way of the API server. */
export class Browsers {
  readonly #target: KubectlTarget;

  constructor(target: KubectlTarget) {
    this.#target = target;
  }

  /** Signs one of Acme's people in, such as "ada", and returns the page that they end on. */
  async signIn(name: string): Promise<z.infer<typeof Page>> {
    return Page.parse(await this.#post("sign-in", { name }));
  }

  /** Who the product says that a browser is signed in as. @param at a pod's address, to ask just that one */
  async session(name: string, at?: string): Promise<z.infer<typeof Session>> {
    const url = at === undefined ? undefined : `http://${at.includes(":") ? `[${at}]` : at}:8080`;
    return Session.parse(await this.#post("session", { name, at: url }));
  }

  /** @returns when these ports of a pod said for the first time that they are ready, in ms since 1970 */
  async untilReady(address: string, ports: readonly number[]): Promise<number[]> {
    return z.array(z.number()).parse(await this.#post("until-ready", { address, ports }));
  }

  async startTraffic(load: Load): Promise<void> {
    await this.#post("traffic/start", load);
  }

  async stopTraffic(): Promise<Report> {
    return TrafficReport.parse(await this.#post("traffic/stop", {}));
  }

  async #post(path: string, body: object): Promise<unknown> {
    const pod = `/api/v1/namespaces/${places.outside}/pods/browsers:${port}/proxy/${path}`;
    return JSON.parse(
      await kubectlOutput(this.#target, ["create", "--raw", pod, "-f", "-"], JSON.stringify(body)),
    );
  }
}
