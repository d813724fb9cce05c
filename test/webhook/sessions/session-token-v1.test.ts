import { createHmac } from "node:crypto";
import test from "ava";
import { KeyRing } from "../../../webhook/sessions/key-ring.ts";
import { keyIDOfV1, verifySessionV1 } from "../../../webhook/sessions/session-token-v1.ts";
import { newKey } from "../../../webhook/sessions/stored-keys.ts";
import { tokenOfV1, user } from "./session-fixtures.ts";

const stored = newKey(1);
const key = new KeyRing([stored], 0).current(1);
const ada = user("team/ada", { uid: "a-uid", sessionEpoch: 3 });
const options = { issuedAt: 5_000, seconds: 60 };

test("a token of 0.1.0 is read as it was meant, with an id that every replica makes alike", (t) => {
  const token = tokenOfV1(stored, ada, "an-organization", options);
  const { id, ...session } = verifySessionV1(token, key) ?? { id: "" };
  t.deepEqual(session, {
    user: "team/ada",
    userID: "a-uid",
    epoch: 3,
    organizationID: "an-organization",
    issuedAt: 5_000,
    expiresAt: 65_000,
  });
  t.regex(id, /^[\w-]{11}$/);
  t.is(verifySessionV1(token, key)?.id, id);
  t.not(verifySessionV1(tokenOfV1(stored, ada, "another", options), key)?.id, id);
  t.is(verifySessionV1(token, new KeyRing([newKey(1)], 0).current(1)), undefined);
  t.regex(
    verifySessionV1(tokenOfV1(stored, ada, "o", { serviceAccount: "mia" }), key)?.serviceAccount ?? "",
    /^[\w-]{12}$/,
  );
});

/** Something that this key has signed, whatever it says. */
function signed(content: string): string {
  const said = `${key.id}.${Buffer.from(content).toString("base64url")}`;
  return `${said}.${createHmac("sha256", key.signing).update(said).digest("base64url")}`;
}

test("what the key has signed and 0.1.0 hasn't written is as good as none", (t) => {
  const content = { u: "team/ada", i: "u", e: 0, o: "o", s: 1, x: 2 };
  t.is(verifySessionV1(signed(JSON.stringify(content)), key)?.user, "team/ada");
  for (const other of [
    { ...content, more: 1 },
    { ...content, e: 0.5 },
    { ...content, x: "2" },
    { u: "x" },
    [],
  ])
    t.is(verifySessionV1(signed(JSON.stringify(other)), key), undefined, JSON.stringify(other));
  t.is(verifySessionV1(signed("{"), key), undefined);
});

test("the key's id is what stands before the first dot, of tokens that aren't too long", (t) => {
  t.is(keyIDOfV1("abc.def.ghi"), "abc");
  for (const token of ["", "abc", ".def", "."]) t.is(keyIDOfV1(token), undefined, token);
  t.is(keyIDOfV1(`abc.${"x".repeat(2_044)}`), "abc");
  t.is(keyIDOfV1(`abc.${"x".repeat(2_045)}`), undefined);
  const long = (length: number) => {
    return signed(JSON.stringify({ u: "u".repeat(length), i: "u", e: 0, o: "o", s: 1, x: 2 }));
  };
  t.true(long(1_200).length <= 2_048);
  t.truthy(verifySessionV1(long(1_200), key));
  // Six bits to a character: of three lengths one after the other, each takes a character or two more.
  for (let length = 1_200; long(length).length <= 2_048; length++)
    t.truthy(verifySessionV1(long(length), key), `${long(length).length} characters`);
  t.true(long(1_500).length > 2_048);
  t.is(verifySessionV1(long(1_500), key), undefined);
});
