import * as client from "openid-client";
import { type PrivateKey, readPrivateKeys, signingKey } from "../private-key.ts";
import type { IssuerMetadata } from "./issuer.ts";

/** How an app proves at the token endpoint that it is that app (Okta, "Client authentication methods"). */
export type ClientAuthentication =
  | { readonly kind: "secret"; readonly secret: string }
  /** PEM, a JWK or a JWK set: see `readPrivateKeys`. A secret. */
  | { readonly kind: "private-key"; readonly privateKey: string }
  /** A public client: all there is, is PKCE. */
  | { readonly kind: "none" };

/**
 * The same for openid-client: as many as there are keys, the one to be tried first at the front.
 * @throws PrivateKeyInvalidError
 */
export function clientAuthentications(
  authentication: ClientAuthentication,
  metadata: IssuerMetadata,
  clientID: string,
): readonly [client.ClientAuth, ...client.ClientAuth[]] {
  switch (authentication.kind) {
    case "secret":
      return [bySecret(metadata, clientID, authentication.secret)];
    case "private-key": {
      const [first, ...others] = readPrivateKeys(authentication.privateKey);
      const byKey = (key: PrivateKey): client.ClientAuth => byPrivateKey(metadata, key);
      return [byKey(first), ...others.map(byKey)];
    }
    case "none":
      return [client.None()];
  }
}

/** An assertion for each request (RFC 7523). Okta wants the very endpoint as its audience, openid-client has the issuer. */
function byPrivateKey({ token_endpoint }: IssuerMetadata, privateKey: PrivateKey): client.ClientAuth {
  const { kid } = privateKey;
  const key = { key: signingKey(privateKey), ...(kid === undefined ? {} : { kid }) };
  return client.PrivateKeyJwt(key, {
    [client.modifyAssertion]: (_header, payload) => {
      payload.aud = token_endpoint;
    },
  });
}

/**
 * HTTP Basic, which every server has to take (RFC 6749, section 2.3.1) and which is the default of Okta's apps,
 * else the secret in the body. Unreserved characters stay as they are, so that servers that forget to decode
 * still understand what Okta puts into its ids and secrets: letters, digits, `-` and `_`.
 */
function bySecret(
  { token_endpoint_auth_methods_supported: methods }: IssuerMetadata,
  clientID: string,
  secret: string,
): client.ClientAuth {
  if (methods && !methods.includes("client_secret_basic") && methods.includes("client_secret_post"))
    return client.ClientSecretPost(secret);
  const credentials = `${encodeURIComponent(clientID)}:${encodeURIComponent(secret)}`;
  const header = `Basic ${Buffer.from(credentials).toString("base64")}`;
  return (_server, _client, _body, headers) => headers.set("authorization", header);
}
