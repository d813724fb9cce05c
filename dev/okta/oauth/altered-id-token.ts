import { constants, createHmac, type KeyObject, sign } from "node:crypto";
import { keptSigningKey, type SigningKey } from "./keys.ts";

type Json = Record<string, unknown>;

/** How an ID token is to be answered instead of the right one. What is left out stays as it is. */
export interface AlteredIdToken {
  claims?: Json;
  header?: Json;
  /**
   * The server's own key (default), another RSA key under the same kid, nothing (an empty signature), or a key of
   * one's own, such as a secret for HS256. The header's `alg` says how it is used.
   */
  signWith?: "server" | "other" | "nothing" | KeyObject;
}

/** Sees every ID token before it is answered; nothing returned: it stays as it is. */
export type AlterIdToken = (
  claims: Json,
  header: Json,
  issuedTo: { app: string; server: string },
) => AlteredIdToken | undefined;

/** The token, altered and signed again. */
export async function alteredIdToken(
  token: string,
  alter: AlterIdToken,
  key: SigningKey,
  issuedTo: { app: string; server: string },
): Promise<string> {
  const [head = "", payload = ""] = token.split(".");
  const altered = alter(decode(payload), decode(head), issuedTo);
  if (!altered) return token;
  const header = altered.header ?? decode(head);
  const claims = altered.claims ?? decode(payload);
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${await signature(input, String(header.alg), altered.signWith ?? "server", key)}`;
}

async function signature(
  input: string,
  alg: string,
  signWith: NonNullable<AlteredIdToken["signWith"]>,
  { privateKey }: SigningKey,
): Promise<string> {
  if (signWith === "nothing") return "";
  const hash = `sha${alg.slice(2)}`;
  let key: KeyObject;
  if (signWith === "server") key = privateKey;
  else if (signWith === "other") key = (await keptSigningKey("other")).privateKey;
  else key = signWith;
  if (alg.startsWith("HS")) return createHmac(hash, key).update(input).digest("base64url");
  if (alg.startsWith("ES"))
    return sign(hash, Buffer.from(input), { key, dsaEncoding: "ieee-p1363" }).toString("base64url");
  if (alg.startsWith("PS"))
    return sign(hash, Buffer.from(input), { key, padding: constants.RSA_PKCS1_PSS_PADDING }).toString(
      "base64url",
    );
  return sign("sha256", Buffer.from(input), key).toString("base64url");
}

function decode(part: string): Json {
  return JSON.parse(Buffer.from(part, "base64url").toString()) as Json;
}

function encode(part: Json): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}
