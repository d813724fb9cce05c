import { setTimeout as delay } from "node:timers/promises";
import type { Environment } from "../environment.ts";
import { previousVersion } from "../helm.ts";
import { acme } from "../okta.ts";
import { places } from "../places.ts";
import { expect, type Step } from "../step.ts";

/** The values that every installation of this test has. */
export function chartValues({ cluster }: Environment) {
  return {
    baseURL: places.loginURL,
    image: cluster.image,
    secretNames: ["acme-okta"],
    // The stand-in is a Service of the cluster.
    okta: { addresses: ["private"], hosts: [new URL(places.oktaURL).hostname] },
    trustedCertificates: { configMapName: "okta-authority" },
    // Where policies are enforced, the pod's port counts and not the Service's.
    networkPolicy: { okta: { ports: [443, 8443] } },
  };
}

export const install: readonly Step[] = [
  {
    title: `helm install of chart ${previousVersion}, in a namespace that enforces the restricted Pod Security Standard`,
    run: async (environment) => {
      const data = { "ca.crt": environment.authority };
      const metadata = { name: "okta-authority" };
      await environment.apply([{ apiVersion: "v1", kind: "ConfigMap", metadata, data }]);
      environment.emptyAt = performance.now();
      await environment.helm.install(environment.helm.previousChart, chartValues(environment));
      expect((await environment.untilPods(2)).length === 2, "there aren't two pods");
      return undefined;
    },
  },
  {
    title: "kubectl apply of an organization and its mappings: Ready; Ada signs in through the Service",
    run: async (environment) => {
      await environment.apply(await acme());
      await environment.kubectl("wait", "--for=condition=Ready", "oktaorg,orm", "--all", "--timeout=60s");
      const { status, title } = await environment.browsers.signIn("ada");
      expect(status === 200, `the sign-in ended with ${status}: ${title}`);
      const seconds = ((performance.now() - environment.emptyAt) / 1000).toFixed(1);
      const { roles } = await environment.browsers.session("ada");
      expect(roles?.join() === "service-admin", `Ada's session has the roles ${roles}`);
      const cause = '{.items[?(@.spec.email=="ada@acme.example")].status.roles[0].mapping}';
      const mapping = await environment.kubectl("get", "orguser", "-o", `jsonpath=${cause}`);
      expect(mapping === "service-admins", `the cause of Ada's role is the mapping ${mapping}`);
      return `from an empty cluster to the first sign-in, one helm install and one kubectl apply: ${seconds} s`;
    },
  },
  {
    title: "Eve, who is in no mapped group, is refused; the page shows her groups",
    run: async ({ browsers }) => {
      const { status, title, body } = await browsers.signIn("eve");
      expect(status === 403 && body.includes("marketing"), `the sign-in ended with ${status}: ${title}`);
      return undefined;
    },
  },
  {
    title: "helm test passes",
    run: async ({ helm }) => {
      await helm.run(["test", places.release, "--timeout", "60s"]);
      return undefined;
    },
  },
  {
    title: "the NetworkPolicy is accepted, and what it lets through is what the steps here need",
    run: async (environment) => {
      const name = await environment.kubectl("get", "networkpolicy", "-o", "name");
      expect(name.includes(places.release), `there is no NetworkPolicy, but: ${name}`);
      return "whether it is enforced is for the cluster's network plug-in to say; that of dev/cluster doesn't";
    },
  },
  {
    title:
      "the containers run without root, on a file system that nothing can be written to, and without a shell",
    run: async (environment) => {
      const [pod] = await environment.pods();
      expect(pod !== undefined, "there are no pods");
      const code = `
        const written = ["/", "/app", "/tmp", "/var/tmp", "/dev"].filter((folder) => {
          try { fs.writeFileSync(folder + "/x", ""); return true } catch { return false }
        });
        console.log(JSON.stringify({ user: process.getuid(), written, shell: fs.existsSync("/bin/sh") }))`;
      const said = await environment.runIn(pod.name, "webhook", code);
      const { user, written, shell } = JSON.parse(said);
      expect(user !== 0 && written.length === 0, `the container says: ${said}`);
      return `user ${user}; ${shell ? "this base has a shell, which isn't used" : "no shell"}`;
    },
  },
  { title: "a new pod: from start to ready, and memory at rest", run: measurePod },
];

/** The two containers of the pod, by the ports of their health. */
const ports = { operator: 8081, webhook: 8082 };

async function measurePod(environment: Environment): Promise<string> {
  const before = new Set((await environment.pods()).map(({ name }) => name));
  const [old] = before;
  expect(old !== undefined, "there are no pods");
  await environment.kubectl("delete", "pod", old, "--wait=false");
  const pod = await environment.until("a new pod to have an address", async () => {
    const pod = (await environment.pods()).find(
      ({ name, address }) => !before.has(name) && address !== undefined,
    );
    return pod?.address === undefined ? undefined : { name: pod.name, address: pod.address };
  });
  const [operatorReady = 0, webhookReady = 0] = await environment.browsers.untilReady(pod.address, [
    ports.operator,
    ports.webhook,
  ]);
  await environment.untilPods(before.size);
  await delay(10_000); // "at rest" is a while after the start, and nothing tells when
  const describe = async (container: "operator" | "webhook", readyAt: number): Promise<string> => {
    const { startedAt, rss, bytes } = JSON.parse(await environment.runIn(pod.name, container, processFacts));
    const memory = `RSS ${Math.round(rss / 1024)} MiB`;
    return `${container}: ready ${readyAt - startedAt} ms after its start, ${memory}, ${(bytes / 1024 / 1024).toFixed(1)} MiB of code`;
  };
  return [await describe("operator", operatorReady), await describe("webhook", webhookReady)].join("\n");
}

/** Prints of the container's first process when it started, in ms since 1970, and its memory, in KiB. */
const processFacts = `
  const stat = fs.readFileSync("/proc/1/stat", "utf8");
  const ticks = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
  const uptime = Number(fs.readFileSync("/proc/uptime", "utf8").split(" ")[0]);
  const startedAt = Math.round(Date.now() - (uptime - ticks / 100) * 1000);
  const rss = Number(/VmRSS:\\s+(\\d+)/.exec(fs.readFileSync("/proc/1/status", "utf8"))[1]);
  const files = fs.readdirSync("/app", { recursive: true }).filter((name) => name.endsWith(".js"));
  const bytes = files.reduce((sum, name) => sum + fs.statSync("/app/" + name).size, 0);
  console.log(JSON.stringify({ startedAt, rss, bytes }))`;
