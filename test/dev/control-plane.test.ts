import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "ava";
import { findBinaries } from "../../dev/control-plane/binaries.ts";
import { type ControlPlane, startControlPlane } from "../../dev/control-plane/control-plane.ts";
import { type KubectlTarget, kubectlOutput, runKubectl } from "../../dev/control-plane/kubectl.ts";
import { chosenKubernetes } from "../../dev/control-plane/kubernetes-version.ts";
import { waitFor } from "../wait-for.ts";
import { processesOf } from "./processes.ts";

/** Started by the first test and stopped by the last one. */
let controlPlane: ControlPlane;
test.after.always("stop", () => controlPlane?.stop());

async function configMaps(target: KubectlTarget): Promise<string[]> {
  return (await kubectlOutput(target, ["get", "configmaps", "--output=name"])).trim().split("\n");
}

test.serial("it starts, and kubectl works with the kubeconfig that it names", async (t) => {
  controlPlane = await startControlPlane();
  t.is(
    (
      await kubectlOutput(controlPlane, ["auth", "whoami", "--output=jsonpath={.status.userInfo.username}"])
    ).trim(),
    "admin",
  );
  await kubectlOutput(controlPlane, ["create", "configmap", "kept"]);
  t.deepEqual(await configMaps(controlPlane), ["configmap/kept"]);
});

test.serial("what was built here says the version that go.mod pins, server and client", async (t) => {
  const pinned = async (module: string) => {
    const file = new URL(`../../dev/control-plane/go/${module}/go.mod`, import.meta.url);
    return /k8s\.io\/kubernetes (v\S+)/.exec(await readFile(file, "utf8"))?.[1];
  };
  const choice = chosenKubernetes();
  const { kubeApiserver, kubectl } = await findBinaries();
  const version = JSON.parse(await kubectlOutput(controlPlane, ["version", "--output=json"]));
  // What was at hand on this machine says another.
  const server = choice === "any" || choice === "newest" ? "kubernetes" : `kubernetes-${choice}`;
  if (dirname(kubeApiserver).includes(`/okta-role-operator/${server}-v`))
    t.is(version.serverVersion.gitVersion, await pinned(server));
  if (dirname(kubectl).includes("/okta-role-operator/kubernetes-v"))
    t.is(version.clientVersion.gitVersion, await pinned("kubernetes"));
  t.is(version.serverVersion.major, "1");
});

test.serial("the kubeconfig is for this user only, and nothing in it is a path", async (t) => {
  t.is((await stat(controlPlane.kubeconfig)).mode & 0o777, 0o600);
  t.false((await readFile(controlPlane.kubeconfig, "utf8")).includes(dirname(controlPlane.kubeconfig)));
});

test.serial("without the right token there is no way in", async (t) => {
  const { stderr } = await runKubectl(controlPlane, ["get", "configmaps", "--token=guessed"]);
  t.regex(stderr, /logged in|Unauthorized/);
});

test.serial("a service account may do what RBAC grants it, and nothing else", async (t) => {
  await kubectlOutput(controlPlane, ["create", "serviceaccount", "reader"]);
  await kubectlOutput(controlPlane, ["create", "role", "reader", "--verb=list", "--resource=configmaps"]);
  const kubeconfig = await controlPlane.serviceAccountKubeconfig("default", "reader");
  const reader = { ...controlPlane, kubeconfig };
  t.is((await stat(kubeconfig)).mode & 0o777, 0o600);
  t.regex(
    (await runKubectl(reader, ["get", "configmaps"])).stderr,
    /Forbidden.*"system:serviceaccount:default:reader"/,
  );

  await kubectlOutput(controlPlane, [
    "create",
    "rolebinding",
    "reader",
    "--role=reader",
    "--serviceaccount=default:reader",
  ]);
  const mayList = ["auth", "can-i", "list", "configmaps", "--as=system:serviceaccount:default:reader"];
  await waitFor(async () => (await runKubectl(controlPlane, mayList)).code === 0 || undefined, {
    what: "the API server to know the binding",
  });
  t.deepEqual(await configMaps(reader), ["configmap/kept"]);
  t.regex((await runKubectl(reader, ["get", "secrets"])).stderr, /Forbidden/);
});

test.serial("a kubeconfig for a service account that isn't there is refused", async (t) => {
  const error = await t.throwsAsync(controlPlane.serviceAccountKubeconfig("default", "nobody"));
  t.regex(error.message, /serviceaccounts "nobody" not found/);
});

for (const kill of [false, true]) {
  test.serial(
    `${kill ? "killing" : "restarting"} the API server keeps the data, the address and the tokens`,
    async (t) => {
      const before = await processesOf(controlPlane.description);
      await controlPlane.restartApiServer({ kill });
      const after = await processesOf(controlPlane.description);
      t.is(after.etcd, before.etcd);
      t.not(after["kube-apiserver"], before["kube-apiserver"]);
      const kubeconfig = join(dirname(controlPlane.kubeconfig), "default-reader.kubeconfig");
      t.deepEqual(await configMaps({ ...controlPlane, kubeconfig }), ["configmap/kept"]);
    },
  );
}

test.serial("stopping leaves neither a process nor a file", async (t) => {
  const processes = await processesOf(controlPlane.description);
  t.true(processes.alive());
  await controlPlane.stop();
  t.false(processes.alive());
  await t.throwsAsync(stat(processes.folder), { code: "ENOENT" });
  await t.notThrowsAsync(controlPlane.stop(), "a second stop has nothing to do");
});

test.serial(
  "with a folder given, the next start has the data and accepts the tokens of before",
  async (t) => {
    const dir = await mkdtemp(join(tmpdir(), "control-plane-"));
    t.teardown(() => rm(dir, { recursive: true }));
    const first = await startControlPlane({ dir });
    t.teardown(() => first.stop());
    await kubectlOutput(first, ["create", "configmap", "kept"]);
    const { token } = first.admin;
    await first.stop();

    // In a namespace that isn't `default`, kubectl needs no flag for it.
    const second = await startControlPlane({ dir, namespace: "kube-system" });
    t.teardown(() => second.stop());
    t.is(second.admin.token, token);
    const inDefault = ["get", "configmaps", "--namespace=default", "--output=name"];
    t.is((await kubectlOutput(second, inDefault)).trim(), "configmap/kept");
    await kubectlOutput(second, ["create", "configmap", "here"]);
    const { stdout } = await runKubectl(second, ["get", "configmap", "here", "--namespace=kube-system"]);
    t.regex(stdout, /here/);
  },
);
