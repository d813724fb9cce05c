/** Where everything of this test is in the cluster. */
export const places = {
  /** Of the Helm release; the names of its objects are this as well. */
  release: "okta-role-operator",
  namespace: "oro-e2e",
  /** The Okta stand-in and the people's browsers: outside of the cluster, elsewhere. */
  outside: "oro-e2e-outside",
  /** Where browsers reach the webhook: by an ingress that ends TLS, which the browsers' pod plays. */
  loginURL: "https://login.example.test",
  /** The Service `okta` below. */
  oktaURL: "https://okta.oro-e2e-outside.svc",
  sessionKeys: "okta-role-operator-session-keys",
  lease: "okta-role-operator",
} as const;

/** What the pods of the operator have and no other, where it isn't in those of the webhook. */
export const operatorPodSelector = `app.kubernetes.io/instance=${places.release},app.kubernetes.io/component=reconciler`;

/** What the pods that people reach have and no other. */
export const podSelector = `app.kubernetes.io/instance=${places.release},app.kubernetes.io/component=operator`;
