import test from "ava";
import type { Organization } from "../../../crds/types.ts";
import {
  type Identity,
  LocalAdmins,
  noAccess,
  resolveStoredAccess,
  type User,
  UserCounts,
  type UserEvent,
} from "../../../identity/index.ts";
import { type Allowance, SignInLosses } from "../../../webhook/sign-in/sign-in-losses.ts";
import * as one from "../../identity/an-account.ts";

const ACME = "acme/acme";
const inForce = { issuer: one.ISSUER, policy: one.policy, held: false };
const account = (subject: string): User => one.account({ ref: `acme/${subject}`, subject });

/** Times of accounts are stored to the second. */
const thisSecond = (): number => Math.floor(Date.now() / 1000) * 1000;

/** People with accounts, and a store that tells of what is done to them. */
function scene(count: number, status: Organization["status"] = {}) {
  const organization = { spec: { safeguards: { maxDeactivations: "20%" } }, status } as Organization;
  const users = new Map<string, User>();
  const listeners: ((event: UserEvent) => void)[] = [];
  const store = {
    find: async (_: string, { subject }: { subject: string }) => users.get(subject),
    subscribe: (listener: (event: UserEvent) => void) => {
      listeners.push(listener);
      return () => {};
    },
  };
  const losses = new SignInLosses({
    store,
    counts: new UserCounts(store),
    localAdmins: new LocalAdmins(store, "product"),
  });
  const put = (subject: string, user: User): void => {
    const previous = users.get(subject);
    users.set(subject, user);
    for (const listener of listeners)
      listener(previous ? { kind: "updated", user, previous } : { kind: "added", user });
  };
  for (let i = 0; i < count; i++) put(`person${i}`, account(`person${i}`));
  const allow = (subject: string, groupsFrom: Identity["groupsFrom"]): Promise<Allowance | undefined> =>
    losses.allow(ACME, organization, inForce, { ...one.identity(), subject, groupsFrom });
  const deactivate = (
    subject: string,
    groupsFrom: Identity["groupsFrom"],
    reason = "NoMappedGroup",
    at = thisSecond(),
  ): void =>
    put(subject, {
      ...account(subject),
      groups: [],
      groupsFrom,
      access: noAccess(reason as "NoMappedGroup", ""),
      activeSince: at,
      sessionEpoch: 1,
    });
  const decide = async (subject: string, groupsFrom: Identity["groupsFrom"] = "Claim"): Promise<string> => {
    const allowance = await allow(subject, groupsFrom);
    return allowance?.decide(users.get(subject) ?? account(subject), noAccess("NoMappedGroup", "")) ?? "lost";
  };
  const leave = (subject: string, groupsFrom: Identity["groupsFrom"] = "Claim"): void =>
    put(subject, { ...account(subject), groups: [], groupsFrom, decided: false });
  return { users, allow, deactivate, decide, leave, put };
}

test("of many who come without the claim at once, four may lose their access, as few as are never held", async (t) => {
  const { users, allow } = scene(14);
  const allowed = await Promise.all([...users.keys()].map((subject) => allow(subject, "MissingClaim")));
  t.is(allowed.filter((allowance) => allowance !== undefined).length, 4);
});

test("who is being deactivated counts once, while that is under way and when it is stored", async (t) => {
  const { allow, deactivate } = scene(14);
  for (let i = 0; i < 3; i++) {
    const allowance = await allow(`person${i}`, "MissingClaim");
    deactivate(`person${i}`, "MissingClaim");
    if (i < 2) allowance?.[Symbol.dispose]();
  }
  t.truthy(await allow("person3", "MissingClaim"));
  t.truthy(await allow("person3", "MissingClaim"), "from two tabs");
  t.is(await allow("person4", "MissingClaim"), undefined, "would be the fifth");
});

test("without the claim as with it, what is over the limit waits for approval, however slowly people come", async (t) => {
  const { decide, deactivate } = scene(100);
  for (let i = 0; i < 20; i++) deactivate(`person${i}`, "Claim");
  t.is(
    await decide("person20", "MissingClaim"),
    "hold",
    "nobody has lost anything for want of the claim yet",
  );
  const few = scene(100);
  for (let i = 0; i < 10; i++) few.deactivate(`person${i}`, "Claim");
  t.is(await few.decide("person10", "MissingClaim"), "leave", "other replicas may be at it, too");
});

test("while deactivations are held, who comes without the claim keeps their access as everybody does", async (t) => {
  const { decide, leave } = scene(100, { conditions: [HELD] });
  t.is(await decide("person0", "MissingClaim"), "hold");
  for (let i = 0; i < 20; i++) leave(`person${i}`);
  t.is(await decide("person20", "MissingClaim"), "hold");
});

test("those who are held for want of the claim count as well: with the fifth it is lost", async (t) => {
  const { allow, decide, leave } = scene(100, { conditions: [HELD] });
  for (let i = 10; i < 30; i++) leave(`person${i}`);
  for (let i = 0; i < 4; i++) {
    t.is(await decide(`person${i}`, "MissingClaim"), "hold");
    leave(`person${i}`, "MissingClaim");
  }
  t.is(await decide("person3", "MissingClaim"), "hold", "the fourth again");
  t.is(await allow("person4", "MissingClaim"), undefined);
  const atOnce = scene(100, { conditions: [HELD] });
  for (let i = 10; i < 30; i++) atOnce.leave(`person${i}`);
  const allowed = await Promise.all(
    [0, 1, 2, 3, 4, 5].map((i) => atOnce.allow(`person${i}`, "MissingClaim")),
  );
  t.is(allowed.filter((allowance) => allowance !== undefined).length, 4);
});

test("between the two writes of a sign-in, whoever is being deactivated counts once as well", async (t) => {
  const missing = scene(14);
  for (let i = 0; i < 4; i++) {
    t.truthy(await missing.allow(`person${i}`, "MissingClaim"));
    missing.leave(`person${i}`, "MissingClaim");
  }
  t.is(await missing.allow("person4", "MissingClaim"), undefined);
  const groups = scene(100);
  for (let i = 0; i < 9; i++) {
    t.is(await groups.decide(`person${i}`), "take");
    groups.leave(`person${i}`);
  }
  t.is(await groups.decide("person9"), "take", "the tenth");
  t.is(await groups.decide("person10"), "leave");
});

test("a sign-in that came to nothing leaves room for another", async (t) => {
  const { allow } = scene(14);
  const allowed: (Allowance | undefined)[] = [];
  for (let i = 0; i < 4; i++) allowed.push(await allow(`person${i}`, "MissingClaim"));
  t.is(await allow("person4", "MissingClaim"), undefined);
  allowed[0]?.[Symbol.dispose]();
  t.truthy(await allow("person4", "MissingClaim"));
});

test("of a hundred whose groups give nothing any more, all at once, a tenth is out at once, as many are left to the operator, the others held", async (t) => {
  const { decide, leave } = scene(100);
  const decisions: string[] = [];
  for (let i = 0; i < 100; i++) {
    const decision = await decide(`person${i}`);
    decisions.push(decision);
    if (decision !== "take") leave(`person${i}`);
  }
  t.deepEqual(decisions, [
    ...Array<string>(10).fill("take"),
    ...Array<string>(10).fill("leave"),
    ...Array<string>(80).fill("hold"),
  ]);
});

test("who is asked about again, since somebody else wrote first, is one and not two", async (t) => {
  const { allow } = scene(14);
  const allowed: (Allowance | undefined)[] = [];
  for (let i = 0; i < 4; i++) allowed.push(await allow(`person${i}`, "MissingClaim"));
  const out = noAccess("NoMappedGroup", "");
  t.is(allowed[0]?.decide(account("person0"), out), "take");
  t.is(allowed[0]?.decide(account("person0"), out), "take");
  t.is(allowed[3]?.decide(account("person3"), out), "leave");
  t.is(allowed[3]?.decide(account("person4"), out), "hold", "another account would be the fifth");
});

test("who waits for the operator already is left to it again", async (t) => {
  const { decide, leave } = scene(100);
  for (let i = 0; i < 20; i++) if ((await decide(`person${i}`)) !== "take") leave(`person${i}`);
  t.is(await decide("person19"), "leave");
});

test("two replicas that haven't heard of each other take no more than the limit together", async (t) => {
  const replicas = [scene(100), scene(100)];
  let taken = 0;
  for (let i = 0; i < 50; i++) {
    for (const [which, { decide, deactivate }] of replicas.entries()) {
      const subject = `person${2 * i + which}`;
      if ((await decide(subject)) !== "take") continue;
      taken++;
      deactivate(subject, "Claim");
    }
  }
  t.is(taken, 20);
});

test("deactivations of all causes add up, but for those that are certain or settled", async (t) => {
  const { decide, deactivate } = scene(100);
  for (let i = 0; i < 30; i++) deactivate(`person${i}`, "Claim", "NotActiveInOkta");
  t.is(await decide("person99"), "take", "Okta's status says so");
  const causes = scene(100);
  for (let i = 0; i < 10; i++) causes.deactivate(`person${i}`, "Claim", "IssuerChanged");
  for (let i = 10; i < 20; i++) causes.deactivate(`person${i}`, "MissingClaim");
  t.is(await causes.decide("person99"), "hold");
  const at = thisSecond();
  const settled = scene(100, { deactivationsSettledTime: new Date(at + 999).toISOString() });
  for (let i = 0; i < 20; i++) settled.deactivate(`person${i}`, "Claim", "NoMappedGroup", at);
  t.is(await settled.decide("person99"), "take", "somebody has approved them");
});

const HELD = {
  type: "DeactivationsWithinLimit",
  status: "False" as const,
  reason: "DeactivationsHeld",
  message: "",
  lastTransitionTime: new Date().toISOString(),
};

test("while deactivations are held, nobody else loses anything by signing in", async (t) => {
  t.is(await scene(100, { conditions: [HELD] }).decide("person0"), "hold");
});

const ADMIN_GRANTS = [{ role: "organization-admin", mapping: "admins", group: "admins" }];
const admin = (subject: string): User => ({
  ...account(subject),
  access: { active: true, grants: ADMIN_GRANTS, groups: ["admins"], reason: "MappedGroup", message: "" },
});
const DEMOTED = resolveStoredAccess(account("ada"), inForce);
const OUT = noAccess("NoMappedGroup", "");

test("a sign-in takes no admin role, and no admin's account: whether others are left is for the operator to say", async (t) => {
  const { allow, put } = scene(100);
  for (const subject of ["ada", "ben", "cy"]) put(subject, admin(subject));
  for (const access of [DEMOTED, OUT])
    t.is((await allow("ada", "Claim"))?.decide(admin("ada"), access), "leave");
  t.is((await allow("ada", "MissingClaim"))?.decide(admin("ada"), OUT), "leave");
  t.is((await allow("ada", "Claim"))?.decide(account("ada"), DEMOTED), "take", "no admin");
});

test("where a local admin gets in anyway, a sign-in takes admin roles as it takes others", async (t) => {
  const { allow, put } = scene(100);
  put("ada", admin("ada"));
  put("mia", one.local({ ref: "acme/mia", localRoles: ["organization-admin"], serviceAccountName: "mia" }));
  for (const access of [DEMOTED, OUT])
    t.is((await allow("ada", "Claim"))?.decide(admin("ada"), access), "take");
});

test("while something is held, an admin who signs in keeps the role, local admin or not", async (t) => {
  const { allow, put } = scene(100, { conditions: [HELD] });
  put("ada", admin("ada"));
  put("mia", one.local({ ref: "acme/mia", localRoles: ["organization-admin"], serviceAccountName: "mia" }));
  t.is((await allow("ada", "Claim"))?.decide(admin("ada"), DEMOTED), "hold");
});
