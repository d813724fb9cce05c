import { homedir } from "node:os";
import { join } from "node:path";

/** Where everything of the cluster is while it is up. One cluster a machine: its addresses are fixed as well. */
export function clusterFolder(): string {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return process.env.ORO_CLUSTER_DIR || join(cache, "okta-role-operator", "cluster");
}

/**
 * The cluster's addresses. Pods and services have theirs inside the cluster's own network namespace only: this
 * machine sees one link, by which it reaches the API server, and no route to anything behind it.
 */
export const network = {
  /** This machine's end and the cluster's end of the link; link-local, so that they can't be anybody else's. */
  link: { name: "oro-cluster", here: "169.254.77.1", there: "169.254.77.2", prefix: 30 },
  node: "10.244.0.1",
  pods: "10.244.0.0/24",
  services: "10.96.0.0/16",
  /** The service `kubernetes`: the first address of the services' range. */
  apiService: "10.96.0.1",
  apiPort: 6443,
} as const;

export const nodeName = "node1";
