/**
 * The least that an OpenID provider can be: metadata, keys, and a token endpoint that hands out ID tokens which were
 * signed beforehand. The stand-in of dev/okta is a whole provider, and slower than what is measured here against it.
 *
 *   POST /codes  [{subject, nonce, groups}] -> a code for each, to be taken to a callback
 */
import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { json, text } from "node:stream/consumers";
import { z } from "zod";
import { listen } from "./listening.ts";
import { settings } from "./settings.ts";

const { clientID, clientSecret } = settings;
const LIFETIME_S = 3600;

const people = z.array(
  z.object({ subject: z.string(), nonce: z.string().optional(), groups: z.array(z.string()) }),
);

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const key = { ...publicKey.export({ format: "jwk" }), kid: "bench", alg: "RS256", use: "sig" };
const tokens = new Map<string, string>();

const server = createServer((req, res) => {
  answer(req, res).catch((error: unknown) => {
    console.error(error);
    send(res, 500, { error: "server_error" });
  });
});

async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const issuer = `http://${req.headers.host}`;
  switch (`${req.method} ${req.url}`) {
    case "GET /.well-known/openid-configuration":
      return send(res, 200, metadata(issuer));
    case "GET /keys":
      return send(res, 200, { keys: [key] });
    case "POST /token":
      return redeem(req, res, new URLSearchParams(await text(req)));
    case "POST /codes": {
      const codes = people.parse(await json(req)).map((person) => {
        const code = randomBytes(16).toString("base64url");
        tokens.set(code, idToken(issuer, person));
        return code;
      });
      return send(res, 200, codes);
    }
    default:
      return send(res, 404, { error: "not_found" });
  }
}

function redeem(req: IncomingMessage, res: ServerResponse, form: URLSearchParams): void {
  const known =
    basicCredentials(req.headers.authorization) === `${clientID}:${clientSecret}` ||
    (form.get("client_id") === clientID && form.get("client_secret") === clientSecret);
  const code = form.get("code") ?? "";
  const token = tokens.get(code);
  if (!known || token === undefined) {
    send(res, known ? 400 : 401, { error: known ? "invalid_grant" : "invalid_client" });
    return;
  }
  tokens.delete(code);
  send(res, 200, {
    access_token: "an-access-token",
    token_type: "Bearer",
    expires_in: LIFETIME_S,
    id_token: token,
  });
}

/** Clients form-encode both parts (RFC 6749, section 2.3.1), some of them more than others. */
function basicCredentials(header = ""): string {
  return decodeURIComponent(Buffer.from(header.slice("Basic ".length), "base64").toString());
}

function metadata(issuer: string): object {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/keys`,
    response_types_supported: ["code"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
    token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
  };
}

/** An ID token like one of Okta's org authorization server. */
function idToken(issuer: string, { subject, nonce, groups }: z.infer<typeof people>[number]): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: issuer,
    aud: clientID,
    sub: subject,
    iat: now,
    exp: now + LIFETIME_S,
    auth_time: now,
    nonce,
    email: `${subject}@acme.example`,
    email_verified: true,
    name: `Person ${subject}`,
    groups,
  };
  const signed = [{ alg: "RS256", kid: key.kid }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${signed}.${sign("sha256", Buffer.from(signed), privateKey).toString("base64url")}`;
}

function send(res: ServerResponse, status: number, content: object): void {
  const body = JSON.stringify(content);
  res.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  res.end(body);
}

listen(server);
