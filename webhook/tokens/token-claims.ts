import { z } from "zod";

/** A service account, by its namespace and name. */
export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
}

/** What a token says of itself. Nobody has verified it. */
export type TokenClaims =
  | { readonly kind: "service-account"; readonly serviceAccount: ServiceAccount; readonly ofPod: boolean }
  /** Whatever it is, nobody needs to be asked about it. */
  | { readonly kind: "not-valid" | "not-a-service-account" };

/** Longest token that is looked at, in characters. Those of service accounts have about a thousand. */
export const MAX_TOKEN_LENGTH = 16_000;

/** Whether a token has expired is for the API server to say, by its own clock. Here only what is long over counts, in ms. */
const LEEWAY_MS = 5 * 60_000;

/** Of a token of the TokenRequest API (Kubernetes, "Service account token volume projection"). */
const payload = z.object({
  aud: z.union([z.string(), z.array(z.string())]),
  exp: z.number(),
  sub: z.string(),
  "kubernetes.io": z.object({ pod: z.unknown() }).partial().optional(),
});

const SUBJECT = /^system:serviceaccount:([a-z0-9-]+):([a-z0-9.-]+)$/;

/**
 * Reads what a token says of itself. What isn't an unexpired token of a service account for this audience would be
 * refused by the API server too, and doesn't get there: anybody can send anything, as often as they like.
 * @param now ms since 1970
 */
export function readToken(token: string, { audience, now }: { audience: string; now: number }): TokenClaims {
  const [, encoded, signature, ...more] = token.split(".");
  if (token.length > MAX_TOKEN_LENGTH || !encoded || !signature || more.length > 0)
    return { kind: "not-valid" };
  const claims = payload.safeParse(parsed(encoded)).data;
  if (!claims || ![claims.aud].flat().includes(audience) || claims.exp * 1000 + LEEWAY_MS < now)
    return { kind: "not-valid" };
  const serviceAccount = serviceAccountOf(claims.sub);
  if (!serviceAccount) return { kind: "not-a-service-account" };
  return { kind: "service-account", serviceAccount, ofPod: claims["kubernetes.io"]?.pod !== undefined };
}

/** The service account that a user name of Kubernetes is, if it is one. */
export function serviceAccountOf(username: string): ServiceAccount | undefined {
  const [, namespace, name] = SUBJECT.exec(username) ?? [];
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}

function parsed(encoded: string): unknown {
  try {
    return JSON.parse(Buffer.from(encoded, "base64url").toString("utf8"));
  } catch {
    return undefined; // anybody can send anything
  }
}
