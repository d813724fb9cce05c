import { LRUCache } from "lru-cache";
import * as client from "openid-client";
import { CLOCK_TOLERANCE_S, type ClockDifference, differenceByDate } from "../clocks.ts";
import type { Http } from "../http/http.ts";
import type { DiscoveredIssuer, IssuerMetadata } from "./issuer.ts";
import { ALGORITHMS } from "./signing-keys.ts";

/** Clients that are remembered at once. */
const MAX_CLIENTS = 1_000;

/** One of openid-client's instances (it calls them configurations), and what its last answer told of Okta's clock. */
export interface OpenidClient {
  readonly configuration: client.Configuration;
  /** How far Okta's clock is ahead of ours. Undefined until an answer has told. */
  readonly clock: ClockDifference | undefined;
}

/** openid-client's instances, made once for each issuer, client and secret. */
export class OpenidClientInstances {
  readonly #http: Http;
  readonly #now: () => number;
  readonly #known = new LRUCache<string, { issuer: DiscoveredIssuer; instance: OpenidClient }>({
    max: MAX_CLIENTS,
  });

  /** @param now ms since 1970 */
  constructor({ http, now }: { http: Http; now: () => number }) {
    this.#http = http;
    this.#now = now;
  }

  of(
    issuer: DiscoveredIssuer,
    { clientID, clientSecret }: { clientID: string; clientSecret: string },
  ): OpenidClient {
    const key = JSON.stringify([issuer.metadata.issuer, clientID, clientSecret]);
    const known = this.#known.get(key);
    // Another reading of the issuer may have other endpoints.
    if (known?.issuer === issuer) return known.instance;
    const instance = this.#make(issuer.metadata, clientID, clientSecret);
    this.#known.set(key, { issuer, instance });
    return instance;
  }

  #make(metadata: IssuerMetadata, clientID: string, clientSecret: string): OpenidClient {
    const configuration = new client.Configuration(
      { ...metadata, id_token_signing_alg_values_supported: asymmetric(metadata) },
      clientID,
      { [client.clockTolerance]: CLOCK_TOLERANCE_S },
      authentication(metadata, clientID, clientSecret),
    );
    let clock: ClockDifference | undefined;
    configuration[client.customFetch] = async (url, options) => {
      const answer = await this.#http.fetch(url, options);
      clock = differenceByDate(answer.headers.get("date"), this.#now());
      return answer;
    };
    configuration.timeout = 0; // ours applies
    // Which URLs may be called is for our own HTTP to say: https, and http on loopback.
    if (Object.values(metadata).some((value) => typeof value === "string" && value.startsWith("http:")))
      client.allowInsecureRequests(configuration);
    return {
      configuration,
      get clock() {
        return clock;
      },
    };
  }
}

/** Never `none`, and no shared secrets, whatever the issuer says of itself. RS256 is the default (Discovery 1.0). */
function asymmetric({ id_token_signing_alg_values_supported: offered }: IssuerMetadata): string[] {
  return (offered ?? ["RS256"]).filter((alg) => ALGORITHMS.includes(alg));
}

/**
 * HTTP Basic, which every server has to take (RFC 6749, section 2.3.1) and which is the default of Okta's apps,
 * else the secret in the body. Unreserved characters stay as they are, so that servers that forget to decode
 * still understand what Okta puts into its ids and secrets: letters, digits, `-` and `_`.
 */
function authentication(
  { token_endpoint_auth_methods_supported: methods }: IssuerMetadata,
  clientID: string,
  clientSecret: string,
): client.ClientAuth {
  if (methods && !methods.includes("client_secret_basic") && methods.includes("client_secret_post"))
    return client.ClientSecretPost(clientSecret);
  const credentials = `${encodeURIComponent(clientID)}:${encodeURIComponent(clientSecret)}`;
  const header = `Basic ${Buffer.from(credentials).toString("base64")}`;
  return (_server, _client, _body, headers) => headers.set("authorization", header);
}
