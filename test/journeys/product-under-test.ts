import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { pino } from "pino";
import { parse, stringify } from "yaml";
import { organizationUsers } from "../../crds/resources.ts";
import type { OrganizationUser } from "../../crds/types.ts";
import { Tether } from "../../dev/control-plane/tether.ts";
import { CookieJar, type OktaStandIn, type SignInResult, signIn, startOkta } from "../../dev/okta/index.ts";
import { type ProductOptions, startOperator, startWebhook } from "../../dev/quickstart/product.ts";
import type { Program } from "../../dev/quickstart/program.ts";
import { createClient } from "../../kubernetes/index.ts";
import { type TestCluster, testCluster, waitFor } from "../cluster.ts";
import { signedIn } from "../signed-in.ts";
import { WriteTap } from "./write-tap.ts";

const CLIENT_ID = "0oaJourney";

/** A namespace with an organization in it, and what is needed to start the product's processes there. */
export interface ProductUnderTest {
  readonly cluster: TestCluster;
  readonly okta: OktaStandIn;
  /** Between the webhook and the API server, and between the operator and it. */
  readonly taps: { readonly webhook: WriteTap; readonly operator: WriteTap };
  /** Starts a program behind a tap, or past it. It ends with the test. */
  startWebhook(tap?: keyof ProductUnderTest["taps"], port?: number, flags?: string[]): Promise<Program>;
  startOperator(baseURL: string, tap?: keyof ProductUnderTest["taps"], suffix?: string): Promise<Program>;
  /** Tells Okta where the webhook is and applies the organization. */
  applyAcme(baseURL: string, mappings: Record<string, [groups: string[], roles: string[]]>): Promise<void>;
  applyMapping(name: string, groups: string[], roles: string[]): Promise<void>;
  signIn(baseURL: string, username: string, cookies?: CookieJar): Promise<SignInResult>;
  /** Signs in as somebody who gets in. @returns their cookies; rejects when they are refused */
  signedIn(baseURL: string, username: string, cookies?: CookieJar): Promise<CookieJar>;
  /** The roles of a browser's session; undefined where it is refused. */
  session(baseURL: string, cookies: CookieJar): Promise<string[] | undefined>;
  users(): Promise<OrganizationUser[]>;
  untilReady(): Promise<void>;
}

export async function productUnderTest(
  t: ExecutionContext,
  people: Record<string, string[]>,
): Promise<ProductUnderTest> {
  const cluster = await testCluster(t);
  const { namespace, folder } = cluster;
  const groups = [...new Set(Object.values(people).flat())];
  const okta = await startOkta({
    groups,
    users: Object.entries(people).map(([name, in_]) => ({
      login: `${name}@acme.example`,
      password: `${name}-password`,
      groups: in_,
    })),
    apps: [{ clientId: CLIENT_ID, clientSecret: "a-secret" }],
  });
  t.teardown(() => okta.stop());
  const kubeconfig = await cluster.serviceAccount();
  const tether = await Tether.create();
  t.teardown(() => tether.release());
  const { admin } = cluster.controlPlane;
  const taps = { webhook: await WriteTap.start(admin), operator: await WriteTap.start(admin) };
  t.teardown(async () => {
    await taps.webhook.stop();
    await taps.operator.stop();
  });
  const behind = {
    webhook: await behindTap(kubeconfig, join(folder, "webhook.kubeconfig"), taps.webhook),
    operator: await behindTap(kubeconfig, join(folder, "operator.kubeconfig"), taps.operator),
  };
  const client = await createClient({ kubeconfig, userAgent: "test", log: pino({ level: "silent" }) });
  t.teardown(() => client.close());

  const options = (tap: "webhook" | "operator" | undefined): ProductOptions => ({
    tether,
    kubeconfig: tap ? behind[tap] : kubeconfig,
    namespace,
    folder,
    port: 0,
  });
  const ending = (program: Program): Program => {
    t.teardown(() => program.stop());
    return program;
  };
  const run = async (stdin: string, ...args: string[]): Promise<void> => {
    await cluster.kubectlWith(stdin, ...args);
  };
  const tryToSignIn: ProductUnderTest["signIn"] = (baseURL, username, cookies = new CookieJar()) =>
    signIn(okta, `${baseURL}/login/${namespace}`, `${username}@acme.example`, { cookies });
  return {
    cluster,
    okta,
    taps,
    startWebhook: async (tap, port = 0, flags = []) =>
      ending(await startWebhook({ ...options(tap), port, flags: { webhook: flags } })),
    startOperator: async (baseURL, tap, suffix = "") =>
      ending(await startOperator({ ...options(tap), suffix }, baseURL)),
    async applyAcme(baseURL, mappings) {
      okta.saveApp({
        clientId: CLIENT_ID,
        clientSecret: "a-secret",
        redirectUris: [`${baseURL}/callback/${namespace}`],
      });
      const roles = [...new Set(Object.values(mappings).flatMap(([, held]) => held))];
      const objects = [
        {
          apiVersion: "v1",
          kind: "Secret",
          metadata: { name: "acme-okta" },
          stringData: { clientSecret: "a-secret" },
        },
        {
          apiVersion: "rolemapping.dev/v1alpha1",
          kind: "Organization",
          metadata: { name: "acme" },
          spec: {
            displayName: "Acme",
            loginPath: namespace,
            okta: {
              issuer: okta.issuer("default"),
              clientID: CLIENT_ID,
              clientSecretRef: { name: "acme-okta", key: "clientSecret" },
            },
            roles: roles.map((name) => ({ name, displayName: name })),
          },
        },
        ...Object.entries(mappings).map(([name, [mapped, held]]) => mapping(name, mapped, held)),
      ];
      await run(objects.map((object) => stringify(object)).join("---\n"), "apply", "-f", "-");
    },
    applyMapping: (name, mapped, held) => run(stringify(mapping(name, mapped, held)), "apply", "-f", "-"),
    signIn: tryToSignIn,
    signedIn: (...as) => signedIn(() => tryToSignIn(...as)),
    async session(baseURL, cookies) {
      const url = new URL("/session", baseURL);
      const answer = await fetch(url, { headers: { cookie: cookies.header(url) ?? "" } });
      if (answer.status === 401) return undefined;
      const { roles } = (await answer.json()) as { roles: { name: string }[] };
      return [...new Set(roles.map(({ name }) => name))].sort();
    },
    async users() {
      const all: OrganizationUser[] = [];
      for await (const page of client.pages(organizationUsers, { namespace })) all.push(...page.items);
      return all;
    },
    untilReady: async () => {
      await waitFor(
        async () => {
          const args = ["wait", "--for=condition=Ready", "oktaorg,orm", "--all", "--timeout=5s"];
          return (await cluster.tryKubectl(args)).code === 0 || undefined;
        },
        { what: "the organization and its mappings to be Ready" },
      );
    },
  };
}

function mapping(name: string, groups: string[], roles: string[]): object {
  return {
    apiVersion: "rolemapping.dev/v1alpha1",
    kind: "OktaRoleMapping",
    metadata: { name },
    spec: { organizationRef: { name: "acme" }, groups: groups.map((group) => ({ name: group })), roles },
  };
}

/** A kubeconfig like another one, whose server is the tap. */
export async function behindTap(kubeconfig: string, path: string, tap: WriteTap): Promise<string> {
  const config = parse(await readFile(kubeconfig, "utf8"));
  // Plain http to this very machine: the tap speaks TLS with the API server.
  config.clusters[0].cluster = { server: tap.url, "insecure-skip-tls-verify": true };
  await writeFile(path, stringify(config), { mode: 0o600 });
  return path;
}
