import { setTimeout as delay } from "node:timers/promises";
import { SkippedError } from "../cluster.ts";
import type { Environment } from "../environment.ts";
import { operatorPodSelector, places, podSelector } from "../places.ts";
import { expect, expectNoneFailed, type Step } from "../step.ts";
import { chartValues } from "./install.ts";
import { AROUND_MS, kill } from "./upgrade.ts";

const MiB = 1024 * 1024;

/** Prints how much memory the operator beside it takes. */
const residentBytes = `
  const metrics = await (await fetch("http://127.0.0.1:8081/metrics")).text();
  console.log(/^process_resident_memory_bytes (\\d+)/m.exec(metrics)[1])`;

type Form = "sidecar" | "separate";

/** Goes from the other form to this one while people sign in. */
async function become(environment: Environment, deployment: Form): Promise<string> {
  const report = await environment.underTraffic({}, async () => {
    await delay(AROUND_MS);
    await environment.replacePods({ ...chartValues(environment), webhook: { deployment } });
    await untilLed(environment, deployment === "separate" ? operatorPodSelector : podSelector);
    await delay(AROUND_MS);
  });
  return expectNoneFailed(report);
}

/** Waits until one of these pods leads. */
async function untilLed(environment: Environment, selector: string): Promise<void> {
  await environment.until("one of the pods with an operator to lead", async () => {
    const leader = await environment.leader();
    const pods = await environment.pods(selector);
    return pods.some(({ name }) => leader.startsWith(`${name}-`)) ? true : undefined;
  });
}

/** So long that readiness probes would have failed and everybody heard of it, and shorter than what liveness takes. */
const HANGING_MS = 20_000;

/** Both forms of the installation, webhook.deployment: from one pod to two and back. */
export const forms: readonly Step[] = [
  {
    title:
      "in one Deployment, the operator of every pod hangs: the webhooks beside them go on, and none fails",
    run: async (environment) => {
      const { signalContainer } = environment.cluster;
      if (!signalContainer) throw new SkippedError("there is no way here to let a process hang");
      const pods = await environment.pods();
      const signal = (name: NodeJS.Signals) =>
        Promise.all(pods.map(({ containers }) => signalContainer(containers.get("operator") ?? "", name)));
      const report = await environment.underTraffic({}, async () => {
        await signal("SIGSTOP");
        await delay(HANGING_MS);
        // Browsers keep their connections, and so would hardly notice: whoever comes anew needs pods that are ready.
        const ready = (await environment.pods()).filter((pod) => pod.ready);
        await signal("SIGCONT");
        expect(ready.length === pods.length, `of ${pods.length} pods ${ready.length} stayed ready`);
        await delay(AROUND_MS);
      });
      await untilLed(environment, podSelector);
      return expectNoneFailed(report);
    },
  },
  {
    title: "from one Deployment to two while people sign in and their sessions are checked: none fails",
    run: (environment) => become(environment, "separate"),
  },
  {
    title: "with two Deployments, helm test passes, and the Service leads to the webhook's pods alone",
    run: async (environment) => {
      await environment.helm.run(["test", places.release, "--timeout", "60s"]);
      const webhooks = (await environment.pods()).map(({ address }) => address).sort();
      const slices = ["get", "endpointslices", "-l", `kubernetes.io/service-name=${places.release}`];
      const found = await environment.kubectl(
        ...slices,
        "-o",
        "jsonpath={.items[*].endpoints[*].addresses[0]}",
      );
      expect(found.split(" ").sort().join() === webhooks.join(), `the Service leads to ${found}`);
      return undefined;
    },
  },
  {
    title: "every operator crashes, twice: nobody who signs in notices",
    run: async (environment) => {
      if (!environment.cluster.signalContainer)
        throw new SkippedError("there is no way here to kill a container without its pod");
      const report = await environment.underTraffic({}, async () => {
        for (let time = 1; time <= 2; time++) {
          const pods = await environment.pods(operatorPodSelector);
          for (const pod of pods) await kill(environment, pod);
          const all = pods.length * time;
          await environment.until("the operators to have started again", async () => {
            const now = await environment.pods(operatorPodSelector);
            const restarts = now.reduce((sum, pod) => sum + pod.restarts, 0);
            return restarts >= all && now.every(({ ready }) => ready) ? true : undefined;
          });
        }
      });
      await untilLed(environment, operatorPodSelector);
      return expectNoneFailed(report);
    },
  },
  {
    title: "an operator that is near its memory limit says so, with what there are many of and what to raise",
    run: async (environment) => {
      const [pod] = await environment.pods(operatorPodSelector);
      const resident = await environment.runIn(pod?.name ?? "", "operator", residentBytes);
      const memory = `${Math.ceil(Number(resident) / MiB / 0.92)}Mi`;
      await environment.helm.upgrade({
        ...chartValues(environment),
        webhook: { deployment: "separate" },
        operator: { resources: { requests: { memory: "64Mi" }, limits: { memory } } },
      });
      const line = await environment.until("an operator to say so", async () => {
        const logs = await environment.kubectl(
          "logs",
          "-l",
          operatorPodSelector,
          "-c",
          "operator",
          "--tail=-1",
        );
        return logs.split("\n").find((text) => text.includes("memory is nearly used up"));
      });
      const { raise, objects } = JSON.parse(line);
      expect(
        raise.startsWith("operator.resources.limits.memory") && objects.organizationusers > 0,
        `it says: ${line}`,
      );
      return `with ${memory}: "${JSON.parse(line).msg}"`;
    },
  },
  {
    title: "from two Deployments back to one while people sign in and their sessions are checked: none fails",
    run: async (environment) => {
      const detail = await become(environment, "sidecar");
      const left = await environment.kubectl(
        "get",
        "deployments,serviceaccounts,pdb,networkpolicies",
        "-o",
        "name",
      );
      expect(!left.includes(`/${places.release}-operator`), `something of the other form is left:\n${left}`);
      return detail;
    },
  },
];
