import test from "ava";
import { type Access, CompiledPolicy, noAccess, type Policies, type User } from "../../../identity/index.ts";
import { PendingDeactivations } from "../../../operator/users/pending-deactivations.ts";
import { account, ISSUER, policy, withoutMapping } from "../../identity/an-account.ts";

const KEY = account().organization;
const access = account().access as Access;
const { signal } = new AbortController();

const person = (name: string, changes: Partial<User> = {}): User =>
  account({ ref: `acme/${name}`, subject: name, ...changes });
const holding = (role: string): Access => ({
  ...access,
  grants: [{ role, mapping: "services", group: "service_admin" }],
});
const mia = person("mia", { access: holding("organization-admin") });

function scene(users: readonly User[] = []) {
  const state = {
    inForce: withoutMapping,
    hasPolicy: true,
    given: [] as string[],
    /** What happens when somebody has been handed out. */
    after: (_: User): void => {},
  };
  async function* all() {
    for (const user of users) {
      state.given.push(user.ref);
      yield user;
      state.after(user);
    }
  }
  const pending = new PendingDeactivations({
    store: { users: all, usersInGroups: async function* () {}, usersOfMapping: async function* () {} },
    policies: {
      of: () => (state.hasPolicy ? { issuer: ISSUER, policy: state.inForce, held: false } : undefined),
    } as unknown as Policies,
  });
  return { state, pending, set: () => pending.of(KEY) };
}

test("who is to lose everything is told by address, else by name, with the groups that are no longer received", (t) => {
  const { pending, set, state } = scene();
  pending.look(person("ada", { email: "ada@acme.example" }));
  pending.look(person("ben"));
  t.deepEqual(set().some(9), ["ada@acme.example", "ben"]);
  pending.look(person("di", { access: { ...access, groups: ["service_admin", "left"] } }));
  t.deepEqual([...set().missing], [], "a mapping was changed: it isn't for want of a group");
  state.inForce = policy;
  const groups = ["service_admin", "kept"];
  pending.look(person("cy", { access: { ...access, groups }, groups: [{ name: "kept" }] }));
  t.deepEqual([...set().missing], [["service_admin", 1]]);
  t.deepEqual(
    [...set().causes],
    [
      ["MappingsChanged", 3],
      ["GroupsGone", 1],
    ],
  );
});

test("an admin role that is taken is told of as well, another role isn't", (t) => {
  const { pending, set, state } = scene();
  state.inForce = policy;
  pending.look(mia);
  t.like(set(), { size: 1, deactivated: 0 });
  t.deepEqual(set().losingRole("organization-admin", 9), [["mia"], 1]);
  pending.look(person("ben", { access: holding("viewer") }));
  t.is(set().size, 1);
  pending.look(person("mia", { access: holding("service-admin") }));
  t.is(set().size, 0, "she has lost it by now");
});

test("roles whose last holders wait are named; not while somebody keeps one, nor for who is gone", (t) => {
  const { pending, state } = scene();
  t.deepEqual(pending.lastAdminRoles(KEY), []);
  pending.look(person("ben"));
  t.deepEqual(pending.lastAdminRoles(KEY), [], "he was none");
  pending.look(mia);
  t.deepEqual(pending.lastAdminRoles(KEY), ["organization-admin"]);
  state.inForce = new CompiledPolicy(
    [...policy.roles.values()],
    [{ name: "ops", groups: [{ name: "ops" }], roles: ["organization-admin"] }],
  );
  const raj = person("raj", {
    groups: [{ name: "ops" }],
    access: { ...access, grants: [{ role: "organization-admin", mapping: "ops", group: "ops" }] },
  });
  pending.look(raj);
  t.deepEqual(pending.lastAdminRoles(KEY), []);
  pending.forget(raj);
  t.deepEqual(pending.lastAdminRoles(KEY), ["organization-admin"]);
  pending.look(raj);
  pending.look({ ...raj, groups: [], access: noAccess("NoMappedGroup", "") });
  t.deepEqual(pending.lastAdminRoles(KEY), ["organization-admin"], "he holds it no longer");
  pending.forget(mia);
  t.deepEqual(pending.lastAdminRoles(KEY), []);
  state.hasPolicy = false;
  pending.look(mia);
  t.deepEqual(pending.lastAdminRoles(KEY), [], "where there is no organization");
});

test("where an organization is gone nobody is pending in it, and numbers begin anew when the last has left", (t) => {
  const { pending, state, set } = scene();
  pending.look(person("ada"));
  pending.look(person("ben"));
  const before = set();
  state.hasPolicy = false;
  pending.look(person("ada"));
  t.is(set().size, 1);
  t.is(set(), before);
  pending.forget(person("ben"));
  t.is(set().last, 0);
  state.hasPolicy = true;
  pending.look(person("ada"));
  pending.forget(person("ada"));
  pending.look(person("cy"));
  t.is(set().last, 2, "else they go on: nobody new has the number of who was approved before");
});

test("an organization whose policy hasn't changed has nobody counted; one that is left alone puts nobody off", async (t) => {
  const { pending, state } = scene([person("ada")]);
  t.is((await pending.count(KEY, signal)).size, 0);
  pending.putOff(person("ben"));
  t.deepEqual(state.given, []);
  pending.policyChanged({ organization: KEY, touched: "all" });
  t.true(pending.isCounting(KEY));
  pending.putOff(person("ben"));
  t.deepEqual([...(await pending.count(KEY, signal))], ["acme/ben", "acme/ada"]);
  t.false(pending.isCounting(KEY));
});

test("who leads no longer counts nobody, and takes no approvals back but the one at hand", async (t) => {
  const stopped = AbortSignal.abort(new Error("stopped"));
  const { pending, state, set } = scene([person("ada")]);
  pending.policyChanged({ organization: KEY, touched: "all" });
  await t.throwsAsync(pending.count(KEY, stopped), { message: "stopped" });
  t.is(set().size, 0);
  await pending.count(KEY, signal);
  t.deepEqual(state.given, ["acme/ada", "acme/ada"], "it was to be counted still");
  pending.look(person("ben"));
  set().approve(set().last);
  pending.policyChanged({ organization: KEY, touched: "all" });
  await t.throwsAsync(pending.count(KEY, stopped), { message: "stopped" });
  t.is(set().approved, 1);
  await pending.count(KEY, signal);
  t.is(set().approved, 0, "that was still to be done");
});

test("who was heard of before a second change is looked at once more: by the policy of now", async (t) => {
  const { pending, state, set } = scene([person("ada"), person("ben")]);
  state.inForce = policy;
  state.after = ({ ref }) => {
    if (ref !== "acme/ben" || state.inForce === withoutMapping) return;
    pending.look(person("ada"));
    state.inForce = withoutMapping;
    pending.policyChanged({ organization: KEY, touched: "all" });
  };
  pending.policyChanged({ organization: KEY, touched: "all" });
  await pending.count(KEY, signal);
  t.is(set().size, 2);
});

test("where nobody was ever pending, who loses nothing and who goes changes nothing", (t) => {
  const { pending, state, set } = scene();
  state.inForce = policy;
  pending.look(person("ada"));
  pending.forget(person("ada"));
  t.is(set().size, 0);
});

test("a change that touches a few is counted with one that touches all", async (t) => {
  const few = { groups: new Set(["a"]), mappings: new Set(["m"]) };
  for (const order of [
    ["all", few],
    [few, "all"],
  ] as const) {
    const { pending } = scene([person("ada")]);
    for (const touched of order) pending.policyChanged({ organization: KEY, touched });
    t.deepEqual([...(await pending.count(KEY, signal))], ["acme/ada"]);
  }
});
