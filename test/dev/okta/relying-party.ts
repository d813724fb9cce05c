import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import * as client from "openid-client";
import { type CookieJar, type OktaStandIn, type SignInResult, signIn } from "../../../dev/okta/index.ts";

/** Where every app of these tests has its callback: a server that says yes to everything. */
export async function startCallback(): Promise<{ url: string; stop(): void }> {
  const server = createServer((_request, response) => response.end("back at the app"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/callback`, stop: () => server.close() };
}

export interface RelyingPartyOptions {
  server?: string;
  clientId?: string;
  auth?: client.ClientAuth;
}

/** The app as openid-client sees it, with verification of signatures, which that leaves out unless told. */
export async function relyingParty(
  okta: OktaStandIn,
  { server = "org", clientId = "app", auth = client.ClientSecretBasic("secret") }: RelyingPartyOptions = {},
): Promise<client.Configuration> {
  const config = await client.discovery(new URL(okta.issuer(server)), clientId, undefined, auth, {
    execute: [client.allowInsecureRequests],
  });
  client.enableNonRepudiationChecks(config);
  return config;
}

export interface LoginOptions {
  scope?: string;
  cookies?: CookieJar;
  password?: string;
  parameters?: Record<string, string>;
}

/** The first half of a login: there and back with a code. */
export async function authorize(
  okta: OktaStandIn,
  config: client.Configuration,
  redirectUri: string,
  username: string,
  { scope = "openid profile email groups", parameters = {}, ...options }: LoginOptions = {},
) {
  const verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const nonce = client.randomNonce();
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
    ...parameters,
  });
  const journey = await signIn(okta, url.href, username, options);
  return { journey, checks: { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce } };
}

/** The URL that the browser came back to. */
export function callbackUrl({ callback, response }: SignInResult): URL {
  if (!callback) throw new Error(`No callback; Okta answered ${response.status}: ${response.body}`);
  return new URL(callback.url);
}

/** A whole login: the tokens, the ID token's claims, and what userinfo says. */
export async function login(
  okta: OktaStandIn,
  config: client.Configuration,
  redirectUri: string,
  username: string,
  options: LoginOptions = {},
) {
  const { journey, checks } = await authorize(okta, config, redirectUri, username, options);
  const tokens = await client.authorizationCodeGrant(config, callbackUrl(journey), checks);
  const idToken: Record<string, unknown> = { ...tokens.claims() };
  const userinfo: Record<string, unknown> = await client.fetchUserInfo(
    config,
    tokens.access_token,
    String(idToken.sub),
  );
  return { journey, tokens, idToken, userinfo };
}
