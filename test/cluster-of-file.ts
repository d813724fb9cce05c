import type { TestFn } from "ava";
import { type Client, createClient } from "../kubernetes/index.ts";
import { createTestCluster, type TestCluster } from "./cluster.ts";
import { log } from "./kubernetes/api-server.ts";

export interface ClusterOfFile {
  readonly cluster: TestCluster;
  /** The cluster admin's, or the product's with the chart's rights. */
  readonly client: Client;
}

/**
 * One namespace for all tests of a file, which tell their objects apart by name.
 *
 * @returns what there is while tests run, and isn't yet while they are declared
 */
export function clusterOfFile(
  test: TestFn,
  { as = "admin" }: { as?: "admin" | "product" } = {},
): () => ClusterOfFile {
  let made: ClusterOfFile | undefined;
  test.before(async () => {
    const cluster = await createTestCluster();
    const kubeconfig = as === "admin" ? cluster.kubeconfig : await cluster.serviceAccount();
    made = {
      cluster,
      client: await createClient({ kubeconfig, userAgent: "test", log }),
    };
  });
  test.after.always(async () => {
    await made?.client.close();
    await made?.cluster.remove();
  });
  return () => {
    if (!made) throw new Error("the namespace is there in tests only, not while they are declared");
    return made;
  };
}
