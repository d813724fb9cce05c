import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { LoginProof } from "../../okta/oidc/transaction.ts";
import type { SessionKey } from "../sessions/key-ring.ts";
import { open, seal } from "../sessions/sealed.ts";
import type { SessionKeys } from "../sessions/session-keys.ts";

/** A sign-in under way, as its `state` carries it. */
export interface PendingLogin {
  /** The organization where it was begun, by uid. */
  readonly organizationID: string;
  /** Of the issuer and the client that it was begun with. */
  readonly settings: string;
  /** The address to go to afterwards. Undefined: there is none, or it is kept beside. */
  readonly path: string | undefined;
  /** ms since 1970 */
  readonly createdAt: number;
  /** How often the callback has begun it anew, of itself. */
  readonly restarts: number;
}

/** What came back from Okta, opened. */
export interface OpenedLogin extends PendingLogin {
  /** Whether this very browser has begun it, and what it is proved with; undefined: another one has. */
  readonly proof: LoginProof | undefined;
}

/** How long a person may take at Okta, in ms. */
export const LOGIN_TIMEOUT_MS = 10 * 60_000;

/** Characters of an address that fit into a state of at most 600. */
const MAX_IN_STATE = 280;

const PURPOSE = "login-state";

/** In this order, without names: the state travels in addresses. */
const content = z.tuple([z.string(), z.string(), z.string(), z.number(), z.number(), z.string()]);

/**
 * Sign-ins under way. Nothing of one is kept anywhere but in its `state`, which Okta gives back as it was: sealed, so that
 * nobody can read or change it, and bound to the browser that began it. Nonce and PKCE verifier follow from the state, the
 * browser's cookie and our key. So a browser may have any number of them under way, and any replica can finish one.
 */
export class LoginStates {
  readonly #keys: Pick<SessionKeys, "current" | "find">;

  constructor(keys: Pick<SessionKeys, "current" | "find">) {
    this.#keys = keys;
  }

  /** @throws KeysUnavailableError */
  make(browser: string, pending: PendingLogin): LoginProof {
    const key = this.#keys.current();
    const { organizationID, settings, createdAt, restarts, path = "" } = pending;
    const fields = [organizationID, settings, mac(key, "browser", browser), createdAt, restarts, path];
    return proofOf(seal(JSON.stringify(fields), key, PURPOSE), key, browser);
  }

  /** Undefined: not made here, or by a key that is gone. Whose it is, and whether it is over, isn't checked yet. */
  open(browser: string | undefined, state: string): OpenedLogin | undefined {
    const key = this.#keys.find(state.slice(0, Math.max(0, state.indexOf("."))));
    const text = key && open(state, key, PURPOSE);
    if (key === undefined || text === undefined) return undefined;
    const [organizationID, settings, bound, createdAt, restarts, path] = content.parse(JSON.parse(text));
    const isOurs = browser !== undefined && same(bound, mac(key, "browser", browser));
    return {
      organizationID,
      settings,
      createdAt,
      restarts,
      path: path === "" ? undefined : path,
      proof: isOurs ? proofOf(state, key, browser) : undefined,
    };
  }
}

/** Whether an address fits into a state beside all else. */
export function fitsInState(path: string): boolean {
  return JSON.stringify(path).length - 2 <= MAX_IN_STATE;
}

/** Of an issuer and a client, so that a change of either is noticed. */
export function settingsDigest({ issuer, clientID }: { issuer: string; clientID: string }): string {
  return createHash("sha256").update(`${issuer} ${clientID}`).digest("base64url").slice(0, 16);
}

/** Names a state where it can't be written out. */
export function stateDigest(state: string): string {
  return createHash("sha256").update(state).digest("base64url").slice(0, 12);
}

function proofOf(state: string, key: SessionKey, browser: string): LoginProof {
  return {
    state,
    nonce: mac(key, "nonce", `${browser} ${state}`),
    codeVerifier: mac(key, "verifier", `${browser} ${state}`),
  };
}

function mac({ binding }: SessionKey, purpose: string, text: string): string {
  return createHmac("sha256", binding).update(`${purpose} ${text}`).digest("base64url");
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
