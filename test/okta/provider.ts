import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, SignJWT } from "jose";

/** A key that a provider signs with. */
export interface TestKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

export async function testKey(kid: string, alg = "RS256"): Promise<TestKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" } };
}

export interface Answer {
  status?: number;
  headers?: Record<string, string | string[]>;
  /** An object is sent as JSON. */
  body?: unknown;
}

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly form: URLSearchParams;
}

/** Answers a call, or leaves it hanging when it resolves to `undefined`. */
export type Route = (call: Call) => Answer | undefined | Promise<Answer | undefined>;

/** A loopback server that answers by the table given, and remembers what it was asked. */
export class TestServer implements AsyncDisposable {
  readonly calls: Call[] = [];
  readonly routes: Record<string, Route> = {};
  url = "";
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  static async start(): Promise<TestServer> {
    const server = new TestServer();
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    server.url = `http://127.0.0.1:${(server.#server.address() as AddressInfo).port}`;
    return server;
  }

  callsTo(path: string): Call[] {
    return this.calls.filter((call) => call.path === path);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const url = new URL(request.url ?? "/", this.url);
    const call: Call = {
      method: request.method ?? "",
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      form: new URLSearchParams(Buffer.concat(chunks).toString()),
    };
    this.calls.push(call);
    const route = this.routes[url.pathname];
    const answer = route ? await route(call) : { status: 404, body: { errorCode: "E0000007", errorSummary: "Not found" } };
    if (!answer) return;
    const raw = typeof answer.body === "string" || Buffer.isBuffer(answer.body);
    response.writeHead(answer.status ?? 200, { ...(raw ? {} : { "content-type": "application/json" }), ...answer.headers });
    response.end(raw ? answer.body : JSON.stringify(answer.body ?? {}));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

/** What a token is to be, where it differs from a good one. */
export interface Forgery {
  claims?: Record<string, unknown>;
  header?: Partial<JWTHeaderParameters>;
  key?: TestKey;
  /** Changes the finished token. */
  token?: (token: string) => string;
}

/** An OpenID provider that issues what a test asks for: good tokens and forged ones. */
export class TestProvider implements AsyncDisposable {
  readonly server: TestServer;
  readonly key: TestKey;
  /** Published at `/v1/keys`. */
  published: JWK[];
  /** Changes the next ID tokens. */
  forgery: Forgery = {};
  userInfo: Record<string, unknown> = { sub: "00u1" };
  metadata: Record<string, unknown> = {};

  static readonly clientID = "0oa1";
  static readonly clientSecret = "s3cret-of_the.client";

  private constructor(server: TestServer, key: TestKey) {
    this.server = server;
    this.key = key;
    this.published = [key.jwk];
  }

  static async start(): Promise<TestProvider> {
    const provider = new TestProvider(await TestServer.start(), await testKey("key-1"));
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
      if (!code) return { status: 400, body: { error: "invalid_grant", error_description: "The code is invalid or has expired." } };
      this.#codes.delete(form.get("code") ?? "");
      return {
        body: { access_token: "access-token-1", token_type: "Bearer", expires_in: 3600, id_token: await this.idToken(code) },
      };
    };
  }

  async idToken({ nonce }: { nonce: string }): Promise<string> {
    const { claims = {}, header = {}, key = this.key, token = (same) => same } = this.forgery;
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
    return token(await new SignJWT(present).setProtectedHeader({ alg: key.alg, kid: key.kid, ...header }).sign(key.privateKey));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.server[Symbol.asyncDispose]();
  }
}
