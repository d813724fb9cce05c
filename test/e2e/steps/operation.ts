import { setTimeout as delay } from "node:timers/promises";
import { SkippedError } from "../cluster.ts";
import type { Environment } from "../environment.ts";
import { places } from "../places.ts";
import { expect, expectNoneFailed, expectNoneRefused, type Step } from "../step.ts";
import { chartValues } from "./install.ts";

const MiB = 1024 * 1024;

/** The answers of each pod to who Ada's browser is signed in as. */
async function askEach(environment: Environment): Promise<number[]> {
  const pods = await environment.pods();
  return Promise.all(
    pods.map(async ({ address }) => (await environment.browsers.session("ada", address)).status),
  );
}

export const operation: readonly Step[] = [
  {
    title: "scaled to three: each pod knows Ada's session, and one leads",
    run: async (environment) => {
      await environment.helm.upgrade({ ...chartValues(environment), replicas: 3 });
      const pods = await environment.untilPods(3);
      await environment.browsers.signIn("ada");
      const answers = await environment.until("each pod to know Ada's session", async () => {
        const statuses = await askEach(environment);
        return statuses.every((status) => status === 200) ? statuses : undefined;
      });
      const leader = await environment.leader();
      expect(
        pods.some(({ name }) => leader.startsWith(`${name}-`)),
        `the Lease is held by ${leader}, which is no pod`,
      );
      return `${answers.length} pods answered`;
    },
  },
  {
    title: "the Secret with the sessions' keys is deleted: everybody is signed out, and can sign in again",
    run: async (environment) => {
      const restarts = await environment.restarts();
      await environment.kubectl("delete", "secret", places.sessionKeys);
      const started = performance.now();
      await environment.until("each pod to refuse the session from before", async () =>
        (await askEach(environment)).every((status) => status === 401) ? true : undefined,
      );
      const out = performance.now() - started;
      const { status, title } = await environment.browsers.signIn("ada");
      expect(status === 200, `the sign-in ended with ${status}: ${title}`);
      await environment.until("each pod to know the new session", async () =>
        (await askEach(environment)).every((status) => status === 200) ? true : undefined,
      );
      expect((await environment.restarts()) === restarts, "containers were restarted");
      return `all signed out after ${(out / 1000).toFixed(1)} s`;
    },
  },
  {
    title:
      "the API server is killed and comes back: sessions are answered meanwhile, and mappings followed after",
    run: async (environment) => {
      const restart = environment.cluster.restartApiServer;
      if (!restart)
        throw new SkippedError("killing the API server of somebody's cluster isn't this test's to do");
      const restarts = await environment.restarts();
      let took = 0;
      // Sign-ins write to the API server, so those have to wait for it.
      const report = await environment.underTraffic({ signInsPerSecond: 0 }, async () => {
        const started = performance.now();
        await restart();
        took = performance.now() - started;
        await delay(3_000);
      });
      await environment.browsers.signIn("ada");
      await mapAlso(environment, "runtime-admin");
      await environment.until("Ada's session to follow the new mapping", async () => {
        const { roles } = await environment.browsers.session("ada");
        return roles?.includes("runtime-admin") ? true : undefined;
      });
      await environment.kubectl("delete", "orm", "e2e-runtime-admin");
      expect((await environment.restarts()) === restarts, "containers were restarted");
      return `${expectNoneFailed(report)}\nthe API server was away for ${(took / 1000).toFixed(1)} s`;
    },
  },
  {
    title:
      "a pod's disk budget is filled: the node evicts it, another takes its place, no session is refused",
    run: async (environment) => {
      // By itself the product has no disk to fill; somebody may give it one.
      await environment.helm.upgrade({
        ...chartValues(environment),
        replicas: 3,
        extraVolumes: [{ name: "scratch", emptyDir: { sizeLimit: "8Mi" } }],
        extraVolumeMounts: [{ name: "scratch", mountPath: "/scratch" }],
      });
      const [pod] = await environment.untilPods(3);
      expect(pod !== undefined, "there are no pods");
      const report = await environment.underTraffic({}, async () => {
        await environment.runIn(
          pod.name,
          "webhook",
          `fs.writeFileSync("/scratch/fill", Buffer.alloc(${32 * MiB}))`,
        );
        await environment.until(
          "the pod to be evicted",
          async () => {
            const now = (await environment.pods()).find(({ name }) => name === pod.name);
            return now === undefined || now.reason === "Evicted" ? true : undefined;
          },
          240_000,
        );
        await environment.untilPods(3);
      });
      await environment.helm.upgrade(chartValues(environment));
      return expectNoneRefused(report);
    },
  },
];

async function mapAlso(environment: Environment, role: string): Promise<void> {
  const spec = { organizationRef: { name: "acme" }, groups: [{ name: "service_admin" }], roles: [role] };
  const metadata = { name: `e2e-${role}` };
  await environment.apply([
    { apiVersion: "rolemapping.dev/v1alpha1", kind: "OktaRoleMapping", metadata, spec },
  ]);
}
