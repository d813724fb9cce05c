import type { Http } from "../http/http.ts";
import type { Authorizer } from "./authorizer.ts";
import { DirectoryUnauthorizedError } from "./directory-errors.ts";
import { ServiceApp } from "./service-app.ts";

/** What the directory is read with. Everything but the ids is a secret. */
export type DirectoryCredentials =
  /** An API token (SSWS). It may do what the person who made it may. */
  | { readonly kind: "api-token"; readonly token: string }
  /** An OAuth service app (Okta, "Implement OAuth for Okta with a service app"). */
  | {
      readonly kind: "service-app";
      readonly clientID: string;
      /** PEM (PKCS #8 or PKCS #1) or a JWK as JSON; a JWK's `kid` is sent along. */
      readonly privateKey: string;
    };

/** @throws DirectoryUnauthorizedError when a private key can't be used */
export function authorizer(
  credentials: DirectoryCredentials,
  { url, http, now }: { url: URL; http: Http; now: () => number },
): Authorizer {
  return credentials.kind === "api-token"
    ? new ApiToken(credentials.token)
    : new ServiceApp(credentials, { url, http, now });
}

class ApiToken implements Authorizer {
  readonly advice =
    "make a new API token (Security > API > Tokens) and store it in the Secret of apiTokenRef.";
  readonly #header: string;

  constructor(token: string) {
    const trimmed = token.trim();
    if (!/^[\x21-\x7e]+$/.test(trimmed))
      throw new DirectoryUnauthorizedError("the API token is empty or holds characters that no token has.");
    this.#header = `SSWS ${trimmed}`;
  }

  async authorize(): Promise<Record<string, string>> {
    return { authorization: this.#header };
  }

  rejected(): boolean {
    return false;
  }

  adviceOn(): string {
    return "the person who made the API token needs an admin role that may view users and groups.";
  }
}
