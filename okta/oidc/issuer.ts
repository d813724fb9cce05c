import { LRUCache } from "lru-cache";
import { z } from "zod";
import { OktaError } from "../errors.ts";
import { first, parseJson } from "../http/answer.ts";
import type { Http } from "../http/http.ts";
import { HostNotListedError, HttpStatusError, UrlNotAllowedError } from "../http/http-errors.ts";
import { retryAfter } from "../http/retry-after.ts";
import { oneLine } from "../one-line.ts";
import { FailedReadings, SharedReading } from "../shared-reading.ts";
import { alternative, checkIssuerUrl, mismatch, notThere } from "./issuer-advice.ts";
import { type IssuerMistake, IssuerUnreachableError, WrongIssuerError } from "./issuer-errors.ts";
import { SigningKeys } from "./signing-keys.ts";

/** An issuer's metadata, as far as it is used (OpenID Connect Discovery 1.0, section 3; RFC 8414; RFC 9207). */
const metadataSchema = z.object({
  issuer: z.string(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  jwks_uri: z.url(),
  userinfo_endpoint: z.url().exactOptional(),
  end_session_endpoint: z.url().exactOptional(),
  id_token_signing_alg_values_supported: z.array(z.string()).exactOptional(),
  token_endpoint_auth_methods_supported: z.array(z.string()).exactOptional(),
  authorization_response_iss_parameter_supported: z.boolean().exactOptional(),
});
export type IssuerMetadata = Readonly<z.infer<typeof metadataSchema>>;

/** An issuer as it described itself. The same object as long as it is the same reading. */
export interface DiscoveredIssuer {
  readonly metadata: IssuerMetadata;
  readonly keys: SigningKeys;
}

/** How long metadata is used before it is read again. */
const MAX_AGE_MS = 3_600_000;
/** How long metadata is still used while the issuer can't be reached. */
const STALE_MS = 24 * 3_600_000;
/** How long a failure is repeated without asking again. */
const FAILURE_MS = 5_000;

export interface IssuersOptions {
  http: Http;
  /** Issuers that are remembered at once: more than there are, so that none is forgotten for another's. Default 5,000 */
  maxEntries?: number;
  /** A clock that never goes back, ms */
  now?: () => number;
}

/**
 * What comes of asking for metadata. Only a 404 or a 410 says that there is none, and not as a page: a login page, a redirect
 * or a refusal in its place may be a proxy's, a firewall's or a moment's.
 */
type MetadataAnswer =
  | { readonly kind: "metadata"; readonly json: unknown }
  | { readonly kind: "absent"; readonly error: OktaError }
  | { readonly kind: "unreadable"; readonly error: OktaError };

interface Known {
  readonly issuer: DiscoveredIssuer;
  readonly readAt: number;
}

interface Entry {
  known?: Known;
  readonly failures: FailedReadings<IssuerUnreachableError | WrongIssuerError>;
  readonly reading: SharedReading<DiscoveredIssuer>;
}

/** The metadata of issuers, read once and remembered for a while. */
export class Issuers {
  readonly #http: Http;
  readonly #now: () => number;
  readonly #entries: LRUCache<string, Entry>;

  constructor({ http, maxEntries = 5_000, now = () => performance.now() }: IssuersOptions) {
    this.#http = http;
    this.#now = now;
    this.#entries = new LRUCache({ max: maxEntries });
  }

  /**
   * The metadata of an issuer. Whoever asks at the same time shares one request. `fresh` asks the issuer now,
   * and never answers with what was read earlier.
   * @throws IssuerUnreachableError, WrongIssuerError
   */
  async discover(issuer: string, { fresh = false }: { fresh?: boolean } = {}): Promise<DiscoveredIssuer> {
    const entry = this.#entry(issuer);
    const { known } = entry;
    const failure = entry.failures.last;
    if (!fresh) {
      if (known && this.#now() - known.readAt < MAX_AGE_MS) return known.issuer;
      if (failure && this.#now() - failure.at < FAILURE_MS) {
        if (known && this.#isUsable(known, failure.error)) return known.issuer;
        throw failure.error;
      }
    }
    try {
      return await entry.reading.read(() => this.#readInto(entry, issuer));
    } catch (error) {
      if (!fresh && known && this.#isUsable(known, error)) return known.issuer;
      throw error;
    }
  }

  /** Whether what was read earlier still counts when reading it again has failed. */
  #isUsable({ readAt }: Known, error: unknown): boolean {
    return saysNothing(error) && this.#now() - readAt < STALE_MS;
  }

  #entry(issuer: string): Entry {
    const known = this.#entries.get(issuer);
    if (known) return known;
    const entry: Entry = { failures: new FailedReadings(), reading: new SharedReading() };
    this.#entries.set(issuer, entry);
    return entry;
  }

  async #readInto(entry: Entry, issuer: string): Promise<DiscoveredIssuer> {
    try {
      const metadata = await this.#read(issuer);
      const previous = entry.known?.issuer;
      const keys =
        previous?.metadata.jwks_uri === metadata.jwks_uri
          ? previous.keys
          : new SigningKeys({ url: metadata.jwks_uri, http: this.#http, now: this.#now });
      const discovered = { metadata, keys };
      entry.known = { issuer: discovered, readAt: this.#now() };
      entry.failures.succeeded();
      return discovered;
    } catch (error) {
      if (error instanceof IssuerUnreachableError || error instanceof WrongIssuerError)
        entry.failures.failed(error, this.#now());
      throw error;
    }
  }

  async #read(issuer: string): Promise<IssuerMetadata> {
    const url = checkIssuerUrl(issuer, (url) => this.#http.allowed(url));
    const answer = await this.#metadata(issuer);
    if (answer.kind === "metadata") return this.#understand(issuer, answer.json);
    if (answer.kind === "unreadable") throw unreachable(issuer, answer.error);
    const elsewhere = alternative(url);
    const other = await this.#metadata(elsewhere);
    // Failing to ask elsewhere says nothing about where the mistake is.
    throw notThere(issuer, url, other.kind === "metadata" ? elsewhere : undefined, answer.error);
  }

  #understand(issuer: string, answer: unknown): IssuerMetadata {
    const wrong = (mistake: IssuerMistake, advice: string, cause?: Error): WrongIssuerError =>
      new WrongIssuerError(issuer, { mistake, advice }, { cause });
    const parsed = metadataSchema.safeParse(answer);
    if (!parsed.success) {
      const field = parsed.error.issues[0]?.path.join(".") || "everything";
      const advice = `The metadata at this issuer lacks a usable ${field}: check that it is Okta's.`;
      throw wrong("metadata-incomplete", advice);
    }
    const metadata = parsed.data;
    // OpenID Connect Discovery 1.0, section 4.3: exactly the issuer that was asked.
    if (metadata.issuer !== issuer) throw mismatch(issuer, metadata.issuer);
    for (const endpoint of [
      metadata.authorization_endpoint,
      metadata.token_endpoint,
      metadata.jwks_uri,
      metadata.userinfo_endpoint,
      metadata.end_session_endpoint,
    ]) {
      if (endpoint === undefined) continue;
      try {
        if (isSafe(this.#http.allowed(endpoint), issuer)) continue;
      } catch (error) {
        if (error instanceof HostNotListedError)
          throw wrong(
            "endpoint-not-allowed",
            `The metadata at this issuer names another host: ${error.message}`,
            error,
          );
        if (!(error instanceof UrlNotAllowedError)) throw error;
      }
      const advice = `The metadata at this issuer names an endpoint without https: ${oneLine(endpoint, 100)}.`;
      throw wrong("endpoint-not-allowed", advice);
    }
    return metadata;
  }

  async #metadata(issuer: string): Promise<MetadataAnswer> {
    const url = `${issuer.replace(/\/+$/, "")}/.well-known/openid-configuration`;
    try {
      const answer = await this.#http.request(url, { headers: { accept: "application/json" } });
      const { status, where, headers } = answer;
      if (status === 200) return { kind: "metadata", json: parseJson(answer) };
      const error = new HttpStatusError(where, status, retryAfter(answer));
      const isPage = /^\s*text\/html\b/i.test(first(headers["content-type"]) ?? "");
      return { kind: (status === 404 || status === 410) && !isPage ? "absent" : "unreadable", error };
    } catch (error) {
      if (error instanceof OktaError) return { kind: "unreadable", error };
      throw error;
    }
  }
}

/** What is reached over https never sends us, or a browser, elsewhere in the clear. */
function isSafe(endpoint: URL, issuer: string): boolean {
  return endpoint.protocol === "https:" || new URL(issuer).protocol === "http:";
}

/**
 * Whether a failed reading leaves what was read before as good as it was. A 404 or half an answer where metadata was may be
 * a proxy's or a moment's; what names another issuer, or an endpoint that may not be called, is
 * taken at its word.
 */
function saysNothing(error: unknown): boolean {
  return (
    error instanceof IssuerUnreachableError ||
    (error instanceof WrongIssuerError && UNREAD.has(error.mistake))
  );
}

const UNREAD: ReadonlySet<IssuerMistake> = new Set([
  "custom-server-meant",
  "no-default-server",
  "no-such-server",
  "not-an-issuer",
  "metadata-incomplete",
]);

function unreachable(issuer: string, cause: OktaError): IssuerUnreachableError {
  return new IssuerUnreachableError(
    issuer,
    cause,
    cause instanceof HttpStatusError ? cause.retryAfterMs : undefined,
  );
}
