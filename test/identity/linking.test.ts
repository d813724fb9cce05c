import test from "ava";
import { isLinkable } from "../../identity/linking.ts";
import { account, local, policy } from "./an-account.ts";

test("a local account is linked only when it can't sign in by itself and is surely no admin", (t) => {
  t.true(isLinkable(local({ localRoles: ["service-admin"] }), policy.roles));
  t.true(isLinkable(local(), policy.roles));
  t.false(isLinkable(local({ localRoles: ["service-admin", "organization-admin"] }), policy.roles));
  t.false(isLinkable(local({ localRoles: ["not-in-the-catalogue"] }), policy.roles));
  t.false(isLinkable(local({ serviceAccountName: "ben" }), policy.roles));
  t.false(isLinkable(account(), policy.roles), "an Okta account belongs to its subject");
});
