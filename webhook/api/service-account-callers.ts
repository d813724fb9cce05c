import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import { type Client, ForbiddenError, KubernetesError, keyOf } from "../../kubernetes/index.ts";
import { BusyError, ConcurrencyLimit } from "../sign-in/concurrency-limit.ts";
import { mayRead, type ReadRight } from "../tokens/access-reviews.ts";
import type { ServiceAccountKeys } from "../tokens/service-account-keys.ts";
import { readToken } from "../tokens/token-claims.ts";
import { type ReviewedToken, reviewToken, type TokenUser } from "../tokens/token-reviews.ts";
import type { ServiceAccountCaller } from "./caller.ts";
import { CannotSayError, UnknownCallerError } from "./refusals.ts";
import { UnknownTokens } from "./unknown-tokens.ts";

/**
 * How long an answer of the API server counts, in ms: so long may go on reading whose token, pod or right has gone. Who
 * reads page after page is asked about once.
 */
const REMEMBERED_MS = 3_000;
const MOST_REMEMBERED = 5_000;

/** Reviews of one service account that are under way at once, and how others wait. */
const REVIEWS_AT_ONCE = 4;
const REVIEWS_WAITING = { waitMs: 5_000, waitingForEach: 25 };

export interface ServiceAccountCallersOptions {
  readonly client: Pick<Client, "create">;
  readonly keys: Pick<ServiceAccountKeys, "verify">;
  /** What a token has to be made for. */
  readonly audience: string;
}

/**
 * Knows programs by the tokens of their service accounts, those of pods among them, and what the cluster lets them read.
 *
 * Anybody can send anything: what isn't a token for this API, or is forged, is refused without asking anybody. What may be
 * either waits apart from all that a known key has signed.
 */
export class ServiceAccountCallers {
  readonly #options: ServiceAccountCallersOptions;
  /** By the digest of what was asked: no token is kept. Failures aren't remembered. */
  readonly #reviewed = new LRUCache<string, Promise<ReviewedToken>>({
    max: MOST_REMEMBERED,
    ttl: REMEMBERED_MS,
  });
  readonly #rights = new LRUCache<string, Promise<boolean>>({ max: MOST_REMEMBERED, ttl: REMEMBERED_MS });
  /** By whose they are: these tokens say so truly. */
  readonly #reviews = new ConcurrencyLimit(REVIEWS_AT_ONCE, REVIEWS_WAITING);
  readonly #unknown = new UnknownTokens();

  constructor(options: ServiceAccountCallersOptions) {
    this.#options = options;
  }

  /**
   * @param address the client's, as limits know it
   * @throws UnknownCallerError
   * @throws CannotSayError when the API server can't be asked
   * @throws TooManyUnknownTokensError
   */
  async of(token: string, address: string): Promise<ServiceAccountCaller> {
    const { audience, keys } = this.#options;
    const claims = readToken(token, { audience, now: Date.now() });
    if (claims.kind !== "service-account") throw this.#refusal(claims.kind);
    const signed = await keys.verify(token);
    if (signed === "forged") throw this.#refusal("not-valid");
    const digest = createHash("sha256").update(token).digest("base64url");
    const review = () => reviewToken(this.#options.client, token, audience);
    const isKnown = signed === "signed" || this.#unknown.wasAccepted(digest);
    const reviewed = await remembered(this.#reviewed, digest, () =>
      this.#asking("tokenreviews", () =>
        isKnown
          ? this.#reviews.run(keyOf(claims.serviceAccount), review)
          : this.#unknown.review(digest, address, review),
      ),
    );
    if (reviewed.kind !== "service-account") throw this.#refusal(reviewed.kind);
    const { serviceAccount, user } = reviewed;
    const may = (right: ReadRight) => this.#may(digest, keyOf(serviceAccount), user, right);
    return {
      kind: "service-account",
      name: `service account ${keyOf(serviceAccount)}`,
      serviceAccount,
      mayList: (namespace) => may({ verb: "list", namespace }),
      mayGet: (namespace, name) => may({ verb: "get", namespace, name }),
    };
  }

  #may(digest: string, account: string, user: TokenUser, right: ReadRight): Promise<boolean> {
    const { verb, namespace, name = "" } = right;
    return remembered(this.#rights, [digest, verb, namespace, name].join(" "), () =>
      this.#asking("subjectaccessreviews", () =>
        this.#reviews.run(account, () => mayRead(this.#options.client, user, right)),
      ),
    );
  }

  async #asking<T>(what: "tokenreviews" | "subjectaccessreviews", ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof ForbiddenError) {
        const value = what === "tokenreviews" ? "rbac.tokenReviews" : "rbac.accessReviews";
        throw new CannotSayError(
          "reviews-forbidden",
          `This service isn't allowed to create ${what}, which programs need here. For administrators: ${value} of the chart gives the right.`,
          { cause: error, retryAfterS: 60 },
        );
      }
      if (error instanceof BusyError)
        throw new CannotSayError(
          "busy",
          "Too many requests of this service account wait for the Kubernetes API. Ask again in a moment.",
          { cause: error },
        );
      if (error instanceof KubernetesError)
        throw new CannotSayError(
          "kubernetes-unavailable",
          "The Kubernetes API, which knows your token, doesn't answer. Ask again in a moment.",
          { cause: error },
        );
      throw error;
    }
  }

  #refusal(why: "not-valid" | "not-a-service-account"): UnknownCallerError {
    const { audience } = this.#options;
    const message =
      why === "not-valid"
        ? `This token isn't accepted: it has expired, is incomplete, was withdrawn, or is made for another audience than ${audience}. ` +
          `Make one with: kubectl create token SERVICE_ACCOUNT --audience ${audience}`
        : "This token doesn't belong to a service account of this cluster, and no others are accepted.";
    return new UnknownCallerError(`token-${why}`, message, true);
  }
}

/** Callers that come meanwhile share an answer, and a failure; whoever comes after a failure asks again. */
function remembered<T extends object | boolean>(
  cache: LRUCache<string, Promise<T>>,
  key: string,
  ask: () => Promise<T>,
): Promise<T> {
  const known = cache.get(key);
  if (known) return known;
  const asking = ask();
  cache.set(key, asking);
  asking.catch(() => {
    if (cache.get(key) === asking) cache.delete(key);
  });
  return asking;
}
