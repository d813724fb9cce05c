/** The environment variable that chooses the Kubernetes of the control plane. */
const KUBERNETES = "KUBERNETES";

/** Minor versions beside the newest; go/kubernetes-MINOR/go.mod says which patch of them. The oldest is supported. */
const OLDER = ["1.33"] as const;
export type OlderKubernetes = (typeof OLDER)[number];

/** The minor version of the oldest. */
export const OLDEST_MINOR = Number(OLDER[0].split(".")[1]);

/** A Kubernetes that is pinned here; or any that tests run on, when nobody has said which. */
export type KubernetesChoice = OlderKubernetes | "newest" | "any";

export class UnknownKubernetesError extends Error {
  readonly code = "unknown-kubernetes";
  constructor(value: string) {
    super(
      `${KUBERNETES}=${value} is no Kubernetes that is pinned here: set ${OLDER.join(" or ")} or newest, or leave it out for what is at hand, else the newest`,
    );
  }
}

export class OtherKubernetesError extends Error {
  readonly code = "other-kubernetes";
  constructor(choice: OlderKubernetes | "newest", variable: string) {
    super(
      `${KUBERNETES}=${choice} and ${variable} are both set, and each says which Kubernetes to use: unset one of them`,
    );
  }
}

/**
 * @param value what KUBERNETES is set to
 * @returns what was asked for
 * @throws UnknownKubernetesError
 */
export function chosenKubernetes(value = process.env[KUBERNETES]): KubernetesChoice {
  if (!value) return "any";
  if (value === "newest") return value;
  const minor = OLDER.find((known) => known === value);
  if (minor === undefined) throw new UnknownKubernetesError(value);
  return minor;
}
