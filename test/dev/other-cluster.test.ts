import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { installedByOthers, managerButUs } from "../../dev/control-plane/install.ts";
import { kubeconfigText } from "../../dev/control-plane/kubeconfig.ts";
import { kubectlOutput } from "../../dev/control-plane/kubectl.ts";
import { freePort } from "../../dev/control-plane/ports.ts";
import { clusterThatAnswers } from "../../dev/quickstart/other-cluster.ts";
import { testCluster } from "../cluster.ts";

const { KUBECTL = "kubectl" } = process.env;

/** A kubeconfig that leads to this server, with a token that it doesn't know. */
async function leadingTo(
  t: { teardown(fn: () => unknown): void },
  server: string,
): Promise<NodeJS.ProcessEnv> {
  const folder = await mkdtemp(join(tmpdir(), "other-cluster-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "kubeconfig");
  await writeFile(path, kubeconfigText({ server }, "somebody", "no-token-of-it", "default"));
  return { ...process.env, KUBECONFIG: path };
}

test("the current context is named when its API server answers, whoever the user is to it", async (t) => {
  const { controlPlane } = await testCluster(t);
  t.is(await clusterThatAnswers(KUBECTL, await leadingTo(t, controlPlane.url), 60_000), "local");
});

test("nothing is named where nobody answers, or there is no kubectl or kubeconfig", async (t) => {
  const nobody = await leadingTo(t, `https://127.0.0.1:${await freePort()}`);
  t.is(await clusterThatAnswers(KUBECTL, nobody), undefined);
  t.is(await clusterThatAnswers("/nowhere/kubectl"), undefined);
  t.is(await clusterThatAnswers(KUBECTL, { ...process.env, KUBECONFIG: "/nowhere" }), undefined);
});

test("a cluster that somebody else has installed the product in is told from one where only we have", async (t) => {
  const { controlPlane } = await testCluster(t);
  t.is(await installedByOthers(controlPlane), undefined);
  for (const object of [
    "customresourcedefinition/organizations.rolemapping.dev",
    "validatingadmissionpolicy/organizationusers.rolemapping.dev",
  ]) {
    const label = JSON.stringify({ metadata: { labels: { by: "helm" } } });
    const asHelm = ["patch", object, "--type=merge", `--patch=${label}`, "--field-manager=helm"];
    const shown = ["--dry-run=server", "--show-managed-fields", "--output=json"];
    t.is(managerButUs(JSON.parse(await kubectlOutput(controlPlane, [...asHelm, ...shown]))), "helm", object);
  }
});
