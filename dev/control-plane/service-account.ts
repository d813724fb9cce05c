import { readFile } from "node:fs/promises";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { type KubectlTarget, kubectlOutput } from "./kubectl.ts";

/** The name of the product's service account, which the admission policy knows it by. */
export const SERVICE_ACCOUNT = "okta-role-operator";

const RBAC = new URL("../../charts/okta-role-operator/rbac/", import.meta.url);

/** A rule of a Role, as far as anybody here looks into it. */
const Rule = z.looseObject({
  apiGroups: z.array(z.string()),
  resources: z.array(z.string()),
  verbs: z.array(z.string()),
});
export type Rule = z.infer<typeof Rule>;

/** What the product may do in a namespace, and what it may do in the cluster: the rules that the chart binds. */
export interface Rights {
  readonly role: readonly Rule[];
  readonly clusterRole: readonly Rule[];
}

export async function chartRights(): Promise<Rights> {
  const rules = async (file: string) =>
    z.array(Rule).parse(parse(await readFile(new URL(file, RBAC), "utf8")));
  return { role: await rules("role.yaml"), clusterRole: await rules("clusterrole.yaml") };
}

/**
 * Makes the product's service account in a namespace and gives it the chart's rights, and no others.
 *
 * @param rights other rights than the chart's, to see what is missing then
 * @throws KubectlError
 */
export async function installServiceAccount(
  target: KubectlTarget,
  namespace: string,
  rights?: Rights,
): Promise<void> {
  const { role, clusterRole } = rights ?? (await chartRights());
  // Cluster roles have no namespace to tell those of two installations apart.
  const global = `${SERVICE_ACCOUNT}-${namespace}`;
  const rbac = { apiVersion: "rbac.authorization.k8s.io/v1" };
  const subjects = [{ kind: "ServiceAccount", name: SERVICE_ACCOUNT, namespace }];
  const metadata = { name: SERVICE_ACCOUNT, namespace };
  const refTo = (kind: string, name: string) => ({ apiGroup: "rbac.authorization.k8s.io", kind, name });

  const objects = [
    { apiVersion: "v1", kind: "ServiceAccount", metadata },
    { ...rbac, kind: "Role", metadata, rules: role },
    { ...rbac, kind: "RoleBinding", metadata, subjects, roleRef: refTo("Role", SERVICE_ACCOUNT) },
    { ...rbac, kind: "ClusterRole", metadata: { name: global }, rules: clusterRole },
    {
      ...rbac,
      kind: "ClusterRoleBinding",
      metadata: { name: global },
      subjects,
      roleRef: refTo("ClusterRole", global),
    },
  ];
  const manifest = objects.map((object) => stringify(object)).join("---\n");
  await kubectlOutput(target, ["apply", "--server-side", "--force-conflicts", "-f", "-"], manifest);
}

/** Where the cluster's part of an installation's rights is, for who takes it away again. */
export function clusterRightsPaths(namespace: string): readonly string[] {
  const api = "/apis/rbac.authorization.k8s.io/v1";
  return ["clusterrolebindings", "clusterroles"].map(
    (kind) => `${api}/${kind}/${SERVICE_ACCOUNT}-${namespace}`,
  );
}
