import type { Organization } from "../../../crds/types.ts";
import type { Visitor } from "../../../webhook/console/visitor.ts";
import { account } from "../../identity/an-account.ts";

interface Changes extends Partial<Omit<Visitor, "organization">> {
  readonly spec?: Partial<Organization["spec"]>;
  readonly status?: Organization["status"];
}

/** An admin of an organization that has these roles. */
export function visitorOfAcme(
  roles: Organization["spec"]["roles"],
  { spec = {}, status, ...changes }: Changes = {},
): Visitor {
  const organization: Organization = {
    apiVersion: "rolemapping.dev/v1alpha1",
    kind: "Organization",
    metadata: { namespace: "acme", name: "acme" },
    spec: {
      displayName: "Acme",
      loginPath: "acme",
      okta: {
        issuer: "https://acme.okta.com",
        clientID: "0oa1",
        clientSecretRef: { name: "acme-okta", key: "clientSecret" },
        scopes: ["openid"],
        claims: { groups: "groups", email: "email", name: "name" },
      },
      roles,
      sessions: { maxAge: "12h" },
      safeguards: { maxDeactivations: "20%" },
      ...spec,
    },
    ...(status === undefined ? {} : { status }),
  };
  return {
    user: account(),
    organization,
    roles: [],
    isAdmin: true,
    isLocal: false,
    expiresAt: 1_764_000_000_000,
    ...changes,
  };
}
