import { createHash } from "node:crypto";
import type { Request } from "express";
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from "jose";
import { z } from "zod";
import type { LogParty } from "../directory/log-event.ts";
import { errors, type OktaError } from "../directory/okta-error.ts";
import { appParty } from "../oauth/apps.ts";
import type { AuthorizationServer } from "../oauth/authorization-server.ts";
import { storageKey } from "../oauth/storage.ts";

/** Who calls the Management API. */
export interface Caller {
  party: LogParty;
  /** The client id of a service app; undefined for API tokens. */
  app: string | undefined;
  may(scope: string): boolean;
}

/** How far a DPoP proof's `iat` may be from now, in seconds. */
const proofWindow = 300;

/**
 * Finds out who calls: an API token (`SSWS`), or a service app's access token (`Bearer`, or `DPoP` with a proof
 * for this very request, RFC 9449 section 7).
 * @throws OktaError E0000011 when it is neither
 */
export async function callerOf(
  request: Request,
  org: AuthorizationServer,
  apiTokens: ReadonlySet<string>,
): Promise<Caller> {
  const [scheme = "", token = ""] = (request.get("authorization") ?? "").split(" ");
  if (scheme === "SSWS" && apiTokens.has(token))
    return { party: tokenOwner(), app: undefined, may: () => true };
  if (scheme !== "Bearer" && scheme !== "DPoP") throw errors.invalidToken();

  const { storage, apps } = org.context;
  const stored = storage.get(storageKey(org.id, "ClientCredentials", token));
  const app = apps.get(stored?.clientId ?? "");
  if (!stored || !app) throw invalid(scheme, "invalid_token");
  if ((stored.jkt === undefined) !== (scheme === "Bearer")) throw invalid(scheme, "invalid_token");
  if (stored.jkt !== undefined) await checkProof(request, org, token, stored.jkt);
  const scopes = new Set(stored.scope?.split(" "));
  return {
    party: appParty(app),
    app: app.clientId,
    // A scope is worth nothing without an admin role that covers it.
    may: (scope) =>
      app.adminRole && [scope, scope.replace(".read", ".manage")].some((held) => scopes.has(held)),
  };
}

const proofClaims = z.object({
  jti: z.string(),
  iat: z.number(),
  htm: z.string(),
  htu: z.string(),
  ath: z.string(),
});
const usedProofs = new Map<string, number>();

async function checkProof(
  request: Request,
  org: AuthorizationServer,
  token: string,
  thumbprint: string,
): Promise<void> {
  const bad = (cause?: unknown) => {
    const refusal = invalid("DPoP", "invalid_dpop_proof");
    refusal.cause = cause;
    return refusal;
  };
  const proof = await jwtVerify(request.get("dpop") ?? "", EmbeddedJWK, { typ: "dpop+jwt" }).catch(
    (cause: unknown) => {
      throw bad(cause);
    },
  );
  const claims = proofClaims.safeParse(proof.payload).data;
  const { jwk } = proof.protectedHeader;
  const now = Math.floor(Date.now() / 1000);
  const url = new URL(request.originalUrl, org.issuer);
  if (
    !claims ||
    !jwk ||
    (await calculateJwkThumbprint(jwk)) !== thumbprint ||
    claims.htm !== request.method ||
    claims.htu !== url.origin + url.pathname ||
    claims.ath !== createHash("sha256").update(token).digest("base64url") ||
    Math.abs(now - claims.iat) > proofWindow ||
    usedProofs.has(claims.jti)
  )
    throw bad();
  for (const [jti, expires] of usedProofs) {
    if (expires >= now) break;
    usedProofs.delete(jti);
  }
  usedProofs.set(claims.jti, now + proofWindow);
}

function invalid(scheme: string, error: string): OktaError {
  return errors.invalidToken({ "WWW-Authenticate": `${scheme} error="${error}"` });
}

function tokenOwner(): LogParty {
  return {
    id: "00uApiTokenOwner0000",
    type: "User",
    alternateId: "admin@okta.example",
    displayName: "Okta Admin",
  };
}
