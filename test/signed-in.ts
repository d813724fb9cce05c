import type { CookieJar, SignInResult } from "../dev/okta/index.ts";
import { waitFor } from "./wait-for.ts";

/**
 * Lets somebody sign in who is to get in. A machine that is too busy to be current tells them to come back, and they do.
 *
 * @returns the cookies of the sign-in that succeeded
 * @throws Error that says what they were told, if they are refused
 */
export function signedIn(signIn: () => Promise<SignInResult>): Promise<CookieJar> {
  return waitFor(
    async () => {
      const { callback, response, cookies } = await signIn();
      if (callback?.status === 303) return cookies;
      if (response.status === 503) return undefined;
      throw new Error(
        `refused with ${response.status}: ${response.body.replace(/<style.*?<\/style>|<[^>]*>|\s+/gs, " ")}`,
      );
    },
    { what: "somebody to be let in" },
  );
}
