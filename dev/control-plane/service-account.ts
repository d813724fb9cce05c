import { readFile } from "node:fs/promises";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { type KubectlTarget, kubectlOutput } from "./kubectl.ts";

/** The name of the product's service account, which the admission policy knows it by. */
export const SERVICE_ACCOUNT = "okta-role-operator";

/** The name of the operator's own, where it doesn't share a pod with the webhook. */
export const OPERATOR_ACCOUNT = "okta-role-operator-operator";

const RBAC = new URL("../../charts/okta-role-operator/rbac/", import.meta.url);

/** A rule of a Role, as far as anybody here looks into it. */
export const Rule = z.looseObject({
  apiGroups: z.array(z.string()),
  resources: z.array(z.string()),
  verbs: z.array(z.string()),
});
export type Rule = z.infer<typeof Rule>;

/** What an account may do in a namespace, and what it may do in the cluster: the rules that the chart binds. */
export interface Rights {
  readonly role: readonly Rule[];
  readonly clusterRole: readonly Rule[];
}

/** The programs, each with rights of its own. */
const PROGRAMS = ["operator", "webhook"] as const;
export type Program = (typeof PROGRAMS)[number];

/**
 * @param programs whose account it is: both share one where they share a pod
 * @param editMappings the webhook may write mappings, as with the chart's value console.editMappings
 */
export async function chartRights(
  programs: readonly Program[] = PROGRAMS,
  { editMappings = false } = {},
): Promise<Rights> {
  const rules = async (file: string) =>
    z.array(Rule).parse(parse(await readFile(new URL(file, RBAC), "utf8")));
  const files = [...programs, ...(editMappings && programs.includes("webhook") ? ["console"] : [])];
  const role = await Promise.all(files.map((file) => rules(`${file}.yaml`)));
  return {
    role: role.flat(),
    clusterRole: programs.includes("webhook") ? await rules("clusterrole.yaml") : [],
  };
}

/**
 * What makes an account in a namespace and gives it rights.
 *
 * @param rights other rights than the chart's, to see what is missing then
 * @param account another one than the product's
 */
export async function serviceAccountObjects(
  namespace: string,
  rights?: Rights,
  account = SERVICE_ACCOUNT,
): Promise<object[]> {
  const { role, clusterRole } = rights ?? (await chartRights());
  // Cluster roles have no namespace to tell those of two installations apart.
  const global = `${account}-${namespace}`;
  const rbac = { apiVersion: "rbac.authorization.k8s.io/v1" };
  const subjects = [{ kind: "ServiceAccount", name: account, namespace }];
  const metadata = { name: account, namespace };
  const refTo = (kind: string, name: string) => ({ apiGroup: "rbac.authorization.k8s.io", kind, name });

  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata },
    { ...rbac, kind: "Role", metadata, rules: role },
    { ...rbac, kind: "RoleBinding", metadata, subjects, roleRef: refTo("Role", account) },
    { ...rbac, kind: "ClusterRole", metadata: { name: global }, rules: clusterRole },
    {
      ...rbac,
      kind: "ClusterRoleBinding",
      metadata: { name: global },
      subjects,
      roleRef: refTo("ClusterRole", global),
    },
  ];
}

/**
 * Makes the product's service account in a namespace and gives it the chart's rights, and no others.
 *
 * @throws KubectlError
 */
export async function installServiceAccount(target: KubectlTarget, namespace: string): Promise<void> {
  const objects = await serviceAccountObjects(namespace);
  const manifest = objects.map((object) => stringify(object)).join("---\n");
  await kubectlOutput(target, ["apply", "--server-side", "--force-conflicts", "-f", "-"], manifest);
}

/** Where the cluster's part of an installation's rights is, for who takes it away again. */
export function clusterRightsPaths(namespace: string): readonly string[] {
  const api = "/apis/rbac.authorization.k8s.io/v1";
  return [SERVICE_ACCOUNT, OPERATOR_ACCOUNT].flatMap((account) =>
    ["clusterrolebindings", "clusterroles"].map((kind) => `${api}/${kind}/${account}-${namespace}`),
  );
}
