import test from "ava";
import { resolveStoredAccess } from "../../../identity/account-access.ts";
import { noAccess } from "../../../identity/index.ts";
import { countedDeactivation, isCountedLoss, lossCause } from "../../../identity/safeguards/losses.ts";
import type { User } from "../../../identity/user.ts";
import { account, ISSUER, local, policy, withoutMapping } from "../an-account.ts";

/** What a stored account is to have, and what that comes from. */
function causeOf(user: User, by = policy, issuer = ISSUER): string | undefined {
  const access = resolveStoredAccess(user, { issuer, policy: by, held: false });
  const cause = lossCause(user, access);
  return cause;
}

test("whatever may be one mistake made on many people counts, and is told apart", (t) => {
  t.is(causeOf(account(), withoutMapping), "MappingsChanged");
  t.is(causeOf(account({ groups: [{ name: "service_admins" }] })), "GroupsGone", "renamed in Okta");
  t.is(causeOf(account({ groups: [], groupsFrom: "MissingClaim" })), "ClaimMissing");
  t.is(causeOf(account(), policy, "https://other.okta.com"), "IssuerChanged");
});

test("what is certain about one person, meant by people, or no loss doesn't count", (t) => {
  t.is(causeOf(account({ oktaStatus: "SUSPENDED" })), undefined, "Okta's status says so");
  t.is(causeOf(account()), undefined, "loses nothing");
  t.is(
    causeOf(account({ access: noAccess("NoMappedGroup", ""), groups: [] })),
    undefined,
    "has nothing to lose",
  );
  t.is(causeOf(local({ localRoles: ["service-admin"] }), withoutMapping), undefined, "a local account");
  t.false(
    isCountedLoss(account(), resolveStoredAccess(account(), undefined)),
    "the organization was deleted",
  );
  const unmapped = noAccess("NoMappedGroup", "");
  t.true(isCountedLoss(account(), unmapped));
  t.false(isCountedLoss(account({ source: "Local" }), unmapped), "a local account that was Okta's");
  t.false(isCountedLoss(account(), { ...unmapped, active: true }), "keeps its access");
});

test("a stored deactivation counts by its time and reason", (t) => {
  const out = { groups: [], activeSince: 5_000, sessionEpoch: 1 };
  const lost = account({ ...out, access: noAccess("NoMappedGroup", "") });
  t.deepEqual(countedDeactivation(lost), { at: 5_000, forWantOfClaim: false });
  t.like(countedDeactivation({ ...lost, groupsFrom: "MissingClaim" }), { forWantOfClaim: true });
  t.is(countedDeactivation({ ...lost, sessionEpoch: 0 }), undefined, "was never active");
  t.is(countedDeactivation(account({ ...out, access: noAccess("NotActiveInOkta", "") })), undefined);
  t.is(countedDeactivation(account({ ...out, access: noAccess("OrganizationNotFound", "") })), undefined);
  t.is(countedDeactivation(account({ activeSince: 5_000, sessionEpoch: 1 })), undefined, "active again");
  const access = { ...noAccess("NoMappedGroup", ""), active: true };
  t.is(countedDeactivation({ ...lost, access }), undefined, "active, whatever the reason says");
  t.is(countedDeactivation({ ...lost, source: "Local" }), undefined, "a local account");
  const { access: _, ...undecided } = lost;
  t.is(countedDeactivation(undecided), undefined, "nothing is decided yet");
  const { activeSince: __, ...timeless } = lost;
  t.is(countedDeactivation(timeless), undefined, "nobody knows when");
});
