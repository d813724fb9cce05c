import { type Client, tokenReviews } from "../../kubernetes/index.ts";
import { type ServiceAccount, serviceAccountOf } from "./token-claims.ts";

/** What the API server says of a token that is bound to a pod (Kubernetes, "TokenRequest API"). */
const POD_NAME = "authentication.kubernetes.io/pod-name";

/** Whose token one is, as Kubernetes knows its users: what a right is asked about by. */
export interface TokenUser {
  readonly username: string;
  readonly uid: string | undefined;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

export type ReviewedToken =
  | {
      readonly kind: "service-account";
      readonly serviceAccount: ServiceAccount;
      readonly user: TokenUser;
      /** Whoever may start pods has such tokens of any service account in the namespace. */
      readonly ofPod: boolean;
    }
  | { readonly kind: "not-valid" | "not-a-service-account" };

/**
 * Asks the API server whose token this is.
 * @param audience what it has to be made for
 * @throws errors of the Kubernetes client
 */
export async function reviewToken(
  client: Pick<Client, "create">,
  token: string,
  audience: string,
): Promise<ReviewedToken> {
  const { status } = await client.create(
    tokenReviews,
    {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      metadata: {},
      spec: { token, audiences: [audience] },
    },
    { idempotent: true },
  );
  // An authenticator that knows nothing of audiences leaves them out (TokenReviewStatus.audiences).
  if (status?.authenticated !== true || !status.audiences?.includes(audience)) return { kind: "not-valid" };
  const { username = "", uid, groups = [], extra = {} } = status.user ?? {};
  const serviceAccount = serviceAccountOf(username);
  if (!serviceAccount) return { kind: "not-a-service-account" };
  return {
    kind: "service-account",
    serviceAccount,
    user: { username, uid, groups, extra },
    ofPod: extra[POD_NAME] !== undefined,
  };
}
