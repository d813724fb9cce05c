import { join } from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import type { ApiAccess } from "./api-request.ts";
import { type KubectlTarget, kubectlOutput } from "./kubectl.ts";
import { writePrivately } from "./private-file.ts";

/** As long as anybody leaves a quickstart running; the API server allows it because nothing limits it there. */
export const TOKEN_LIFETIME_HOURS = 720;

/** The `cluster` part of a kubeconfig, whatever it holds. */
type Cluster = Readonly<Record<string, unknown>> & { readonly server: string };

/** @returns the cluster part with the CA in it, so that the file can be taken anywhere on the machine */
export function clusterOf(access: ApiAccess): Cluster {
  return { server: access.url, "certificate-authority-data": Buffer.from(access.ca).toString("base64") };
}

/** @returns the text of a kubeconfig with one context */
export function kubeconfigText(cluster: Cluster, user: string, token: string, namespace: string): string {
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "local",
    clusters: [{ name: "local", cluster }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: "local", context: { cluster: "local", user, namespace } }],
  });
}

/** What `kubectl config view --minify --flatten` shows of the cluster that is talked to. */
const View = z.object({
  clusters: z.tuple([z.object({ cluster: z.looseObject({ server: z.url() }) })]),
});

/**
 * Makes a kubeconfig that acts as a service account, in its namespace, with a token from the TokenRequest API.
 *
 * @param folder where the file is written
 * @returns the path of the file, which only this user can read
 * @throws KubectlError, for example when there is no such service account
 */
export async function serviceAccountKubeconfig(
  target: KubectlTarget,
  folder: string,
  namespace: string,
  name: string,
): Promise<string> {
  const [token, view] = await Promise.all([
    kubectlOutput(target, [
      "create",
      "token",
      name,
      "--namespace",
      namespace,
      "--duration",
      `${TOKEN_LIFETIME_HOURS}h`,
    ]),
    kubectlOutput(target, ["config", "view", "--minify", "--flatten", "--raw", "--output", "json"]),
  ]);
  const { cluster } = View.parse(JSON.parse(view)).clusters[0];
  const path = join(folder, `${namespace}-${name}.kubeconfig`);
  const user = `system:serviceaccount:${namespace}:${name}`;
  await writePrivately(path, kubeconfigText(cluster, user, token.trim(), namespace));
  return path;
}
