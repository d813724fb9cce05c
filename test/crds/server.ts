import test from "ava";
import { z } from "zod";
import { apiRequest } from "../../dev/control-plane/api-request.ts";
import type { KubectlResult } from "../../dev/control-plane/kubectl.ts";
import { createTestCluster, type TestCluster } from "../cluster.ts";

export interface TestNamespace {
  readonly name: string;
  /** Runs kubectl in the namespace, as the cluster's admin. @param input is what `-f -` reads */
  kubectl(args: readonly string[], input?: object): Promise<KubectlResult>;
  /** The same, and it has to succeed. @returns its stdout */
  succeed(args: readonly string[], input?: object): Promise<string>;
  /**
   * Asks the API server without a process in between.
   * @param path below the namespace's in the API, as in organizations/acme
   */
  request(user: string, method: string, path: string, body: object): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  /** What the API server says when it refuses. */
  readonly message: string;
  readonly spec: unknown;
  readonly resourceVersion: string | undefined;
}

/** An object, or a Status. */
const answer = z.object({
  message: z.string().default(""),
  metadata: z.object({ resourceVersion: z.string().optional() }).default({}),
  spec: z.unknown().optional(),
});

/**
 * A namespace of this test file's own. AVA wants tests to be declared at once, so it is there when the first one runs.
 * @param prepare what else to do before the first test
 */
export function testNamespace(prepare?: (namespace: TestNamespace) => Promise<void>): TestNamespace {
  let made: TestCluster | undefined;
  const cluster = () => {
    if (!made) throw new Error("the namespace is there in tests only, not while they are declared");
    return made;
  };
  const namespace: TestNamespace = {
    get name() {
      return cluster().namespace;
    },
    kubectl: (args, input) => cluster().tryKubectl(args, input),
    succeed: async (args, input) => (await cluster().kubectlWith(input ?? "", ...args)).stdout,
    async request(user, method, path, body) {
      const { namespace, controlPlane } = cluster();
      const url = `/apis/rolemapping.dev/v1alpha1/namespaces/${namespace}/${path}`;
      const response = await apiRequest(controlPlane.admin, method, url, { body, impersonate: user });
      const { message, metadata, spec } = answer.parse(JSON.parse(response.body));
      return { status: response.status, message, spec, resourceVersion: metadata.resourceVersion };
    },
  };
  test.before(async () => {
    made = await createTestCluster();
    await prepare?.(namespace);
  });
  test.after.always(() => made?.remove());
  return namespace;
}
