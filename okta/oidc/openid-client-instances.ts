import * as client from "openid-client";
import type { Http } from "../http/http.ts";
import { CLOCK_TOLERANCE_S } from "./id-token.ts";
import type { DiscoveredIssuer, IssuerMetadata } from "./issuer.ts";
import { isAlgorithm } from "./signature.ts";

/** Clients of one issuer that are remembered at once. */
const MAX_CLIENTS = 1_000;

/** openid-client's configurations, made once for each issuer, client and secret. */
export class Configurations {
  readonly #http: Http;
  readonly #byIssuer = new WeakMap<DiscoveredIssuer, Map<string, client.Configuration>>();

  constructor(http: Http) {
    this.#http = http;
  }

  of(
    issuer: DiscoveredIssuer,
    { clientID, clientSecret }: { clientID: string; clientSecret: string },
  ): client.Configuration {
    let clients = this.#byIssuer.get(issuer);
    if (!clients) {
      clients = new Map();
      this.#byIssuer.set(issuer, clients);
    }
    const key = JSON.stringify([clientID, clientSecret]);
    let configuration = clients.get(key);
    if (!configuration) {
      if (clients.size >= MAX_CLIENTS) clients.clear();
      configuration = configure(issuer.metadata, clientID, clientSecret, this.#http);
      clients.set(key, configuration);
    }
    return configuration;
  }
}

function configure(
  metadata: IssuerMetadata,
  clientID: string,
  clientSecret: string,
  http: Http,
): client.Configuration {
  const configuration = new client.Configuration(
    { ...metadata, id_token_signing_alg_values_supported: asymmetric(metadata) },
    clientID,
    { [client.clockTolerance]: CLOCK_TOLERANCE_S },
    authentication(metadata, clientID, clientSecret),
  );
  configuration[client.customFetch] = http.fetch;
  configuration.timeout = 0; // ours applies
  // Which URLs may be called is for our own HTTP to say: https, and http on loopback.
  if (Object.values(metadata).some((value) => typeof value === "string" && value.startsWith("http:")))
    client.allowInsecureRequests(configuration);
  return configuration;
}

/** Never `none`, and no shared secrets, whatever the issuer says of itself. RS256 is the default (Discovery 1.0). */
function asymmetric({ id_token_signing_alg_values_supported: offered }: IssuerMetadata): string[] {
  return (offered ?? ["RS256"]).filter(isAlgorithm);
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
