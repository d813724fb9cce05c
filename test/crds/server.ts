import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import test, { type ExecutionContext } from "ava";
import { z } from "zod";
import { type KubectlResult, runKubectl } from "../../dev/control-plane/kubectl.ts";

const kubectlPath = process.env["KUBECTL"] ?? "kubectl";

export interface TestNamespace {
  readonly name: string;
  /** Runs kubectl in the namespace, as the cluster's admin. @param input is what `-f -` reads */
  kubectl(args: readonly string[], input?: unknown): Promise<KubectlResult>;
  /** The same, and it has to succeed. @returns its stdout */
  succeed(args: readonly string[], input?: unknown): Promise<string>;
}

/** A namespace of this test file's own, made before its first test. @param prepare what else to do before it */
export function testNamespace(prepare?: (namespace: TestNamespace) => Promise<void>): TestNamespace {
  const name = `crds-${randomBytes(4).toString("hex")}`;
  const target = { kubectl: kubectlPath };
  const kubectl: TestNamespace["kubectl"] = (args, input) =>
    runKubectl(target, ["--namespace", name, ...args], input === undefined ? undefined : JSON.stringify(input));
  const namespace: TestNamespace = {
    name,
    kubectl,
    async succeed(args, input) {
      const { code, stdout, stderr } = await kubectl(args, input);
      if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
      return stdout;
    },
  };
  test.before(async () => {
    await namespace.succeed(["create", "namespace", name]);
    await prepare?.(namespace);
  });
  return namespace;
}

export interface Answer {
  readonly status: number;
  /** What the API server says when it refuses. */
  readonly message: string;
  readonly spec: unknown;
  readonly resourceVersion: string | undefined;
}

/**
 * Speaks with the API server without a process for each request.
 * @param flags whom to act as, as flags of kubectl
 */
export async function apiOf(
  t: ExecutionContext,
  flags: readonly string[],
): Promise<(method: string, path: string, body: unknown) => Promise<Answer>> {
  const proxy = spawn(kubectlPath, ["proxy", "--port=0", ...flags], { stdio: ["ignore", "pipe", "inherit"] });
  t.teardown(() => proxy.kill());
  const { value: line = "" } = await createInterface(proxy.stdout)[Symbol.asyncIterator]().next();
  const address = /\S+:\d+$/.exec(String(line))?.[0];
  if (!address) throw new Error(`kubectl proxy says: ${line}`);
  return async (method, path, body) => {
    const headers = { "content-type": "application/json" };
    const response = await fetch(`http://${address}${path}`, { method, headers, body: JSON.stringify(body) });
    const { message, metadata, spec } = answer.parse(await response.json());
    return { status: response.status, message, spec, resourceVersion: metadata.resourceVersion };
  };
}

/** An object, or a Status. */
const answer = z.object({
  message: z.string().default(""),
  metadata: z.object({ resourceVersion: z.string().optional() }).default({}),
  spec: z.unknown().optional(),
});
