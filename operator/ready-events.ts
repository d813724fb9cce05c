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
 * @param also conditions of which the same is told where Ready doesn't: something else may come first there
 * @param write gives the object as written, or undefined when there was nothing to write
 * @throws what `write` throws
 */
export async function writeReady<T>(
  {
    events,
    before,
    ready,
    also = [],
  }: {
    events: Pick<EventRecorder, "record">;
    before: WithConditions;
    ready: DesiredCondition;
    also?: readonly DesiredCondition[];
  },
  write: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const told = [ready, ...also.filter(({ reason }) => reason !== ready.reason)];
  const record = (): void => {
    for (const condition of told) recordChange(events, before, condition);
  };
  try {
    const written = await write();
    if (written) record();
    return written;
  } catch (error) {
    if (mayBeDone(error)) record();
    throw error;
  }
}

function recordChange(
  events: Pick<EventRecorder, "record">,
  before: WithConditions,
  condition: DesiredCondition,
): void {
  const { type, status, reason, message } = condition;
  const was = before.status?.conditions?.find((each) => each.type === type);
  if (was?.status === status && was.reason === reason) return;
  if (isChecking(condition)) return; // what comes of it is worth an Event
  if (type !== "Ready" && status === "True" && !was) return; // nothing was ever wrong with it
  events.record({
    regarding: before,
    type: status === "False" ? "Warning" : "Normal",
    reason,
    action: "Reconcile",
    note: message,
  });
}
