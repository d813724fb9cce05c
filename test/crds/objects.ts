/** Objects that the API accepts, to be spoilt in one place. */

export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; [field: string]: unknown };
  spec: Record<string, unknown>;
}

/** What to change in a spec, by path, as in {"okta.issuer": "http://acme.okta.com"}; undefined takes the field out. */
export type Changes = Record<string, unknown>;

export function organization(changes: Changes = {}): Manifest {
  return changed(
    "Organization",
    "acme",
    {
      displayName: "Acme",
      loginPath: "acme",
      okta: {
        issuer: "https://acme.okta.com",
        clientID: "0oa1gjh63g214q0Hq0g4",
        clientSecretRef: { name: "acme-okta", key: "clientSecret" },
      },
      roles: [{ name: "service-admin", displayName: "Service Admin" }],
    },
    changes,
  );
}

export const directory = {
  url: "https://acme.okta.com",
  clientID: "0oa2hl2inow5Uqc6c357",
  privateKeyRef: { name: "acme-okta", key: "privateKey" },
};

export function mapping(changes: Changes = {}): Manifest {
  return changed(
    "OktaRoleMapping",
    "service-admins",
    { organizationRef: { name: "acme" }, groups: [{ name: "service_admin" }], roles: ["service-admin"] },
    changes,
  );
}

export function localUser(changes: Changes = {}): Manifest {
  return changed(
    "OrganizationUser",
    "mia",
    {
      organizationRef: { name: "acme" },
      source: "Local",
      email: "mia@acme.example",
      roles: ["service-admin"],
    },
    changes,
  );
}

export function oktaUser(changes: Changes = {}): Manifest {
  return changed(
    "OrganizationUser",
    "acme-k5vxg33smvzgk4tf",
    {
      organizationRef: { name: "acme" },
      source: "Okta",
      issuer: "https://acme.okta.com",
      subject: "00u1ada",
      email: "ada@acme.example",
      groups: [{ name: "service_admin" }],
      groupsFrom: "Claim",
    },
    changes,
  );
}

function changed(kind: string, name: string, spec: Record<string, unknown>, changes: Changes): Manifest {
  for (const [path, value] of Object.entries(changes)) setField(spec, path.split("."), value);
  return { apiVersion: "rolemapping.dev/v1alpha1", kind, metadata: { name }, spec };
}

function setField(parent: Record<string, unknown>, [name = "", ...rest]: string[], value: unknown): void {
  if (rest.length === 0) {
    parent[name] = value;
    return;
  }
  const child = isObject(parent[name]) ? parent[name] : {};
  parent[name] = child;
  setField(child, rest, value);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
