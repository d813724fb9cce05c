import { ApiError, apiError } from "./errors.ts";
import { type Answer, subjectOf } from "./http-request.ts";
import { isKubernetesObject, isRecord, type KubernetesObject } from "./object.ts";

/** What an answer is to: for the message of what is thrown. */
interface Asked {
  readonly method: string;
  readonly path: string;
}

/** Throws an ApiError unless the answer is a success. */
function accept(asked: Asked, answer: Answer): Answer {
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw apiError(subjectOf(asked), answer.status, parseOr(answer.body, undefined), answer);
}

/** The JSON in an answer. Throws an ApiError unless it is a success, and has some. */
export function readJSON(asked: Asked, answer: Answer): unknown {
  const { status, body } = accept(asked, answer);
  const value = parseOr(body, undefined);
  if (typeof value === "object" && value !== null) return value;
  const message = `${subjectOf(asked)}: the answer isn't JSON: is this a Kubernetes API server?`;
  throw new ApiError(message, { status, reason: "NotJSON" });
}

/** The object in an answer. Throws an ApiError unless it is a success, and has one. */
export function readObject<T extends KubernetesObject>(asked: Asked, answer: Answer): T {
  const value = readJSON(asked, answer);
  if (isKubernetesObject<T>(value)) return value;
  const message = `${subjectOf(asked)}: the answer isn't an object of the API`;
  throw new ApiError(message, { status: answer.status, reason: "NotAnObject" });
}

/** Reads a page of a list. Throws an ApiError when it isn't one. */
export function readList<T extends KubernetesObject>(asked: Asked, list: unknown) {
  const { kind, items, metadata } = isRecord(list) ? list : {};
  const { resourceVersion, continue: next } = isRecord(metadata) ? metadata : {};
  // Any object has a resourceVersion: an answer that isn't a list must not be read as an empty one.
  const isOther = typeof kind === "string" && !kind.endsWith("List");
  if (isOther || typeof resourceVersion !== "string" || !isListOf<T>(items)) {
    throw new ApiError(`${subjectOf(asked)}: the answer isn't a list`, { status: 200, reason: "NotAList" });
  }
  const continueToken = typeof next === "string" && next !== "" ? next : undefined;
  return { items: items ?? [], resourceVersion, continueToken };
}

function isListOf<T extends KubernetesObject>(items: unknown): items is T[] | null {
  return items === null || (Array.isArray(items) && items.every(isKubernetesObject));
}

/** The JSON value in a text, or what is to be taken when it has none. */
export function parseOr<F>(text: string, fallback: F): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return fallback;
  }
}
