import { type Client, tokenReviews } from "../../kubernetes/index.ts";

/** What the API server says of a pasted token. */
export type TokenAnswer =
  | { readonly kind: "accepted"; readonly serviceAccountName: string }
  | { readonly kind: "refused"; readonly why: "not-valid" | "not-a-service-account" | "other-namespace" };

/** Longest token that is sent on, in characters. Those of service accounts have about a thousand. */
export const MAX_TOKEN_LENGTH = 16_000;

/**
 * Asks the API server whose token this is. It counts for one audience only, the login URI, so that a token made
 * for anything else, and one that an application was given, sign nobody in here.
 * @throws errors of the Kubernetes client, when it doesn't answer
 */
export async function reviewToken(
  client: Pick<Client, "create">,
  token: string,
  { audience, namespace }: { audience: string; namespace: string },
): Promise<TokenAnswer> {
  if (!/^[\w.~+/=-]+$/.test(token) || token.length > MAX_TOKEN_LENGTH)
    return { kind: "refused", why: "not-valid" };
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
  if (status?.authenticated !== true || !status.audiences?.includes(audience))
    return { kind: "refused", why: "not-valid" };
  const [, tokenNamespace, serviceAccountName] =
    /^system:serviceaccount:([^:]+):([^:]+)$/.exec(status.user?.username ?? "") ?? [];
  if (tokenNamespace === undefined || serviceAccountName === undefined)
    return { kind: "refused", why: "not-a-service-account" };
  if (tokenNamespace !== namespace) return { kind: "refused", why: "other-namespace" };
  return { kind: "accepted", serviceAccountName };
}
