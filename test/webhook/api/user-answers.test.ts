import test from "ava";
import type { Organization } from "../../../crds/types.ts";
import { noAccess, type User } from "../../../identity/index.ts";
import { personAnswer, userAnswer, userSummary } from "../../../webhook/api/user-answers.ts";
import { account, local } from "../../identity/an-account.ts";
import { organization } from "../../organizations/organization.ts";

const bare = organization("acme/acme", "acme");
const acme: Organization = {
  ...bare,
  spec: {
    ...bare.spec,
    roles: [
      { name: "viewer", displayName: "Viewers" },
      { name: "owner", displayName: "Owners", admin: true },
    ],
  },
};

const AT = Date.UTC(2026, 10, 1, 12);
const TIME = "2026-11-01T12:00:00.000Z";

/** Of whom everything is known. */
const ada: User = account({
  ref: "acme/acme-ada",
  email: "ada@acme.example",
  name: "Ada",
  oktaStatus: "ACTIVE",
  groups: [{ name: "staff", id: "00g1" }, { name: "named" }, { id: "00g2" }],
  groupsFrom: "Directory",
  activeSince: AT,
  lastLoginTime: AT + 1_000,
  access: {
    active: true,
    grants: [
      { role: "viewer", mapping: "viewers", group: "staff", groupID: "00g1" },
      { role: "gone", mapping: "old" },
      { role: "owner", group: "owners" },
      { role: "viewer", mapping: "others", group: "named" },
    ],
    groups: ["staff", "named"],
    reason: "MappedGroup",
    message: "By the group staff.",
  },
});

test("of a user, all that is known is told: each role once, by its name, with each cause and as the catalogue has it", (t) => {
  const common = {
    id: "acme-ada",
    email: "ada@acme.example",
    name: "Ada",
    source: "Okta",
    state: "Active",
    since: TIME,
    reason: "MappedGroup",
    message: "By the group staff.",
    lastSignIn: "2026-11-01T12:00:01.000Z",
  } as const;
  const [gone, owner, viewer] = [
    { name: "gone", displayName: "gone", admin: false },
    { name: "owner", displayName: "Owners", admin: true },
    { name: "viewer", displayName: "Viewers", admin: false },
  ];
  t.deepEqual(userSummary(ada, acme), { ...common, roles: [gone, owner, viewer] });
  t.deepEqual(personAnswer(ada, acme), {
    ...common,
    organization: "acme/acme",
    issuer: "https://acme.okta.com",
    subject: "00u1",
    oktaStatus: "ACTIVE",
    groups: [{ name: "staff", id: "00g1" }, { name: "named" }, { id: "00g2" }],
    groupsFrom: "Directory",
    roles: [
      { ...gone, causes: [{ mapping: "old" }] },
      { ...owner, causes: [{ group: "owners" }] },
      {
        ...viewer,
        causes: [
          { mapping: "viewers", group: "staff", groupID: "00g1" },
          { mapping: "others", group: "named" },
        ],
      },
    ],
  });
});

test("what isn't known of a user is left out", (t) => {
  const mia = local({ ref: "acme/mia" });
  const common = { id: "mia", source: "Local", state: "Undecided", roles: [] } as const;
  t.deepEqual(userSummary(mia, acme), common);
  t.deepEqual(personAnswer(mia, acme), { ...common, organization: "acme/acme", groups: [] });
  t.deepEqual(userAnswer(mia, acme), { ...personAnswer(mia, acme), history: [], signIns: [] });
  t.like(userSummary({ ...mia, access: noAccess("NoMappedGroup", "No.") }, acme), {
    state: "Deactivated",
    reason: "NoMappedGroup",
    message: "No.",
  });
});

test("administrators are told what has changed of a user, and of sign-ins", (t) => {
  const history: User["history"] = [
    {
      at: AT,
      what: ["Linked", "RolesChanged"],
      granted: [{ role: "owner", mapping: "owners", group: "o", groupID: "00g3" }],
      revoked: [{ role: "viewer" }],
      moreGranted: 2,
      moreRevoked: 0,
      reason: "SignIn",
      message: "Signed in.",
    },
  ];
  const signIns = [{ at: AT + 1_000, outcome: "Refused", reason: "NoMappedGroup" }] as const;
  t.deepEqual(userAnswer({ ...ada, history, signIns }, acme), {
    ...personAnswer(ada, acme),
    history: [
      {
        time: TIME,
        what: ["Linked", "RolesChanged"],
        granted: [{ role: "owner", mapping: "owners", group: "o" }],
        revoked: [{ role: "viewer" }],
        moreGranted: 2,
        moreRevoked: 0,
        reason: "SignIn",
        message: "Signed in.",
      },
    ],
    signIns: [{ time: "2026-11-01T12:00:01.000Z", outcome: "Refused", reason: "NoMappedGroup" }],
  });
});
