import { setTimeout as delay } from "node:timers/promises";
import type { Environment, ProductPod } from "../environment.ts";
import { previousVersion } from "../helm.ts";
import { podSelector } from "../places.ts";
import { expect, expectNoneFailed, expectNoneRefused, type Step } from "../step.ts";
import { chartValues } from "./install.ts";

/** For so long people go on before and after what is done, so that there is something to compare it with. */
export const AROUND_MS = 3_000;

export const upgrade: readonly Step[] = [
  {
    title: `helm upgrade from ${previousVersion} while people sign in and their sessions are checked: none fails`,
    run: async (environment) => {
      const report = await environment.underTraffic({}, async () => {
        await delay(AROUND_MS);
        await environment.replacePods(chartValues(environment));
        await delay(AROUND_MS);
      });
      return expectNoneFailed(report);
    },
  },
  {
    title: "a pod is deleted, as a node's end or an autoscaler does: none fails",
    run: async (environment) => {
      const report = await environment.underTraffic({}, async () => {
        const [pod] = await environment.pods();
        await environment.kubectl("delete", "pod", pod?.name ?? "", "--wait=true");
        await environment.untilPods(2);
        await delay(AROUND_MS);
      });
      return expectNoneFailed(report);
    },
  },
  {
    title: "the leading pod is killed without notice: another leads, and nobody's session is refused",
    run: async (environment) => {
      const leader = await environment.leader();
      const pod = (await environment.pods()).find(({ name }) => leader.startsWith(`${name}-`));
      expect(pod !== undefined, `the Lease is held by ${leader}, which is no pod`);
      let took = 0;
      const report = await environment.underTraffic({}, async () => {
        await kill(environment, pod);
        const started = performance.now();
        await environment.until("another to lead", async () => {
          const now = await environment.leader();
          return now !== "" && now !== leader ? now : undefined;
        });
        took = performance.now() - started;
        await environment.untilPods(2);
        await delay(AROUND_MS);
      });
      return `${expectNoneRefused(report)}\nanother led after ${(took / 1000).toFixed(1)} s`;
    },
  },
  {
    title: "the node is drained: the disruption budget leaves a pod that serves; uncordoned, all are back",
    run: async (environment) => {
      const before = await environment.pods();
      const node = before[0]?.node;
      expect(node !== undefined, "the pod is on no node");
      let drained = false;
      const report = await environment.underTraffic({}, async () => {
        try {
          const only = ["--pod-selector", podSelector, "--ignore-daemonsets", "--delete-emptydir-data"];
          const { code } = await environment.tryKubectl("drain", node, ...only, "--timeout=20s");
          drained = code === 0;
        } finally {
          await environment.kubectl("uncordon", node);
        }
        await environment.untilPods(2);
        await delay(AROUND_MS);
      });
      const names = new Set((await environment.pods()).map(({ name }) => name));
      expect(
        before.some(({ name }) => !names.has(name)),
        "the disruption budget let no pod go",
      );
      const how = drained
        ? "it was drained, with other nodes to go to"
        : "its last pod stayed, with no other node to go to";
      return `${expectNoneFailed(report)}\n${how}`;
    },
  },
];

/** Its processes as by a crash, where there is a way to, else the pod. */
export async function kill(environment: Environment, pod: ProductPod): Promise<void> {
  const { signalContainer } = environment.cluster;
  if (signalContainer) await Promise.all([...pod.containers.values()].map((id) => signalContainer(id)));
  else await environment.kubectl("delete", "pod", pod.name, "--grace-period=0", "--force", "--wait=false");
}
