import test from "ava";
import { chartRights } from "../dev/control-plane/service-account.ts";
import { createTestCluster, testCluster } from "./cluster.ts";

const mapping = {
  apiVersion: "rolemapping.dev/v1alpha1",
  kind: "OktaRoleMapping",
  metadata: { name: "mine" },
  spec: { organizationRef: { name: "acme" }, groups: [{ name: "a" }], roles: ["r"] },
};

test("two test clusters don't see each other", async (t) => {
  const [one, other] = await Promise.all([testCluster(t), testCluster(t)]);
  await one.kubectlWith(mapping, "create", "-f", "-");
  t.regex((await one.kubectl("get", "orm", "--output=name")).stdout, /\/mine$/m);
  t.is((await other.kubectl("get", "orm", "--output=name")).stdout, "");
});

test("the product's service account has the chart's rights in its namespace and no others", async (t) => {
  const cluster = await testCluster(t);
  const kubeconfig = await cluster.serviceAccount();
  const can = async (...args: string[]) =>
    (await cluster.tryKubectl(["auth", "can-i", ...args, "--kubeconfig", kubeconfig])).stdout.trim();
  t.is(await can("list", "organizationusers"), "yes");
  t.is(await can("create", "tokenreviews.authentication.k8s.io"), "yes");
  t.is(await can("get", "secrets/anything"), "yes");
  t.is(await can("list", "secrets"), "no");
  t.is(await can("update", "secrets/anything"), "no");
  t.is(await can("delete", "organizationusers"), "no");
  t.is(await can("list", "organizationusers", "--namespace=default"), "no");
});

test("a right that is taken away is gone", async (t) => {
  const cluster = await testCluster(t);
  const { clusterRole } = await chartRights();
  await cluster.serviceAccount();
  const kubeconfig = await cluster.serviceAccount({ role: [], clusterRole });
  t.regex((await cluster.tryKubectl(["get", "orm", "--kubeconfig", kubeconfig])).stderr, /Forbidden/);
});

test("nothing stays of a test cluster, not even an account of Okta", async (t) => {
  const cluster = await createTestCluster();
  const { namespace } = cluster;
  const kubeconfig = await cluster.serviceAccount();
  const user = {
    apiVersion: "rolemapping.dev/v1alpha1",
    kind: "OrganizationUser",
    metadata: { name: "ada" },
    spec: {
      organizationRef: { name: "acme" },
      source: "Okta",
      email: "ada@acme.example",
      name: "Ada",
      issuer: "https://acme.okta.com",
      subject: "00u1",
    },
  };
  await t.notThrowsAsync(cluster.kubectlWith(user, "create", "-f", "-", "--kubeconfig", kubeconfig));
  await cluster.remove();

  const other = await testCluster(t);
  t.regex((await other.tryKubectl(["get", "namespace", namespace])).stderr, /not found/);
  const all = await other.kubectl(
    "get",
    "orguser,role,serviceaccount",
    "--all-namespaces",
    "--output=name",
    `--field-selector=metadata.namespace=${namespace}`,
  );
  t.is(all.stdout, "");
  t.notRegex(
    (await other.kubectl("get", "clusterrole,clusterrolebinding", "--output=name")).stdout,
    new RegExp(namespace),
  );
});
