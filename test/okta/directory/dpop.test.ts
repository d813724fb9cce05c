import { createHash } from "node:crypto";
import test from "ava";
import { decodeJwt, EmbeddedJWK, jwtVerify } from "jose";
import { DPoPKey } from "../../../okta/directory/dpop.ts";
import type { HttpAnswer } from "../../../okta/http/answer.ts";

const url = new URL("https://acme.okta.com/api/v1/groups?limit=200#x");

function answer(nonce?: string | string[]): HttpAnswer {
  return { where: "", status: 401, headers: { "dpop-nonce": nonce }, body: Buffer.alloc(0) };
}

test("a proof is for one request, signed by the key that it names", async (t) => {
  const key = await DPoPKey.make();
  const proof = await key.proof("GET", url);
  const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, { typ: "dpop+jwt" });
  t.is(protectedHeader.alg, "ES256");
  t.false("d" in (protectedHeader.jwk ?? {}), "the private half stays here");
  t.deepEqual(Object.keys(payload).sort(), ["htm", "htu", "iat", "jti"]);
  t.like(payload, { htm: "GET", htu: "https://acme.okta.com/api/v1/groups" });
  t.not(decodeJwt(await key.proof("GET", url)).jti, payload.jti);
});

test("a proof is bound to the access token that it comes with, and to the last nonce", async (t) => {
  const key = await DPoPKey.make();
  t.is(key.nonce, undefined);
  t.true(key.learnNonce(answer("one")));
  t.false(key.learnNonce(answer("one")), "it is known");
  t.false(key.learnNonce(answer()));
  t.is(key.nonce, "one");
  t.true(key.learnNonce(answer(["two", "three"])));
  const { nonce, ath } = decodeJwt(await key.proof("POST", url, "token-1"));
  t.is(nonce, "two");
  t.is(ath, createHash("sha256").update("token-1").digest("base64url"));
});
