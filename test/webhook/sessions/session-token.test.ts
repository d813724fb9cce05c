import test from "ava";
import { KeyRing } from "../../../webhook/sessions/key-ring.ts";
import { beganBefore, signSession, verifySession } from "../../../webhook/sessions/session-token.ts";
import { newKey } from "../../../webhook/sessions/stored-keys.ts";

test("a session that began in the same second as a sign-in isn't taken for an older one", (t) => {
  const key = new KeyRing([newKey(1)], 0).current(1);
  const session = {
    id: "abc",
    user: "acme/ada",
    userID: "0b7d1d5e-0f4a-4a3e-9a0d-1c2b3a4d5e6f",
    epoch: 0,
    organizationID: "5b2f6a7c-3a52-4d2e-8f59-2a1b3c4d5e6f",
    issuedAt: 5_900,
    expiresAt: 65_900,
  };
  const verified = verifySession(signSession(session, key), key);
  if (!verified) return t.fail();
  t.is(verified.issuedAt, 5_000, "tokens have whole seconds");
  t.false(beganBefore(verified, 5_400));
  t.false(beganBefore(verified, 5_000));
  t.true(beganBefore(verified, 6_000));
});
