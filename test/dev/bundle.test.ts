import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import test from "ava";
import { stringify } from "yaml";
import { bundle, programs } from "../../dev/bundle.ts";
import { packedProgram } from "../e2e/programs.ts";

const withTokenFile = {
  "current-context": "x",
  contexts: [{ name: "x", context: { cluster: "x", user: "x", namespace: "x" } }],
  clusters: [{ name: "x", cluster: { server: "https://127.0.0.1:9" } }],
  users: [{ name: "x", user: { tokenFile: "no-such-token" } }],
};

test("each program of the image starts from its bundle alone, and loads no model of Kubernetes' API", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "okta-role-operator-bundle-"));
  t.teardown(() => rm(folder, { recursive: true }));
  const { outputs } = await bundle(programs, folder);
  for (const name of Object.keys(programs)) {
    const { stdout } = await promisify(execFile)("node", [join(folder, `${name}.js`), "--help"], {
      cwd: "/",
    });
    t.regex(stdout, /--watch-namespaces/);
  }
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, stringify(withTokenFile));
  const started = promisify(execFile)("node", [join(folder, "operator.js"), "--kubeconfig", kubeconfig]);
  const stopped = await t.throwsAsync<Error & { stdout: string }>(started);
  t.regex(
    stopped?.stdout ?? "",
    /no such file or directory, open '.*no-such-token'/,
    "it knows where to look",
  );
  const models = Object.values(outputs)
    .flatMap(({ inputs }) => Object.entries(inputs))
    .filter(([path, { bytesInOutput }]) => path.includes("/gen/models/") && bytesInOutput > 0);
  t.deepEqual(models, []);
});

test("what the end-to-end test runs in the cluster fits into a ConfigMap", async (t) => {
  for (const entryPoint of ["dev/okta/main.ts", "test/e2e/browsers/main.ts"])
    t.true((await packedProgram(entryPoint)).length < 1024 * 1024);
});
