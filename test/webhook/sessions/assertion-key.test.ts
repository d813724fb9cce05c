import { createPublicKey, sign, verify } from "node:crypto";
import test from "ava";
import { assertionKey, SEED_BYTES } from "../../../webhook/sessions/assertion-key.ts";

/** The order of P-256 (SEC 2, 2.4.2), less one: as many keys as there are. */
const KEYS = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550n;
/** The base point of P-256 (SEC 2, 2.4.2): the public half of the key 1. */
const BASE_POINT = {
  x: Buffer.from("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296", "hex"),
  y: Buffer.from("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5", "hex"),
};

function seed(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * SEED_BYTES, "0"), "hex");
}

test("every seed makes a key of the curve, the same at every replica: the first is 1, and after the last it begins anew", (t) => {
  for (const value of [0n, KEYS, 7n * KEYS]) {
    const { jwk } = assertionKey("an-id", seed(value));
    t.deepEqual(jwk, {
      kty: "EC",
      crv: "P-256",
      x: BASE_POINT.x.toString("base64url"),
      y: BASE_POINT.y.toString("base64url"),
      kid: "an-id",
      use: "sig",
      alg: "ES256",
    });
  }
  const others = [0n, 1n, KEYS - 2n, 2n ** BigInt(8 * SEED_BYTES) - 1n].map((value) => {
    const { jwk } = assertionKey("an-id", seed(value));
    return `${jwk.x} ${jwk.y}`;
  });
  t.is(new Set(others).size, 4);
});

test("what it signs is verified by what is published of it", (t) => {
  const { signing, jwk } = assertionKey("an-id", seed(12_345n));
  const text = Buffer.from("who somebody is");
  const published = createPublicKey({ format: "jwk", key: jwk });
  t.true(verify("sha256", text, published, sign("sha256", text, signing)));
});
