import type { DesiredCondition, EventRecorder, KubernetesObject } from "../kubernetes/index.ts";

interface WithConditions extends KubernetesObject {
  readonly status?: { readonly conditions?: readonly { type: string; status: string; reason: string }[] };
}

/** Records an Event when Ready has changed its status or its reason. @param before the object as it was */
export function recordReady(events: EventRecorder, before: WithConditions, ready: DesiredCondition): void {
  const was = before.status?.conditions?.find(({ type }) => type === "Ready");
  if (was?.status === ready.status && was.reason === ready.reason) return;
  events.record({
    regarding: before,
    type: ready.status === "False" ? "Warning" : "Normal",
    reason: ready.reason,
    action: "Reconcile",
    note: ready.message,
  });
}
