import test, { type ExecutionContext } from "ava";
import type { RoleInWords, User } from "../../../../identity/index.ts";
import { myAccessPage } from "../../../../webhook/pages/console/my-access.ts";
import { account, local } from "../../../identity/an-account.ts";
import { withDirectory } from "../../../organizations/organization.ts";
import { visitorOfAcme } from "../a-visitor.ts";
import { differs, reading, reads } from "../reading.ts";

const VIEWER = { name: "viewer", displayName: "Viewer", description: "Looks", admin: false };
const ADMIN = { name: "admin", displayName: "Admin", admin: true };
const HELD = { name: "viewer", displayName: "Viewer", admin: false, mapping: "viewers", group: "ops" };
const ada = account({ name: "Ada", email: "ada@acme.example" });

type Changes = Parameters<typeof visitorOfAcme>[1];
type Content = Parameters<typeof myAccessPage>[1];

const page = (changes: Changes = {}, content: Partial<Content> = {}) =>
  myAccessPage(visitorOfAcme([VIEWER, ADMIN], { user: ada, roles: [HELD], ...changes }), {
    why: [],
    others: [],
    isLost: false,
    ...content,
  });

const shows = (t: ExecutionContext, [changes, content]: Parameters<typeof page>, lines: string[]) =>
  differs(t, [page(), page(changes, content)], lines);

/** What is said of a role beside what is said of all. */
const why = (role: string, ...reasons: [code: string, sentence: string][]) =>
  ({
    role,
    displayName: role,
    admin: false,
    holds: false,
    summary: "",
    reasons: reasons.map(([code, sentence]) => ({ code, sentence })),
  }) as RoleInWords;

test("who is signed in reads who they are, what they hold and by what, and what they don't and whom to ask", (t) => {
  reads(t, page(), [
    "# Signed in as Ada",
    "ada@acme.example",
    "## Your roles",
    "Role | Because you are in",
    "Viewer / Looks | ops (mapping viewers)",
    "## Groups received from Okta",
    "- service_admin",
    "By the groups claim of a sign-in of yours.",
    "## Something missing?",
    "Membership is managed in Okta. Tell an administrator of Acme …",
    "Admin: admin",
    "This session ends on 2025-11-24 16:00 UTC at the latest. [Sign in anew](/login/acme?prompt=login) when something has changed in Okta: it isn't known here before.",
  ]);
});

test("a person is called by what is known of them", (t) => {
  const titled = (user: User) => reading(page({ user })).slice(0, 2);
  t.deepEqual(titled(account({ name: "Ada" })), ["# Signed in as Ada", "## Your roles"]);
  t.deepEqual(titled(account({ email: "a@acme.example" })), [
    "# Signed in as a@acme.example",
    "## Your roles",
  ]);
  t.deepEqual(titled(account()), ["# Signed in", "## Your roles"]);
});

test("who has come with an address that can't be gone to is told so", (t) => {
  shows(t, [{}, { isLost: true }], ["+ {alert}You are here because the address …"]);
});

test("a role says each cause, and of more than ten how many", (t) => {
  const causes = (count: number) => Array.from({ length: count }, (_, i) => ({ ...HELD, group: `g${i}` }));
  const row = (count: number) => reading(page({ roles: causes(count) }))[4] ?? "";
  t.regex(row(2), /\| g0 \(mapping viewers\) \/ g1 \(mapping viewers\)$/);
  t.regex(row(10), /g9 \(mapping viewers\)$/);
  t.regex(row(12), /g9 \(mapping viewers\) \/ and 2 more$/);
  const held = { name: "admin", displayName: "Admin", admin: true };
  shows(
    t,
    [{ roles: [HELD, held] }, {}],
    [
      "- ## Something missing?",
      "- Membership is managed …",
      "- Admin: admin",
      "+ Admin {badge}admin | a local account",
    ],
  );
  // The catalogue has lost it, and the account not yet.
  shows(
    t,
    [{ roles: [{ ...HELD, name: "gone", displayName: "gone" }] }, {}],
    ["- Viewer / Looks | ops (mapping viewers)", "+ gone | ops (mapping viewers)", "+ Viewer: Looks"],
  );
});

test("what is particular about a role is said with it, once, and not what is so of all", (t) => {
  const usual = [
    ["MappedGroup", "usual"],
    ["LocalAccount", "usual"],
    ["NotInGroups", "usual"],
  ] as [string, string][];
  shows(t, [{}, { why: [why("viewer", ...usual), why("admin", ...usual)] }], []);
  const near = ["NameDiffers", "One of your groups is almost one."] as [string, string];
  shows(
    t,
    [{}, { why: [why("admin", near, near, ...usual), why("viewer", ["MappingPaused", "It is paused."])] }],
    [
      "- Viewer / Looks | ops (mapping viewers)",
      "- Admin: admin",
      "+ Viewer / Looks | ops (mapping viewers) / It is paused.",
      "+ Admin: admin / One of your groups is almost one.",
    ],
  );
  const many = Array.from({ length: 12 }, (_, i): [string, string] => ["NameDiffers", `s${i}`]);
  t.true(
    reading(page({}, { why: [why("admin", ...many)] })).includes(
      `Admin: admin / ${many
        .slice(0, 10)
        .map(([, sentence]) => sentence)
        .join(" / ")}`,
    ),
  );
});

test("where Okta's directory is followed nobody has to sign in anew, and may where they can't wait", (t) => {
  const { okta } = withDirectory(visitorOfAcme([]).organization).spec;
  shows(
    t,
    [{ spec: { okta } }, {}],
    [
      "- This session ends on …",
      "+ This session ends on … [Sign in anew](/login/acme?prompt=login) when something has changed in Okta and you can't wait for it.",
    ],
  );
});

test("a local account has no groups, and its roles are written by people", (t) => {
  const user = local({ name: "Ada", email: "ada@acme.example" });
  shows(
    t,
    [{ user, isLocal: true }, {}],
    [
      "- ## Groups received from Okta",
      "- - service_admin",
      "- By the groups claim of a sign-in of yours.",
      "- Membership is managed in Okta. …",
      "- This session ends on …",
      "+ Roles of a local account are written in its OrganizationUser. …",
      "+ This session ends on 2025-11-24 16:00 UTC at the latest.",
    ],
  );
});

test("it says where the groups come from, and by itself when one was last let in", (t) => {
  const groupsBy = (changes: Partial<User>) =>
    reading(page({ user: { ...ada, ...changes } })).find((line) =>
      /(claim of|no groups claim|directory)/.test(line),
    );
  t.is(groupsBy({ groupsFrom: "Claim" }), "By the groups claim of a sign-in of yours.");
  t.is(
    groupsBy({ groupsFrom: "MissingClaim" }),
    "A sign-in of yours brought no groups claim, which means no groups.",
  );
  t.is(
    groupsBy({ groupsFrom: "Directory", lastLoginTime: 1_764_000_000_000 }),
    "By Okta's directory. You were last let in on 2025-11-24 16:00 UTC.",
  );
  t.true(reading(page({ user: { ...ada, groups: [{ id: "00g1" }] } })).includes("- 00g1"));
});

test("organizations that the browser is signed in at besides are a click away", (t) => {
  const others = [visitorOfAcme([], { spec: { displayName: "Beta", loginPath: "beta" } }).organization];
  shows(t, [{}, { others }], ["+ ## Also signed in at", "+ - [Beta](/login/beta/me)"]);
});
