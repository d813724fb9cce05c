import { rfc3339 } from "../client/times.ts";

/** One condition of a status, as in metav1.Condition. */
export interface Condition {
  type: string;
  status: "True" | "False" | "Unknown";
  /** CamelCase, for programs. */
  reason: string;
  /** One sentence, for people. */
  message: string;
  observedGeneration?: number;
  /** RFC 3339, whole seconds. */
  lastTransitionTime: string;
}

/** What a controller says about a condition; the times and generations are filled in by {@link mergeConditions}. */
export type DesiredCondition = Omit<Condition, "lastTransitionTime" | "observedGeneration">;

/** metav1.Condition allows no more. */
const MAX_MESSAGE = 32_768;

export function conditionTrue(type: string, reason: string, message: string): DesiredCondition {
  return { type, status: "True", reason, message };
}

export function conditionFalse(type: string, reason: string, message: string): DesiredCondition {
  return { type, status: "False", reason, message };
}

export function conditionUnknown(type: string, reason: string, message: string): DesiredCondition {
  return { type, status: "Unknown", reason, message };
}

/**
 * The conditions as they are to be written: sorted by type, with the observed generation; `lastTransitionTime` is kept
 * while the status is the same (API conventions, "Typical status properties").
 * @param previous those in the object now; others than the desired ones are left out
 */
export function mergeConditions(
  previous: readonly Condition[],
  desired: readonly DesiredCondition[],
  { generation, now = new Date() }: { generation: number | undefined; now?: Date },
): Condition[] {
  return desired
    .map(({ type, status, reason, message }) => {
      const before = previous.find((condition) => condition.type === type);
      return {
        type,
        status,
        reason,
        message: message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE - 1)}…` : message,
        ...(generation !== undefined && { observedGeneration: generation }),
        lastTransitionTime: before?.status === status ? before.lastTransitionTime : rfc3339(now),
      };
    })
    .sort((a, b) => (a.type < b.type ? -1 : 1));
}
