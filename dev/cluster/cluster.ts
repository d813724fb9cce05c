import { mkdir, readdir, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Progress } from "../control-plane/progress.ts";
import { findClusterBinaries } from "./binaries.ts";
import { controlGroups, removeControlGroup } from "./cgroups.ts";
import { makeIdentities } from "./identities.ts";
import { describe, startNode } from "./namespaces.ts";
import { makePauseImage } from "./pause-image.ts";
import { clusterFolder, network, nodeName } from "./place.ts";
import { isAlive, killAndWait, runningIn } from "./processes.ts";
import { checkRequirements } from "./requirements.ts";
import { run } from "./run.ts";
import { cgroup, containerdSocket, nodeSettings } from "./settings.ts";

/** A one-node cluster that is up. */
export interface Cluster {
  /** Path of its admin's kubeconfig. */
  readonly kubeconfig: string;
  /** Path of a kubectl of the same version. */
  readonly kubectl: string;
  /** Where its programs' logs are, a file each. */
  readonly logs: string;
}

export class ClusterFailedError extends Error {
  readonly code = "cluster-failed";
}

const READY_WITHIN_MS = 120_000;

/**
 * Brings the cluster up, in about ten seconds, and leaves it running when this process ends. One that is up already
 * stays as it is.
 *
 * Everything runs in namespaces of its own: the machine gets no packet filter rules, no bridge and no mounts from it,
 * but one network link to the API server.
 *
 * @throws CannotRunHereError where there is no root, no Linux, or a program missing
 * @throws ClusterFailedError with the end of the logs
 */
export async function up(progress: Progress): Promise<Cluster> {
  await checkRequirements();
  const running = await attach();
  if (running) return running;

  const binaries = await findClusterBinaries(progress);
  const folder = clusterFolder();
  await down(); // what one that was killed has left
  progress.step("Starting a one-node cluster.");
  await mkdir(folder, { recursive: true, mode: 0o711 });
  for (const name of ["logs", "cni"]) await mkdir(join(folder, name));
  await makeIdentities(folder);
  for (const [name, content] of nodeSettings(folder)) await writeFile(join(folder, name), content);
  const pause = await makePauseImage(folder);
  try {
    await startNode(folder, binaries);
    await until("containerd answers", () => ctr(folder, ["version"]));
    await ctr(folder, ["images", "import", pause]);
    const kubectl = (...args: string[]) =>
      run(binaries.kubectl, ["--kubeconfig", join(folder, "kubeconfig"), ...args]);
    await until("the node is ready", () =>
      kubectl("wait", "--for=condition=Ready", `node/${nodeName}`, "--timeout=5s"),
    );
    await until("pods can be made", () => kubectl("get", "serviceaccount", "default"));
  } catch (error) {
    const logs = await lastOfLogs(folder);
    await down();
    throw new ClusterFailedError(`The cluster doesn't come up: ${error}\n${logs}`, { cause: error });
  }
  return described(folder, binaries.kubectl);
}

/** @returns the cluster that is up, if one is */
export async function attach(): Promise<Cluster | undefined> {
  const folder = clusterFolder();
  const description = await describe(folder);
  if (!description || !(await isAlive(description.inner))) return undefined;
  return described(folder, description.kubectl);
}

/** Ends everything that `up` started and removes what it made, whatever state that is in. */
export async function down(): Promise<void> {
  const folder = clusterFolder();
  const description = await describe(folder);
  // The kernel kills a process namespace's other processes before it lets the first one go.
  if (description) for (const keeper of [description.inner, description.outer]) await killAndWait(keeper);
  // It goes with the other end's namespace as a rule, a moment later.
  await run("ip", ["link", "delete", network.link.name]).catch(() => undefined);
  for (const path of await controlGroups(cgroup)) await removeControlGroup(path);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  await rmdir("/var/lib/cni").catch(() => undefined); // a mount point that init.sh made, unless others use it
}

/**
 * Makes an image known to the node.
 *
 * @param archive path of a docker-archive
 */
export async function load(archive: string): Promise<void> {
  await ctr(clusterFolder(), ["images", "import", archive]);
}

/**
 * Sends a signal to a container's first process; by itself the one that kills it without notice. SIGSTOP lets it hang.
 *
 * @param id as in a pod's status: containerd://...
 */
export async function signalContainer(id: string, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
  await ctr(clusterFolder(), ["tasks", "kill", "--signal", signal, id.replace(/^.*:\/\//, "")]);
}

/**
 * Ends the API server; it is started again half a second later, and this returns when it answers.
 *
 * @param signal SIGKILL ends it in the middle of whatever it does, SIGTERM lets it finish first
 */
export async function restartApiServer(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  const folder = clusterFolder();
  const description = await describe(folder);
  if (!description) throw new ClusterFailedError("There is no cluster up: start one first");
  const servers = await runningIn(description.inner, description.kubeApiserver);
  for (const server of servers) {
    process.kill(server.pid, signal);
    while (await isAlive(server)) await delay(50);
  }
  await until("the API server answers again", () =>
    run(description.kubectl, ["--kubeconfig", join(folder, "kubeconfig"), "get", "--raw", "/readyz"]),
  );
}

function described(folder: string, kubectl: string): Cluster {
  return { kubeconfig: join(folder, "kubeconfig"), kubectl, logs: join(folder, "logs") };
}

function ctr(folder: string, args: readonly string[]): Promise<string> {
  return run("ctr", ["--address", containerdSocket(folder), "--namespace", "k8s.io", ...args]);
}

/** Tries again until it succeeds. @throws ClusterFailedError with the last failure, after two minutes */
async function until(what: string, attempt: () => Promise<unknown>): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  for (;;) {
    try {
      await attempt();
      return;
    } catch (cause) {
      if (performance.now() > deadline)
        throw new ClusterFailedError(`gave up waiting until ${what}: ${cause}`, { cause });
      await delay(100);
    }
  }
}

async function lastOfLogs(folder: string): Promise<string> {
  const logs = join(folder, "logs");
  const parts: string[] = [];
  for (const name of await readdir(logs)) {
    const lines = (await readFile(join(logs, name), "utf8")).trimEnd().split("\n").slice(-8);
    parts.push(`==> ${name}`, ...lines);
  }
  return parts.join("\n");
}
