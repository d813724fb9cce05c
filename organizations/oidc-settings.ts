import type { Organization } from "../crds/types.ts";
import type { OidcSettings } from "../okta/oidc/oidc.ts";

/** An organization's OIDC client with its secret. */
export function oidcSettings(organization: Organization, clientSecret: string): OidcSettings {
  const { issuer, clientID, scopes, claims } = organization.spec.okta;
  return { issuer, clientID, clientSecret, scopes, claims };
}
