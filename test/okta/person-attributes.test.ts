import test from "ava";
import { displayName, emailAddress } from "../../okta/person-attributes.ts";

test("a name is text, trimmed, and no longer than any name", (t) => {
  t.is(displayName(" Ada Lovelace\n"), "Ada Lovelace");
  t.is(displayName("x".repeat(256)), "x".repeat(256));
  for (const none of [undefined, null, 7, ["Ada"], {}, "", " \t", "x".repeat(257)])
    t.is(displayName(none), undefined, String(none));
});

test("an address is text without a space or what nobody sees", (t) => {
  t.is(emailAddress(" ada@acme.example "), "ada@acme.example");
  t.is(emailAddress("x".repeat(320)), "x".repeat(320));
  for (const none of [
    undefined,
    7,
    "",
    "x".repeat(321),
    "a b@acme.example",
    "ada\u0000@acme.example",
    "a\u202Eb",
  ])
    t.is(emailAddress(none), undefined, String(none));
});
