import { keyOf, splitKey } from "../../kubernetes/index.ts";
import { visitorOf } from "../console/visitor.ts";
import type { SessionCheck, Sessions } from "../sessions/sessions.ts";
import type { SessionCaller } from "./caller.ts";
import { CannotSayError, NotAllowedError, UnknownCallerError } from "./refusals.ts";

/** What is said of an organization that isn't the caller's: the same whether there is one or not. */
function notTheirs(caller: string): NotAllowedError {
  return new NotAllowedError(
    "other-organization",
    `${caller} has no access to this organization, if there is one of this name.`,
  );
}

/** Knows people by their session's cookie. */
export class SessionCallers {
  readonly #sessions: Pick<Sessions, "check" | "checkAgain">;
  readonly #isStale: (namespace: string) => boolean;

  /** @param isStale whether it is too long ago that everything in this namespace was known */
  constructor(sessions: Pick<Sessions, "check" | "checkAgain">, isStale: (namespace: string) => boolean) {
    this.#sessions = sessions;
    this.#isStale = isStale;
  }

  /**
   * @param key the organization that is asked about, as "namespace/name"
   * @throws UnknownCallerError
   * @throws NotAllowedError when they are signed in at other organizations alone
   * @throws CannotSayError
   */
  async of(cookie: string | undefined, key: string): Promise<SessionCaller> {
    // Before anything else, so that it tells nothing of which organizations there are.
    if (this.#isStale(splitKey(key).namespace)) throw stale();
    const check = await this.#sessions.checkAgain(cookie, this.#sessions.check(cookie, key), key);
    switch (check.kind) {
      case "signed-in": {
        const visitor = visitorOf(check);
        return { kind: "session", name: `user ${visitor.user.ref}`, visitor };
      }
      case "stale":
        throw stale();
      case "refused":
        throw this.#refusal(check.reason, this.#sessions.check(cookie));
    }
  }

  #refusal(reason: Extract<SessionCheck, { kind: "refused" }>["reason"], elsewhere: SessionCheck): Error {
    // Whoever has no session of an organization doesn't learn whether there is one.
    const isNone = reason === "no-session" || reason === "organization-unknown";
    if (isNone && elsewhere.kind === "signed-in")
      return notTheirs(`Who is signed in at ${keyOf(elsewhere.organization)}`);
    return isNone
      ? new UnknownCallerError(
          "no-credentials",
          "Send a service account's token (Authorization: Bearer ...) or the cookie of somebody who is signed in at this organization.",
        )
      : new UnknownCallerError(reason, "The session doesn't hold any more. Sign in again.");
  }
}

function stale(): CannotSayError {
  return new CannotSayError("stale", "What has been revoked lately isn't known here. Ask again in a moment.");
}
