import { join } from "node:path";
import { type GoTools, goTools } from "./go-tools.ts";
import { type Progress, showProgress } from "./progress.ts";

/** Which Helm this is, is said in go/helm/go.mod and nowhere else. */
const HELM: GoTools = {
  module: "helm",
  source: "helm.sh/helm/v4",
  programs: { helm: "helm.sh/helm/v4/cmd/helm" },
  ldflags: (version) => `-X helm.sh/helm/v4/internal/version.version=${version}`,
  usualMs: 105_000,
};

/**
 * Helm, for the chart: from the cache, or built into it, once.
 *
 * @returns the path of the program
 * @throws GoMissingError, GoTooOldError, GoFailedError when it has to be built and can't be
 */
export async function findHelm(progress: Progress = showProgress()): Promise<string> {
  return join(await goTools(HELM, progress), "helm");
}
