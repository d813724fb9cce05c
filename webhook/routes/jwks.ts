import type { RequestHandler } from "express";
import { PUBLISHED_MS } from "../sessions/key-rotation.ts";
import type { SessionKeys } from "../sessions/session-keys.ts";

export interface JwksDeps {
  readonly keys: Pick<SessionKeys, "assertionKeys">;
}

/** GET /.well-known/jwks.json - the keys by which applications verify what they are told of people (RFC 7517). */
export function jwks({ keys }: JwksDeps): RequestHandler {
  return (_req, res) => {
    const { published } = keys.assertionKeys();
    const body = JSON.stringify({ keys: published.map(({ assertion }) => assertion.jwk) });
    res.writeHead(200, {
      "Content-Type": "application/json",
      "Content-Length": Buffer.byteLength(body),
      "Cache-Control": `public, max-age=${PUBLISHED_MS / 1000}`,
      "X-Content-Type-Options": "nosniff",
    });
    res.end(body);
  };
}
