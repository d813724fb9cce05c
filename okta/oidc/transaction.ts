import { randomNonce, randomPKCECodeVerifier, randomState } from "openid-client";
import { z } from "zod";

const transactionSchema = z.object({
  issuer: z.string(),
  clientID: z.string(),
  redirectURI: z.string(),
  returnTo: z.string(),
  state: z.string().min(1),
  nonce: z.string().min(1),
  codeVerifier: z.string().min(1),
  /** ms since 1970 */
  createdAt: z.number(),
});

/** One sign-in under way. Plain JSON, to be kept in an encrypted cookie of the browser that started it. */
export type LoginTransaction = Readonly<z.infer<typeof transactionSchema>>;

export function newTransaction(
  { issuer, clientID }: { issuer: string; clientID: string },
  { redirectURI, returnTo, createdAt }: { redirectURI: string; returnTo: string; createdAt: number },
): LoginTransaction {
  return {
    issuer,
    clientID,
    redirectURI,
    returnTo,
    state: randomState(),
    nonce: randomNonce(),
    codeVerifier: randomPKCECodeVerifier(),
    createdAt,
  };
}

/** A transaction as it came back from a cookie, or undefined when it isn't one. */
export function parseTransaction(value: unknown): LoginTransaction | undefined {
  return transactionSchema.safeParse(value).data;
}
