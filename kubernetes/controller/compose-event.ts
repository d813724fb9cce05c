import { randomUUID } from "node:crypto";
import type { Event, ObjectReference } from "../client/builtin-types.ts";
import type { KubernetesObject } from "../client/object.ts";
import { microTime } from "../client/times.ts";

export interface EventToRecord {
  /** The object that it is about; the Event goes into its namespace. */
  regarding: KubernetesObject | ObjectReference;
  /** Another object that is concerned. */
  related?: KubernetesObject | ObjectReference;
  type: "Normal" | "Warning";
  /** Why: CamelCase, for programs. */
  reason: string;
  /** What was done or tried: CamelCase. */
  action: string;
  /** For people; no secrets. */
  note: string;
}

/** Who reports. */
export interface Reporter {
  /** A qualified name such as "example.com/widget-controller". */
  reportingController: string;
  /** Which replica of it. */
  reportingInstance: string;
}

/** What is to be recorded, with references in place of the objects. */
export interface EventByReference extends Omit<EventToRecord, "regarding" | "related"> {
  regarding: ObjectReference;
  related: ObjectReference | undefined;
}

/** Limits of the API server's validation (pkg/apis/core/validation/events.go). */
const MAX_NOTE = 1024;
const MAX_NAME = 128;

/** The Event as it is written when it first happens, under a name that is nobody else's. */
export function composeEvent(
  { regarding, related, type, reason, action, note }: EventByReference,
  { reportingController, reportingInstance }: Reporter,
  time: Date,
): Event {
  return {
    metadata: {
      name: `${(regarding.name ?? "event").slice(0, 200)}.${randomUUID().slice(0, 18).replace("-", "")}`,
      namespace: namespaceOf(regarding),
    },
    eventTime: microTime(time),
    reportingController,
    reportingInstance: reportingInstance.slice(0, MAX_NAME),
    regarding,
    ...(related && { related }),
    type,
    reason: reason.slice(0, MAX_NAME),
    action: action.slice(0, MAX_NAME),
    note: clip(note),
  };
}

/** The namespace of Events on an object. */
export function namespaceOf(regarding: ObjectReference): string {
  return regarding.namespace || "default";
}

export function referenceTo(object: KubernetesObject | ObjectReference): ObjectReference {
  if (!("metadata" in object)) return object;
  const { apiVersion, kind, metadata } = object;
  const { namespace, name, uid } = metadata;
  return {
    ...(apiVersion && { apiVersion }),
    ...(kind && { kind }),
    ...(namespace && { namespace }),
    name,
    ...(uid && { uid }),
  };
}

/** At most 1024 bytes, cut at a character. */
function clip(note: string): string {
  if (Buffer.byteLength(note) <= MAX_NOTE) return note;
  const bytes = Buffer.from(note).subarray(0, MAX_NOTE - 3);
  return `${new TextDecoder().decode(bytes).replace(/\uFFFD$/, "")}…`;
}
