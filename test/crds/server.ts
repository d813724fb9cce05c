import { randomBytes } from "node:crypto";
import test from "ava";
import { type KubectlResult, runKubectl } from "../../dev/control-plane/kubectl.ts";

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
  const target = { kubectl: process.env["KUBECTL"] ?? "kubectl" };
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
