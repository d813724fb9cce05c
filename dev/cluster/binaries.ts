import { join } from "node:path";
import { pinnedBinaries } from "../control-plane/binaries.ts";
import { type GoTools, goTools } from "../control-plane/go-tools.ts";
import type { Progress } from "../control-plane/progress.ts";

/** Paths of the programs that make a node beside the control plane's own. */
export interface ClusterBinaries {
  readonly etcd: string;
  readonly kubeApiserver: string;
  readonly kubectl: string;
  readonly kubeControllerManager: string;
  readonly kubeScheduler: string;
  readonly kubeProxy: string;
  readonly kubelet: string;
  readonly coredns: string;
}

/** A module of its own beside `kubernetes`, so that who only needs an API server never builds a kubelet. */
const KUBERNETES_NODE: GoTools = {
  module: "kubernetes-node",
  source: "k8s.io/kubernetes",
  programs: {
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
    "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
    "kube-proxy": "k8s.io/kubernetes/cmd/kube-proxy",
    kubelet: "k8s.io/kubernetes/cmd/kubelet",
  },
  ldflags: (version) => `-X k8s.io/component-base/version.gitVersion=${version}`,
  usualMs: 300_000,
};

const COREDNS: GoTools = {
  module: "coredns",
  source: "github.com/coredns/coredns",
  programs: { coredns: "github.com/coredns/coredns" },
  usualMs: 90_000,
};

/**
 * All programs of the cluster, from the same cache as the control plane's; built into it when they aren't there.
 *
 * @throws GoMissingError, GoTooOldError, GoFailedError
 */
export async function findClusterBinaries(progress: Progress): Promise<ClusterBinaries> {
  // The node's programs are the newest's, and mustn't be newer than their API server.
  const controlPlane = await pinnedBinaries(progress);
  const node = await goTools(KUBERNETES_NODE, progress);
  const coredns = await goTools(COREDNS, progress);
  return {
    ...controlPlane,
    kubeControllerManager: join(node, "kube-controller-manager"),
    kubeScheduler: join(node, "kube-scheduler"),
    kubeProxy: join(node, "kube-proxy"),
    kubelet: join(node, "kubelet"),
    coredns: join(coredns, "coredns"),
  };
}
