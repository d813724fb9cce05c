import test from "ava";
import type { User } from "../../../../identity/index.ts";
import type { RosterPage } from "../../../../webhook/console/roster.ts";
import type { ListAddress } from "../../../../webhook/console/roster-query.ts";
import { usersPage } from "../../../../webhook/pages/console/users.ts";
import { account, GRANTS, local } from "../../../identity/an-account.ts";
import { visitorOfAcme } from "../a-visitor.ts";
import { differs, reading, reads } from "../reading.ts";

const admin = visitorOfAcme([
  { name: "service-admin", displayName: "Service Admin", admin: false },
  { name: "viewer", displayName: "Viewer", admin: false },
]);
const ada = account({ name: "Ada", email: "ada@acme.example" });

/** The page of those who are found, of as many more. */
function page(users: readonly User[], list: Partial<ListAddress> = {}, found: Partial<RosterPage> = {}) {
  return usersPage(
    admin,
    { users, total: users.length, filtered: users.length, version: "1", ...found },
    { list: { sort: "email", descending: false, ...list }, etag: '"7"', scripts: ["/follow.js"] },
  );
}

/** How somebody's row reads. */
const rowOf = (user: User): string | undefined => reading(page([user])).at(-2);

const HEADING =
  "[Name](/login/acme/users?sort=name) | {ascending}[Email ↑](/login/acme/users?order=descending) | Roles | [State](/login/acme/users?sort=state) | [Last sign-in](/login/acme/users?sort=lastSignIn&order=descending) | Source";
const ROW =
  "[Ada](/login/acme/users/acme-x) | ada@acme.example | Service Admin | {good}Active | never | Okta";
const CSV = "{download}[Download…](/login/acme/users.csv)";

test("the list has a form to look for people, how many there are, a row for each, and itself as a file", (t) => {
  reads(t, page([ada]), [
    "# Users",
    "Everybody who has an account at Acme. … [role mapping](/login/acme/mappings).",
    "Email or name: <search: >",
    "Role: <role: Any role, Service Admin (service-admin), Viewer (viewer)>",
    "Group: <group: >",
    "State: <state: Any state, Active (Active), Deactivated (Deactivated), Not decided yet (Undecided)>",
    "Source: <source: Any source, Okta (Okta), Local account (Local)>",
    "[Show]",
    "A group counts by its exact name or its id in Okta…",
    "1 user",
    HEADING,
    ROW,
    CSV,
  ]);
  t.like(page([ada]), { wide: true, scripts: ["/follow.js"] });
  t.regex(String(page([ada]).body), /data-follow="&quot;7&quot;"/);
});

test("what was looked for stands in the form, each field by itself, and can be taken back", (t) => {
  const cases: [Partial<ListAddress>, string, string][] = [
    [{ search: "ad" }, "Email or name: <search: ad>", "?search=ad"],
    [
      { role: "viewer" },
      "Role: <role: Any role, Service Admin (service-admin), *Viewer (viewer)>",
      "?role=viewer",
    ],
    [
      { role: "gone" },
      "Role: <role: Any role, Service Admin (service-admin), Viewer (viewer), *gone (gone)>",
      "?role=gone",
    ],
    [{ group: "ops" }, "Group: <group: ops>", "?group=ops"],
    [
      { state: "Deactivated" },
      "State: <state: Any state, Active (Active), *Deactivated (Deactivated), Not decided yet (Undecided)>",
      "?state=Deactivated",
    ],
    [
      { source: "Local" },
      "Source: <source: Any source, Okta (Okta), *Local account (Local)>",
      "?source=Local",
    ],
  ];
  for (const [list, field, query] of cases) {
    const read = reading(page([ada], list, { total: 1_234 }));
    t.true(read.includes(field), `${field} in ${read.join("\n")}`);
    t.true(read.includes("[Show] [Show everybody](/login/acme/users)"));
    t.true(read.includes("1 of 1,234 users"));
    t.true(read.some((line) => line.startsWith(`[Name](/login/acme/users${query}&sort=name)`)));
    t.is(read.at(-1), `{download}[Download all of this list as CSV](/login/acme/users.csv${query})`);
  }
});

test("the order is kept by the form, told by the heading, and turned round by it", (t) => {
  differs(
    t,
    [page([ada]), page([ada], { descending: true })],
    [
      `- ${HEADING}`,
      `- ${CSV}`,
      "+ (order: descending)",
      "+ [Name](/login/acme/users?sort=name) | {descending}[Email ↓](/login/acme/users) | Roles | …",
      "+ {download}[…](/login/acme/users.csv?order=descending)",
    ],
  );
  const byTime = "?sort=lastSignIn&order=descending";
  differs(
    t,
    [page([ada], { search: "a" }), page([ada], { search: "a", sort: "lastSignIn", descending: true })],
    [
      "- [Show] [Show everybody](/login/acme/users)",
      "- [Name](…) | {ascending}[Email ↑](…) | Roles | …",
      "- {download}…",
      "+ (sort: lastSignIn) (order: descending)",
      `+ [Show] [Show everybody](/login/acme/users${byTime})`,
      "+ [Name](/login/acme/users?search=a&sort=name) | [Email](/login/acme/users?search=a) | Roles | [State](/login/acme/users?search=a&sort=state) | {descending}[Last sign-in ↓](/login/acme/users?search=a&sort=lastSignIn) | Source",
      `+ {download}[…](/login/acme/users.csv?search=a&${byTime.slice(1)})`,
    ],
  );
});

test("a row says who it is by what there is, what they hold, whether they can come in, and why not", (t) => {
  const grants = (...roles: string[]) =>
    ({
      active: true,
      grants: roles.map((role) => ({ role })),
      groups: [],
      reason: "MappedGroup",
      message: "",
    }) as const;
  t.is(
    rowOf(account({ lastLoginTime: 1_764_000_000_000 })),
    "[acme-x](/login/acme/users/acme-x) | none | Service Admin | {good}Active | 2025-11-24 16:00 UTC | Okta",
  );
  t.is(
    rowOf(local({ email: "mia@acme.example" })),
    "[mia@acme.example](/login/acme/users/acme-x) | mia@acme.example | none | Not decided yet | never | Local account",
  );
  const rows: [User, string][] = [
    [account({ access: grants("a", "viewer", "c") }), "none | a / c / Viewer | {good}Active | never | Okta"],
    [
      account({ access: grants("a", "b", "c", "d", "e") }),
      "none | a / b / c / and 2 more | {good}Active | never | Okta",
    ],
    [account({ access: grants("x".repeat(61)) }), `none | ${"x".repeat(59)}… | {good}Active | never | Okta`],
    [
      account({ access: { ...grants(), active: false, reason: "NoMappedGroup" } }),
      "none | none | Deactivated in no mapped group | never | Okta",
    ],
    [
      account({ access: { ...grants(), grants: GRANTS, reason: "DeactivationHeld" } }),
      "none | Service Admin | {good}Active the deactivation is held | never | Okta",
    ],
  ];
  for (const [user, row] of rows) t.is(rowOf(user), `[acme-x](/login/acme/users/acme-x) | ${row}`);
});

test("where nobody is to be shown it says why, and where to go on", (t) => {
  const read = (list: Partial<ListAddress>, found: Partial<RosterPage> = {}) =>
    reading(page([], list, found)).slice(9);
  t.deepEqual(read({}), [
    "0 users",
    "Nobody has an account yet. Accounts are made when people first sign in, at `/login/acme`.",
  ]);
  t.deepEqual(read({ search: "x" }, { total: 2 }), [
    "0 of 2 users",
    "Nobody is like that. [Show everybody](/login/acme/users).",
  ]);
  t.deepEqual(read({ group: "Ops" }, { total: 2 }), [
    "0 of 2 users",
    "Nobody is like that. The group `Ops` was received for nobody in exactly this spelling. [Show everybody](/login/acme/users).",
  ]);
  const others = { search: "x", role: "viewer", state: "Active", source: "Okta" } as const;
  for (const [name, value] of Object.entries(others))
    t.deepEqual(
      read({ group: "ops", [name]: value }, { total: 2 }),
      ["0 of 2 users", "Nobody is like that. [Show everybody](/login/acme/users)."],
      "others may be in it, who aren't like that",
    );
  // Whoever stood on it was deleted meanwhile.
  t.deepEqual(read({ search: "x", after: "P" }, { total: 2, filtered: 1, previous: "B" }), [
    "1 of 2 users",
    "Nobody is left on this page of the list. [Go to its first page](/login/acme/users?search=x).",
    "[First page](/login/acme/users?search=x) {prev}[Previous](/login/acme/users?search=x&before=B)",
  ]);
});

test("a long list is led through page by page, from the page that is shown", (t) => {
  const last = (list: Partial<ListAddress>, found: Partial<RosterPage>) =>
    reading(page([ada], list, { total: 99, filtered: 99, ...found })).at(-1);
  t.is(
    last({}, { next: "N" }),
    `{next}[Next](/login/acme/users?after=N) ${CSV.replace("…", " all of this list as CSV")}`,
  );
  t.is(
    last({ role: "viewer", after: "A" }, { next: "N", previous: "P" }),
    "[First page](/login/acme/users?role=viewer) {prev}[Previous](/login/acme/users?role=viewer&before=P) {next}[Next](/login/acme/users?role=viewer&after=N) {download}[Download all of this list as CSV](/login/acme/users.csv?role=viewer)",
  );
  t.is(
    last({ before: "B", role: "viewer" }, { previous: "P" }),
    "[First page](/login/acme/users?role=viewer) {prev}[Previous](/login/acme/users?role=viewer&before=P) {download}[Download all of this list as CSV](/login/acme/users.csv?role=viewer)",
  );
});
