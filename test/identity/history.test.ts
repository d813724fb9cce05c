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

test("of forty roles through five hundred groups ten are named, each role once before one comes again", (t) => {
  const all = Array.from({ length: 40 }, (_, role) =>
    Array.from({ length: 500 }, (_, group) => grant(`role-${role}`, `group-${group}-${"x".repeat(900)}`)),
  ).flat();
  const change = accessChange(undefined, held(...all), CAUSE, NOON);
  t.deepEqual(
    change?.granted.map(({ role }) => role),
    Array.from({ length: 10 }, (_, i) => `role-${i}`),
  );
  t.is(change?.moreGranted, 40 * 500 - 10);
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
