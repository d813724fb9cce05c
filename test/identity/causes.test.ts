import test from "ava";
import { type Access, noAccess } from "../../identity/access.ts";
import {
  adminCause,
  approvedCause,
  LOCAL_ACCOUNT,
  requestCause,
  signInCause,
  storedCause,
  unconfirmed,
} from "../../identity/causes.ts";
import { account, GRANTS, local } from "./an-account.ts";

const none = noAccess("NoMappedGroup", "");
const regained: Access = { ...none, active: true, reason: "MappedGroup", grants: GRANTS };

for (const [what, user, access, by, detail] of [
  ["the organization is gone", account(), noAccess("OrganizationNotFound", ""), "policy", /was deleted/],
  ["a local account too", local(), noAccess("OrganizationNotFound", ""), "policy", /was deleted/],
  ["people wrote a local account", local(), regained, "local-account", /written by people/],
  ["the issuer is another", account(), noAccess("IssuerChanged", ""), "policy", /another issuer/],
  [
    "a sign-in wasn't finished",
    account({ decided: false, access: none }),
    regained,
    "recovery",
    /the operator finished it/,
  ],
  [
    "a mapping went while a sign-in wasn't finished",
    account({ decided: false }),
    none,
    "policy",
    /mappings or roles/,
  ],
  ["the groups were gone at a sign-in", account({ groups: [] }), none, "sign-in", /held until now/],
  [
    "the claim was missing at a sign-in",
    account({ groups: [], groupsFrom: "MissingClaim" }),
    none,
    "sign-in",
    /held until now/,
  ],
  [
    "the organization is there again",
    account({ access: noAccess("OrganizationNotFound", "") }),
    regained,
    "policy",
    /is there again/,
  ],
  ["a mapping was edited", account(), none, "policy", /mappings or roles of the organization/],
  [
    "a mapping gives something to whoever had nothing",
    account({ access: none }),
    regained,
    "policy",
    /mappings or/,
  ],
] as const)
  test(`why stored access has changed: ${what}`, (t) => {
    const cause = storedCause(user, access);
    t.is(cause.by, by);
    t.regex(cause.detail, detail);
  });

test("somebody of whom nothing was decided yet has no organization that came back", (t) => {
  const { access: _, ...undecided } = account();
  t.regex(storedCause(undecided, regained).detail, /mappings or roles/);
});

test("a sign-in says where its groups were read, a request says its words, and what is unconfirmed says so", (t) => {
  t.like(signInCause("Claim"), { by: "sign-in" });
  t.regex(signInCause("Claim").detail, /those of the groups claim/);
  t.regex(signInCause("MissingClaim").detail, /without the groups claim/);
  t.regex(signInCause("Directory").detail, /read from the directory/);
  t.deepEqual(requestCause("stolen"), {
    by: "request",
    reason: "EndRequested",
    detail: 'Somebody has asked for it on the cluster: "stolen".',
  });
  t.like(approvedCause(signInCause("Claim"), "deadbeef"), { by: "sign-in", reason: "Approved" });
  t.regex(approvedCause(signInCause("Claim"), "deadbeef").detail, /groups claim.*\(deadbeef\)/);
  t.is(adminCause("mia\u{202E}@acme.example").detail.slice(0, 17), "mia\u{FFFD}@acme.example");
  const { by, detail } = unconfirmed(LOCAL_ACCOUNT);
  t.is(by, "local-account");
  t.true(detail.startsWith(`${LOCAL_ACCOUNT.detail} `) && /may not be so/.test(detail));
});
