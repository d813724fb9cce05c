import test from "ava";
import type { RoleExplanation } from "../../../../identity/explanation.ts";
import type { AccessChange, User } from "../../../../identity/index.ts";
import { userPage } from "../../../../webhook/pages/console/user.ts";
import { account, local } from "../../../identity/an-account.ts";
import { withDirectory } from "../../../organizations/organization.ts";
import { visitorOfAcme } from "../a-visitor.ts";
import { explained, heldThrough, missedBy } from "../an-explanation.ts";
import { differs, reading, reads, under } from "../reading.ts";

const AT = 1_764_000_000_000;
const ROLES = [{ name: "service-admin", displayName: "Service Admin", admin: false }];
const admin = visitorOfAcme(ROLES);
const ada = account({ name: "Ada", email: "ada@acme.example" });
const page = (user: User, { explanation = explained(), justEnded = false, visitor = admin } = {}) =>
  userPage(visitor, user, { explanation, justEnded });

test("the page of a user says who it is, what they hold and why, what was received, what has changed, and what can be done", (t) => {
  const explanation = explained(missedBy(1), {
    ...heldThrough(1),
    displayName: "Service Admin",
    admin: true,
  });
  reads(t, page(ada, { explanation }), [
    "# Ada",
    "[All users](/login/acme/users)",
    "State: {good}Active",
    "Name: Ada",
    "Email: ada@acme.example",
    "Source: Okta",
    "Last sign-in: never",
    "Account: `acme-x`",
    "Nothing is changed here. …, or take them out of one. That counts from their next sign-in on, since `okta.directory` isn't set up: where it can't wait, end their sessions below.",
    "## Roles",
    'Service Admin {badge}admin / {good}Held: In group "g0" of mapping viewers.',
    "Viewer / Not held: Mapping m0 gives it to …",
    "[Ask about one role](/login/acme/why?email=ada%40acme.example) to read all of it.",
    "## Groups received from Okta",
    "- [service_admin](/login/acme/users?group=service_admin) {badge}mapped",
    "By the groups claim of a sign-in.",
    "## Changes",
    "None is remembered. The audit log has all of them.",
    "## Sign-ins",
    "None is remembered.",
    "## Sessions",
    "Ending their sessions signs this person out everywhere, at once. They can sign in again: whoever is to stay out has to lose their groups in Okta.",
    "{plain}[End this person's sessions](/login/acme/users/acme-x/end-sessions)",
  ]);
  t.true(page(ada).wide);
});

test("what is known of a user beside that is said, and what isn't known is left out", (t) => {
  const of = (changes: Partial<User>, lines: string[], options = {}) =>
    differs(t, [page(ada), page({ ...ada, ...changes }, options)], lines, JSON.stringify(changes));
  of({}, ["+ {alert}{good}All sessions of Ada have ended."], { justEnded: true });
  of({ accessSince: AT }, ["+ Since: 2025-11-24 16:00 UTC"]);
  of({ oktaStatus: "STAGED" }, ["+ Status in Okta: STAGED"]);
  of({ lastLoginTime: AT }, ["- Last sign-in: never", "+ Last sign-in: 2025-11-24 16:00 UTC"]);
  const { name: _, ...nameless } = ada;
  differs(t, [page(ada), page(nameless)], ["- # Ada", "- Name: Ada", "+ # ada@acme.example"]);
  differs(
    t,
    [page(ada), page(account())],
    [
      "- # Ada",
      "- Name: Ada",
      "- Email: ada@acme.example",
      "- [Ask about one role]…",
      "+ # acme-x",
      "+ Email: none",
    ],
  );
  of({ issuer: "https://acme.okta.com", subject: "00u1emaKYZTWRYYRRTSK" }, [
    "- Nothing is changed here. … end their sessions below.",
    "+ Nothing is changed here. … {noreferrer}[Open this person in Okta's Admin Console](https://acme-admin.okta.com/admin/user/profile/view/00u1emaKYZTWRYYRRTSK).",
  ]);
});

test("whoever is deactivated has no session to end, and whoever isn't decided on neither", (t) => {
  const access = {
    active: false,
    grants: [],
    groups: [],
    reason: "NoMappedGroup",
    message: "In no mapped group.",
  } as const;
  differs(
    t,
    [page(ada), page({ ...ada, access })],
    [
      "- State: {good}Active",
      "- Nothing is changed here. … where it can't wait, …",
      "- - [service_admin](/login/acme/users?group=service_admin) {badge}mapped",
      "- Ending their sessions …",
      "- {plain}[End this person's sessions]…",
      "+ State: Deactivated in no mapped group / In no mapped group.",
      "+ Nothing is changed here. … isn't set up.",
      "+ - [service_admin](/login/acme/users?group=service_admin)",
      "+ This account is deactivated: its sessions have ended.",
    ],
  );
  const { access: _, ...undecided } = ada;
  const read = reading(page(undecided));
  t.true(read.includes("State: Not decided yet"));
  t.is(read.at(-1), "None is remembered.");
});

test("what changes in Okta counts by itself where the directory is followed; else whoever has sessions goes on with them", (t) => {
  const okta = withDirectory(admin.organization).spec.okta;
  const followed = page(ada, { visitor: visitorOfAcme(ROLES, { spec: { okta } }) });
  differs(
    t,
    [page(ada), followed],
    [
      "- Nothing is changed here. … That counts from …",
      "+ Nothing is changed here. …, or take them out of one.",
    ],
  );
  const { access: _, ...undecided } = ada;
  t.true(
    reading(page(undecided)).some((line) =>
      line.endsWith("next sign-in on, since `okta.directory` isn't set up."),
    ),
  );
});

test("a local account is changed by people on the cluster, and Okta has said nothing of it", (t) => {
  const of = page(local({ groups: [{ name: "service_admin" }] }));
  const okta = page(account());
  differs(
    t,
    [okta, of],
    [
      "- State: {good}Active",
      "- Source: Okta",
      "- Nothing is changed here. …",
      "- ## Groups received from Okta",
      "- - [service_admin](/login/acme/users?group=service_admin) {badge}mapped",
      "- By the groups claim of a sign-in.",
      "- ## Sessions",
      "- Ending their sessions …",
      "- {plain}[End this person's sessions]…",
      "+ State: Not decided yet",
      "+ Source: Local account",
      "+ This is a local account: …",
      "+ kubectl edit orguser acme-x --namespace acme",
    ],
  );
});

test("a local account can sign in again whatever Okta says, until it is deleted", (t) => {
  const access = ada.access && { ...ada.access, reason: "LocalAccount" as const };
  const mia = local({ ...(access && { access }) });
  t.deepEqual(under(page(mia), "## Sessions"), [
    "Ending their sessions signs this person out everywhere, at once. They can sign in again: where they are to stay out, delete the OrganizationUser of this account.",
    "{plain}[End this person's sessions](/login/acme/users/acme-x/end-sessions)",
  ]);
});

test("groups stand in order, mapped ones first, each with a link to who else is in it, unless that would be cut", (t) => {
  const long = "g".repeat(61);
  const groups = [{ name: long }, { name: "z" }, { name: "a" }, { id: "00g1" }, { name: "b" }];
  const access = ada.access && { ...ada.access, groups: ["z", "b"] };
  const read = (user: User) => under(page(user), "## Groups received from Okta");
  t.deepEqual(read({ ...ada, groups, ...(access && { access }), groupsFrom: "MissingClaim" }), [
    "- [b](/login/acme/users?group=b) {badge}mapped",
    "- [z](/login/acme/users?group=z) {badge}mapped",
    "- [00g1](/login/acme/users?group=00g1)",
    "- [a](/login/acme/users?group=a)",
    `- ${"g".repeat(59)}…`,
    "A sign-in brought no groups claim, which means no groups.",
  ]);
  t.deepEqual(read({ ...ada, groups: [] }), [
    "None. Okta reported no group for this person.",
    "By the groups claim of a sign-in.",
  ]);
  const many = (count: number) =>
    read({ ...ada, groups: Array.from({ length: count }, (_, i) => ({ name: `g${i}` })) }).slice(60);
  t.deepEqual(many(60), ["By the groups claim of a sign-in."]);
  t.deepEqual(many(61), ["and 1 more, 61 in all.", "By the groups claim of a sign-in."]);
});

test("of groups from the directory it says when all of it was last read, where there is a directory", (t) => {
  const status = { directory: { lastFullSyncTime: "2026-01-01T00:00:00Z" } };
  const okta = { ...admin.organization.spec.okta, directory: {} as never };
  const last = (spec: object, of: object = { status }) => {
    const visitor = visitorOfAcme(ROLES, { spec, ...of });
    return reading(page({ ...ada, groupsFrom: "Directory" }, { visitor })).find((line) =>
      line.startsWith("By "),
    );
  };
  t.is(last({ okta }), "By Okta's directory, all of which was last read on 2026-01-01 00:00 UTC.");
  t.is(last({ okta }, {}), "By Okta's directory.");
  t.is(last({ okta }, { status: {} }), "By Okta's directory.");
  t.is(last({}), "By Okta's directory.");
});

test("of a role that is held ten causes are named, of one that isn't two reasons", (t) => {
  const rowsOf = (...roles: Partial<RoleExplanation>[]) =>
    under(page(ada, { explanation: explained(...roles) }), "## Roles").slice(0, -1);
  t.regex(rowsOf(heldThrough(10))[0] ?? "", /"g9" of mapping viewers\.$/);
  t.regex(rowsOf(heldThrough(12))[0] ?? "", /"g9" of mapping viewers\. \/ and 2 more$/);
  t.regex(rowsOf(missedBy(2))[0] ?? "", /Mapping m1 gives it to [^/]*$/);
  t.regex(rowsOf(missedBy(3))[0] ?? "", /Mapping m1 gives it to [^/]* \/ and 1 more$/);
  t.is(rowsOf(missedBy(1)).length, 1, "and nothing is left out");
  t.regex(rowsOf({ obstacles: [{ code: "RoleUnknown" }] })[0] ?? "", /in the catalogue of Acme/);
});

test("a change says when, what, who got and lost which role by what, and why", (t) => {
  const change: AccessChange = {
    at: AT,
    what: ["RolesChanged", "SessionsEnded"],
    granted: [{ role: "service-admin", mapping: "services", group: "ops" }, { role: "gone" }],
    revoked: [],
    moreGranted: 0,
    moreRevoked: 0,
    reason: "MappingsChanged",
    message: "The mappings have changed.",
  };
  const rowsOf = (...history: AccessChange[]) => under(page({ ...ada, history }), "## Changes");
  t.deepEqual(rowsOf(change), [
    "When | What | Why",
    "2025-11-24 16:00 UTC | Roles changed, Sessions ended / Got Service Admin (ops, mapping services) / Got gone | The mappings have changed.",
    "The last changes are remembered here; the audit log has all of them.",
  ]);
  const { granted } = change;
  t.deepEqual(
    rowsOf(
      { ...change, what: ["Deactivated"], granted: [], revoked: granted.slice(1), moreRevoked: 3 },
      { ...change, what: ["Merged" as never], granted: granted.slice(1), moreGranted: 1, moreRevoked: 9 },
      { ...change, granted: [] },
    ).slice(1, 4),
    [
      "2025-11-24 16:00 UTC | Deactivated / Lost gone / and 3 more | The mappings have changed.",
      "2025-11-24 16:00 UTC | Merged / Got gone / and 1 more / Lost 9 more | The mappings have changed.",
      "2025-11-24 16:00 UTC | Roles changed, Sessions ended | The mappings have changed.",
    ],
  );
  const whats = ["Activated", "Linked", "CausesChanged"] as const;
  t.regex(
    rowsOf({ ...change, what: [...whats], granted: [] })[1] ?? "",
    /\| Activated, Linked with Okta, Same roles by other groups or mappings \|/,
  );
  const long = { ...change, message: '"'.repeat(3_900) };
  t.is(
    rowsOf(long, long, long).at(-1),
    "There is no room here for 1 more. The last changes are …".replace(
      "…",
      "remembered here; the audit log has all of them.",
    ),
  );
});

test("sign-ins are told with their outcome, and their reason in words where there are some", (t) => {
  const signIns = [
    { at: AT, outcome: "Admitted" as const, reason: "MappedGroup" },
    { at: AT, outcome: "Refused" as const, reason: "NoMappedGroup" },
    { at: AT, outcome: "Refused" as const, reason: "SomethingNew" },
  ];
  t.deepEqual(under(page({ ...ada, signIns }), "## Sign-ins"), [
    "When | Outcome | Reason",
    "2025-11-24 16:00 UTC | Let in | in a mapped group",
    "2025-11-24 16:00 UTC | Refused | in no mapped group",
    "2025-11-24 16:00 UTC | Refused | SomethingNew",
    "They are noted within a minute.",
  ]);
});
