import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { type ApiAccess, apiRequest } from "../dev/control-plane/api-request.ts";
import { attachControlPlane, type RunningControlPlane } from "../dev/control-plane/control-plane.ts";
import { CONTROL_PLANE } from "../dev/control-plane/environment.ts";
import { clusterOf, kubeconfigText, TOKEN_LIFETIME_HOURS } from "../dev/control-plane/kubeconfig.ts";
import {
  expectKubectl,
  type KubectlResult,
  type KubectlTarget,
  runKubectl,
} from "../dev/control-plane/kubectl.ts";
import { writePrivately } from "../dev/control-plane/private-file.ts";
import {
  chartRights,
  clusterRightsPaths,
  type Rights,
  SERVICE_ACCOUNT,
  serviceAccountObjects,
} from "../dev/control-plane/service-account.ts";
import { applyObject } from "./apply.ts";
import { untilInForce } from "./rights-in-force.ts";

export { waitFor } from "./wait-for.ts";

/** What kubectl printed. */
export type KubectlOutput = Omit<KubectlResult, "code">;

/** A namespace of a test's own on the control plane that all tests share. */
export interface TestCluster {
  readonly namespace: string;
  /** Path of the cluster admin's kubeconfig; its context's namespace is this one. */
  readonly kubeconfig: string;
  readonly controlPlane: RunningControlPlane;
  /** A folder for files of the test; goes with the namespace. */
  readonly folder: string;
  /**
   * Applies objects as the cluster's admin, in this namespace unless they name another.
   *
   * @throws Error with what the API server says of the first that it doesn't accept
   */
  apply(...objects: object[]): Promise<void>;
  /**
   * Runs kubectl as the cluster's admin, in this namespace unless the arguments name another.
   *
   * @throws KubectlError when it fails: what couldn't be read isn't "nothing there"
   */
  kubectl(...args: string[]): Promise<KubectlOutput>;
  /** The same with something on stdin, for `-f -`: YAML as text, or one object. @throws KubectlError */
  kubectlWith(stdin: string | object, ...args: string[]): Promise<KubectlOutput>;
  /** For what may fail, or is to. */
  tryKubectl(args: readonly string[], stdin?: string | object): Promise<KubectlResult>;
  /**
   * Makes the product's service account here, with the chart's rights and no others. They are in force when it returns.
   *
   * @param rights others than the chart's
   * @param name of another one than the product's
   * @returns the path of its kubeconfig
   */
  serviceAccount(rights?: Rights, name?: string): Promise<string>;
  /** Removes the namespace and all that is in it. testCluster(t) does it by itself. */
  remove(): Promise<void>;
}

export class NoControlPlaneError extends Error {
  readonly code = "no-control-plane";
  constructor() {
    super(
      "these tests need a control plane: run them with `npm test -- FILE`, or start one with `npm run control-plane` and paste the line that it prints",
    );
  }
}

/** A namespace that goes when the test has ended. In hooks, where AVA has no teardown, use createTestCluster. */
export async function testCluster(t: { teardown(run: () => Promise<void>): void }): Promise<TestCluster> {
  const cluster = await createTestCluster();
  t.teardown(() => cluster.remove());
  return cluster;
}

/**
 * A namespace that stays until remove() is called.
 *
 * @param description of another control plane than the one that tests share
 * @throws NoControlPlaneError
 */
export async function createTestCluster(description = process.env[CONTROL_PLANE]): Promise<TestCluster> {
  if (!description) throw new NoControlPlaneError();
  const controlPlane = await attachControlPlane(description);

  const namespace = `test-${randomBytes(5).toString("hex")}`;
  const body = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
  const made = await apiRequest(controlPlane.admin, "POST", "/api/v1/namespaces", { body });
  if (made.status !== 201) throw new Error(`no namespace for the test: ${made.status} ${made.body}`);

  const folder = await mkdtemp(join(tmpdir(), `${namespace}-`));
  const kubeconfig = join(folder, "kubeconfig");
  const { admin } = controlPlane;
  await writePrivately(kubeconfig, kubeconfigText(clusterOf(admin), "admin", admin.token, namespace));
  const target: KubectlTarget = {
    kubectl: controlPlane.kubectl,
    kubeconfig,
    cacheDir: controlPlane.cacheDir,
  };
  const asText = (stdin: string | object | undefined): string | undefined =>
    typeof stdin === "object" ? JSON.stringify(stdin) : stdin;
  const apply = async (...objects: object[]): Promise<void> => {
    for (const object of objects) await applyObject(admin, namespace, object);
  };
  /** By the names of accounts. */
  const given = new Map<string, Rights>();

  return {
    namespace,
    kubeconfig,
    controlPlane,
    folder,
    kubectl: (...args) => expectKubectl(target, args),
    kubectlWith: (stdin, ...args) => expectKubectl(target, args, asText(stdin)),
    tryKubectl: (args, stdin) => runKubectl(target, args, asText(stdin)),
    apply,
    async serviceAccount(others, name = SERVICE_ACCOUNT) {
      const rights = others ?? (await chartRights());
      const before = given.get(name);
      given.set(name, rights);
      await apply(...(await serviceAccountObjects(namespace, rights, name)));
      const token = await tokenOf(admin, namespace, name);
      await untilInForce({ ...admin, token }, namespace, rights, before);
      const path = join(folder, `${namespace}-${name}.kubeconfig`);
      const user = `system:serviceaccount:${namespace}:${name}`;
      await writePrivately(path, kubeconfigText(clusterOf(admin), user, token, namespace));
      return path;
    },
    async remove() {
      await removeNamespace(controlPlane, namespace);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Gives the product's account its rights in another namespace, as the chart does in each that is watched. */
export async function serveToo(other: TestCluster, accountNamespace: string): Promise<void> {
  const { role } = await chartRights();
  const name = SERVICE_ACCOUNT;
  const rbac = { apiVersion: "rbac.authorization.k8s.io/v1", metadata: { name } };
  const items = [
    { ...rbac, kind: "Role", rules: role },
    {
      ...rbac,
      kind: "RoleBinding",
      subjects: [{ kind: "ServiceAccount", name, namespace: accountNamespace }],
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
    },
  ];
  await other.apply(...items);
}

/** By the TokenRequest API. */
async function tokenOf(admin: ApiAccess, namespace: string, account: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
  const body = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { expirationSeconds: TOKEN_LIFETIME_HOURS * 3600 },
  };
  const answer = await apiRequest(admin, "POST", path, { body });
  if (answer.status !== 201) throw new Error(`no token for ${account}: ${answer.status} ${answer.body}`);
  return z.object({ status: z.object({ token: z.string() }) }).parse(JSON.parse(answer.body)).status.token;
}

/** What tests make in a namespace. */
const COLLECTIONS = [
  "/apis/rolemapping.dev/v1alpha1/:namespace/oktahints",
  "/apis/rolemapping.dev/v1alpha1/:namespace/oktarolemappings",
  "/apis/rolemapping.dev/v1alpha1/:namespace/organizations",
  "/apis/rolemapping.dev/v1alpha1/:namespace/organizationusers",
  "/api/v1/:namespace/secrets",
  "/api/v1/:namespace/configmaps",
  "/api/v1/:namespace/serviceaccounts",
  "/apis/coordination.k8s.io/v1/:namespace/leases",
  "/apis/events.k8s.io/v1/:namespace/events",
  "/apis/rbac.authorization.k8s.io/v1/:namespace/rolebindings",
  "/apis/rbac.authorization.k8s.io/v1/:namespace/roles",
];

/** Does what the namespace controller does, which there is none of. */
async function removeNamespace({ admin }: RunningControlPlane, name: string): Promise<void> {
  const remove = async (path: string) => {
    // Accounts of Okta may be removed by who empties namespaces: that is the user that the admission policy lets do it.
    const answer = await apiRequest(admin, "DELETE", path, { impersonate: "system:kube-controller-manager" });
    if (answer.status >= 400 && answer.status !== 404) {
      throw new Error(`can't clean up after a test: DELETE ${path}: ${answer.status} ${answer.body}`);
    }
  };
  // First, so that nobody can make anything new in it.
  await remove(`/api/v1/namespaces/${name}`);
  for (const collection of COLLECTIONS) await remove(collection.replace(":namespace", `namespaces/${name}`));
  for (const path of clusterRightsPaths(name)) await remove(path);

  const body = { apiVersion: "v1", kind: "Namespace", metadata: { name }, spec: { finalizers: [] } };
  const freed = await apiRequest(admin, "PUT", `/api/v1/namespaces/${name}/finalize`, { body });
  if (freed.status !== 200) throw new Error(`can't clean up after a test: ${freed.status} ${freed.body}`);
}
