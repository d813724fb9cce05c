import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import test from "ava";
import { parse } from "yaml";
import { z } from "zod";
import { webhookUnderTest } from "../webhook-under-test.ts";
import { program, tokenOf } from "./program.ts";

const run = promisify(execFile);
const API = "https://login.example.com/api/v1";
const docs = new URL("../../../docs/", import.meta.url);

const answers = z.object({ users: z.array(z.object({ email: z.string() })) });

/** Ada has signed in at the webhook, which the documented commands are turned to. */
async function acme(t: Parameters<typeof webhookUnderTest>[0]) {
  const underTest = await webhookUnderTest(t);
  await underTest.applyAcme();
  await underTest.signedIn("ada");
  const { namespace } = underTest.cluster;
  const here = (text: string) =>
    text
      .replaceAll(API, `${underTest.url}/api/v1`)
      .replaceAll("-n access ", `-n ${namespace} `)
      .replaceAll("access:", `${namespace}:`)
      .replaceAll("/access/", `/${namespace}/`);
  return { ...underTest, here };
}

test("what the page says to do with kubectl and curl shows who holds a role", async (t) => {
  const { cluster, here } = await acme(t);
  const text = await readFile(new URL("programs.md", docs), "utf8");
  const [, script = ""] = /^```sh\n(.*?)^```/ms.exec(text) ?? [];
  const { kubectl } = cluster.controlPlane;
  const env = {
    ...process.env,
    PATH: `${dirname(kubectl)}:${process.env.PATH}`,
    KUBECONFIG: cluster.kubeconfig,
    no_proxy: "*",
  };
  const { stdout } = await run("bash", ["-euo", "pipefail", "-c", here(script)], { env });
  const printed = stdout.slice(stdout.indexOf("{"));
  t.deepEqual(answers.parse(JSON.parse(printed)).users, [{ email: "ada@acme.example" }]);
});

test("the documented pod is one that Kubernetes takes, and its command is answered with its own token", async (t) => {
  const underTest = await acme(t);
  const { cluster, here } = underTest;
  await program(cluster, "reports", "list");
  const text = await readFile(new URL("programs/pod.yaml", docs), "utf8");
  const manifest = here(text).replace("namespace: access", `namespace: ${cluster.namespace}`);
  await t.notThrowsAsync(cluster.kubectlWith(manifest, "create", "-f", "-"));

  const pod = z
    .object({
      spec: z.object({
        containers: z.tuple([
          z.object({
            command: z.tuple([z.string(), z.literal("-c"), z.string()]),
            env: z.array(z.object({ name: z.string(), value: z.string() })),
          }),
        ]),
        volumes: z.tuple([
          z.object({
            projected: z.object({
              sources: z.tuple([z.object({ serviceAccountToken: z.object({ audience: z.string() }) })]),
            }),
          }),
        ]),
      }),
    })
    .parse(parse(manifest));
  const [{ command, env }] = pod.spec.containers;
  const [{ projected }] = pod.spec.volumes;
  // What the kubelet does.
  const token = await tokenOf(underTest, "reports", {
    audience: projected.sources[0].serviceAccountToken.audience,
    flags: ["--bound-object-kind", "Pod", "--bound-object-name", "report"],
  });
  const file = join(cluster.folder, "token");
  await writeFile(file, token, { mode: 0o600 });
  const variables = Object.fromEntries(env.map(({ name, value }) => [name, value]));
  const { stdout } = await run(command[0], command.slice(1), {
    env: { ...process.env, ...variables, TOKEN_FILE: file, no_proxy: "*" },
  });
  t.deepEqual(answers.parse(JSON.parse(stdout)).users, [{ email: "ada@acme.example" }]);
});
