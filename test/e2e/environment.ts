import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { kubectlOutput, runKubectl } from "../../dev/control-plane/kubectl.ts";
import type { Load, Report } from "./browsers/traffic.ts";
import { Browsers, browsersPod } from "./browsers.ts";
import type { TestCluster } from "./cluster.ts";
import { Helm } from "./helm.ts";
import { type ClusterOkta, clusterOkta } from "./okta.ts";
import { places, podSelector } from "./places.ts";

const Pods = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), deletionTimestamp: z.string().optional() }),
      spec: z.object({ nodeName: z.string().optional() }),
      status: z.object({
        phase: z.string(),
        reason: z.string().optional(),
        podIP: z.string().optional(),
        conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
        containerStatuses: z
          .array(z.object({ name: z.string(), restartCount: z.number(), containerID: z.string().optional() }))
          .default([]),
      }),
    }),
  ),
});

/** One of the product's pods. */
export interface ProductPod {
  readonly name: string;
  readonly address: string | undefined;
  readonly node: string | undefined;
  readonly ready: boolean;
  readonly phase: string;
  readonly reason: string | undefined;
  readonly restarts: number;
  /** The ids of its containers, as in containerd://..., by name. */
  readonly containers: ReadonlyMap<string, string>;
}

const LOOK_AGAIN_MS = 250;

/** What the steps work with: a cluster with an Okta and browsers in it, and Helm. */
export class Environment {
  readonly cluster: TestCluster;
  readonly helm: Helm;
  readonly browsers: Browsers;
  /** The certificate that Okta's is from, as PEM. */
  readonly authority: string;
  /** When the cluster was empty but for Okta and the browsers: performance.now(). */
  emptyAt = 0;

  private constructor(cluster: TestCluster, helm: Helm, authority: string) {
    this.cluster = cluster;
    this.helm = helm;
    this.authority = authority;
    this.browsers = new Browsers(cluster.target);
  }

  /**
   * Puts the Okta stand-in and the browsers into the cluster.
   *
   * @throws Error when the cluster has the product's CRDs: this test removes them, and everything with them
   */
  static async create(cluster: TestCluster): Promise<Environment> {
    const crds = await kubectlOutput(cluster.target, ["get", "crd", "--output", "name"]);
    if (crds.includes("rolemapping.dev"))
      throw new Error(
        "This cluster has the CRDs of rolemapping.dev, and this test removes them at its end: take another",
      );
    const okta = await clusterOkta(cluster);
    const environment = new Environment(cluster, await Helm.create(cluster.target), okta.authority);
    try {
      await environment.#prepare(okta);
    } catch (error) {
      await environment.remove();
      throw error;
    }
    return environment;
  }

  async #prepare(okta: ClusterOkta): Promise<void> {
    const restricted = { "pod-security.kubernetes.io/enforce": "restricted" };
    await this.apply([namespace(places.namespace, restricted), namespace(places.outside, {})]);
    await this.apply([...okta.objects, ...(await browsersPod(this.cluster, okta.authority))], places.outside);
    const ready = ["--for=condition=Ready", "pod", "--all", "--timeout=120s"];
    await this.kubectl("wait", ...ready, "-n", places.outside);
  }

  /** Removes all that `create` and the steps made. */
  async remove(): Promise<void> {
    await this.helm.run(["uninstall", places.release, "--ignore-not-found", "--wait"]);
    const kinds = "crd,validatingadmissionpolicy,validatingadmissionpolicybinding";
    const ours = `app.kubernetes.io/instance=${places.release}`;
    await this.kubectl("delete", kinds, "--selector", ours, "--ignore-not-found");
    await this.kubectl(
      "delete",
      "namespace",
      places.namespace,
      places.outside,
      "--ignore-not-found",
      "--timeout=120s",
    );
    await this.helm.close();
  }

  /** kubectl in the product's namespace. @throws KubectlError */
  kubectl(...args: string[]): Promise<string> {
    return kubectlOutput(this.cluster.target, scoped(args));
  }

  /** The same, where an error is an answer as well. */
  tryKubectl(...args: string[]) {
    return runKubectl(this.cluster.target, scoped(args));
  }

  /** Applies objects in the product's namespace, or in another. */
  async apply(objects: readonly object[], namespace: string = places.namespace): Promise<void> {
    const list = { apiVersion: "v1", kind: "List", items: objects };
    const args = ["apply", "--server-side", "-n", namespace, "-f", "-"];
    await kubectlOutput(this.cluster.target, args, JSON.stringify(list));
  }

  /** The product's pods that aren't about to end: those that people reach, or others. */
  async pods(selector = podSelector): Promise<ProductPod[]> {
    const pods = Pods.parse(JSON.parse(await this.kubectl("get", "pods", "-l", selector, "-o", "json")));
    return pods.items
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(({ metadata, spec, status }) => ({
        name: metadata.name,
        address: status.podIP,
        node: spec.nodeName,
        ready: status.conditions.some(({ type, status }) => type === "Ready" && status === "True"),
        phase: status.phase,
        reason: status.reason,
        restarts: status.containerStatuses.reduce((sum, { restartCount }) => sum + restartCount, 0),
        containers: new Map(
          status.containerStatuses.flatMap(({ name, containerID }) =>
            containerID === undefined ? [] : [[name, containerID] as const],
          ),
        ),
      }));
  }

  /** Waits until so many pods are ready and no more are there. */
  untilPods(count: number): Promise<ProductPod[]> {
    return this.until(`${count} pods to be ready`, async () => {
      const running = (await this.pods()).filter(({ phase }) => phase === "Running" || phase === "Pending");
      return running.length === count && running.every(({ ready }) => ready) ? running : undefined;
    });
  }

  /** Installs another version or other values, and waits until no pod from before is left. */
  async replacePods(values: object): Promise<void> {
    const all = `app.kubernetes.io/instance=${places.release},app.kubernetes.io/component!=test`;
    const names = async (): Promise<string[]> =>
      (await this.kubectl("get", "pods", "-l", all, "-o", "name")).trim().split("\n");
    const before = new Set(await names());
    await this.helm.upgrade(values);
    await this.until("the old pods to be gone", async () =>
      (await names()).some((name) => before.has(name)) ? undefined : true,
    );
  }

  /** How often containers of the present pods were started again. */
  async restarts(): Promise<number> {
    return (await this.pods()).reduce((sum, pod) => sum + pod.restarts, 0);
  }

  /** Who reconciles, by the Lease: a pod's name, a hyphen, and what tells its runs apart. */
  leader(): Promise<string> {
    return this.kubectl("get", "lease", places.lease, "-o", "jsonpath={.spec.holderIdentity}");
  }

  /** Runs Node code in a container of the product, which has nothing else to run. @returns what it printed */
  async runIn(pod: string, container: "operator" | "webhook", code: string): Promise<string> {
    return (await this.kubectl("exec", pod, "-c", container, "--", "node", "--eval", code)).trim();
  }

  /** Keeps people busy while something is done to the product. */
  async underTraffic(load: Partial<Load>, during: () => Promise<void>): Promise<Report> {
    const names = ["ben", "raj", "zoe"];
    for (const name of names) await this.browsers.signIn(name);
    await this.browsers.startTraffic({ signInsPerSecond: 2, checksPerSecond: 50, names, ...load });
    try {
      await during();
    } catch (error) {
      await this.browsers.stopTraffic().catch(() => undefined); // the first error is the one that counts
      throw error;
    }
    return this.browsers.stopTraffic();
  }

  /** Waits for a state. @param look returns undefined while it isn't so */
  async until<T>(what: string, look: () => Promise<T | undefined>, timeoutMs = 120_000): Promise<T> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (performance.now() > deadline) throw new Error(`waited ${timeoutMs / 1000} s in vain for ${what}`);
      await delay(LOOK_AGAIN_MS);
    }
  }
}

/** Unless the arguments name a namespace, the product's. */
function scoped(args: readonly string[]): string[] {
  return args.includes("-n") ? [...args] : ["--namespace", places.namespace, ...args];
}

function namespace(name: string, labels: Record<string, string>): object {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
}
