/** The environment variable that chooses the Kubernetes of the control plane. */
const KUBERNETES = "KUBERNETES";

/** Minor versions beside the newest; go/kubernetes-MINOR/go.mod says which patch of them. The oldest is supported. */
const OLDER = ["1.33"] as const;
export type OlderKubernetes = (typeof OLDER)[number];

export class UnknownKubernetesError extends Error {
  readonly code = "unknown-kubernetes";
  constructor(value: string) {
    super(
      `${KUBERNETES}=${value} is no Kubernetes that is pinned here: set ${OLDER.join(" or ")}, or leave it out for the newest`,
    );
  }
}

export class OtherKubernetesError extends Error {
  readonly code = "other-kubernetes";
  constructor(minor: OlderKubernetes, variable: string) {
    super(
      `${KUBERNETES}=${minor} and ${variable} are both set, and each says which Kubernetes to use: unset one of them`,
    );
  }
}

/**
 * @param value what KUBERNETES is set to
 * @returns the minor version that was asked for
 * @throws UnknownKubernetesError
 */
export function chosenKubernetes(value = process.env[KUBERNETES]): OlderKubernetes | "newest" {
  if (!value) return "newest";
  const minor = OLDER.find((known) => known === value);
  if (minor === undefined) throw new UnknownKubernetesError(value);
  return minor;
}
