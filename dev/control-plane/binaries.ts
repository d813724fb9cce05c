import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { type GoTools, goTools } from "./go-tools.ts";
import { chosenKubernetes, type OlderKubernetes, OtherKubernetesError } from "./kubernetes-version.ts";
import { type Progress, showProgress } from "./progress.ts";

/** Paths of the programs that make a control plane, and of the client for people. */
export interface Binaries {
  readonly etcd: string;
  readonly kubeApiserver: string;
  readonly kubectl: string;
}

export class BinaryMissingError extends Error {
  readonly code = "binary-missing";
  constructor(path: string, options: ErrorOptions) {
    super(
      `KUBEBUILDER_ASSETS is set, but ${path} is not a program that can be run: set it to what \`setup-envtest use -p path\` prints, or unset it`,
      options,
    );
  }
}

const ETCD: GoTools = {
  module: "etcd",
  source: "go.etcd.io/etcd/server/v3",
  programs: { etcd: "go.etcd.io/etcd/server/v3" },
  usually: "about half a minute on two cores",
};

/** Which Kubernetes is the newest, is said in go/kubernetes/go.mod and nowhere else. */
const NEWEST = {
  module: "kubernetes",
  source: "k8s.io/kubernetes",
  programs: {
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    kubectl: "k8s.io/kubernetes/cmd/kubectl",
  },
  // Without these the server calls itself v0.0.0, and clients complain.
  ldflags: (version: string) => {
    const [major, minor] = version.slice(1).split(".");
    const set = (name: string, value: string | undefined) =>
      `-X k8s.io/component-base/version.${name}=${value}`;
    return [set("gitVersion", version), set("gitMajor", major), set("gitMinor", minor)].join(" ");
  },
  usually: "five to six minutes on two cores, downloads included",
} satisfies GoTools;

/** The API server alone: kubectl is the newest's, which speaks with older servers well enough for what it does here. */
function older(minor: OlderKubernetes): GoTools {
  const { "kube-apiserver": kubeApiserver } = NEWEST.programs;
  return { ...NEWEST, module: `kubernetes-${minor}`, programs: { "kube-apiserver": kubeApiserver } };
}

/**
 * The control plane's programs: from the folder that KUBEBUILDER_ASSETS names when set, else from the cache
 * ($XDG_CACHE_HOME or ~/.cache, okta-role-operator/), else built into it.
 *
 * @param minor which Kubernetes; by default what the environment variable KUBERNETES says
 * @throws UnknownKubernetesError, OtherKubernetesError
 * @throws BinaryMissingError when KUBEBUILDER_ASSETS lacks one
 * @throws GoMissingError, GoTooOldError, GoFailedError when they have to be built and can't be
 */
export async function findBinaries(
  progress: Progress = showProgress(),
  minor = chosenKubernetes(),
): Promise<Binaries> {
  const assets = process.env.KUBEBUILDER_ASSETS;
  if (assets) {
    if (minor !== "newest") throw new OtherKubernetesError(minor, "KUBEBUILDER_ASSETS");
    const binaries = binariesIn(assets, assets);
    for (const path of Object.values(binaries)) {
      await access(path, constants.X_OK).catch((cause) => {
        throw new BinaryMissingError(path, { cause });
      });
    }
    return binaries;
  }
  // One after the other: two builds at once on a small machine only hide what is going on.
  const etcd = await goTools(ETCD, progress);
  const newest = binariesIn(etcd, await goTools(NEWEST, progress));
  if (minor === "newest") return newest;
  return { ...newest, kubeApiserver: join(await goTools(older(minor), progress), "kube-apiserver") };
}

function binariesIn(etcd: string, kubernetes: string): Binaries {
  return {
    etcd: join(etcd, "etcd"),
    kubeApiserver: join(kubernetes, "kube-apiserver"),
    kubectl: join(kubernetes, "kubectl"),
  };
}
