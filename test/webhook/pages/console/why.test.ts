import test, { type ExecutionContext } from "ava";
import { type Question, whyPage } from "../../../../webhook/pages/console/why.ts";
import { layout } from "../../../../webhook/pages/layout.ts";
import { account, local } from "../../../identity/an-account.ts";
import { visitorOfAcme } from "../a-visitor.ts";
import { explained, heldThrough, missedBy } from "../an-explanation.ts";
import { differs, reading, reads, under } from "../reading.ts";

const ROLES = [
  { name: "viewer", displayName: "Viewer", admin: false },
  { name: "admin", displayName: "Admin", admin: true },
];
const ada = account({ name: "Ada", email: "ada@acme.example" });
const kim = account({ ref: "acme/kim", email: "kim@acme.example" });
const admin = visitorOfAcme(ROLES, { user: kim });
const RECEIVED = { from: "Claim", groups: ["ops"], total: 3 } as const;
const OF_ADA = { user: ada, explanation: explained(heldThrough(1)) };

const page = (question: Partial<Question> = {}, visitor = admin) =>
  whyPage(visitor, { email: undefined, role: undefined, accounts: [OF_ADA], nobody: undefined, ...question });

const shows = (t: ExecutionContext, question: Partial<Question>, lines: string[]) =>
  differs(t, [page(), page(question)], lines);

test("an admin asks about anybody, and reads which mappings and groups it is about", (t) => {
  const explanation = explained(missedBy(1), { ...heldThrough(1), displayName: "Admin", admin: true });
  reads(t, page({ accounts: [{ user: ada, explanation }] }), [
    "# Why does somebody have a role?",
    "Email: <email: kim@acme.example>",
    "Role: <role: All roles, Viewer (viewer), Admin (admin)>",
    "[Ask]",
    "## ada@acme.example",
    "Ada, an Okta account, active (`acme/acme-x`).",
    "Viewer / Not held: Mapping m0 gives it to …",
    'Admin {badge}admin / {good}Held: In group "g0" of mapping viewers.',
  ]);
  const { email: _, ...nameless } = kim;
  t.is(reading(page({}, visitorOfAcme(ROLES, { user: nameless })))[1], "Email: <email: >");
});

test("everybody else asks about themselves, without groups that would do", (t) => {
  const visitor = visitorOfAcme(ROLES, { user: ada, isAdmin: false });
  const read = reading(page({ accounts: [{ user: ada, explanation: explained(missedBy(1)) }] }, visitor));
  t.is(read[0], "# Why do I have a role?");
  t.regex(read[1] ?? "", /^Role: /);
  t.is(
    read.at(-1),
    "Viewer / Not held: You are in no Okta group that gives it: ask an administrator of Acme to put you into one.",
  );
});

test("what was asked for stays in the form, also a role that there isn't", (t) => {
  shows(t, { email: "x@acme.example", role: "admin" }, [
    "- Email: <email: kim@acme.example>",
    "- Role: …",
    "+ Email: <email: x@acme.example>",
    "+ Role: <role: All roles, Viewer (viewer), *Admin (admin)>",
  ]);
  shows(t, { role: "gone" }, [
    "- Role: …",
    "+ Role: <role: All roles, Viewer (viewer), Admin (admin), *gone (gone)>",
  ]);
});

test("of whoever has no account it is said so, and what they would need", (t) => {
  const nobody = explained({ ...missedBy(1), obstacles: [{ code: "NoAccount" }] });
  differs(
    t,
    [page({ accounts: [] }), page({ accounts: [], nobody, email: "x@acme.example" })],
    [
      "- Email: <email: kim@acme.example>",
      "+ Email: <email: x@acme.example>",
      "+ ## No account",
      "+ Nobody of Acme has the address x@acme.example here. …",
      "+ Viewer / Not held: Mapping m0 gives it to …",
    ],
  );
});

test("an account is told by what is known of it", (t) => {
  const about = (user: typeof ada, explanation: Partial<ReturnType<typeof explained>> = {}) =>
    reading(page({ accounts: [{ user, explanation: { ...explained(), ...explanation } }] })).slice(4);
  const { email: _, ...unmailed } = ada;
  t.deepEqual(about(unmailed, { account: "Deactivated", lastLoginTime: 1_764_000_000_000 }), [
    "## Ada",
    "Ada, an Okta account, deactivated, last signed in on 2025-11-24 16:00 UTC (`acme/acme-x`).",
  ]);
  t.deepEqual(about(account(), { account: "None" }), [
    "## acme/acme-x",
    "an Okta account, not made (`acme/acme-x`).",
  ]);
  t.is(about(local(), { account: "Undecided" })[1], "a local account, being made (`acme/acme-x`).");
});

test("the groups that were received are named, to the person or of them, and what by", (t) => {
  const of = (from: "Claim" | "MissingClaim" | "Directory", visitor = admin, total = 3) => {
    const received = { ...RECEIVED, from, groups: total > 0 ? RECEIVED.groups : [], total };
    const explanation = { ...explained(heldThrough(1)), received };
    return under(page({ accounts: [{ user: ada, explanation }] }, visitor), "### Groups received from Okta");
  };
  t.deepEqual(of("Claim"), ["- ops", "and 2 more, 3 in all.", "By the groups claim of a sign-in."]);
  t.is(of("MissingClaim").at(-1), "A sign-in brought no groups claim, which means no groups.");
  t.is(of("Directory").at(-1), "By Okta's directory.");
  t.is(of("Claim", admin, 0)[0], "None. Okta reported no group for this person.");
  const themselves = "None. Okta reported no group for you.";
  t.is(of("Claim", visitorOfAcme(ROLES, { user: ada }), 0)[0], themselves);
  t.is(of("Claim", visitorOfAcme(ROLES, { user: kim, isAdmin: false }), 0)[0], themselves);
});

test("of all roles three reasons each are shown, of one role twelve", (t) => {
  const last = (count: number, role?: string) =>
    reading(page({ role, accounts: [{ user: ada, explanation: explained(heldThrough(count)) }] })).at(-1) ??
    "";
  t.regex(last(3), /"g2" of mapping viewers\.$/);
  t.regex(last(5), /"g2" of mapping viewers\. \/ and 2 more$/);
  t.regex(last(14, "viewer"), /"g11" of mapping viewers\. \/ and 2 more$/);
  const twice = {
    ...heldThrough(0),
    causes: [...(heldThrough(1).causes ?? []), ...(heldThrough(1).causes ?? [])],
  };
  t.is(
    reading(page({ accounts: [{ user: ada, explanation: explained(twice) }] })).at(-1),
    'Viewer / {good}Held: In group "g0" of mapping viewers.',
    "what is the same is said once",
  );
});

test("what has no room is counted, so that a page stays below 100 kB", (t) => {
  const role = { ...heldThrough(3), displayName: '"'.repeat(1_000) };
  const explanation = explained(...Array.from({ length: 20 }, () => role));
  const all = page({ accounts: [{ user: ada, explanation }] });
  t.true(Buffer.byteLength(layout(all, "x")) < 100_000);
  const read = reading(all);
  const shown = read.filter((line) => line.startsWith('""')).length;
  t.is(read.at(-1), `There is no room here for ${20 - shown} more: choose a role above.`);
  t.true(shown > 5);
});
