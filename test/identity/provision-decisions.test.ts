import test from "ava";
import type { Identity } from "../../identity/identity.ts";
import { CompiledPolicy, type Policy } from "../../identity/policy.ts";
import { type LossDecision, provisionSignIn, type SignInStore } from "../../identity/provision.ts";
import {
  type NewUser,
  StaleUserError,
  StoreError,
  type UserChange,
  UserExistsError,
} from "../../identity/store.ts";
import type { User } from "../../identity/user.ts";
import { account, identity, local, policy, withoutMapping } from "./an-account.ts";

/** A replica that may be behind what is stored, and notes what it writes. */
class Accounts implements SignInStore {
  /** What this replica has heard of. */
  known: User[] = [];
  /** What is stored, where that is something else. */
  stored: User[] | undefined;
  current = true;
  /** What the next writes fail with. */
  readonly failures: Error[] = [];
  readonly written: (UserChange | NewUser)[] = [];
  /** How often it was asked past what is known here. */
  reads = 0;

  constructor(...known: User[]) {
    this.known = known;
  }

  async find(): Promise<User | undefined> {
    return this.known.find(({ source }) => source === "Okta");
  }

  async freshBySubject(): Promise<User | undefined> {
    this.reads++;
    return (this.stored ?? this.known).find(({ source }) => source === "Okta");
  }

  async findLocalByEmail(_: string, email: string): Promise<readonly User[]> {
    const address = email.toLowerCase();
    return this.known.filter((user) => user.source === "Local" && user.email?.toLowerCase() === address);
  }

  async fresh(ref: string): Promise<User | undefined> {
    return (this.stored ?? this.known).find((user) => user.ref === ref);
  }

  isCurrent(): boolean {
    return this.current;
  }

  async create(made: NewUser): Promise<User> {
    this.written.push(made);
    const { issuer, subject } = made.identity;
    return this.#answer(account({ issuer, subject, version: "new", access: made.access }));
  }

  async update(user: User, change: UserChange): Promise<User> {
    this.written.push(change);
    const { access } = change;
    return this.#answer({ ...user, version: `${user.version}+`, ...(access ? { access } : {}) });
  }

  #answer(user: User): User {
    const failure = this.failures.shift();
    if (failure) throw failure;
    return user;
  }
}

const ADDRESS = "ben@acme.example";
const member = { ...identity("service_admin"), email: ADDRESS };
const stranger = { ...identity("marketing"), email: ADDRESS };
const at = 1_000;
/** As another has written it meanwhile. */
const THEIRS = account({ version: "2" });

interface Deciding {
  policy?: Policy;
  held?: boolean;
  paused?: boolean;
  mayTake?: LossDecision;
}

async function signIn(
  accounts: Accounts,
  who: Identity = member,
  { mayTake = "take", ...deciding }: Deciding = {},
) {
  const asked: User[] = [];
  const outcome = await provisionSignIn(
    accounts,
    { organization: "acme/acme", identity: who, at },
    { policy, held: false, ...deciding },
    (user) => {
      asked.push(user);
      return mayTake;
    },
  );
  return { ...outcome, asked: asked.length, written: accounts.written };
}

test("a first sign-in makes the account, with the time; without a mapped group nothing is written", async (t) => {
  const made = await signIn(new Accounts());
  t.like(made, { kind: "admitted", isNoted: true, before: undefined });
  t.like(made.written[0], { organization: "acme/acme", identity: member, signedInAt: at });
  const refused = await signIn(new Accounts(), stranger);
  t.like(refused, { kind: "refused", user: undefined, before: undefined, isNoted: false });
  t.deepEqual(refused.written, []);
});

test("who comes back unchanged is admitted without a write, unless what is known isn't current", async (t) => {
  const unchanged = account({ email: ADDRESS, groupsFrom: "Claim" });
  const { access } = (await signIn(new Accounts(unchanged))).user ?? {};
  if (!access) return t.fail();
  const known = { ...unchanged, access };
  const usual = new Accounts(known);
  t.like(await signIn(usual), {
    kind: "admitted",
    isNoted: false,
    user: known,
    written: [],
  });
  t.is(usual.reads, 0, "nobody waits for that");
  const behind = new Accounts(known);
  behind.current = false;
  const stored = await signIn(behind);
  t.like(stored, { kind: "admitted", isNoted: true });
  const signIns = [{ at, outcome: "Admitted" as const, reason: access.reason }];
  t.like(stored.written[0], { identity: member, access, signIns });
  const { access: _, ...undecided } = known;
  for (const other of [
    { ...known, decided: false },
    { ...known, outdated: true as const },
    { ...known, name: "Ben" },
    { ...known, access: { ...access, message: "In other words." } },
    undecided,
  ])
    t.is((await signIn(new Accounts(other))).written.length, 1);
});

test("what is read anew after a conflict is current", async (t) => {
  const unchanged = account({ email: ADDRESS, groupsFrom: "Claim" });
  const { access } = (await signIn(new Accounts(unchanged))).user ?? {};
  if (!access) return t.fail();
  const accounts = new Accounts(account({ version: "0" }));
  accounts.stored = [{ ...unchanged, access }];
  accounts.current = false;
  accounts.failures.push(new StaleUserError("another was first"));
  const outcome = await signIn(accounts);
  t.like(outcome, {
    kind: "admitted",
    isNoted: false,
    user: { version: "1" },
    before: { version: "1" },
  });
  t.is(outcome.written.length, 1, "the attempt that failed");
});

test("whoever has left the groups is deactivated, if the safeguards let it be taken", async (t) => {
  for (const [mayTake, kind, takes] of [
    ["take", "refused", true],
    ["leave", "refused", false],
    ["hold", "kept", false],
  ] as const) {
    const outcome = await signIn(new Accounts(account()), stranger, { mayTake });
    t.is(outcome.kind, kind);
    t.is(outcome.asked, 1);
    t.is(outcome.before?.version, "1");
    t.is(outcome.user?.version, "1+");
    t.is(outcome.isNoted, takes);
    t.is("access" in (outcome.written[0] ?? {}), takes, mayTake);
    t.like(outcome.written[0], { identity: stranger });
    if (outcome.kind === "kept") {
      t.is(outcome.reason, "DeactivationsHeld");
      t.regex(outcome.why, /waits for somebody's approval/);
    }
    if (outcome.kind === "refused") t.is(outcome.access.reason, "NoMappedGroup");
  }
  const out = account({
    access: { active: false, grants: [], groups: [], reason: "NoMappedGroup", message: "" },
  });
  const again = await signIn(new Accounts(out), stranger);
  t.is(again.asked, 0, "who is out already is nobody's loss");
  t.true(again.isNoted);
  t.like(again.written[0], {
    identity: stranger,
    access: { reason: "NoMappedGroup" },
    signIns: [{ at, outcome: "Refused", reason: "NoMappedGroup" }],
  });
  if (again.kind !== "refused") return t.fail();
  const asStored = account({
    email: ADDRESS,
    groups: stranger.groups,
    groupsFrom: "Claim",
    access: again.access,
  });
  const once = await signIn(new Accounts(asStored), stranger);
  t.false(once.isNoted, "it is the same again");
  t.like(once.written, [{ signIns: [] }]);
});

test("an admin role is taken at a sign-in only where the safeguards let it, and everything else is", async (t) => {
  const withAdmins = new CompiledPolicy(
    [...policy.roles.values()],
    [
      ...policy.mappings.values(),
      { name: "admins", groups: [{ name: "admins" }], roles: ["organization-admin"] },
    ],
  );
  const admins = identity("service_admin", "admins");
  const { user } = await signIn(new Accounts(account()), admins, { policy: withAdmins });
  if (!user) return t.fail();
  const roles = async (mayTake: LossDecision) => {
    const outcome = await signIn(new Accounts(user), member, { policy: withAdmins, mayTake });
    t.is(outcome.asked, 1);
    return outcome.user?.access?.grants.map(({ role }) => role);
  };
  t.deepEqual(await roles("take"), ["service-admin"]);
  t.deepEqual(await roles("leave"), ["organization-admin", "service-admin"]);
  t.deepEqual(await roles("hold"), ["organization-admin", "service-admin"]);
  t.is((await signIn(new Accounts(user), admins, { policy: withAdmins })).asked, 0, "nothing is lost");
});

test("a local account isn't touched by somebody whom the groups give nothing", async (t) => {
  const outcome = await signIn(new Accounts(local({ email: ADDRESS })), stranger);
  t.like(outcome, { kind: "refused", user: undefined, before: undefined });
  t.deepEqual(outcome.written, []);
});

test("what a changed mapping takes is left to the operator", async (t) => {
  const outcome = await signIn(new Accounts(account()), member, { policy: withoutMapping });
  t.like(outcome, {
    ...{ kind: "refused", isNoted: false, asked: 0 },
    ...{ user: { version: "1+" }, before: { version: "1" } },
  });
  t.deepEqual(outcome.written, [{ identity: member }]);
  if (outcome.kind === "refused") t.false(outcome.access.active);
});

test("the one local account of a verified address is linked; of two, or of an unverified address, none", async (t) => {
  const mine = local({ ref: "acme/ben", email: ADDRESS });
  const linked = await signIn(new Accounts(mine));
  t.like(linked, { kind: "admitted", before: { ref: "acme/ben" }, user: { ref: "acme/ben" } });
  const admin = { ...local({ ref: "acme/root", email: ADDRESS }), localRoles: ["organization-admin"] };
  t.like(await signIn(new Accounts(admin, mine)), { before: { ref: "acme/ben" } });
  for (const [who, ...accounts] of [
    [member, mine, { ...mine, ref: "acme/ben-2" }],
    [{ ...member, emailVerified: false }, mine],
    [identity("service_admin"), mine],
    [member, admin],
    [{ ...member, email: "other@acme.example" }, mine],
  ] as const) {
    const outcome = await signIn(new Accounts(...accounts), who);
    t.is(outcome.kind, "admitted");
    t.is(outcome.before, undefined);
  }
});

test("after a conflict a local account is looked at once more before it is linked", async (t) => {
  const mine = local({ ref: "acme/ben", email: ADDRESS });
  const linkedMeanwhile = account({ ref: "acme/ben", version: "2", email: ADDRESS });
  const asStored = async (...stored: User[]) => {
    const accounts = new Accounts(mine);
    // The index by subject is behind as well: only the account itself tells.
    accounts.stored = stored;
    accounts.freshBySubject = async () => undefined;
    accounts.failures.push(new StaleUserError("another was first"));
    return signIn(accounts);
  };
  t.like(
    await asStored(linkedMeanwhile),
    { before: { ref: "acme/ben", version: "2" } },
    "by this very person",
  );
  for (const other of [{ subject: "00u2" }, { issuer: "https://other.okta.com" }])
    t.is((await asStored({ ...linkedMeanwhile, ...other })).before, undefined, "by somebody else");
  t.is((await asStored()).before, undefined, "it is gone");
  t.like(await asStored({ ...mine, version: "2" }), { before: { version: "2" } }, "it is as it was");
});

test("a list that may have been cut can give, and takes nothing", async (t) => {
  const two = new CompiledPolicy(
    [{ name: "service-admin" }, { name: "viewer" }],
    [
      { name: "services", groups: [{ name: "service_admin" }], roles: ["service-admin"] },
      { name: "viewers", groups: [{ name: "viewers" }], roles: ["viewer"] },
    ],
  );
  const names = Array.from({ length: 99 }, (_, i) => `g${i}`);
  const both = account({ groups: [{ name: "service_admin" }, { name: "viewers" }] });
  const cut = identity("service_admin", ...names);
  const kept = await signIn(new Accounts(both), cut, { policy: two });
  t.like(kept, { kind: "kept", reason: "TooManyGroups", user: both, before: both, isNoted: false });
  t.deepEqual(kept.written, []);
  t.is((await signIn(new Accounts(), cut, { policy: two })).kind, "admitted", "there is no account yet");
  const made = new Accounts();
  made.stored = [both];
  made.failures.push(new UserExistsError("ours?", { perhaps: { before: undefined, after: both } }));
  t.like(await signIn(made, cut, { policy: two }), { kind: "kept", before: both });
  t.is((await signIn(new Accounts(both), identity("service_admin"), { policy: two })).kind, "admitted");
  t.is((await signIn(new Accounts(account()), cut, { policy: two })).kind, "admitted", "nothing is lost");
  const more = identity("service_admin", "viewers", ...names);
  t.is((await signIn(new Accounts(account()), more, { policy: two })).kind, "admitted");
  const out = account({
    access: { active: false, grants: [], groups: [], reason: "NoMappedGroup", message: "" },
  });
  t.is((await signIn(new Accounts(out), identity(...names, "x"), { policy: two })).kind, "refused");
});

test("a refusal by a replica that is behind is decided again on what is stored", async (t) => {
  const accounts = new Accounts();
  accounts.stored = [account()];
  const outcome = await signIn(accounts, stranger);
  t.like(outcome, { kind: "refused", before: { version: "1" }, user: { version: "1+" } });
  t.is(outcome.written.length, 1);

  const cut = identity(...Array.from({ length: 100 }, (_, i) => `g${i}`));
  const behind = new Accounts(account());
  const out = { active: false, grants: [], groups: [], reason: "NoMappedGroup", message: "" } as const;
  behind.stored = [account({ version: "2", access: out })];
  t.is((await signIn(behind, cut)).kind, "refused", "who is out has nothing that a cut list would take");
  const twice = new Accounts(account());
  twice.stored = [account({ version: "2" })];
  t.like(await signIn(twice, cut), { kind: "kept", before: { version: "2" } });
  t.is(twice.reads, 2, "what was read a moment ago isn't read again");
  const current = new Accounts(account());
  t.is((await signIn(current, cut)).kind, "kept");
  t.is(current.reads, 1);
  const deleted = new Accounts(account());
  deleted.stored = [];
  t.is((await signIn(deleted, cut)).kind, "kept", "a deleted account is nobody's to deactivate");
});

test("an account that another replica has made meanwhile is read and decided on; after eight times it ends", async (t) => {
  const accounts = new Accounts();
  accounts.stored = [account()];
  accounts.failures.push(new UserExistsError("another was first"));
  t.like(await signIn(accounts), { kind: "admitted", before: { version: "1" } });

  const contested = new Accounts(account());
  contested.failures.push(...Array.from({ length: 7 }, () => new StaleUserError("again")));
  t.is((await signIn(contested)).kind, "admitted");
  contested.failures.push(...Array.from({ length: 8 }, () => new StaleUserError("again")));
  await t.throwsAsync(signIn(contested), { instanceOf: StoreError, message: /8 times in a row/ });
  contested.failures.splice(0, Number.POSITIVE_INFINITY, new StoreError("down"));
  await t.throwsAsync(signIn(contested), { message: "down" });
});

test("where the answer to a write was lost, what was before it is what is told", async (t) => {
  const perhaps = { before: account(), after: account({ version: "2" }) };
  for (const [lost, before] of [
    [new StaleUserError("ours?", { perhaps }), "1"],
    [new StaleUserError("theirs"), "2"],
  ] as const) {
    const accounts = new Accounts(account());
    accounts.stored = [account({ version: "2" })];
    accounts.failures.push(lost);
    t.is((await signIn(accounts)).before?.version, before, lost.message);
    const kept = new Accounts(account());
    kept.stored = [account({ version: "2" })];
    kept.failures.push(lost);
    const outcome = await signIn(kept, stranger, { mayTake: "hold" });
    t.is(outcome.kind, "kept");
    t.is(outcome.before?.version, before, lost.message);
  }
  for (const [lost, before] of [
    [new UserExistsError("ours?", { perhaps: { ...perhaps, before: undefined } }), undefined],
    [new UserExistsError("theirs"), "2"],
  ] as const) {
    const accounts = new Accounts();
    accounts.stored = [account({ version: "2" })];
    accounts.failures.push(lost, new StaleUserError("again", { perhaps: { ...perhaps, before: THEIRS } }));
    t.is((await signIn(accounts)).before?.version, before, lost.message);
  }
  const anew = new Accounts(account());
  anew.stored = [account({ version: "2", uid: "another" })];
  anew.failures.push(new StaleUserError("ours?", { perhaps }));
  t.like(
    await signIn(anew),
    { before: { version: "2" }, lost: perhaps },
    "one that was deleted and made again is another",
  );
  const gone = new Accounts(account());
  gone.stored = [];
  gone.failures.push(new StaleUserError("ours?", { perhaps }));
  t.like(await signIn(gone, stranger), { kind: "refused", user: undefined, lost: perhaps });
});

test("where the store can't be read after a lost answer, the error says what may be stored", async (t) => {
  const perhaps = { before: account(), after: account({ version: "2" }) };
  const down = new StoreError("It is away.");
  for (const lost of [
    new StaleUserError("ours?", { perhaps }),
    new UserExistsError("ours?", { perhaps: { ...perhaps, before: undefined } }),
  ]) {
    const accounts = new Accounts(account());
    accounts.failures.push(lost);
    accounts.freshBySubject = () => Promise.reject(down);
    const error = await t.throwsAsync(signIn(accounts), { instanceOf: StoreError, message: "It is away." });
    t.is(error?.cause, down);
    t.deepEqual(error?.perhaps, lost.perhaps);
  }
  const others = new Accounts(account());
  others.failures.push(new StaleUserError("theirs"));
  others.freshBySubject = () => Promise.reject(down);
  t.is((await t.throwsAsync(signIn(others), { is: down }))?.perhaps, undefined);

  const contested = new Accounts(account());
  contested.failures.push(new StaleUserError("ours?", { perhaps }));
  contested.failures.push(...Array.from({ length: 7 }, () => new StaleUserError("theirs")));
  const givenUp = await t.throwsAsync(signIn(contested), { message: /8 times in a row/ });
  t.is(givenUp instanceof StoreError && givenUp.perhaps, perhaps);

  const twice = new Accounts(account());
  const last = { before: account({ version: "2" }), after: account({ version: "3" }) };
  twice.failures.push(
    new StaleUserError("ours?", { perhaps }),
    new StoreError("no answer", { perhaps: last }),
  );
  const unanswered = await t.throwsAsync(signIn(twice), { instanceOf: StoreError, message: "no answer" });
  t.deepEqual(unanswered?.perhaps, { before: perhaps.before, after: last.after }, "from before all of it");
});

test("while an organization is paused, a sign-in takes only what is certain about one person", async (t) => {
  const paused = true;
  const none = {
    active: false,
    grants: [],
    groups: [],
    reason: "NoMappedGroup",
    message: "Since then.",
  } as const;
  const out = await signIn(new Accounts(account({ access: none })), member, { paused });
  t.is(out.kind, "refused");
  t.deepEqual(out.written, [{ identity: member }], "why they are out, and since when, stays");
  t.is(out.user?.access?.message, "Since then.");
  t.false(out.isNoted);

  const gone = { ...member, status: "SUSPENDED" };
  for (const user of [account(), account({ access: none })]) {
    const refused = await signIn(new Accounts(user), gone, { paused });
    t.is(refused.kind, "refused");
    t.is(refused.user?.access?.reason, "NotActiveInOkta", "Okta is certain of them");
  }
  t.is((await signIn(new Accounts(), member, { paused })).kind, "refused");
});

test("a list that may have been cut isn't stored while something is paused: it would take something afterwards", async (t) => {
  const cut = identity(...Array.from({ length: 100 }, (_, i) => `g${i}`));
  const ada = account();
  t.like(await signIn(new Accounts(ada), cut, { paused: true }), {
    ...{ kind: "admitted", user: ada, before: ada, isNoted: false },
    written: [],
  });
  const behind = new Accounts(ada);
  behind.current = false;
  const noted = await signIn(behind, cut, { paused: true });
  t.like(noted, { kind: "admitted", isNoted: true, user: { version: "1+", groups: ada.groups } });
  t.deepEqual(noted.written, [{ signIns: [{ at, outcome: "Admitted", reason: "MappedGroup" }] }]);
  const more = { ...cut, groups: [...cut.groups, { name: "service_admin" }] };
  t.like(await signIn(new Accounts(ada), more, { paused: true }), {
    kind: "admitted",
    written: [{ identity: more }],
  });

  const services = { name: "services", groups: [{ name: "service_admin" }], roles: ["service-admin"] };
  const both = new CompiledPolicy(
    [{ name: "service-admin" }, { name: "viewer" }],
    [
      { ...services, paused: true },
      { name: "all", groups: [{ name: "g1" }], roles: ["viewer"] },
    ],
  );
  const kept = await signIn(new Accounts(ada), cut, { policy: both });
  t.like(kept, { kind: "kept", reason: "TooManyGroups", user: ada, written: [] }, "as without the pause");
  t.is((await signIn(new Accounts(ada), more, { policy: both })).kind, "admitted", "nothing is missing");
  const left = account({ groups: [{ name: "g1" }] });
  t.is((await signIn(new Accounts(left), cut, { policy: both })).kind, "admitted", "who had left it before");
});

test("where nobody holds anything back, whoever has left the groups is deactivated", async (t) => {
  const accounts = new Accounts(account());
  const signedIn = { organization: "acme/acme", identity: stranger, at };
  const outcome = await provisionSignIn(accounts, signedIn, { policy, held: false });
  t.false(outcome.user?.access?.active);
});
