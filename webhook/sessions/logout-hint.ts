import { deflateRawSync, inflateRawSync } from "node:zlib";
import { z } from "zod";
import { type CookieStyle, clearCookie, readCookie, setCookie } from "./cookies.ts";

const PATH = "/logout";
/** Browsers keep cookies of up to 4,096 bytes, name and attributes included. */
const MOST_CHARACTERS = 3_700;
const MOST_BYTES = 64 * 1024;
const PLAIN = "p.";
const DEFLATED = "d.";

/**
 * The ID token, kept by the browser for the day it signs out: Okta ends a session only for who shows it
 * (`id_token_hint`). It is about the very person whose browser keeps it, scripts can't read it, and it is sent
 * to the route that needs it only. Tokens with hundreds of groups are packed to fit.
 */
export class LogoutHint {
  readonly #name: string;
  readonly #secure: boolean;

  constructor({ securePrefix, secure }: CookieStyle) {
    this.#name = `${securePrefix}okta-role-id-token`;
    this.#secure = secure;
  }

  /**
   * A Set-Cookie header that keeps this token, or none of an earlier sign-in where this one doesn't fit.
   * @param room bytes that this header may take in the answer
   */
  keep(idToken: string, maxAgeS: number, room: number): string {
    for (const value of formsOf(idToken)) {
      const header = setCookie(this.#name, value, { secure: this.#secure, maxAgeS, path: PATH });
      if (value.length <= MOST_CHARACTERS && "Set-Cookie: \r\n".length + header.length <= room) return header;
    }
    return this.forget();
  }

  forget(): string {
    return clearCookie(this.#name, { secure: this.#secure, path: PATH });
  }

  /** Whether somebody has signed in here, wherever that was. */
  isKept(cookieHeader: string | undefined): boolean {
    return this.#read(cookieHeader) !== undefined;
  }

  /**
   * The token to show to an organization's Okta. It is that of the last sign-in in this browser: where that was at another
   * organization, there is none, since Okta takes none but its own.
   */
  read(
    cookieHeader: string | undefined,
    { issuer, clientID }: { issuer: string; clientID: string },
  ): string | undefined {
    const token = this.#read(cookieHeader);
    return token !== undefined && isOf(token, issuer, clientID) ? token : undefined;
  }

  #read(cookieHeader: string | undefined): string | undefined {
    const value = readCookie(cookieHeader, this.#name);
    if (value?.startsWith(PLAIN)) return value.slice(PLAIN.length);
    return value?.startsWith(DEFLATED) ? unpack(value.slice(DEFLATED.length)) : undefined;
  }
}

const claims = z.object({ iss: z.string(), aud: z.union([z.string(), z.array(z.string())]) });

function isOf(token: string, issuer: string, clientID: string): boolean {
  const [, payload = ""] = token.split(".");
  try {
    const { iss, aud } = claims.parse(JSON.parse(Buffer.from(payload, "base64url").toString("utf8")));
    return iss === issuer && [aud].flat().includes(clientID);
  } catch {
    return false; // not a token that we have kept
  }
}

/** The second only where the first is too large: it takes longer than all else that makes the answer of a sign-in. */
function* formsOf(idToken: string): Generator<string> {
  yield `${PLAIN}${idToken}`;
  yield `${DEFLATED}${pack(idToken)}`;
}

/** The parts of a token are base64url, which hardly packs; what is in them packs well. */
function pack(token: string): string {
  const parts = token.split(".").map((part) => Buffer.from(part, "base64url"));
  const lengths = parts.map(({ length }) => length);
  return `${lengths.join("-")}.${deflateRawSync(Buffer.concat(parts)).toString("base64url")}`;
}

function unpack(packed: string): string | undefined {
  const [lengths = "", content = ""] = packed.split(".");
  try {
    const bytes = inflateRawSync(Buffer.from(content, "base64url"), { maxOutputLength: MOST_BYTES });
    let start = 0;
    const parts = lengths.split("-").map((length) => {
      const part = bytes.subarray(start, start + Number(length));
      start += Number(length);
      return part.toString("base64url");
    });
    return parts.join(".");
  } catch {
    return undefined; // not ours: then the logout goes without a hint
  }
}
