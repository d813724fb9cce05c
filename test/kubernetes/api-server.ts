import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { RequestOptions } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { pino } from "pino";
import { Registry } from "prom-client";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { type Client, type ClientOptions, createClient } from "../../kubernetes/index.ts";
import { testCluster } from "../cluster.ts";

/** Silent, unless a test is being looked into: LOG_LEVEL=debug. */
export const log = pino({ level: process.env.LOG_LEVEL ?? "silent" });

const KubeConfigFile = z.looseObject({
  clusters: z.array(z.looseObject({ cluster: z.looseObject({ server: z.string() }) })),
});

/** The kubeconfig of the control plane that the tests run against. */
export function kubeconfigPath(): string {
  const path = process.env.KUBECONFIG;
  if (!path) throw new Error("These tests need a control plane: run them by `npm test`, or set KUBECONFIG");
  return path;
}

/** The URL of the API server. */
export function apiServerURL(kubeconfig = kubeconfigPath()): URL {
  const config = KubeConfigFile.parse(parse(readFileSync(kubeconfig, "utf8")));
  return new URL(config.clusters[0]?.cluster.server ?? "");
}

/** The API server's URL, and how to speak with it on a connection of one's own. */
export async function apiServerAccess() {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  config.loadFromFile(kubeconfigPath());
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const { ca, cert, key } = options;
  return { server: apiServerURL(), tls: { ca, cert, key }, headers: options.headers ?? {} };
}

/** The same kubeconfig, except that the API server is found at another address, such as that of a proxy. */
export async function kubeconfigVia(
  t: ExecutionContext,
  server: string,
  { insecure = false, kubeconfig = kubeconfigPath() } = {},
): Promise<string> {
  const config = KubeConfigFile.parse(parse(readFileSync(kubeconfig, "utf8")));
  for (const { cluster } of config.clusters) {
    cluster.server = server;
    if (insecure) {
      cluster["insecure-skip-tls-verify"] = true;
      delete cluster["certificate-authority"];
      delete cluster["certificate-authority-data"];
    }
  }
  return temporaryFile(t, "kubeconfig", stringify(config));
}

/** A file that is removed after the test. */
export async function temporaryFile(t: ExecutionContext, name: string, content: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "kubernetes-test-"));
  t.teardown(() => rm(directory, { recursive: true }));
  const path = join(directory, name);
  await writeFile(path, content, { mode: 0o600 });
  return path;
}

/** A client that is closed after the test, with its metrics. */
export async function connect(
  t: ExecutionContext,
  options: Partial<ClientOptions> = {},
): Promise<Client & { metrics: Registry }> {
  const metrics = options.metrics ?? new Registry();
  const client = await createClient({
    kubeconfig: kubeconfigPath(),
    userAgent: "kubernetes-test",
    log,
    ...options,
    metrics,
  });
  t.teardown(() => client.close());
  return Object.assign(client, { metrics });
}

/** A new namespace, for one test. */
export async function newNamespace(t: ExecutionContext): Promise<string> {
  const { namespace } = await testCluster(t);
  return namespace;
}

/** The value of a metric's sample with these labels; 0 when there is none. */
export async function sample(
  registry: Registry,
  name: string,
  labels: Record<string, string>,
): Promise<number> {
  const metric = await registry.getSingleMetric(name)?.get();
  const values = metric?.values.filter((value) =>
    Object.entries(labels).every(([label, wanted]) => String(value.labels[label]) === wanted),
  );
  return values?.reduce((sum, { value }) => sum + value, 0) ?? 0;
}
