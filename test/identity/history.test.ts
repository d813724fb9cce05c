import test from "ava";
import {
  type AccessChange,
  accessChange,
  type ChangingAccount,
  type Grant,
  withChange,
  withSignIns,
} from "../../identity/index.ts";

const NOON = Date.UTC(2026, 10, 26, 12);
const CAUSE = { reason: "SignIn", detail: "A sign-in with Okta." };
const held = (...grants: Grant[]): ChangingAccount => ({
  source: "Okta",
  sessionEpoch: 0,
  active: true,
  grants,
  message: "In mapped groups.",
});
const OUT: ChangingAccount = { ...held(), active: false, message: "In no mapped group." };
const grant = (role: string, group = "g", mapping = "m"): Grant => ({ role, mapping, group });
const what = (before: ChangingAccount | undefined, after: ChangingAccount) =>
  accessChange(before, after, CAUSE, NOON)?.what;

test("a change says what it has done, what matters most first", (t) => {
  t.deepEqual(what(undefined, held(grant("viewer"))), ["Activated"]);
  t.deepEqual(what(held(grant("viewer")), OUT), ["Deactivated"]);
  t.deepEqual(
    what(held(grant("viewer")), { ...OUT, sessionEpoch: 1 }),
    ["Deactivated"],
    "sessions end by that",
  );
  t.deepEqual(what(OUT, held(grant("viewer"))), ["Activated"]);
  t.deepEqual(what(held(grant("viewer")), held(grant("admin"))), ["RolesChanged"]);
  t.deepEqual(what(held(grant("viewer")), held(grant("viewer", "other"))), ["CausesChanged"]);
  t.deepEqual(what(held(grant("viewer")), { ...held(grant("viewer")), sessionEpoch: 1 }), ["SessionsEnded"]);
  const local: ChangingAccount = { ...held({ role: "viewer" }), source: "Local" };
  t.deepEqual(what(local, held(grant("admin"))), ["Linked", "RolesChanged"]);
  t.deepEqual(what(local, { ...held(grant("admin")), sessionEpoch: 1 }), [
    "Linked",
    "RolesChanged",
    "SessionsEnded",
  ]);
});

test("what people wouldn't look for is no change: other words, another reason for having nothing, the id of a group", (t) => {
  t.is(what(held(grant("viewer")), { ...held(grant("viewer")), message: "In other words." }), undefined);
  t.is(what(OUT, { ...OUT, message: "Not active in Okta." }), undefined);
  t.is(what(undefined, OUT), undefined);
  const byDirectory = held({ ...grant("viewer"), groupID: "00g1" });
  t.is(what(held(grant("viewer")), byDirectory), undefined);
  t.is(what(byDirectory, held(grant("viewer"))), undefined);
});

test("a change has its cause in words, and in the words of the decision where somebody has lost everything", (t) => {
  t.like(accessChange(undefined, held(grant("viewer")), CAUSE, NOON + 400), {
    at: NOON,
    granted: [grant("viewer")],
    revoked: [],
    reason: "SignIn",
    message: "A sign-in with Okta.",
  });
  t.is(accessChange(held(), OUT, CAUSE, NOON)?.message, "In no mapped group. A sign-in with Okta.");
  const long = accessChange(held(), { ...OUT, message: `x\u{202E}${"y".repeat(2_000)}` }, CAUSE, NOON);
  t.true((long?.message.length ?? 0) <= 512);
  t.true(long?.message.startsWith("x\u{FFFD}yyy"));
});

test("of forty roles through twelve groups ten are named, each role once before one comes again", (t) => {
  const all = Array.from({ length: 40 }, (_, role) =>
    Array.from({ length: 12 }, (_, group) => grant(`role-${role}`, `group-${group}-${"x".repeat(200)}`)),
  ).flat();
  const change = accessChange(undefined, held(...all), CAUSE, NOON);
  t.deepEqual(
    change?.granted.map(({ role }) => role),
    Array.from({ length: 10 }, (_, i) => `role-${i}`),
  );
  t.is(change?.moreGranted, 40 * 12 - 10);
  t.is(change?.granted[0]?.group, `group-0-${"x".repeat(119)}…`);
  let history: readonly AccessChange[] = [];
  for (let i = 0; i < 30; i++) {
    const next = accessChange(
      i % 2 ? held(...all) : held(grant("viewer")),
      i % 2 ? OUT : held(...all),
      CAUSE,
      NOON,
    );
    if (next) history = withChange(history, next);
  }
  t.true(history.length > 3 && history.length < 20, "fewer where they are long");
  t.true(JSON.stringify(history).length <= 20_000);
});

test("of changes twenty are kept, or as many as there is room for, the newest first", (t) => {
  const change = (at: number, message = ""): AccessChange => {
    const rest = { granted: [], revoked: [], moreGranted: 0, moreRevoked: 0, reason: "SignIn", message };
    return { at, what: ["Activated"], ...rest };
  };
  const many = Array.from({ length: 25 }, (_, i) => change(-i));
  t.deepEqual(withChange(many, change(1)), [change(1), ...many.slice(0, 19)]);
  const left = 16_384 - JSON.stringify(change(1)).length - JSON.stringify(change(0)).length;
  for (const [length, kept] of [
    [left, 2],
    [left + 1, 1],
  ] as const)
    t.is(withChange([change(0, "x".repeat(length))], change(1)).length, kept);
});

test("what went is told like what came: roles that are gone first, ten at the most, and how many more", (t) => {
  const had = Array.from({ length: 11 }, (_, i) => grant("viewer", `g${i}`));
  const before = held(grant("viewer"), ...had, grant("admin"), { role: "local" });
  const change = accessChange(before, held(grant("viewer")), CAUSE, NOON);
  t.deepEqual(change?.revoked.slice(0, 3), [grant("admin"), { role: "local" }, grant("viewer", "g0")]);
  t.is(change?.revoked.length, 10);
  t.is(change?.moreRevoked, 3);
  t.is(change?.moreGranted, 0);
  const ten = accessChange(held(...had.slice(1)), OUT, CAUSE, NOON);
  t.is(ten?.revoked.length, 10);
  t.is(ten?.moreRevoked, 0);
});

test("one grant that comes twice is one, and a role that comes beside others has changed the roles", (t) => {
  const twice = accessChange(undefined, held(grant("viewer"), grant("viewer")), CAUSE, NOON);
  t.deepEqual(twice?.granted, [grant("viewer")]);
  t.deepEqual(what(held(grant("viewer")), held(grant("viewer"), grant("admin"))), ["RolesChanged"]);
  t.deepEqual(what(held(grant("viewer"), grant("admin")), held(grant("viewer"))), ["RolesChanged"]);
  t.deepEqual(what(held(grant("viewer")), held(grant("viewer"), grant("viewer", "h"))), ["CausesChanged"]);
  t.deepEqual(what(held(grant("viewer"), grant("viewer", "h")), held(grant("viewer"))), ["CausesChanged"]);
  t.deepEqual(what(held({ role: "viewer" }), held(grant("viewer"))), ["CausesChanged"]);
  t.deepEqual(what(held(grant("viewer")), held(grant("viewer", "g", "other"))), ["CausesChanged"]);
});

test("sessions that end of an account that stays out are told, too", (t) => {
  t.deepEqual(what(OUT, { ...OUT, sessionEpoch: 1 }), ["SessionsEnded"]);
  t.is(what({ ...OUT, sessionEpoch: 1 }, { ...OUT, sessionEpoch: 1 }), undefined);
});

test("a link says so, also where nothing is given by it", (t) => {
  const local: ChangingAccount = { ...held({ role: "viewer" }), source: "Local" };
  const linked = accessChange(local, OUT, CAUSE, NOON);
  t.deepEqual(linked?.what, ["Deactivated", "Linked"]);
  t.is(
    linked?.message,
    "In no mapped group. The local account with the same verified email follows Okta's groups from now on. " +
      "A sign-in with Okta.",
  );
});

test("roles that somebody didn't have before come first, what they have beside comes last", (t) => {
  const change = accessChange(
    held(grant("viewer")),
    held(
      grant("viewer"),
      ...Array.from({ length: 12 }, (_, i) => grant("viewer", `g${i}`)),
      grant("admin", "a"),
      grant("admin", "b"),
      grant("owner"),
    ),
    CAUSE,
    NOON,
  );
  t.deepEqual(
    change?.granted.slice(0, 4).map(({ role, group }) => [role, group]),
    [
      ["admin", "a"],
      ["owner", "g"],
      ["viewer", "g0"],
      ["viewer", "g1"],
    ],
  );
  t.is(change?.moreGranted, 5);
});

test("of sign-ins in one second the one that is noted later comes first", (t) => {
  const admitted = { at: 5_000, outcome: "Admitted", reason: "MappedGroup" } as const;
  const refused = { at: 5_900, outcome: "Refused", reason: "NoMappedGroup" } as const;
  const stored = withSignIns(withSignIns([], [admitted]), [refused]);
  t.deepEqual(
    stored.map(({ outcome }) => outcome),
    ["Refused", "Admitted"],
  );
  t.is(withSignIns(stored, [refused]), stored, "noted already");
});

test("of sign-ins ten are kept, each once and to the second, the newest first", (t) => {
  const admitted = (at: number) => ({ at, outcome: "Admitted", reason: "MappedGroup" }) as const;
  const eleven = Array.from({ length: 11 }, (_, i) => admitted(1_000 * i));
  const kept = withSignIns([], [...eleven, admitted(10_999)]);
  t.deepEqual(kept, eleven.slice(1).reverse());
  t.is(withSignIns(kept, [admitted(0)]), kept, "older than all that are kept");
  t.is(withSignIns(kept, []), kept);
  const later = withSignIns(kept, [admitted(11_500), admitted(5_500)]);
  t.deepEqual(later, [admitted(11_000), ...kept.slice(0, 9)]);
  const refused = { ...admitted(10_000), outcome: "Refused", reason: "NoMappedGroup" } as const;
  t.deepEqual(withSignIns(kept, [refused]), [refused, ...kept.slice(0, 9)], "another outcome is another one");
  const between = { ...refused, at: 5_000 };
  t.deepEqual(withSignIns(kept, [between]), [...kept.slice(0, 5), between, ...kept.slice(5, 9)]);
});
