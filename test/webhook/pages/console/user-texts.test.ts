import test from "ava";
import type { AccessReason } from "../../../../identity/index.ts";
import {
  beginning,
  reasonInWords,
  stateOf,
  userAddress,
} from "../../../../webhook/pages/console/user-texts.ts";
import { account, local } from "../../../identity/an-account.ts";
import { visitorOfAcme } from "../a-visitor.ts";
import { reading } from "../reading.ts";

test("a text is shown as far as sixty characters, and no character is cut in two", (t) => {
  t.is(beginning("x".repeat(60)), "x".repeat(60));
  t.is(beginning("x".repeat(61)), `${"x".repeat(59)}…`);
  t.is(beginning("😀".repeat(60)), "😀".repeat(60));
  t.is(beginning("😀".repeat(61)), `${"😀".repeat(59)}…`);
});

test("a state says in a few words why it is so, where that isn't as usual", (t) => {
  const of = (active: boolean, reason: AccessReason) => {
    const access = { active, grants: [], groups: [], reason, message: "" };
    return reading(stateOf(account({ access }))).join();
  };
  t.is(of(true, "MappedGroup"), "{good}Active");
  t.is(of(true, "LocalAccount"), "{good}Active");
  t.is(of(true, "AdminRoleHeld"), "{good}Active taking an admin role is held");
  t.is(of(false, "NotActiveInOkta"), "Deactivated not active in Okta");
  t.is(reading(stateOf(local())).join(), "Not decided yet");
});

test("a sign-in says more, and a reason that isn't known by its code", (t) => {
  t.is(reasonInWords("LocalAccount"), "a local account");
  t.is(reasonInWords("Paused"), "changes are paused");
  t.is(reasonInWords("SomethingNew"), "SomethingNew");
});

test("the page of a user is named by the account, without its namespace", (t) => {
  t.is(userAddress(visitorOfAcme([]).organization, { ref: "acme/mia" }), "/login/acme/users/mia");
});
