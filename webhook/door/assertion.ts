import { sign } from "node:crypto";
import { keyOf } from "../../kubernetes/index.ts";
import type { SessionKey } from "../sessions/key-ring.ts";
import type { Admitted } from "./verdicts.ts";

/** For so long an assertion is good, in seconds. */
const GOOD_FOR_S = 60;

/** Bytes of an assertion. With the other headers it stays below what proxies take of them. */
const MOST_BYTES = 1_600;

export interface Asserting {
  /** This webhook, as in https://login.example.com. */
  readonly issuer: string;
  /** The application's host. */
  readonly host: string;
  readonly key: SessionKey;
  /** ms since 1970 */
  readonly now: number;
}

/**
 * Says who somebody is, so that an application can verify it by the published keys whatever network it came through: a
 * JSON Web Token by ES256 (RFC 7519, RFC 7518) for one organization at one host. One `aud` names both: of several, most
 * libraries take one for enough.
 *
 * What can't be told whole isn't told, as in the headers: first the name and the address, then the roles.
 */
export function assertion(admitted: Admitted, { issuer, host, key, now }: Asserting): string {
  const { user, organization, held, expiresAt } = admitted;
  const iat = Math.floor(now / 1000);
  const about = {
    iss: issuer,
    aud: `${keyOf(organization)}@${host}`,
    sub: user.ref,
    iat,
    exp: Math.min(iat + GOOD_FOR_S, Math.ceil(expiresAt / 1000)),
  };
  const roles = { roles: [...held] };
  const whole = signed({ ...about, ...roles, email: user.email, name: user.name }, key);
  if (whole.length <= MOST_BYTES) return whole;
  const shorter = signed({ ...about, ...roles }, key);
  if (shorter.length <= MOST_BYTES) return shorter;
  return signed({ ...about, roles: [], roles_omitted: held.size }, key);
}

function signed(claims: object, { id, assertion: { signing } }: SessionKey): string {
  const text = `${part({ alg: "ES256", typ: "JWT", kid: id })}.${part(claims)}`;
  const signature = sign("sha256", Buffer.from(text), { key: signing, dsaEncoding: "ieee-p1363" });
  return `${text}.${signature.toString("base64url")}`;
}

function part(content: object): string {
  return Buffer.from(JSON.stringify(content)).toString("base64url");
}
