/** What whoever waits for an object makes of it: kubectl's neighbours, Argo CD, Flux. */
export type Kstatus = "Terminating" | "InProgress" | "Failed" | "Current";

/** As the API server returns it. */
export interface KstatusObject {
  readonly metadata: { readonly generation?: number; readonly deletionTimestamp?: string };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/**
 * The rules of kstatus for kinds that it doesn't know (sigs.k8s.io/cli-utils, pkg/kstatus, "Statuses" and "The
 * algorithm"): the first that applies, and conditions in their order.
 */
export function kstatusOf({ metadata, status = {} }: KstatusObject): Kstatus {
  if (metadata.deletionTimestamp !== undefined) return "Terminating";
  const { observedGeneration, conditions = [] } = status;
  if (observedGeneration !== undefined && observedGeneration !== metadata.generation) return "InProgress";
  for (const condition of conditions) {
    if (condition.status !== "True") continue;
    if (condition.type === "Reconciling") return "InProgress";
    if (condition.type === "Stalled") return "Failed";
  }
  const ready = conditions.find(({ type }) => type === "Ready");
  return ready === undefined || ready.status === "True" ? "Current" : "InProgress";
}
