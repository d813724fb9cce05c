import type { Organization } from "../crds/types.ts";
import type { OidcSettings } from "./oidc.ts";

/** An organization's OIDC client with its secret. Defaults are the schema's, for objects from before they were. */
export function oidcSettings(organization: Organization, clientSecret: string): OidcSettings {
  const { issuer, clientID, scopes, claims } = organization.spec.okta;
  return {
    issuer,
    clientID,
    clientSecret,
    scopes: scopes ?? ["openid", "profile", "email", "groups"],
    claims: {
      groups: claims?.groups ?? "groups",
      email: claims?.email ?? "email",
      name: claims?.name ?? "name",
    },
  };
}
