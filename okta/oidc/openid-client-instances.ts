import { LRUCache } from "lru-cache";
import * as client from "openid-client";
import { CLOCK_TOLERANCE_S, OktaClock } from "../clocks.ts";
import type { Http } from "../http/http.ts";
import { type ClientAuthentication, clientAuthentications } from "./client-authentication.ts";
import type { DiscoveredIssuer, IssuerMetadata } from "./issuer.ts";
import { InvalidClientError } from "./login-errors.ts";
import { ALGORITHMS } from "./signing-keys.ts";

/** Clients that are remembered at once. */
const MAX_CLIENTS = 1_000;

/** One of openid-client's instances (it calls them configurations), and what the issuer's answers told of its clock. */
export interface OpenidClient {
  readonly configuration: client.Configuration;
  readonly clock: OktaClock;
}

type OpenidClients = readonly [OpenidClient, ...OpenidClient[]];

/** Who asks: a client, and how it authenticates. */
export interface Client {
  readonly clientID: string;
  readonly authentication: ClientAuthentication;
}

/** openid-client's instances, made once for each issuer, client and secret. */
export class OpenidClientInstances {
  readonly #http: Http;
  readonly #now: () => number;
  readonly #known = new LRUCache<string, { issuer: DiscoveredIssuer; instances: OpenidClients }>({
    max: MAX_CLIENTS,
  });

  readonly #clocks = new LRUCache<string, OktaClock>({ max: MAX_CLIENTS });

  /** @param now ms since 1970 */
  constructor({ http, now }: { http: Http; now: () => number }) {
    this.#http = http;
    this.#now = now;
  }

  /**
   * Asks Okta as a client. One with several keys signs with the first, and where Okta doesn't accept that, with the others.
   * @throws PrivateKeyInvalidError, and what `question` throws of the first key
   */
  async ask<T>(
    issuer: DiscoveredIssuer,
    { clientID, authentication }: Client,
    question: (openidClient: OpenidClient) => Promise<T>,
  ): Promise<T> {
    let refusal: InvalidClientError | undefined;
    for (const instance of this.#of(issuer, clientID, authentication)) {
      try {
        return await question(instance);
      } catch (error) {
        if (!(error instanceof InvalidClientError)) throw error;
        refusal ??= error;
      }
    }
    throw refusal;
  }

  /** For addresses that browsers are sent to: these say which client it is, and prove nothing. */
  addressesOf(issuer: DiscoveredIssuer, clientID: string): client.Configuration {
    const [{ configuration }] = this.#of(issuer, clientID, { kind: "none" });
    return configuration;
  }

  #of(issuer: DiscoveredIssuer, clientID: string, authentication: ClientAuthentication): OpenidClients {
    const key = JSON.stringify([issuer.metadata.issuer, clientID, authentication]);
    const known = this.#known.get(key);
    // Another reading of the issuer may have other endpoints.
    if (known?.issuer === issuer) return known.instances;
    const { metadata } = issuer;
    const make = (each: client.ClientAuth): OpenidClient => this.#make(metadata, clientID, each);
    const [first, ...others] = clientAuthentications(authentication, metadata, clientID);
    const instances: OpenidClients = [make(first), ...others.map(make)];
    this.#known.set(key, { issuer, instances });
    return instances;
  }

  #make(metadata: IssuerMetadata, clientID: string, authentication: client.ClientAuth): OpenidClient {
    const configuration = new client.Configuration(
      { ...metadata, id_token_signing_alg_values_supported: asymmetric(metadata) },
      clientID,
      { [client.clockTolerance]: CLOCK_TOLERANCE_S },
      authentication,
    );
    const clock = this.#clockOf(metadata.issuer);
    configuration[client.customFetch] = async (url, options) => {
      const answer = await this.#http.fetch(url, options);
      clock.heard(answer.headers.get("date"), this.#now());
      return answer;
    };
    configuration.timeout = 0; // ours applies
    // Which URLs may be called is for our own HTTP to say: https, and http on loopback.
    if (Object.values(metadata).some((value) => typeof value === "string" && value.startsWith("http:")))
      client.allowInsecureRequests(configuration);
    return { configuration, clock };
  }

  #clockOf(issuer: string): OktaClock {
    const known = this.#clocks.get(issuer);
    if (known) return known;
    const clock = new OktaClock();
    this.#clocks.set(issuer, clock);
    return clock;
  }
}

/** Never `none`, and no shared secrets, whatever the issuer says of itself. RS256 is the default (Discovery 1.0). */
function asymmetric({ id_token_signing_alg_values_supported: offered }: IssuerMetadata): string[] {
  return (offered ?? ["RS256"]).filter((alg) => ALGORITHMS.includes(alg));
}
