import type { TestNamespace } from "./server.ts";

/** Ada may do everything in the namespace that RBAC can give; flags that make kubectl act as her. */
export const ada = ["--as", "ada@platform.example"];

/** The product's own service account in this namespace, as RBAC knows it. */
export function productUser({ name }: Pick<TestNamespace, "name">): string {
  return `system:serviceaccount:${name}:okta-role-operator`;
}

/** Flags that make kubectl act as that account. */
export function product(namespace: Pick<TestNamespace, "name">): string[] {
  return ["--as", productUser(namespace)];
}

/** Gives both of them every right that RBAC has, so that a refusal is the admission policy's. */
export async function giveEveryRight(namespace: TestNamespace): Promise<void> {
  await namespace.succeed(["apply", "-f", "-"], {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata: { name: "every-right" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [
      { apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "ada@platform.example" },
      { kind: "ServiceAccount", namespace: namespace.name, name: "okta-role-operator" },
    ],
  });
}
