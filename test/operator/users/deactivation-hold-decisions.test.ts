import test from "ava";
import { APPROVAL_ANNOTATION } from "../../../crds/annotations.ts";
import type { Organization } from "../../../crds/types.ts";
import { CompiledPolicy, type Policies, type User } from "../../../identity/index.ts";
import { approvalFor, isAskedFor } from "../../../operator/users/deactivation-approval.ts";
import { DeactivationHold, LAST_ADMIN_HELD } from "../../../operator/users/deactivation-hold.ts";
import { PendingDeactivations } from "../../../operator/users/pending-deactivations.ts";
import { account, GRANTS, ISSUER, withoutMapping } from "../../identity/an-account.ts";

const KEY = account().organization;
const NOON = Date.UTC(2026, 10, 27, 12);
const SECOND = 1_000;
/** A mapping that is of nobody here. */
const ELSEWHERE = { name: "elsewhere", groups: [{ name: "nobody" }], roles: ["service-admin"] };
const access = account().access as NonNullable<User["access"]>;
const person = (name: string, changes: Partial<User> = {}): User =>
  account({ ref: `acme/${name}`, subject: name, ...changes });
const admin = (name: string): User =>
  person(name, { access: { ...access, grants: [{ ...GRANTS[0], role: "organization-admin" }] as never } });

/** An organization whose mapping is gone, and what holds it. */
function scene({ active = 6, setting = "20%" as string | number } = {}) {
  const state = {
    now: NOON,
    said: undefined as string | undefined,
    condition: undefined as { reason?: string; message?: string; lastTransitionTime?: string } | undefined,
    settledTime: undefined as string | undefined,
    exists: true,
    inForce: withoutMapping,
    hasPolicy: true,
    issuer: ISSUER,
    localAdmin: false,
    paused: false,
    counted: [] as number[],
  };
  const organization = (): Organization =>
    ({
      metadata: {
        uid: "o1",
        annotations: state.said === undefined ? {} : { [APPROVAL_ANNOTATION]: state.said },
      },
      spec: { safeguards: { maxDeactivations: setting } },
      status: {
        conditions: state.condition
          ? [{ type: "DeactivationsWithinLimit", status: "False", message: "", ...state.condition }]
          : [],
        ...(state.settledTime ? { deactivationsSettledTime: state.settledTime } : {}),
      },
    }) as unknown as Organization;
  const policies = {
    of: () =>
      state.hasPolicy
        ? { issuer: state.issuer, policy: state.inForce, held: false, paused: state.paused }
        : undefined,
  } as unknown as Policies;
  const pending = new PendingDeactivations({ store: {} as never, policies });
  const replica = () =>
    new DeactivationHold({
      organizations: { get: () => (state.exists ? organization() : undefined) },
      pending,
      policies,
      counts: {
        activeFromOkta: () => active,
        deactivatedSince: (_, since) => {
          state.counted.push(since);
          return 0;
        },
      },
      localAdmins: { canGetIn: () => state.localAdmin },
      now: () => state.now,
    });
  const come = (...people: User[]): void => {
    for (const one of people) pending.look(one);
  };
  return { state, pending, hold: replica(), replica, come, organization };
}

const six = Array.from({ length: 6 }, (_, i) => person(`p${i}`));

test("who is pending is held as a whole until that is approved; then each of them goes, by that approval", (t) => {
  const { state, pending, hold, come } = scene();
  come(...six);
  const [first = account()] = six;
  t.true(hold.holds(first));
  t.is(hold.approvalOf(first), undefined);
  const { approval = "" } = hold.offer(KEY) ?? {};
  t.regex(approval, /^[0-9a-f]{8}$/);
  state.said = approval;
  t.false(hold.holds(first));
  t.is(hold.approvalOf(first), approval);
  const stranger = person("late");
  t.is(hold.approvalOf(stranger), undefined);
  pending.policyChanged({ organization: KEY, touched: "all" });
  t.is(hold.holds(first), undefined, "until all are counted");
  t.is(hold.offer(KEY), undefined);
});

test("few enough, and what no organization or policy is for, isn't held", (t) => {
  const { state, hold, come } = scene();
  const nothing = { exceeds: false, lastAdminRoles: [], held: false, approval: "" };
  come(person("one"));
  t.deepEqual(hold.offer(KEY), { pending: 1, recent: 0, active: 6, ...nothing });
  come(...six);
  t.true(hold.state(KEY)?.held);
  for (const gone of [{ exists: false }, { hasPolicy: false }]) {
    Object.assign(state, gone);
    t.deepEqual(hold.state(KEY), { pending: 7, recent: 0, active: 6, ...nothing });
    Object.assign(state, { exists: true, hasPolicy: true });
  }
});

test("a pause ends no hold, and begins none; what is approved meanwhile is carried out when it is over", (t) => {
  const { state, hold, replica, come } = scene();
  come(...six);
  const { approval = "" } = hold.offer(KEY) ?? {};
  const held = { reason: "DeactivationsHeld", lastTransitionTime: new Date(NOON).toISOString() };
  state.condition = held;
  state.paused = true;
  come(...six);
  for (const one of [hold, replica()])
    t.like(one.state(KEY), { pending: 6, held: true }, "also by the next leader");
  state.said = approval;
  t.true(hold.state(KEY)?.held, "nothing can be carried out");
  state.now += 30 * 60 * SECOND;
  state.paused = false;
  t.false(hold.state(KEY)?.held);

  const other = scene();
  other.state.paused = true;
  other.come(...six);
  t.like(other.hold.state(KEY), { pending: 6, held: false });
  other.state.paused = false;
  t.true(other.hold.state(KEY)?.held, "what waited through the pause");
});

test("a hold that is over by itself is forgotten: what was offered then approves nothing later", (t) => {
  for (const end of ["fewer", "gone"] as const) {
    const { state, pending, hold, come } = scene();
    come(...six);
    const offered = hold.offer(KEY)?.approval;
    if (end === "fewer") for (const one of six) pending.forget(one);
    else state.exists = false;
    t.false(hold.state(KEY)?.held);
    state.exists = true;
    state.said = offered ?? "";
    if (end === "fewer") come(...six);
    t.true(hold.state(KEY)?.held, end);
  }
});

test("another replica, and one that has restarted, takes what was asked for while the condition asks for it", (t) => {
  const { state, replica, hold, come } = scene();
  state.said = "of-before";
  come(...six);
  const approval = hold.offer(KEY)?.approval ?? "";
  state.said = "";
  t.not(replica().offer(KEY)?.approval, approval, "another word was there when it began");
  const { state: fresh, replica: other, hold: first, come: look } = scene();
  look(...six);
  const asked = first.offer(KEY)?.approval ?? "";
  fresh.condition = { reason: "DeactivationsHeld", message: `=${asked}`, lastTransitionTime: iso(NOON) };
  fresh.said = asked;
  t.false(other().state(KEY)?.held, "it says what it said when the hold began: nothing");
});

test("who came after what was approved waits on, and something else is asked for", (t) => {
  const { state, pending, hold, come } = scene();
  come(...six);
  state.said = hold.offer(KEY)?.approval;
  const late = six.map((one) => ({ ...one, ref: `${one.ref}-late` }));
  come(...late);
  t.like(hold.state(KEY), { pending: 6, held: true });
  t.is(pending.of(KEY).approved, 6);
  t.not(hold.offer(KEY)?.approval, state.said);
});

test("an approval that the condition asks for still doesn't let the same people go a second time", (t) => {
  const { state, pending, hold, come } = scene();
  come(...six);
  const approval = hold.offer(KEY)?.approval ?? "";
  const condition = { reason: "DeactivationsHeld", message: `=${approval}`, lastTransitionTime: iso(NOON) };
  Object.assign(state, { said: approval, condition });
  t.false(hold.state(KEY)?.held);
  for (const one of six) pending.forget(one);
  come(...six);
  t.true(hold.state(KEY)?.held);
});

test("what was approved in an organization that is gone settles nothing in the next of its name", (t) => {
  const { state, pending, hold, come, organization } = scene();
  come(...six);
  state.said = hold.offer(KEY)?.approval;
  hold.state(KEY);
  for (const one of six) pending.forget(one);
  t.is(hold.settled(organization(), KEY), NOON);
  state.exists = false;
  hold.state(KEY);
  Object.assign(state, { exists: true, said: undefined });
  t.is(hold.settled(organization(), KEY), 0);
});

test("of what was offered lately the last five count, for an hour, and only for the policy they were made for", (t) => {
  const offering = () => {
    const s = scene({ active: 60, setting: 5 });
    const offers: string[] = [];
    const offer = (count: number) => {
      for (let i = 0; i < count; i++) {
        s.come(person(`late${offers.length}`));
        offers.push(s.hold.offer(KEY)?.approval ?? "");
      }
    };
    s.come(...six);
    offer(6);
    return { ...s, offers };
  };
  const taken = (index: number, change: (s: ReturnType<typeof offering>) => void = () => {}) => {
    const s = offering();
    change(s);
    s.state.said = s.offers[index];
    const before = s.pending.of(KEY).approved;
    s.hold.state(KEY);
    return s.pending.of(KEY).approved - before;
  };
  t.deepEqual(
    [0, 1, 5].map((index) => taken(index)),
    [0, 8, 12],
  );
  const later = (ms: number) => (s: ReturnType<typeof offering>) => {
    s.state.now += ms;
  };
  t.is(taken(3, later(3_599_999)), 10);
  t.is(taken(3, later(3_600_000)), 0);
  const otherIssuer = (s: ReturnType<typeof offering>) => {
    s.state.issuer = "https://other.okta.com";
    s.hold.state(KEY);
  };
  const otherPolicy = (s: ReturnType<typeof offering>) => {
    s.state.inForce = new CompiledPolicy([...withoutMapping.roles.values()], [ELSEWHERE]);
    s.hold.state(KEY);
  };
  for (const other of [otherIssuer, otherPolicy])
    for (const index of [3, 5]) t.is(taken(index, other), 0, `${other.name} ${index}`);
});

/** Six people who have been held since noon, as the condition says, at a time that the test sets. */
function heldSinceNoon() {
  const s = scene();
  s.come(...six);
  s.state.condition = { reason: "DeactivationsHeld", lastTransitionTime: iso(NOON) };
  return {
    ...s,
    at: (minutes: number) => {
      s.state.now = NOON + minutes * 60 * SECOND;
    },
    asked: (hold = s.hold) => hold.offer(KEY)?.approval,
    isHeld: (hold = s.hold) => hold.state(KEY)?.held,
  };
}

test("each hour another approval is asked for; the one before counts for an hour longer, then no more", (t) => {
  const { state, at, asked, isHeld } = heldSinceNoon();
  const askedAt = (minutes: number) => {
    at(minutes);
    return asked();
  };
  const first = askedAt(0);
  t.is(askedAt(-10), first, "a clock that is behind");
  t.deepEqual(
    [askedAt(59) === first, askedAt(60) === first, askedAt(60) === askedAt(119)],
    [true, false, true],
  );
  const third = askedAt(120);
  t.not(third, askedAt(119));
  at(121);
  state.said = first;
  t.true(isHeld(), "it has expired");
  state.said = third;
  t.false(isHeld());

  const late = heldSinceNoon();
  const offered = late.asked();
  late.at(119);
  late.state.said = offered;
  t.false(late.isHeld(), "it was asked for within the last hour");
});

test("another replica asks for the same, and takes what this one has asked for", (t) => {
  const { state, replica, at, asked, isHeld } = heldSinceNoon();
  at(90);
  const code = asked();
  const [one, other] = [replica(), replica()];
  t.true(isHeld(one), "it has offered nothing");
  t.is(asked(other), code);
  at(130);
  state.said = code;
  t.deepEqual([isHeld(one), isHeld(other)], [false, false]);
});

test("what was offered for fewer people expires as well", (t) => {
  const { state, come, at, asked, isHeld } = heldSinceNoon();
  const forSix = asked();
  come(person("late"));
  t.not(asked(), forSix);
  at(61);
  state.said = forSix;
  t.true(isHeld());
  const soon = heldSinceNoon();
  const offered = soon.asked();
  soon.come(person("late"));
  soon.at(30);
  soon.state.said = offered;
  t.false(soon.isHeld(), "six go, and one is within the limit");
});

test("when what was approved is done, it no longer counts, to the second; that only an admin goes settles nothing", (t) => {
  const { state, pending, hold, come, organization } = scene();
  come(...six);
  state.said = hold.offer(KEY)?.approval ?? "";
  hold.state(KEY);
  state.now += 1_500;
  t.is(hold.settled(organization(), KEY), 0, "they are still going");
  for (const one of six) pending.forget(one);
  t.is(hold.settled(organization(), KEY), NOON + 1_000);
  state.now += 60 * SECOND;
  t.is(hold.settled(organization(), KEY), NOON + 1_000, "since then");
  hold.state(KEY);
  t.is(state.counted.at(-1), NOON + 1_000, "what was approved isn't counted again");
  state.settledTime = iso(NOON + 5_000);
  t.is(hold.settled(organization(), KEY), NOON + 5_000, "what is stored");
  state.now = NOON - 3_600 * SECOND;
  t.is(hold.settled(organization(), KEY), 0, "a time that hasn't come is of a clock that was ahead");

  const admins = scene();
  admins.come(admin("mia"));
  t.like(admins.hold.offer(KEY), { exceeds: false, lastAdminRoles: ["organization-admin"], held: true });
  admins.state.said = admins.hold.offer(KEY)?.approval ?? "";
  t.false(admins.hold.state(KEY)?.held);
  admins.pending.forget(admin("mia"));
  t.is(admins.hold.settled(admins.organization(), KEY), 0);
});

test("an approval that is taken back before it is carried out settles nothing: what was done counts on", (t) => {
  const { state, pending, hold, come, organization } = scene();
  come(...six);
  state.said = hold.offer(KEY)?.approval ?? "";
  t.false(hold.state(KEY)?.held);
  for (const one of six.slice(0, 1)) pending.forget(one);
  t.is([...pending.of(KEY).revoke()].length, 5);
  t.is(hold.settled(organization(), KEY), 0);
  hold.state(KEY);
  t.is(state.counted.at(-1), NOON - 24 * 3_600 * SECOND);
});

test("what was approved and done before a restart is settled by who comes after", (t) => {
  const restarted = (reason: string, said: string | undefined, message = "... x=0a1b2c3d") => {
    const { state, hold, organization } = scene();
    Object.assign(state, { said, condition: { reason, message, lastTransitionTime: iso(NOON) } });
    const settled = hold.settled(organization(), KEY);
    state.now += 60 * SECOND;
    t.is(hold.settled(organization(), KEY), settled, "for good");
    return settled;
  };
  t.is(restarted("DeactivationsHeld", "0a1b2c3d"), NOON);
  t.is(restarted(LAST_ADMIN_HELD, "0a1b2c3d"), 0);
  t.is(restarted("DeactivationsHeld", "other"), 0);
  t.is(restarted("DeactivationsHeld", undefined), 0);
  const { state, hold, come, organization } = scene();
  come(...six);
  Object.assign(state, {
    said: "0a1b2c3d",
    condition: { reason: "DeactivationsHeld", message: "=0a1b2c3d", lastTransitionTime: iso(NOON) },
  });
  t.is(hold.settled(organization(), KEY), 0, "it isn't done: they are still there");
});

test("the last who hold an admin role are held, unless somebody else can get in", (t) => {
  const { state, hold, come } = scene();
  come(admin("mia"));
  t.true(hold.holds(admin("mia")));
  state.localAdmin = true;
  t.like(hold.state(KEY), { lastAdminRoles: [], held: false });
  const others = scene();
  others.state.localAdmin = false;
  others.come(person("ben"));
  t.like(others.hold.state(KEY), { lastAdminRoles: [], held: false }, "nobody of them is one");
});

test("an approval follows from all that it is for", (t) => {
  const approved = { uid: "u", policyHash: "p", issuer: "i", people: "2:x", hour: 0 };
  const others = [
    approvalFor(approved, "said"),
    ...Object.keys(approved).map((key) => approvalFor({ ...approved, [key]: "another" as never }, "")),
  ];
  const all = [approvalFor(approved, ""), ...others];
  t.is(new Set(all).size, all.length);
  t.true(all.every((one) => /^[0-9a-f]{8}$/.test(one)));
  t.is(approvalFor(approved, ""), approvalFor({ ...approved }, ""));
});

test("a condition asks for what it ends with", (t) => {
  const asked = (said: string | undefined, condition?: { message: string }) => {
    const { state, organization } = scene();
    Object.assign(state, { said, condition });
    return isAskedFor(organization());
  };
  const message = "approve=0a1b2c3d";
  t.true(asked("0a1b2c3d", { message }));
  t.false(asked("", { message: "approve=" }));
  t.false(asked(undefined, { message: "approve=" }));
  t.false(asked("approve", { message: "=approve now" }));
  t.false(asked("0a1b2c3d"));
  t.false(asked("other", { message }));
});

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
