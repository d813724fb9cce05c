import { stringify } from "yaml";
import { network } from "./place.ts";
import { cniPlugins } from "./requirements.ts";

/** The image of the process that holds a pod's namespaces; made here, never pulled. */
export const pauseImage = "localhost/pause:1";

/**
 * The settings files of the node's programs.
 *
 * @param folder where the cluster is
 * @returns file name -> content
 */
export function nodeSettings(folder: string): Map<string, string> {
  return new Map([
    ["containerd.toml", containerd(folder)],
    ["cni/10-pods.conflist", JSON.stringify(podNetwork(folder))],
    ["Corefile", corefile(folder)],
    ["kubelet.yaml", stringify(kubelet(folder))],
  ]);
}

/** @returns the path of containerd's socket */
export function containerdSocket(folder: string): string {
  return `${folder}/containerd.sock`;
}

/** restrict_oom_score_adj: without CAP_SYS_RESOURCE, as in a sandbox, runc can't lower it, and dies. */
function containerd(folder: string): string {
  return `version = 2
root = "${folder}/containerd"
state = "${folder}/containerd-state"
[grpc]
  address = "${containerdSocket(folder)}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${cniPlugins}"
    conf_dir = "${folder}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
`;
}

function podNetwork(folder: string) {
  const ranges = [[{ subnet: network.pods }]];
  const routes = [{ dst: "0.0.0.0/0" }];
  return {
    cniVersion: "1.0.0",
    name: "pods",
    plugins: [
      {
        type: "bridge",
        bridge: "cni0",
        isGateway: true,
        ipMasq: true,
        hairpinMode: true,
        ipam: { type: "host-local", dataDir: `${folder}/addresses`, ranges, routes },
      },
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  };
}

/** Names of the cluster's services and nothing else: there is nothing else that a pod could reach. */
function corefile(folder: string): string {
  return `.:53 {
  bind ${network.node}
  errors
  kubernetes cluster.local in-addr.arpa {
    kubeconfig ${folder}/inside.kubeconfig
  }
}
`;
}

function kubelet(folder: string) {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    failCgroupV1: false,
    cgroupDriver: "cgroupfs",
    cgroupRoot: cgroup,
    failSwapOn: false,
    containerRuntimeEndpoint: `unix://${containerdSocket(folder)}`,
    address: network.node,
    tlsCertFile: `${folder}/pki/kubelet.crt`,
    tlsPrivateKeyFile: `${folder}/pki/kubelet.key`,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: `${folder}/pki/cluster.crt` },
    },
    authorization: { mode: "Webhook" },
    resolvConf: "", // not this machine's
    clusterDomain: "cluster.local",
    clusterDNS: [network.node],
    // A developer's disk may be nearly full without that being the pods' doing.
    volumeStatsAggPeriod: "5s", // how soon it sees a full volume
    evictionHard: { "imagefs.available": "1%", "nodefs.available": "1%", "memory.available": "100Mi" },
  };
}

/** The control group that all pods are in. */
export const cgroup = "/okta-role-operator-cluster";
