import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { TestServer } from "../server.ts";

/** A key that a provider signs with. */
export interface TestKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey | Uint8Array;
  readonly jwk: JWK;
}

export async function testKey(kid: string, alg = "RS256"): Promise<TestKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" } };
}

/** What a token is to be, where it differs from a good one. */
export interface Forgery {
  claims?: Record<string, unknown>;
  withoutKid?: true;
  key?: TestKey;
  /** Changes the finished token. */
  token?: (token: string) => string;
}

/** Made once for each test file: RSA keys take their time. */
const ownKey = testKey("key-1");

/** An OpenID provider that issues what a test asks for: good tokens and forged ones. */
export class TestProvider implements AsyncDisposable {
  readonly server: TestServer;
  readonly key: TestKey;
  /** Published at `/v1/keys`. */
  published: object[];
  /** Changes the next ID tokens. */
  forgery: Forgery = {};
  userInfo: Record<string, unknown> = { sub: "00u1" };
  /** Headers of the token endpoint's answers. */
  headers: Record<string, string> = {};
  metadata: Record<string, unknown> = {};

  static readonly clientID = "0oa1";
  static readonly accessToken = "access-token-1";
  static readonly clientSecret = "s3cret-of_the.client";

  private constructor(server: TestServer, key: TestKey) {
    this.server = server;
    this.key = key;
    this.published = [key.jwk];
  }

  static async start(): Promise<TestProvider> {
    const provider = new TestProvider(await TestServer.start(), await ownKey);
    provider.#route();
    return provider;
  }

  get issuer(): string {
    return `${this.server.url}/oauth2/default`;
  }

  /** Signs somebody in and gives back the callback that their browser would make. */
  authorize(loginURL: string, redirectURI: string, extra: Record<string, string> = {}): string {
    const asked = new URL(loginURL).searchParams;
    const code = `code-${this.#codes.size}`;
    this.#codes.set(code, { nonce: asked.get("nonce") ?? "" });
    const callback = new URL(redirectURI);
    callback.searchParams.set("code", code);
    callback.searchParams.set("state", asked.get("state") ?? "");
    for (const [name, value] of Object.entries(extra)) callback.searchParams.set(name, value);
    return callback.href;
  }

  readonly #codes = new Map<string, { nonce: string }>();

  #route(): void {
    const { routes } = this.server;
    routes["/oauth2/default/.well-known/openid-configuration"] = () => ({
      body: {
        issuer: this.issuer,
        authorization_endpoint: `${this.issuer}/v1/authorize`,
        token_endpoint: `${this.issuer}/v1/token`,
        userinfo_endpoint: `${this.issuer}/v1/userinfo`,
        end_session_endpoint: `${this.issuer}/v1/logout`,
        jwks_uri: `${this.issuer}/v1/keys`,
        id_token_signing_alg_values_supported: ["RS256"],
        ...this.metadata,
      },
    });
    routes["/oauth2/default/v1/keys"] = () => ({ body: { keys: this.published } });
    routes["/oauth2/default/v1/userinfo"] = () => ({ body: this.userInfo });
    routes["/oauth2/default/v1/token"] = async ({ form }) => {
      const code = this.#codes.get(form.get("code") ?? "");
      if (!code)
        return {
          status: 400,
          body: { error: "invalid_grant", error_description: "The code is invalid or has expired." },
        };
      this.#codes.delete(form.get("code") ?? "");
      return {
        headers: this.headers,
        body: {
          access_token: TestProvider.accessToken,
          token_type: "Bearer",
          expires_in: 3600,
          id_token: await this.idToken(code),
        },
      };
    };
  }

  async idToken({ nonce }: { nonce: string }): Promise<string> {
    const { claims = {}, withoutKid = false, key = this.key, token = (same) => same } = this.forgery;
    const now = Math.floor(Date.now() / 1000);
    const all = {
      iss: this.issuer,
      sub: "00u1",
      aud: TestProvider.clientID,
      iat: now,
      exp: now + 3600,
      nonce,
      email: "ada@example.com",
      email_verified: true,
      name: "Ada",
      groups: ["service_admin"],
      ...claims,
    };
    const present = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
    return token(
      await new SignJWT(present)
        .setProtectedHeader({ alg: key.alg, ...(withoutKid ? {} : { kid: key.kid }) })
        .sign(key.privateKey),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.server[Symbol.asyncDispose]();
  }
}
