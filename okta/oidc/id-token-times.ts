import { z } from "zod";
import { type ClockDifference, clockAdvice } from "../clocks.ts";
import { type IdTokenCheck, IdTokenInvalidError } from "./login-errors.ts";

/** The checks of an ID token that depend on what time it is: the claim of each, and what is wrong with it. */
const TIMES: Partial<Record<IdTokenCheck, { claim: string; wrong: (seconds: number) => string }>> = {
  expiry: { claim: "exp", wrong: (seconds) => `it ended ${seconds} seconds ago` },
  "issued-at": { claim: "iat", wrong: (seconds) => `it was issued ${seconds} seconds in the future` },
  "not-before": { claim: "nbf", wrong: (seconds) => `it begins in ${seconds} seconds` },
  "auth-time": {
    claim: "auth_time",
    wrong: (seconds) => `its auth_time is ${seconds} seconds in the future`,
  },
};

const claimsSchema = z.record(z.string(), z.unknown());

/**
 * A check of an ID token that failed, as an error. Where it is one of the times it says by how many seconds, and whether
 * that is the doing of a clock: a wrong one looks like a wrong token, and is put right elsewhere.
 * @param claims what the token says, if that is known
 * @param clock the difference by the answer's `Date`, where it had one
 */
export function failedCheckError(
  check: IdTokenCheck,
  claims: unknown,
  { nowS, clock, cause }: { nowS: number; clock: ClockDifference | undefined; cause?: Error },
): IdTokenInvalidError {
  const found = claimsSchema.safeParse(claims).data ?? {};
  const time = TIMES[check];
  const at = time && found[time.claim];
  if (time === undefined || typeof at !== "number") return new IdTokenInvalidError(check, { cause });
  return new IdTokenInvalidError(check, {
    cause,
    what: time.wrong(Math.round(Math.abs(at - nowS))),
    advice: clock
      ? (clockAdvice(clock) ?? "Okta's clock and the one here agree: it is the token that is wrong.")
      : clockAdvice(differenceByIssue(found.iat, nowS)),
  });
}

/** A token is issued when the code is redeemed: just now. */
function differenceByIssue(iat: unknown, nowS: number): ClockDifference | undefined {
  return typeof iat === "number" ? { aheadS: Math.round(iat - nowS), by: "iat" } : undefined;
}
