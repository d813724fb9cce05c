import { createHmac } from "node:crypto";
import test from "ava";
import fc from "fast-check";
import { KeyRing } from "../../../webhook/sessions/key-ring.ts";
import {
  beganBefore,
  fingerprintOf,
  keyIDOf,
  newSessionID,
  type Session,
  signSession,
  verifySession,
} from "../../../webhook/sessions/session-token.ts";
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

const key = new KeyRing([newKey(1)], 0).current(1);
const another = new KeyRing([newKey(1)], 0).current(1);

const text = fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" });
const seconds = fc.integer({ min: 1, max: 4_000_000_000 });
/** What the API server gives, and what only looks like it. */
const uid = fc.oneof(
  fc.uuid(),
  text,
  fc.tuple(fc.uuid(), fc.constantFrom("", "x", "-")).map(([uuid, more]) => `${more}${uuid}`),
  fc.tuple(fc.uuid(), fc.constantFrom("0", "x", "-")).map(([uuid, more]) => `${uuid}${more}`),
  fc.uuid().map((uuid) => uuid.toUpperCase()),
);
const session: fc.Arbitrary<Session> = fc
  .record(
    {
      id: fc.stringMatching(/^[\w-]{11}$/),
      user: text,
      userID: uid,
      epoch: fc.nat(),
      organizationID: uid,
      issuedAt: seconds,
      lasts: fc.integer({ min: 1, max: 7 * 86_400 }),
      serviceAccount: fc.stringMatching(/^[\w-]{12}$/),
      endedBefore: seconds.map((s) => s * 1000),
    },
    {
      requiredKeys: ["id", "user", "userID", "epoch", "organizationID", "issuedAt", "lasts"],
    },
  )
  .map(({ issuedAt, lasts, ...rest }) => {
    return { ...rest, issuedAt: issuedAt * 1000, expiresAt: (issuedAt + lasts) * 1000 };
  });

test("law: what was signed is read as it was, by that key alone, and the token says which key that is", (t) => {
  fc.assert(
    fc.property(session, (session) => {
      const token = signSession(session, key);
      t.deepEqual(verifySession(token, key), session);
      t.is(keyIDOf(token), key.id);
      t.is(verifySession(token, another), undefined);
    }),
  );
});

test("law: a token in which anything was changed is nobody's", (t) => {
  fc.assert(
    fc.property(session, fc.nat(), fc.constantFrom("A", "b", ":", "=", "7"), (session, at, character) => {
      const token = signSession(session, key);
      const signed = token.slice(0, token.lastIndexOf(":"));
      const i = at % signed.length;
      if (signed[i] === character) return;
      t.is(verifySession(`${token.slice(0, i)}${character}${token.slice(i + 1)}`, key), undefined);
      t.is(verifySession(token.slice(0, -2), key), undefined, "the signature was cut");
      t.is(verifySession(signed, key), undefined);
    }),
  );
});

/** Something that this key has signed, whatever it says. */
function signed(said: string): string {
  return `${said}:${createHmac("sha256", key.signing).update(said).digest("base64url")}`;
}

test("what the key has signed in another version's form is as good as none", (t) => {
  const fields = ["2", key.id, "team%2Fada", "=u", "0", "=o", "s", "10", "an-id", ""];
  t.deepEqual(verifySession(signed(fields.join(":")), key), {
    id: "an-id",
    user: "team/ada",
    userID: "u",
    epoch: 0,
    organizationID: "o",
    issuedAt: 28_000,
    expiresAt: 64_000,
  });
  const withAccount = [...fields.slice(0, -1), "fingerprint"];
  t.is(verifySession(signed(withAccount.join(":")), key)?.serviceAccount, "fingerprint");
  t.is(verifySession(signed([...fields, "hiysgh", "more"].join(":")), key), undefined);
  t.is(verifySession(signed(fields.slice(0, -1).join(":")), key), undefined);
  t.is(verifySession(signed(["3", ...fields.slice(1)].join(":")), key), undefined);
  for (const empty of [2, 3, 4, 5, 6, 7, 8]) {
    const lacking = fields.map((field, i) => (i === empty ? "" : field));
    t.is(verifySession(signed(lacking.join(":")), key), undefined, `field ${empty}`);
  }
});

test("a token says its key only in this version's form, and none is looked at that is longer than any of ours", (t) => {
  t.is(keyIDOf("2:abc:whatever"), "abc");
  for (const token of ["", "2", "2:", "2::x", "1:abc:x", "3:abc:x", "abc"])
    t.is(keyIDOf(token), undefined, token);
  t.is(keyIDOf(`2:abc:${"x".repeat(1024 - 6)}`), "abc");
  t.is(keyIDOf(`2:abc:${"x".repeat(1024 - 5)}`), undefined);
  const said = (length: number) => {
    const user = "u".repeat(length);
    return signed(["2", key.id, user, "=u", "0", "=o", "1", "1", "i", ""].join(":"));
  };
  const shortest = said(1).length;
  t.is(verifySession(said(1024 - shortest + 1), key)?.user.length, 1024 - shortest + 1);
  t.is(verifySession(said(1024 - shortest + 2), key), undefined);
});

test("the longest names fit into 480 characters", (t) => {
  const longest = signSession(
    {
      id: newSessionID(),
      user: `${"n".repeat(63)}/${"u".repeat(253)}`,
      userID: "0b7d1d5e-0f4a-4a3e-9a0d-1c2b3a4d5e6f",
      epoch: 1_000_000,
      organizationID: "5b2f6a7c-3a52-4d2e-8f59-2a1b3c4d5e6f",
      issuedAt: 1_800_000_000_000,
      expiresAt: 1_800_604_800_000,
      serviceAccount: fingerprintOf("team/mia"),
      endedBefore: 1_800_604_800_000,
    },
    key,
  );
  t.true(longest.length <= 480, `${longest.length}`);
});

test("every session has an id of its own, and a name always the same fingerprint", (t) => {
  t.is(new Set(Array.from({ length: 1_000 }, newSessionID)).size, 1_000);
  t.is(newSessionID().length, 11);
  t.is(fingerprintOf("team/mia"), "NH5eydo6oOow");
});
