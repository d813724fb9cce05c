import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { type ProgramName, programsAtHand, usualPlaces } from "./at-hand.ts";
import { cachedTools, type GoTools, goTools, pinnedVersion } from "./go-tools.ts";
import {
  chosenKubernetes,
  OLDEST_MINOR,
  type OlderKubernetes,
  OtherKubernetesError,
} from "./kubernetes-version.ts";
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
  usualMs: 30_000,
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
  usualMs: 330_000,
} satisfies GoTools;

/** The API server alone: kubectl is the newest's, which speaks with older servers well enough for what it does here. */
function older(minor: OlderKubernetes): GoTools {
  const { "kube-apiserver": kubeApiserver } = NEWEST.programs;
  return { ...NEWEST, module: `kubernetes-${minor}`, programs: { "kube-apiserver": kubeApiserver } };
}

/**
 * The control plane's programs: from the folder that KUBEBUILDER_ASSETS names when set, else from the cache
 * ($XDG_CACHE_HOME or ~/.cache, okta-role-operator/), else what is at hand on this machine and fits. What is missing then
 * is built into the cache.
 *
 * @param choice which Kubernetes; by default what the environment variable KUBERNETES says. One that is named is taken as
 * it is pinned here, and nothing that happens to be at hand
 * @param beforeBuilding is waited for when something is about to be built
 * @throws UnknownKubernetesError, OtherKubernetesError
 * @throws BinaryMissingError when KUBEBUILDER_ASSETS lacks one
 * @throws GoMissingError, GoTooOldError, GoFailedError when they have to be built and can't be
 */
export async function findBinaries(
  progress: Progress = showProgress(),
  choice = chosenKubernetes(),
  beforeBuilding: () => Promise<void> = async () => {},
): Promise<Binaries> {
  const assets = process.env.KUBEBUILDER_ASSETS;
  if (assets) {
    if (choice !== "any") throw new OtherKubernetesError(choice, "KUBEBUILDER_ASSETS");
    const binaries = binariesIn(assets, assets);
    for (const path of Object.values(binaries)) {
      await access(path, constants.X_OK).catch((cause) => {
        throw new BinaryMissingError(path, { cause });
      });
    }
    return binaries;
  }
  if (choice !== "any") return pinnedBinaries(progress, choice);
  const [etcd, kubernetes] = await Promise.all([cachedTools(ETCD), cachedTools(NEWEST)]);
  if (etcd !== undefined && kubernetes !== undefined) return binariesIn(etcd, kubernetes);

  const newest = Number((await pinnedVersion(NEWEST)).split(".")[1]);
  const places = await usualPlaces();
  const found = await programsAtHand({ oldest: OLDEST_MINOR, newest }, places, progress.step);
  const missing = [ETCD, NEWEST].flatMap((tools) => without(tools, found));
  const uncached = await Promise.all(missing.map(async (tools) => (await cachedTools(tools)) === undefined));
  if (uncached.includes(true)) await beforeBuilding();
  const built = await buildAll(missing, progress);
  return {
    etcd: found.etcd ?? built("etcd"),
    kubeApiserver: found["kube-apiserver"] ?? built("kube-apiserver"),
    kubectl: found.kubectl ?? built("kubectl"),
  };
}

/** The programs of one Kubernetes that is pinned here: from the cache, or built into it. */
export async function pinnedBinaries(
  progress: Progress,
  minor: OlderKubernetes | "newest" = "newest",
): Promise<Binaries> {
  const built = await buildAll([ETCD, NEWEST], progress);
  const newest = { etcd: built("etcd"), kubeApiserver: built("kube-apiserver"), kubectl: built("kubectl") };
  if (minor === "newest") return newest;
  return { ...newest, kubeApiserver: join(await goTools(older(minor), progress), "kube-apiserver") };
}

/** These tools, for those programs alone that nobody has found: a kubectl at hand spares building one. */
function without(tools: GoTools, found: Partial<Record<string, string>>): GoTools[] {
  const all = Object.entries(tools.programs);
  const missing = all.filter(([name]) => found[name] === undefined);
  if (missing.length === all.length) return [tools];
  return missing.length === 0 ? [] : [{ ...tools, programs: Object.fromEntries(missing) }];
}

/**
 * Builds what isn't in the cache, one after the other: two builds at once on a small machine only hide what is going on.
 *
 * @returns where a program is that one of these tools makes
 */
async function buildAll(all: readonly GoTools[], progress: Progress): Promise<(name: ProgramName) => string> {
  const paths = new Map<string, string>();
  for (const [index, tools] of all.entries()) {
    const laterMs = all.slice(index + 1).reduce((sum, { usualMs }) => sum + usualMs, 0);
    const folder = await goTools(tools, progress, laterMs);
    for (const name of Object.keys(tools.programs)) paths.set(name, join(folder, name));
  }
  return (name) => {
    const path = paths.get(name);
    if (path === undefined) throw new Error(`${name} isn't among what was built`);
    return path;
  };
}

function binariesIn(etcd: string, kubernetes: string): Binaries {
  return {
    etcd: join(etcd, "etcd"),
    kubeApiserver: join(kubernetes, "kube-apiserver"),
    kubectl: join(kubernetes, "kubectl"),
  };
}
