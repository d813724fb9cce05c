import { createHash } from "node:crypto";
import test from "ava";
import { checkAccessTokenHash, checkIdTokenClaims } from "../../../okta/oidc/id-token.ts";
import { failedCheckError } from "../../../okta/oidc/id-token-times.ts";
import { IdTokenInvalidError } from "../../../okta/oidc/login-errors.ts";

const NOW_S = 1_800_000_000;
/** What two clocks may differ by, s. */
const TOLERANCE_S = 30;
const claims = { sub: "00u1", iat: NOW_S };
const asked = { clientID: "0oa1", nowS: NOW_S, clock: undefined };

function failing(said: object): string | undefined {
  try {
    checkIdTokenClaims({ ...claims, ...said }, asked);
    return undefined;
  } catch (error) {
    return error instanceof IdTokenInvalidError ? error.check : String(error);
  }
}

test("claims are checked to the second and to the character", (t) => {
  for (const [said, check] of [
    [{}, undefined],
    [{ azp: "0oa1" }, undefined],
    [{ azp: "0oa2" }, "authorized-party"],
    [{ azp: undefined }, "authorized-party"],
    [{ iat: NOW_S + TOLERANCE_S }, undefined],
    [{ iat: NOW_S + TOLERANCE_S + 1 }, "issued-at"],
    [{ iat: NOW_S - 100_000 }, undefined],
    [{ auth_time: NOW_S + TOLERANCE_S }, undefined],
    [{ auth_time: NOW_S + TOLERANCE_S + 1 }, "auth-time"],
    [{ auth_time: "soon" }, undefined],
    [{ auth_time: "9999999999" }, undefined],
    [{ sub: "" }, "subject"],
    [{ sub: "x".repeat(255) }, undefined],
    [{ sub: "x".repeat(256) }, "subject"],
  ] as const)
    t.is(failing(said), check, JSON.stringify(said));
  const early = { ...claims, iat: NOW_S + 90 };
  t.throws(() => checkIdTokenClaims(early, { ...asked, clock: { aheadS: 90, by: "Date" } }), {
    message: /issued 90 seconds in the future.*clock here is 90 seconds behind/,
  });
});

test("the hash of the access token is that of the signature's algorithm, half of it", (t) => {
  const halfOf = (hash: string, length: number) =>
    createHash(hash).update("token").digest().subarray(0, length).toString("base64url");
  for (const [alg, hash, length] of [
    ["RS256", "sha256", 16],
    ["PS384", "sha384", 24],
    ["ES512", "sha512", 32],
    ["EdDSA", "sha512", 32],
  ] as const) {
    t.notThrows(() => checkAccessTokenHash({ at_hash: halfOf(hash, length) }, "token", alg));
    for (const at_hash of [halfOf(hash, length + 1), halfOf(hash, length - 1), "", null, 7])
      t.throws(() => checkAccessTokenHash({ at_hash }, "token", alg), {
        instanceOf: IdTokenInvalidError,
        message: /access-token-hash/,
      });
    t.throws(() => checkAccessTokenHash({ at_hash: halfOf(hash, length) }, "another", alg));
  }
  t.notThrows(() => checkAccessTokenHash({}, "token", "RS256"), "it needn't be said");
});

test("a time that is wrong is told in seconds, and whether a clock is to blame", (t) => {
  const told = (...[check, said, more]: Parameters<typeof failedCheckError>) =>
    failedCheckError(check, said, more).message;
  const now = { nowS: NOW_S, clock: undefined };
  t.regex(told("expiry", { exp: NOW_S - 90 }, now), /\(expiry: it ended 90 seconds ago\)/);
  t.regex(told("issued-at", { iat: NOW_S + 90 }, now), /it was issued 90 seconds in the future/);
  t.regex(told("not-before", { nbf: NOW_S + 90.4 }, now), /it begins in 90 seconds/);
  t.regex(told("auth-time", { auth_time: NOW_S + 90 }, now), /its auth_time is 90 seconds in the future/);
  t.regex(told("expiry", { exp: "never" }, now), /\(expiry\)/);
  t.regex(told("expiry", undefined, now), /\(expiry\)/);
  t.regex(told("nonce", { nonce: 7, exp: NOW_S - 90 }, now), /\(nonce\)/);

  const agrees = { nowS: NOW_S, clock: { aheadS: 0, by: "Date" as const } };
  t.regex(told("expiry", { exp: NOW_S - 90 }, agrees), /clock and the one here agree/);
  const byIssue = told("expiry", { exp: NOW_S - 3_000, iat: NOW_S - 6_600 }, now);
  t.regex(byIssue, /The clock here is 6600 seconds ahead of Okta's, by the iat of Okta's ID token/);
  t.notRegex(
    told("expiry", { exp: NOW_S - 90, iat: NOW_S }, now),
    /clock/,
    "issued just now: no clock is wrong",
  );
  t.notRegex(told("expiry", { exp: NOW_S - 90, iat: "then" }, now), /clock/);
  const cause = new Error("the cause");
  t.is(failedCheckError("expiry", { exp: NOW_S - 90 }, { ...now, cause }).cause, cause);
  t.is(failedCheckError("nonce", {}, { ...now, cause }).cause, cause);
});
