import type { Request } from "express";
import { logCaller } from "../http/access-log.ts";
import { clientNetwork } from "../http/rate-limits.ts";
import type { Caller } from "./caller.ts";
import { UnknownCallerError } from "./refusals.ts";
import type { ServiceAccountCallers } from "./service-account-callers.ts";
import type { SessionCallers } from "./session-callers.ts";

/** Finds out who asks. Where there is an Authorization header, a cookie counts for nothing. */
export class Callers {
  readonly #serviceAccounts: Pick<ServiceAccountCallers, "of">;
  readonly #sessions: Pick<SessionCallers, "of">;
  readonly #known = new WeakMap<Request, Caller>();

  constructor(serviceAccounts: Pick<ServiceAccountCallers, "of">, sessions: Pick<SessionCallers, "of">) {
    this.#serviceAccounts = serviceAccounts;
    this.#sessions = sessions;
  }

  /**
   * @param organization the one that is asked about, as "namespace/name"
   * @throws UnknownCallerError, NotAllowedError, CannotSayError, TooManyUnknownTokensError
   */
  async identify(req: Request, organization: string): Promise<void> {
    const { authorization, cookie } = req.headers;
    const caller =
      authorization === undefined
        ? await this.#sessions.of(cookie, organization)
        : await this.#serviceAccounts.of(bearerToken(authorization), clientNetwork(req));
    this.#known.set(req, caller);
    logCaller(req, caller.name);
  }

  /** Whoever has sent a request that was identified before. */
  of(req: Request): Caller {
    const caller = this.#known.get(req);
    if (!caller) throw new Error("a request was answered without being identified");
    return caller;
  }
}

/** RFC 6750, section 2.1: the scheme in any case. */
function bearerToken(authorization: string): string {
  const [, token] = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i.exec(authorization) ?? [];
  if (token === undefined)
    throw new UnknownCallerError(
      "authorization-misunderstood",
      "The Authorization header has to be: Bearer, and the token of a service account.",
    );
  return token;
}
