import { randomUUID } from "node:crypto";
import type { EventHook } from "./event-hook.ts";
import { headersOf } from "./hook-headers.ts";
import { type OutboundCalls, reasonOf, succeeded } from "./outbound-call.ts";

/**
 * Asks the hook's receiver for the value in x-okta-verification-challenge (Okta: "One-time verification request").
 * @returns why it isn't verified; undefined: it is
 */
export async function refusalToVerify(hook: EventHook, calls: OutboundCalls): Promise<string | undefined> {
  const challenge = randomUUID();
  const headers = { ...headersOf(hook), "x-okta-verification-challenge": challenge };
  const answer = await calls.call({ method: "GET", url: hook.uri, headers });
  if (!succeeded(answer)) return reasonOf(answer);
  return verificationIn(answer.body) === challenge ? undefined : "The answer isn't the challenge";
}

function verificationIn(body: string): unknown {
  try {
    const answer: unknown = JSON.parse(body);
    return typeof answer === "object" && answer !== null && "verification" in answer
      ? answer.verification
      : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
