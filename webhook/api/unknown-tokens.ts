import { LRUCache } from "lru-cache";
import { ConcurrencyLimit } from "../sign-in/concurrency-limit.ts";
import { FailureLimit } from "../sign-in/failure-limit.ts";
import type { ReviewedToken } from "../tokens/token-reviews.ts";
import { CannotSayError, TooManyUnknownTokensError } from "./refusals.ts";

/** Tokens of one address that may be asked about in vain in a minute. Those that are accepted don't count. */
const REFUSED_PER_MINUTE = 30;
/** Reviews that are under way at once, for everybody together, and how others wait. */
const AT_ONCE = 2;
const WAIT_MS = 5_000;
/** How long a token that was accepted needs no place in the line, in ms: about as long as those of pods are used. */
const ACCEPTED_MS = 3_600_000;
const MOST_ACCEPTED = 5_000;

/**
 * Asks about tokens that may be the cluster's, though no key that is known here has signed them: one that is new, or
 * the keys can't be read. Anybody can make such tokens, each in another's name, and the API server's connections are
 * everybody's. So all of them wait in one small line, and in it each address for its turn: who floods it stands before
 * nobody else. Nobody waits here for long: a new key is read with the next token that names it.
 */
export class UnknownTokens {
  readonly #all = new ConcurrencyLimit(AT_ONCE, { waitMs: WAIT_MS, waitingForEach: 50, refusal: busy });
  readonly #ofAddress = new ConcurrencyLimit(1, { waitMs: WAIT_MS, waitingForEach: 25, refusal: busy });
  readonly #refused = new FailureLimit(REFUSED_PER_MINUTE);
  /** By the digest: no token is kept. */
  readonly #accepted = new LRUCache<string, true>({ max: MOST_ACCEPTED, ttl: ACCEPTED_MS });

  /** Whether the API server has accepted this very token lately: then it is as good as one that is signed. */
  wasAccepted(digest: string): boolean {
    return this.#accepted.has(digest);
  }

  /**
   * @param address the client's, as limits know it
   * @param ask asks the API server
   * @throws TooManyUnknownTokensError, CannotSayError, and what asking throws
   */
  review(digest: string, address: string, ask: () => Promise<ReviewedToken>): Promise<ReviewedToken> {
    return this.#ofAddress.run(address, async () => {
      if (this.#refused.isReached(address)) throw new TooManyUnknownTokensError(REFUSED_PER_MINUTE);
      const reviewed = await this.#all.run("all", ask);
      if (reviewed.kind === "service-account") this.#accepted.set(digest, true);
      else this.#refused.isTooMany([address]);
      return reviewed;
    });
  }
}

function busy(): Error {
  return new CannotSayError(
    "busy",
    "Too many tokens wait here that no known key of this cluster has signed. Ask again in a moment.",
  );
}
