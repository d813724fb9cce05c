import { StoreError } from "../../identity/index.ts";
import { KubernetesError } from "../../kubernetes/index.ts";
import { RosterBusyError } from "../console/roster.ts";
import type { Problem } from "../http/problem.ts";
import { REFUSED_FOR_GOOD, refusalOf } from "../http/problem-of-error.ts";
import { RequestError } from "../http/request-errors.ts";
import { NamespaceUnreadableError } from "../organizations.ts";
import { ApiRefusal } from "./refusals.ts";

/** What a program is told of any error. What an error says about itself is for the log. */
export function problemOfApiError(error: unknown): Problem {
  if (error instanceof ApiRefusal) {
    const { status, code, title, message: text, retryAfterS, parameter } = error;
    return { status, code, title, text, retryAfterS, parameter };
  }
  // The only thing that the list of users finds wrong with a question.
  if (error instanceof RequestError && error.code === "cursor-invalid")
    return {
      status: 400,
      code: error.code,
      title: "This question isn't understood",
      text: "cursor is none of a list in this order. Begin without one, and send nextCursor of one page for the next.",
      parameter: "cursor",
    };
  if (error instanceof RequestError)
    return { status: error.status, code: error.code, title: error.title, text: error.message };
  if (error instanceof NamespaceUnreadableError)
    return {
      ...CANNOT_SAY,
      code: error.code,
      text: "What is stored in this namespace can't be read at the moment. Ask again in a moment.",
      advice: "For administrators: the log says why. A missing Role or RoleBinding is the usual reason.",
      retryAfterS: 10,
    };
  if (error instanceof RosterBusyError)
    return error.byOneCaller
      ? {
          status: 429,
          code: error.code,
          title: "Too many requests at once",
          text: "Too many of your searches are under way. Wait for one before the next.",
          retryAfterS: error.retryAfterS,
        }
      : { ...CANNOT_SAY, code: error.code, text: error.message, retryAfterS: error.retryAfterS };
  const refusal = refusalOf(error);
  if (refusal) return { status: 503, code: refusal.code, title: "Nobody can say", ...REFUSED_FOR_GOOD };
  if (error instanceof StoreError || error instanceof KubernetesError)
    return {
      ...CANNOT_SAY,
      code: error.code,
      text: "The place where accounts are kept doesn't answer. Ask again in a moment.",
      retryAfterS: 10,
    };
  return {
    status: 500,
    code: "internal",
    title: "Something went wrong here",
    text: "It isn't your question. If it happens again, give the requestID to whoever runs this service.",
  };
}

const CANNOT_SAY = { status: 503, title: "Nobody can say at the moment" };
