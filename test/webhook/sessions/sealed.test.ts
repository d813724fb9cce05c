import test from "ava";
import fc from "fast-check";
import { KeyRing } from "../../../webhook/sessions/key-ring.ts";
import { open, seal } from "../../../webhook/sessions/sealed.ts";
import { newKey } from "../../../webhook/sessions/stored-keys.ts";

const key = new KeyRing([newKey(1)], 0).current(1);
const another = new KeyRing([newKey(1)], 0).current(1);

test("law: what was sealed opens with its key for its purpose, and shows nothing of itself", (t) => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const sealed = seal(text, key, "login");
      t.is(open(sealed, key, "login"), text);
      t.is(open(sealed, key, "logout"), undefined);
      t.is(open(sealed, another, "login"), undefined);
      t.not(seal(text, key, "login"), sealed, "nobody sees that two are alike");
    }),
  );
});

test("law: what was changed on the way doesn't open", (t) => {
  fc.assert(
    fc.property(fc.string({ maxLength: 30 }), fc.nat(), (text, at) => {
      const sealed = seal(text, key, "login");
      const start = key.id.length + 1;
      const bytes = Buffer.from(sealed.slice(start), "base64url");
      const i = at % bytes.length;
      bytes[i] = (bytes[i] ?? 0) ^ 1;
      t.is(open(`${key.id}.${bytes.toString("base64url")}`, key, "login"), undefined);
      t.is(open(`${key.id}.${bytes.subarray(0, i).toString("base64url")}`, key, "login"), undefined, "cut");
    }),
  );
  t.is(open("", key, "login"), undefined);
});

test("a text of no length is one, too", (t) => {
  t.is(open(seal("", key, "login"), key, "login"), "");
});
