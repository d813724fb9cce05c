import { runKubectl } from "../../dev/control-plane/kubectl.ts";
import type { Environment } from "./environment.ts";
import { places, podSelector } from "./places.ts";

const questions: readonly (readonly string[])[] = [
  ["get", "pods", "--all-namespaces", "-o", "wide"],
  ["get", "oktaorg,orm,orguser"],
  ["get", "events", "--sort-by=.lastTimestamp"],
  ["logs", "-l", podSelector, "--all-containers", "--prefix", "--tail=8"],
];

/** What somebody would look at first who has to find out why a step failed. */
export async function diagnosis({ cluster }: Environment): Promise<string> {
  const parts: string[] = [];
  for (const args of questions) {
    const { stdout, stderr } = await runKubectl(cluster.target, ["-n", places.namespace, ...args]);
    parts.push(`$ kubectl ${args.join(" ")}`, ...(stdout || stderr).trimEnd().split("\n").slice(-25));
  }
  if (cluster.logs !== undefined) parts.push(`The logs of the cluster's own programs are in ${cluster.logs}`);
  return parts.join("\n");
}
