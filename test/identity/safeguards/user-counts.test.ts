import test from "ava";
import { type AccessReason, noAccess, type User, type UserEvent } from "../../../identity/index.ts";
import { exceedsLimit } from "../../../identity/safeguards/limits.ts";
import { UserCounts } from "../../../identity/safeguards/user-counts.ts";
import { account } from "../an-account.ts";

const ACME = "acme/acme";
const DAY = 24 * 3_600_000;

/** A store that tells of what a test does. */
function scene() {
  const users = new Map<string, User>();
  let tell = (_: UserEvent): void => {};
  const counts = new UserCounts({
    subscribe: (listener) => {
      tell = listener;
      return () => {};
    },
  });
  const put = (user: User): void => {
    const previous = users.get(user.ref);
    users.set(user.ref, user);
    tell(previous ? { kind: "updated", user, previous } : { kind: "added", user });
  };
  const remove = (ref: string): void => {
    const user = users.get(ref);
    users.delete(ref);
    if (user) tell({ kind: "deleted", user });
  };
  return { users, counts, put, remove };
}

function out(
  ref: string,
  at: number,
  changes: Partial<User> = {},
  reason: AccessReason = "NoMappedGroup",
): User {
  const access = noAccess(reason as "NoMappedGroup", "");
  return account({ ref, groups: [], access, activeSince: at, sessionEpoch: 1, ...changes });
}

/** Numbers that are the same in each run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test("the sum is the same in whatever order replicas hear of things, and after a restart", (t) => {
  const reasons = ["NoMappedGroup", "IssuerChanged", "NotActiveInOkta", "OrganizationNotFound"] as const;
  const next = random(7);
  const people = Array.from({ length: 400 }, (_, i) => {
    const groupsFrom = next() < 0.3 ? ("MissingClaim" as const) : ("Claim" as const);
    const reason = reasons[Math.floor(next() * reasons.length)];
    return out(`acme/p${i}`, Math.floor(next() * 1_000) * 1_000, { groupsFrom }, reason);
  });
  const expected = people.filter(
    ({ access, activeSince = 0 }) =>
      ["NoMappedGroup", "IssuerChanged"].includes(access?.reason ?? "") && activeSince > 400_000,
  );
  for (const order of [people, [...people].reverse(), [...people].sort(() => next() - 0.5)]) {
    const { counts, put } = scene();
    for (const user of order) put(user);
    t.is(counts.deactivatedSince(ACME, 400_000), expected.length);
    const missing = expected.filter(({ groupsFrom }) => groupsFrom === "MissingClaim");
    t.is(counts.withoutClaimSince(ACME, 400_000), missing.length);
  }
});

test("the window slides, who is active again or deleted doesn't count, and each organization counts alone", (t) => {
  const { counts, put, remove } = scene();
  for (let i = 0; i < 10; i++) put(out(`acme/p${i}`, i * 1_000));
  put(out("acme/other", 9_000, { organization: "acme/other" }));
  t.is(counts.deactivatedSince(ACME, 4_000), 5);
  put(account({ ref: "acme/p9" }));
  remove("acme/p8");
  t.is(counts.deactivatedSince(ACME, 4_000), 3);
  t.is(counts.deactivatedSince(ACME, 1_000_000_000), 0);
  t.is(
    counts.deactivatedSince(ACME, 4_000),
    3,
    "a clock that was ahead for a moment makes nothing forgotten",
  );
  t.is(counts.deactivatedSince(ACME, 6_000), 1);
  t.is(counts.deactivatedSince(ACME, 5_000_000_000), 0);
  t.is(counts.deactivatedSince(ACME, 4_000), 0, "what is over for months is forgotten");
  put(account({ ref: "acme/p7" }));
  t.is(counts.deactivatedSince(ACME, 4_000), 0, "and isn't subtracted");
  t.is(counts.deactivatedSince("acme/other", 4_000), 1);
  t.deepEqual(counts.of(ACME), { registered: 9, active: 2 });
});

test("who waits for the operator, or is held, is told", (t) => {
  const { counts, put } = scene();
  put(account({ ref: "acme/a" }));
  put(account({ ref: "acme/b", decided: false }));
  put(out("acme/c", 1_000, { decided: false }));
  t.is(counts.waiting(ACME), 1);
  put(out("acme/b", 2_000));
  t.is(counts.waiting(ACME), 0);
});

test("a thousand honest days of 5,000 people, with one approved reorganization, are never held", (t) => {
  const { users, counts, put } = scene();
  const next = random(11);
  const active: string[] = [];
  const join = (ref: string): void => {
    put(account({ ref }));
    active.push(ref);
  };
  const leave = (at: number): void => {
    const index = Math.floor(next() * active.length);
    const ref = active[index] ?? "";
    active[index] = active.at(-1) ?? "";
    active.pop();
    put(out(ref, at));
  };
  for (let i = 0; i < 5_000; i++) join(`acme/p${i}`);
  let settled = 0;
  let held = 0;
  const ask = (now: number, deactivating: number): boolean =>
    exceedsLimit({
      deactivating,
      recent: counts.deactivatedSince(ACME, Math.max(settled, now - DAY)),
      active: counts.of(ACME).active,
      setting: "20%",
    });
  for (let day = 1; day <= 1_000; day++) {
    const now = day * DAY;
    // Some days twenty people leave, after a bad quarter two hundred.
    const leavers = day % 90 === 0 ? 200 : Math.floor(next() * 20);
    for (let i = 0; i < leavers; i++) {
      if (ask(now + i * 1_000, 1)) held++;
      leave(now + i * 1_000);
    }
    for (let i = 0; active.length < 5_000; i++) join(`acme/d${day}-${i}`);
    if (day === 500) {
      // A sixth of all people on top of a bad day: approved, and settled.
      const many = 1_050;
      t.true(ask(now + 40_000, many));
      for (let i = 0; i < many; i++) leave(now + 50_000);
      settled = now + 50_000;
    }
  }
  t.is(held, 0);
  t.true(users.size > 5_000);
});

test("an organization of which nobody is left is forgotten, and one that nobody knows has no users", (t) => {
  const { counts, put, remove } = scene();
  t.deepEqual(counts.of(ACME), { registered: 0, active: 0 });
  t.is(counts.waiting(ACME), 0);
  t.is(counts.deactivatedSince(ACME, 0), 0);
  t.is(counts.withoutClaimSince(ACME, 0), 0);
  put(account({ ref: "acme/ada", decided: false }));
  put(out("acme/ben", 5_000, { groupsFrom: "MissingClaim" }));
  t.deepEqual(counts.of(ACME), { registered: 2, active: 1 });
  t.is(counts.waiting(ACME), 1);
  remove("acme/ada");
  remove("acme/ben");
  t.deepEqual(counts.of(ACME), { registered: 0, active: 0 });
  t.is(counts.deactivatedSince(ACME, 0), 0);
  t.is(counts.withoutClaimSince(ACME, 0), 0);
});

test("of whom a limit is a share come from Okta: a local account can't be lost that way", (t) => {
  const { counts, put, remove } = scene();
  put(account({ ref: "acme/ada" }));
  put(out("acme/ben", 5_000));
  const mia = account({ ref: "acme/mia", source: "Local" });
  put(mia);
  t.is(counts.of(ACME).active, 2);
  t.is(counts.activeFromOkta(ACME), 1);
  put({ ...mia, source: "Okta" });
  t.is(counts.activeFromOkta(ACME), 2, "linked");
  remove("acme/ada");
  t.is(counts.activeFromOkta(ACME), 1);
  t.is(counts.activeFromOkta("beta/beta"), 0);
});

test("who waits for want of the groups claim is counted apart", (t) => {
  const { counts, put, remove } = scene();
  const ada = account({ ref: "acme/ada", decided: false, groupsFrom: "MissingClaim" });
  put(ada);
  put(account({ ref: "acme/ben", decided: false, groupsFrom: "Claim" }));
  put(account({ ref: "acme/cy", groupsFrom: "MissingClaim" }));
  put(out("acme/dan", 5_000, { decided: false, groupsFrom: "MissingClaim" }));
  t.deepEqual([counts.waiting(ACME), counts.waitingWithoutClaim(ACME)], [2, 1]);
  put({ ...ada, groupsFrom: "Claim" });
  t.is(counts.waitingWithoutClaim(ACME), 0, "it is back");
  put(ada);
  remove("acme/ada");
  t.is(counts.waitingWithoutClaim(ACME), 0);
  t.is(counts.waitingWithoutClaim("beta/beta"), 0);
});

test("who is held waits, who is inactive or decided doesn't", (t) => {
  const { counts, put } = scene();
  const held = account({ ref: "acme/ada" });
  put({ ...held, access: { active: true, grants: [], groups: [], message: "", reason: "DeactivationHeld" } });
  t.is(counts.waiting(ACME), 1);
  put(account({ ref: "acme/ben" }));
  put(out("acme/cy", 5_000, { decided: false }));
  t.is(counts.waiting(ACME), 1);
  put(held);
  t.is(counts.waiting(ACME), 0);
});
