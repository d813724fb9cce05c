import { fixedClaims } from "./claims.ts";

const authMethods = ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"];

/** The paths of an authorization server's endpoints, below its issuer. */
export interface Paths {
  authorize: string;
  token: string;
  userinfo: string;
  keys: string;
  logout: string;
  introspect: string;
  revoke: string;
}

/** The org server's issuer is the bare host, so its paths name /oauth2; a custom server's issuer has that in it. */
export function pathsOf({ org }: { org: boolean }): Paths {
  const base = org ? "/oauth2/v1" : "/v1";
  return {
    authorize: `${base}/authorize`,
    token: `${base}/token`,
    userinfo: `${base}/userinfo`,
    keys: `${base}/keys`,
    logout: `${base}/logout`,
    introspect: `${base}/introspect`,
    revoke: `${base}/revoke`,
  };
}

/**
 * What an authorization server tells of itself, in Okta's words (Okta: "Retrieve the OpenID Connect metadata"),
 * without the grants and response types that the stand-in doesn't have.
 */
export function discoveryDocument({
  issuer,
  org,
  scopes,
  issuerParameter,
}: {
  issuer: string;
  org: boolean;
  scopes: readonly string[];
  issuerParameter: boolean;
}): Record<string, unknown> {
  const paths = pathsOf({ org });
  return {
    issuer,
    authorization_endpoint: issuer + paths.authorize,
    token_endpoint: issuer + paths.token,
    userinfo_endpoint: issuer + paths.userinfo,
    jwks_uri: issuer + paths.keys,
    response_types_supported: ["code"],
    response_modes_supported: ["query", "fragment", "form_post"],
    grant_types_supported: org ? ["authorization_code", "client_credentials"] : ["authorization_code"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
    scopes_supported: scopes,
    token_endpoint_auth_methods_supported: authMethods,
    claims_supported: ["iss", "aud", "iat", "exp", "nonce", ...fixedClaims],
    code_challenge_methods_supported: ["S256"],
    introspection_endpoint: issuer + paths.introspect,
    introspection_endpoint_auth_methods_supported: authMethods,
    revocation_endpoint: issuer + paths.revoke,
    revocation_endpoint_auth_methods_supported: authMethods,
    end_session_endpoint: issuer + paths.logout,
    request_parameter_supported: false,
    ...(org
      ? { dpop_signing_alg_values_supported: ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"] }
      : {}),
    ...(issuerParameter ? { authorization_response_iss_parameter_supported: true } : {}),
  };
}
