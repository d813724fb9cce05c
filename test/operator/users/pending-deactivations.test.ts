import test from "ava";
import type { Organization } from "../../../crds/types.ts";
import {
  type Access,
  CompiledPolicy,
  isActive,
  type Policies,
  type Touched,
  type User,
} from "../../../identity/index.ts";
import { DeactivationHold } from "../../../operator/users/deactivation-hold.ts";
import { PendingDeactivations } from "../../../operator/users/pending-deactivations.ts";
import { reconcileUser } from "../../../operator/users/reconcile-user.ts";
import { UnfinishedSignIns } from "../../../operator/users/unfinished-sign-ins.ts";
import { ADA } from "../ada.ts";

const GRANT = { role: "service-admin", group: "service_admin" };

/** Somebody like Ada, who holds a role by one mapping. */
function person(name: string, changes: Partial<User> = {}): User {
  return { ...ADA, ref: `access/${name}`, subject: `00u${name}`, ...changes };
}

/** Whom a change of the other mapping doesn't touch. */
function late(name: string, mapping = "later"): User {
  return person(name, { access: { ...(ADA.access as Access), grants: [{ ...GRANT, mapping }] } });
}

/** Another organization's. */
function elsewhere(name: string): User {
  return person(name, { organization: "access/other" });
}

/**
 * Organizations whose one mapping was deleted, and a store that hands its users out when it is told to. A change
 * touches whoever is in the mapping.
 */
function scene(users: User[]) {
  const policy = new CompiledPolicy([{ name: "service-admin" }]);
  const organization = { spec: { safeguards: { maxDeactivations: "20%" } }, metadata: {} };
  const inForce = { issuer: ADA.issuer, policy, held: false };
  const organizations = { get: () => organization as unknown as Organization };
  const policies = { of: () => inForce } as unknown as Policies;
  const gates = new Map<string, () => void>();
  const failures: Error[] = [];
  async function* inTurn(some: User[]): AsyncGenerator<User> {
    for (const user of some) {
      await new Promise<void>((resolve) => gates.set(user.organization, resolve));
      const failure = failures.shift();
      if (failure) throw failure;
      yield user;
    }
  }
  const of = (key: string) => users.filter((user) => user.organization === key);
  const store = {
    read: async (ref: string) => users.find((user) => user.ref === ref),
    users: (key: string) => inTurn(of(key)),
    usersInGroups: () => inTurn([]),
    usersOfMapping: (key: string, mapping: string) =>
      inTurn(of(key).filter((user) => user.access?.grants.some((grant) => grant.mapping === mapping))),
    update: async () => {
      throw new Error("written");
    },
  };
  const pending = new PendingDeactivations({ store, policies });
  const counts = {
    activeFromOkta: (key: string) => of(key).filter(isActive).length,
    deactivatedSince: () => 0,
  };
  const localAdmins = { canGetIn: () => false };
  const hold = new DeactivationHold({ organizations, pending, policies, counts, localAdmins });
  /** Lets the store hand out one more user of an organization, as soon as it is asked for one. */
  const next = async (key = ADA.organization): Promise<void> => {
    while (!gates.has(key)) await new Promise(setImmediate);
    gates.get(key)?.();
    gates.delete(key);
    await new Promise(setImmediate);
  };
  const reconcile = (ref: string) =>
    reconcileUser(ref, {
      store: store as never,
      policies,
      pending,
      hold,
      audit: { write: () => {} } as never,
      unfinished: new UnfinishedSignIns(),
      cacheLag: { isCurrent: () => true },
    });
  return { pending, hold, next, reconcile, failures, inForce };
}

const deleted: Touched = { groups: new Set(["service_admin"]), mappings: new Set(["services"]) };
const { signal } = new AbortController();
const sixPeople = () => Array.from({ length: 6 }, (_, i) => person(`p${i}`));

test("until everybody is counted, a changed policy takes nothing from anybody; then those who were put off come again", async (t) => {
  const { pending, hold, next, reconcile } = scene([...sixPeople(), late("untouched")]);
  pending.policyChanged({ organization: ADA.organization, touched: deleted });
  t.is(hold.state(ADA.organization), undefined, "from the moment of the change");
  const counted = pending.count(ADA.organization, signal);
  for (let i = 0; i < 4; i++) {
    await next();
    t.is(hold.state(ADA.organization), undefined, "four of six would not be too many");
    for (const ref of ["access/p0", "access/untouched"])
      t.is((await reconcile(ref)).kind, "done", "nothing is written");
  }
  for (let i = 0; i < 2; i++) await next();
  t.true((await counted).isSupersetOf(new Set(["access/p0", "access/untouched"])));
  t.like(hold.state(ADA.organization), { pending: 6, held: true });
});

test("a second change during a count is counted with the first, and ends nothing early", async (t) => {
  const { pending, hold, next } = scene([...sixPeople(), late("one"), late("another", "last")]);
  const organization = ADA.organization;
  pending.policyChanged({ organization, touched: deleted });
  const counted = pending.count(organization, signal);
  for (let i = 0; i < 5; i++) await next();
  for (const mapping of ["later", "last"])
    pending.policyChanged({
      organization,
      touched: { groups: new Set([mapping]), mappings: new Set([mapping]) },
    });
  await next();
  t.is(hold.state(organization), undefined, "the first change's people are counted, the second's aren't");
  await next();
  await next();
  t.true((await counted).isSupersetOf(new Set(["access/one", "access/another"])));
  t.like(hold.state(organization), { pending: 8, held: true });
});

test("organizations are counted independently", async (t) => {
  const { pending, hold, next } = scene([...sixPeople(), elsewhere("x")]);
  pending.policyChanged({ organization: ADA.organization, touched: "all" });
  const counted = pending.count(ADA.organization, signal);
  await next();
  t.like(hold.state("access/other"), { pending: 0, held: false });
  pending.policyChanged({ organization: "access/other", touched: "all" });
  const other = pending.count("access/other", signal);
  for (let i = 0; i < 5; i++) await next();
  await counted;
  t.like(hold.state(ADA.organization), { pending: 6, held: true });
  t.is(hold.state("access/other"), undefined);
  await next("access/other");
  t.deepEqual([...(await other)], ["access/x"]);
  t.like(hold.state("access/other"), { pending: 1, held: false });
});

test("what is heard of somebody during a count overrules what the count has read", async (t) => {
  const { pending, hold, next } = scene(sixPeople());
  pending.policyChanged({ organization: ADA.organization, touched: "all" });
  const counted = pending.count(ADA.organization, signal);
  await next();
  pending.look(person("p0", { oktaStatus: "SUSPENDED" }));
  pending.look(person("p4", { oktaStatus: "SUSPENDED" }));
  pending.forget(person("p5"));
  for (let i = 0; i < 5; i++) await next();
  await counted;
  t.like(hold.state(ADA.organization), { pending: 3 });
});

test("a count that fails isn't over: it is made again, and until then nobody is deactivated", async (t) => {
  const { pending, hold, next, reconcile, failures } = scene(sixPeople());
  pending.policyChanged({ organization: ADA.organization, touched: "all" });
  const failing = t.throwsAsync(pending.count(ADA.organization, signal), { message: "unreadable" });
  await next();
  failures.push(new Error("unreadable"));
  await next();
  await failing;
  t.is(hold.state(ADA.organization), undefined);
  t.is((await reconcile("access/p5")).kind, "done");
  const counted = pending.count(ADA.organization, signal);
  for (let i = 0; i < 6; i++) await next();
  await counted;
  t.like(hold.state(ADA.organization), { pending: 6, held: true });
});

test("a change takes approvals back before anybody is counted, and not in the turn in which it is heard of", async (t) => {
  const { pending, hold, next, reconcile, failures } = scene(sixPeople());
  const organization = ADA.organization;
  const counted = async (): Promise<void> => {
    const counting = pending.count(organization, signal);
    for (let i = 0; i < 6; i++) await next();
    await counting;
  };
  pending.policyChanged({ organization, touched: "all" });
  await counted();
  pending.of(organization).approve(pending.of(organization).last);

  pending.policyChanged({ organization, touched: "all" });
  t.is(pending.of(organization).approved, 6, "that may be all people: nobody waits for it");
  t.is(hold.state(organization), undefined);
  t.is((await reconcile("access/p0")).kind, "done", "and yet nothing is written");

  const failing = t.throwsAsync(pending.count(organization, signal), { message: "unreadable" });
  failures.push(new Error("unreadable"));
  await next();
  await failing;
  t.is(pending.of(organization).approved, 0);
  await counted();
  t.like(hold.state(organization), { pending: 6, held: true });
});

test("a policy that changes again while approvals are taken back is counted as well, and approves nobody", async (t) => {
  const { pending, hold, next } = scene([...sixPeople(), late("one")]);
  const organization = ADA.organization;
  pending.policyChanged({ organization, touched: deleted });
  let counting = pending.count(organization, signal);
  for (let i = 0; i < 6; i++) await next();
  await counting;
  pending.of(organization).approve(pending.of(organization).last);

  pending.policyChanged({ organization, touched: deleted });
  counting = pending.count(organization, signal);
  pending.policyChanged({ organization, touched: { groups: new Set(), mappings: new Set(["later"]) } });
  for (let i = 0; i < 6; i++) await next();
  t.is(hold.state(organization), undefined);
  await next();
  t.true((await counting).has("access/one"));
  t.is(pending.of(organization).approved, 0);
  t.like(hold.state(organization), { pending: 7, held: true });
});
