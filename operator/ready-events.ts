import {
  type DesiredCondition,
  type EventRecorder,
  type KubernetesObject,
  mayBeDone,
} from "../kubernetes/index.ts";
import { isChecking } from "./progress.ts";

interface WithConditions extends KubernetesObject {
  readonly status?: { readonly conditions?: readonly { type: string; status: string; reason: string }[] };
}

/**
 * Writes a status, and records an Event when Ready has changed its status or its reason by that; also where nobody knows
 * whether it was written, since nothing would be different the next time.
 * @param before the object as it was
 * @param write gives the object as written, or undefined when there was nothing to write
 * @throws what `write` throws
 */
export async function writeReady<T>(
  {
    events,
    before,
    ready,
  }: { events: Pick<EventRecorder, "record">; before: WithConditions; ready: DesiredCondition },
  write: () => Promise<T | undefined>,
): Promise<T | undefined> {
  try {
    const written = await write();
    if (written) recordReady(events, before, ready);
    return written;
  } catch (error) {
    if (mayBeDone(error)) recordReady(events, before, ready);
    throw error;
  }
}

function recordReady(
  events: Pick<EventRecorder, "record">,
  before: WithConditions,
  ready: DesiredCondition,
): void {
  const was = before.status?.conditions?.find(({ type }) => type === "Ready");
  if (was?.status === ready.status && was.reason === ready.reason) return;
  if (isChecking(ready)) return; // what comes of it is worth an Event
  events.record({
    regarding: before,
    type: ready.status === "False" ? "Warning" : "Normal",
    reason: ready.reason,
    action: "Reconcile",
    note: ready.message,
  });
}
