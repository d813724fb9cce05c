import type { errors } from "oidc-provider";

export const scopeNotConfigured =
  "One or more scopes are not configured for the authorization server resource.";
export const policyEvaluationFailed =
  "Policy evaluation failed for this request, please check the policy configurations.";
export const audienceNotEndpoint =
  "The audience claim for client_assertion must be the endpoint invoked for the request.";
export const assertionLivesTooLong = "The client_assertion token has an expiration too far into the future.";

const dpopMissing = "DPoP proof JWT not provided";

/** What Okta says where the oidc-provider package says something of its own, by the latter's detail. */
const descriptions: Record<string, string> = {
  "client not found": "Invalid value for 'client_id' parameter.",
  "invalid secret provided": "The client secret supplied for a confidential client is invalid.",
  [audienceNotEndpoint]: audienceNotEndpoint,
  [assertionLivesTooLong]: assertionLivesTooLong,
  "authorization code not found": "The authorization code is invalid or has expired.",
  "authorization code is expired": "The authorization code is invalid or has expired.",
  "authorization code already consumed": "The authorization code is invalid or has expired.",
  "client mismatch": "The authorization code is invalid or has expired.",
  "authorization code redirect_uri mismatch":
    "The 'redirect_uri' does not match the redirection URI used in the authorization request.",
  "PKCE verification failed": "PKCE verification failed.",
  [dpopMissing]: "The DPoP proof JWT header is missing.",
};

/** The error as Okta's token endpoint words it. */
export function inOktaWords(error: errors.OIDCProviderError): Record<string, string> {
  const { error_detail: detail = "", error_description: description = "" } = error;
  return {
    error: detail === dpopMissing ? "invalid_dpop_proof" : error.error,
    error_description: descriptions[detail] ?? (description || "The request is invalid."),
  };
}
