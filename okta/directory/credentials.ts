import type { HttpAnswer } from "../http/answer.ts";
import { DirectoryUnauthorizedError } from "./directory-errors.ts";
import { type DirectoryScope, viewsFor } from "./endpoints.ts";

/** What the directory is read with. Everything but the ids is a secret. */
export type DirectoryCredentials =
  /** An API token (SSWS). It may do what the person who made it may. */
  | { readonly kind: "api-token"; readonly token: string }
  /** An OAuth service app (Okta, "Implement OAuth for Okta with a service app"). */
  | {
      readonly kind: "service-app";
      readonly clientID: string;
      /** PEM, a JWK or a JWK set: see `readPrivateKeys`. A JWK's `kid` is sent along. */
      readonly privateKey: string;
    };

/** Puts credentials on requests. Each kind of them has one. */
export interface Authorizer {
  /**
   * The headers that authorize one request, which needs that scope.
   * @throws DirectoryForbiddenError where Okta doesn't grant it, and what getting credentials throws
   */
  authorize(method: string, url: URL, scope: DirectoryScope): Promise<Record<string, string>>;
  /**
   * Told of an answer 401, and of the headers that were refused by it. True where other credentials, or a nonce that came
   * with it, are worth another try.
   */
  rejected(answer: HttpAnswer, refused: Record<string, string>): boolean;
  /** What to do when Okta says 401 for good, as in this answer. */
  advice(answer: HttpAnswer): string;
  /** What has to be granted for a scope. */
  adviceOn(scope: DirectoryScope): string;
}

/** The header of an API token. */
export class ApiToken implements Authorizer {
  readonly #header: string;

  /** @throws DirectoryUnauthorizedError when it can't be a token */
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

  advice(): string {
    return "make a new API token (Security > API > Tokens) and store it in the Secret of apiTokenRef.";
  }

  adviceOn(scope: DirectoryScope): string {
    return `the person who made the API token needs an admin role that may view ${viewsFor(scope)}.`;
  }
}
