import { ApiError, apiError } from "./errors.ts";
import type { Answer } from "./http-request.ts";
import { isKubernetesObject, isRecord, type KubernetesObject } from "./object.ts";
import type { Call } from "./transport.ts";
import { parseOr } from "./watch-stream.ts";

/** Throws an ApiError unless the answer is a success. */
export function accept(call: Call, answer: Answer): Answer {
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw apiError(subjectOf(call), answer.status, parseOr(answer.body, undefined), answer.retryAfterMs);
}

/** The JSON in an answer. Throws an ApiError unless it is a success, and has some. */
export function readJSON(call: Call, answer: Answer): unknown {
  const { status, body } = accept(call, answer);
  const value = parseOr(body, undefined);
  if (typeof value === "object" && value !== null) return value;
  const message = `${subjectOf(call)}: the answer isn't JSON: is this a Kubernetes API server?`;
  throw new ApiError(message, { status, reason: "NotJSON" });
}

/** The object in an answer. Throws an ApiError unless it is a success, and has one. */
export function readObject<T extends KubernetesObject>(call: Call, answer: Answer): T {
  const value = readJSON(call, answer);
  if (isKubernetesObject<T>(value)) return value;
  const message = `${subjectOf(call)}: the answer isn't an object of the API`;
  throw new ApiError(message, { status: answer.status, reason: "NotAnObject" });
}

/** Reads a page of a list. Throws an ApiError when it isn't one. */
export function readList<T extends KubernetesObject>(call: Call, list: unknown) {
  const { items, metadata } = isRecord(list) ? list : {};
  const { resourceVersion, continue: next } = isRecord(metadata) ? metadata : {};
  if (typeof resourceVersion !== "string" || !isListOf<T>(items)) {
    throw new ApiError(`${subjectOf(call)}: the answer isn't a list`, { status: 200, reason: "NotAList" });
  }
  const continueToken = typeof next === "string" && next !== "" ? next : undefined;
  return { items: items ?? [], resourceVersion, continueToken };
}

function isListOf<T extends KubernetesObject>(items: unknown): items is T[] | null | undefined {
  return items == null || (Array.isArray(items) && items.every(isKubernetesObject));
}

/** What was asked, for messages: without the query, which may be long. */
function subjectOf({ method, path }: Call): string {
  return `${method} ${path.split("?", 1)[0]}`;
}
