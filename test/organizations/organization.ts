import type { Organization } from "../../crds/types.ts";

/** An organization as the API server has it, with what login paths and sessions are decided by. */
export function organization(
  key: string,
  loginPath: string,
  {
    created = "2026-01-01T00:00:00Z",
    uid = key,
    accepted = false,
    maxAge = "12h",
  }: { created?: string; uid?: string; accepted?: boolean; maxAge?: string } = {},
): Organization {
  const [namespace = "", name = ""] = key.split("/");
  const condition = {
    type: "LoginPathAccepted",
    status: "True",
    reason: "Accepted",
    message: "",
    lastTransitionTime: created,
    observedGeneration: 1,
  } as const;
  return {
    apiVersion: "rolemapping.dev/v1alpha1",
    kind: "Organization",
    metadata: { name, namespace, uid, creationTimestamp: created },
    spec: {
      displayName: name,
      loginPath,
      okta: {
        issuer: "https://acme.okta.com",
        clientID: "0oa1",
        clientSecretRef: { name: "s", key: "k" },
        scopes: [],
        claims: { groups: "groups", email: "email", name: "name" },
      },
      roles: [],
      sessions: { maxAge },
      safeguards: { maxDeactivations: "20%" },
    },
    ...(accepted
      ? { status: { loginURI: `https://login.example.com/login/${loginPath}`, conditions: [condition] } }
      : {}),
  };
}

/** The same organization, which has a directory. */
export function withDirectory(
  made: Organization,
  url = "https://acme.okta.com",
  apiTokenRef = { name: "s", key: "k" },
): Organization {
  const directory = {
    url,
    apiTokenRef,
    provision: "OnLogin" as const,
    pollInterval: "1m",
    fullSyncInterval: "1h",
  };
  return { ...made, spec: { ...made.spec, okta: { ...made.spec.okta, directory } } };
}
