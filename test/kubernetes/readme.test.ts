import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import test from "ava";
import { leases } from "../../kubernetes/client/builtin-types.ts";
import { connect, kubeconfigPath, newNamespace } from "./api-server.ts";
import { gadgets, installGadgets } from "./gadgets.ts";
import { until } from "./until.ts";

const folder = new URL("../../kubernetes/", import.meta.url);

test("the README's controller works, and stops as it should", async (t) => {
  const client = await connect(t);
  await installGadgets(client);
  const namespace = await newNamespace(t);
  await client.create(gadgets, { metadata: { namespace, name: "small" }, spec: { size: 1 } });
  await client.create(gadgets, { metadata: { namespace, name: "nothing" } });

  const readme = await readFile(new URL("README.md", folder), "utf8");
  const program = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? "";
  // Inside the repository, so that it finds the packages, and where git and the linters don't look.
  const cache = fileURLToPath(new URL("../.cache/", folder));
  await mkdir(cache, { recursive: true });
  const file = `${cache}readme-${process.pid}.ts`;
  await writeFile(file, program.replace('"./index.ts"', JSON.stringify(new URL("index.ts", folder).href)));
  t.teardown(() => rm(file));
  const env = { ...process.env, KUBECONFIG: kubeconfigPath(), NAMESPACE: namespace };
  const child = spawn(process.execPath, [file], { env, stdio: ["ignore", "pipe", "inherit"] });
  child.stdout.resume();
  t.teardown(() => {
    child.kill("SIGKILL");
  });

  const ready = async (name: string) => {
    const { status } = await client.get(gadgets, { namespace, name });
    return status?.conditions?.find(({ type }) => type === "Ready")?.status;
  };
  await until("both have a condition", async () => (await ready("small")) && (await ready("nothing")));
  t.is(await ready("small"), "True");
  t.is(await ready("nothing"), "False");
  await client.mergePatch(gadgets, { namespace, name: "nothing" }, { spec: { size: 2 } });
  await until("it is ready now", async () => (await ready("nothing")) === "True");

  child.kill("SIGTERM");
  t.deepEqual(await once(child, "exit"), [0, null]);
  const lease = await client.get(leases, { namespace, name: "gadget-controller" });
  t.is(lease.spec?.holderIdentity, "");
});
