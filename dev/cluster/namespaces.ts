import { spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { ClusterBinaries } from "./binaries.ts";
import { controlGroups } from "./cgroups.ts";
import { network, nodeName } from "./place.ts";
import { childOf, identify } from "./processes.ts";
import { run } from "./run.ts";
import { cgroup } from "./settings.ts";

const Keeper = z.object({ pid: z.number(), started: z.string() });

/** What a later process has to know of a cluster that is up. */
const Description = z.object({
  /** `unshare`, and the first process in the namespaces that it made: init.sh. */
  outer: Keeper,
  inner: Keeper,
  kubectl: z.string(),
  kubeApiserver: z.string(),
});

/** @returns undefined when none was started in this folder */
export async function describe(folder: string): Promise<z.output<typeof Description> | undefined> {
  const text = await readFile(join(folder, "cluster.json"), "utf8").catch(() => undefined);
  return text === undefined ? undefined : Description.parse(JSON.parse(text));
}

/**
 * Starts init.sh in namespaces of its own, and joins its network to this machine's by one link.
 *
 * @throws CommandFailedError, NotStartedError
 */
export async function startNode(folder: string, binaries: ClusterBinaries): Promise<void> {
  const log = await open(join(folder, "logs", "init.log"), "a");
  const init = fileURLToPath(new URL("init.sh", import.meta.url));
  const namespaces = [
    "--net",
    "--mount",
    "--pid",
    "--fork",
    "--mount-proc",
    "--propagation=private",
    "--kill-child",
  ];
  const child = spawn("unshare", [...namespaces, "bash", init], {
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
    env: {
      PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin`,
      FOLDER: folder,
      PKI: join(folder, "pki"),
      CGROUPS: (await controlGroups(cgroup)).join(" "),
      NODE_NAME: nodeName,
      NODE_IP: network.node,
      LINK_IP: `${network.link.there}/${network.link.prefix}`,
      SERVICES: network.services,
      API_PORT: String(network.apiPort),
      ETCD: binaries.etcd,
      KUBE_APISERVER: binaries.kubeApiserver,
      KUBECTL: binaries.kubectl,
      KUBE_CONTROLLER_MANAGER: binaries.kubeControllerManager,
      KUBE_SCHEDULER: binaries.kubeScheduler,
      KUBE_PROXY: binaries.kubeProxy,
      KUBELET: binaries.kubelet,
      COREDNS: binaries.coredns,
    },
  });
  await once(child, "spawn");
  child.unref();
  await log.close();
  const outer = child.pid === undefined ? undefined : await identify(child.pid);
  const inner = outer && (await childOf(outer));
  if (!outer || !inner) throw new NotStartedError("unshare ended at once: logs/init.log has what it said");
  const { kubectl, kubeApiserver } = binaries;
  await writeFile(join(folder, "cluster.json"), JSON.stringify({ outer, inner, kubectl, kubeApiserver }));

  const { name, here, prefix } = network.link;
  await run("ip", ["link", "add", name, "type", "veth", "peer", "name", "link0", "netns", String(inner.pid)]);
  await run("ip", ["address", "add", `${here}/${prefix}`, "dev", name]);
  await run("ip", ["link", "set", name, "up"]);
}

export class NotStartedError extends Error {
  readonly code = "not-started";
}
