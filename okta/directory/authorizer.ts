import type { HttpAnswer } from "../http/http.ts";

/** Puts credentials on requests. */
export interface Authorizer {
  /** The headers that authorize one request. */
  authorize(method: string, url: URL): Promise<Record<string, string>>;
  /** Told of an answer 401. True where other credentials, or a nonce that came with it, are worth another try. */
  rejected(answer: HttpAnswer): boolean;
  /** What to do when Okta says 401 for good. */
  readonly advice: string;
  /** What has to be granted for a scope. */
  adviceOn(scope: string): string;
}

/** The scopes that a service app asks for. */
export const DIRECTORY_SCOPES = ["okta.groups.read", "okta.users.read"] as const;
export type DirectoryScope = (typeof DIRECTORY_SCOPES)[number];
