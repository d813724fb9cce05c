import test from "ava";
import { resolveSignIn, resolveStoredAccess } from "../../../identity/account-access.ts";
import { noAccess } from "../../../identity/index.ts";
import { losesBySignIn, lostToMissingClaim, lostToPolicy } from "../../../identity/safeguards/losses.ts";
import { account, ISSUER, identity, policy, withoutMapping } from "../an-account.ts";

test("only losses of the policy's own making count for the safeguard", (t) => {
  const none = resolveStoredAccess(account(), { issuer: ISSUER, policy: withoutMapping, held: false });
  t.true(lostToPolicy(account(), none));
  t.false(lostToPolicy(account({ groups: [] }), none), "left the group");
  t.false(lostToPolicy(account({ oktaStatus: "SUSPENDED" }), none), "suspended in Okta");
  t.false(
    lostToPolicy(account(), resolveStoredAccess(account(), { issuer: ISSUER, policy, held: false })),
    "lost nothing",
  );
});

test("a sign-in takes something only from an active account whose groups give nothing any more", (t) => {
  const terms = { policy, held: false };
  const out = account({ access: noAccess("NoMappedGroup", "") });
  t.true(losesBySignIn(account(), resolveSignIn(identity("marketing"), account(), terms)));
  t.false(losesBySignIn(account(), resolveSignIn(identity("service_admin"), account(), terms)));
  t.false(losesBySignIn(out, resolveSignIn(identity("marketing"), out, terms)), "has nothing to lose");
  const changed = { policy: withoutMapping, held: false };
  t.false(
    losesBySignIn(account(), resolveSignIn(identity("service_admin"), account(), changed)),
    "a changed mapping takes it, not the sign-in",
  );
});

test("somebody was lost to the missing claim if that deactivated them, and lately", (t) => {
  const out = account({
    access: noAccess("NoMappedGroup", ""),
    groups: [],
    groupsFrom: "MissingClaim",
    activeSince: 5_000,
  });
  t.true(lostToMissingClaim(out, 4_000));
  t.false(lostToMissingClaim(out, 5_000), "long ago");
  t.false(lostToMissingClaim({ ...out, groupsFrom: "Claim" }, 4_000));
  t.false(lostToMissingClaim(account({ groupsFrom: "MissingClaim", activeSince: 5_000 }), 4_000), "active");
});
