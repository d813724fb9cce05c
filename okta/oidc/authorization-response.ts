import { timingSafeEqual } from "node:crypto";
import type { IssuerMetadata } from "./issuer.ts";
import {
  AuthorizationFailedError,
  accessDenied,
  CallbackInvalidError,
  IssuerMixUpError,
  StateMismatchError,
} from "./login-errors.ts";

/** The parameters of an authorization response (RFC 6749, section 4.1.2; RFC 9207). Each at most once (RFC 6749, section 3.1). */
const PARAMETERS = ["state", "iss", "code", "error", "error_description"];

/**
 * Checks an authorization response, the parameters of a callback, before anything is sent. openid-client checks them
 * again; here each failure gets its own name, and nothing is believed, an error neither, before the state is.
 * @throws LoginError
 */
export function checkAuthorizationResponse(
  parameters: URLSearchParams,
  expectedState: string,
  issuer: Pick<IssuerMetadata, "issuer" | "authorization_response_iss_parameter_supported">,
): void {
  for (const name of PARAMETERS) {
    if (parameters.getAll(name).length > 1) throw new CallbackInvalidError(`it has two values for ${name}`);
  }
  const state = parameters.get("state");
  if (state === null || !same(state, expectedState)) throw new StateMismatchError();
  const iss = parameters.get("iss");
  if (iss === null ? issuer.authorization_response_iss_parameter_supported === true : iss !== issuer.issuer)
    throw new IssuerMixUpError(issuer.issuer);

  const error = parameters.get("error");
  if (error !== null) {
    const description = parameters.get("error_description") ?? undefined;
    throw error === "access_denied"
      ? accessDenied(description)
      : new AuthorizationFailedError(error, description);
  }
  if (!parameters.get("code")) throw new CallbackInvalidError("it has no code");
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
