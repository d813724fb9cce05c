import test from "ava";
import fc from "fast-check";
import { type Grant, grantKey, roleNames } from "../../identity/access.ts";
import type { ReceivedGroup } from "../../identity/identity.ts";
import { CompiledPolicy, type MappedGroup, type Mapping, type Role } from "../../identity/policy.ts";
import { heldAccess, keepHeldAccess, resolveAccess } from "../../identity/resolve-access.ts";

const roles: Role[] = [{ name: "service-admin", admin: true }, { name: "portal-admin" }, { name: "viewer" }];
const services: Mapping = { name: "services", groups: [{ name: "service_admin" }], roles: ["service-admin"] };
const portal: Mapping = {
  name: "portal",
  groups: [{ name: "portal_admin" }, { name: "web" }],
  roles: ["portal-admin", "viewer"],
};
const policy = new CompiledPolicy(roles, [services, portal]);

const person = (...names: string[]) => ({ groups: names.map((name) => ({ name })) });

test("somebody in a mapped group holds its roles, each with its cause", (t) => {
  const access = resolveAccess(person("service_admin", "Everyone"), policy);
  t.true(access.active);
  t.deepEqual(access.grants, [{ role: "service-admin", mapping: "services", group: "service_admin" }]);
  t.deepEqual(access.groups, ["service_admin"]);
  t.is(access.message, "In mapped groups: service_admin.");
});

test("a role that comes from two groups is listed once for each", (t) => {
  const access = resolveAccess(person("web", "portal_admin"), policy);
  t.is(access.grants.length, 4);
  t.deepEqual(roleNames(access.grants), ["portal-admin", "viewer"]);
});

test("no mapped group means no access, and the message counts what was received", (t) => {
  const none = resolveAccess(person(), policy);
  t.false(none.active);
  t.is(none.reason, "NoMappedGroup");
  t.is(none.message, "Okta reports no groups for this person.");
  t.is(
    resolveAccess(person("a", "b"), policy).message,
    "None of the 2 groups that Okta reports is in a mapping.",
  );
});

test("what comes near is named in the reason, in an order of its own, and bounded", (t) => {
  const message = (names: readonly string[], ...rules: Mapping[]) =>
    resolveAccess(person(...names), new CompiledPolicy(roles, rules)).message;
  t.is(
    message(["Service_Admin", "Everyone"], services, portal),
    'None of the 2 groups that Okta reports is in a mapping. Near miss: "Service_Admin" was received, and mapping ' +
      'services names "service_admin"; group names match exactly.',
  );
  t.is(
    message(["service_admin"], { ...services, roles: ["service-admin", "tpyo"] }),
    "The 1 group that Okta reports is not in a mapping that is in force. " +
      'In group "service_admin", but mapping services gives nothing until its roles are put right: ' +
      '"tpyo" isn\'t in the catalogue.',
  );
  const numbered: Mapping = { name: "n", groups: [{ id: "00g1", currentName: "ops" }], roles: ["viewer"] };
  for (const group of [{ name: "ops" }, { name: "ops", id: "00g2" }])
    t.is(
      resolveAccess({ groups: [group] }, new CompiledPolicy(roles, [numbered])).message,
      "The 1 group that Okta reports is not in a mapping.",
      "what the directory calls a group may change without anybody's doing",
    );
  const two = [services, { ...services, name: "too" }];
  t.notRegex(message(["Service_Admin"], ...two), / more /);
  t.regex(message(["Service_Admin"], ...two, { ...services, name: "third" }), /And 1 more like that\.$/);
  const long = "x".repeat(1_000);
  const many = Array.from({ length: 50 }, (_, i) => ({
    name: `m${i}`,
    groups: [{ name: `${long}${i}` }],
    roles: ["viewer"],
  }));
  const names = many.map(({ groups: [group] }) => group?.name.toUpperCase() ?? "");
  const bounded = message(names, ...many);
  t.is(message([...names].reverse(), ...[...many].reverse()), bounded);
  t.true(bounded.length < 1_000);
  t.regex(bounded, /And 48 more like that\.$/);
});

test("group names match exactly", (t) => {
  for (const name of ["Service_Admin", " service_admin", "service_admin ", "service-admin"]) {
    t.false(resolveAccess(person(name), policy).active, name);
  }
});

test("group names that are names of object properties are just names", (t) => {
  for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
    t.false(resolveAccess(person(name), policy).active, name);
  }
  const odd = new CompiledPolicy(roles, [
    { name: "odd", groups: [{ name: "__proto__" }], roles: ["viewer"] },
  ]);
  t.deepEqual(roleNames(resolveAccess(person("__proto__"), odd).grants), ["viewer"]);
});

test("people whom Okta doesn't let in hold nothing, whatever groups they are still in", (t) => {
  for (const status of ["SUSPENDED", "DEPROVISIONED", "STAGED", "PROVISIONED", "SOMETHING_NEW", ""]) {
    const access = resolveAccess({ status, ...person("service_admin") }, policy);
    t.false(access.active, status);
    t.is(access.reason, "NotActiveInOkta");
  }
  for (const status of ["ACTIVE", "PASSWORD_EXPIRED", "RECOVERY", "LOCKED_OUT"]) {
    t.true(resolveAccess({ status, ...person("service_admin") }, policy).active, status);
  }
});

const byID = new CompiledPolicy(roles, [
  {
    name: "numbered",
    groups: [{ id: "00g1", currentName: "ops", formerNames: ["old ops"] }],
    roles: ["viewer"],
  },
]);

test("a mapping by id matches that group and no other of its name, with an id or without", (t) => {
  t.deepEqual(resolveAccess({ groups: [{ id: "00g1", name: "whatever" }] }, byID).grants, [
    { role: "viewer", mapping: "numbered", group: "whatever", groupID: "00g1" },
  ]);
  t.false(resolveAccess({ groups: [{ id: "00g2", name: "ops" }] }, byID).active);
  for (const name of ["ops", "old ops", "00g1"]) t.false(resolveAccess(person(name), byID).active, name);
});

test("a group that is named by id and by name is found by either", (t) => {
  const both = new CompiledPolicy(roles, [
    { name: "both", groups: [{ id: "00g1", currentName: "ops" }, { name: "ops" }], roles: ["viewer"] },
  ]);
  t.true(resolveAccess(person("ops"), both).active);
  t.true(resolveAccess({ groups: [{ id: "00g2", name: "ops" }] }, both).active, "by the name");
  t.true(resolveAccess({ groups: [{ id: "00g1", name: "renamed" }] }, both).active, "by the id");
});

test("what a bare name once caused through a mapping by id stays until the person's groups are named again", (t) => {
  for (const group of ["ops", "old ops"]) {
    const held: Grant[] = [{ role: "viewer", mapping: "numbered", group }];
    t.deepEqual(resolveAccess(person(group), byID, held, "stored").grants, held);
    t.false(resolveAccess(person(group), byID, held).active, "Okta has named them just now");
    t.false(resolveAccess(person("other"), byID, held, "stored").active);
    t.false(
      resolveAccess({ groups: [{ id: "00g2", name: group }] }, byID, held, "stored").active,
      "the id says that it is another group",
    );
  }
});

test("who was moved to another group of the same name has left the one that caused what they hold", (t) => {
  const held: Grant[] = [{ role: "viewer", mapping: "gone", group: "ops", groupID: "00g1" }];
  t.is(keepHeldAccess({ groups: [{ id: "00g2", name: "ops" }] }, held), undefined);
  t.deepEqual(keepHeldAccess({ groups: [{ id: "00g1", name: "renamed" }] }, held)?.grants, held);
  t.deepEqual(
    keepHeldAccess(person("ops"), held)?.grants,
    held,
    "a name alone doesn't say that they have left",
  );
});

test("a mapping with an unknown role grants nothing of it, and takes nothing from those who hold it", (t) => {
  const edited = new CompiledPolicy(roles, [{ ...services, roles: ["service-admin", "tpyo"] }, portal]);
  const held: Grant[] = [{ role: "service-admin", mapping: "services", group: "service_admin" }];

  t.false(resolveAccess(person("service_admin"), edited).active, "nobody gets in by it");
  t.deepEqual(resolveAccess(person("service_admin"), edited, held).grants, held, "who is in stays");
  t.false(resolveAccess(person("Everyone"), edited, held).active, "who leaves the group is out");
  const joined = resolveAccess(person("service_admin", "web"), edited, held);
  t.deepEqual(
    roleNames(joined.grants),
    ["portal-admin", "service-admin", "viewer"],
    "other mappings work on",
  );
});

test("a role that is taken out of the catalogue is held by nobody", (t) => {
  const without = new CompiledPolicy([{ name: "viewer" }], [services]);
  const held: Grant[] = [{ role: "service-admin", mapping: "services", group: "service_admin" }];
  t.false(resolveAccess(person("service_admin"), without, held).active);
});

test("held access is what the person's own groups still cause", (t) => {
  const current: Grant[] = [
    { role: "viewer", mapping: "gone", group: "a" },
    { role: "portal-admin", mapping: "gone", group: "b" },
    { role: "viewer" },
  ];
  const kept = keepHeldAccess(person("a"), current);
  t.deepEqual(kept?.grants, [{ role: "viewer", mapping: "gone", group: "a" }]);
  t.is(kept?.reason, "DeactivationHeld");
  t.is(keepHeldAccess(person("c"), current), undefined);
  t.is(keepHeldAccess({ status: "SUSPENDED", ...person("a") }, current), undefined);
});

test("a name still causes what was granted by it, though the group comes with its id by now", (t) => {
  const held: Grant[] = [{ role: "viewer", mapping: "gone", group: "ops" }];
  t.deepEqual(keepHeldAccess({ groups: [{ id: "00g2", name: "ops" }] }, held)?.grants, held);
  const byItsID: Grant[] = [{ role: "viewer", mapping: "gone", group: "00g2" }];
  t.deepEqual(keepHeldAccess({ groups: [{ id: "00g2" }] }, byItsID)?.grants, byItsID);
  const withID: Grant[] = [{ role: "viewer", mapping: "numbered", group: "ops", groupID: "00g1" }];
  t.false(
    resolveAccess(person("ops"), byID, withID, "stored").active,
    "what was granted by an id wasn't caused by a bare name",
  );
});

test("what names no cause isn't kept", (t) => {
  const groups = [{ id: "1", name: "a" }];
  t.is(keepHeldAccess({ groups }, [{ role: "viewer", mapping: "m", groupID: "1" }]), undefined);
  t.is(keepHeldAccess({ groups }, [{ role: "viewer", group: "a" }]), undefined);
});

test("the groups that count are sorted, and the message names three of them and how many more there are", (t) => {
  const wide = new CompiledPolicy(roles, [
    { name: "m1", groups: [{ name: "z" }], roles: ["portal-admin"] },
    { name: "m2", groups: ["a", "b", "c"].map((name) => ({ name })), roles: ["viewer"] },
  ]);
  const access = resolveAccess(person("z", "b", "a"), wide);
  t.deepEqual(access.groups, ["a", "b", "z"]);
  t.is(access.message, "In mapped groups: a, b, z.");
  t.is(resolveAccess(person("z", "b", "a", "c"), wide).message, "In mapped groups: a, b, c and 1 more.");
  t.is(heldAccess(access.grants).message, "Access through a, b, z is kept while the deactivation is held.");
  t.is(resolveAccess(person("other"), wide).message, "The 1 group that Okta reports is not in a mapping.");
});

test("of more causes than a store can keep, one of each mapping is kept, or one of each role", (t) => {
  const names = (count: number) => Array.from({ length: count }, (_, i) => `g${String(i).padStart(5, "0")}`);
  const ofOne = (count: number) =>
    resolveAccess(
      person(...names(count)),
      new CompiledPolicy(roles, [
        { name: "m", groups: names(count).map((name) => ({ name })), roles: ["viewer"] },
      ]),
    );
  t.is(ofOne(2000).grants.length, 2000);
  t.deepEqual(ofOne(2001).grants, [{ role: "viewer", mapping: "m", group: "g00000" }]);
  t.is(ofOne(2001).groups.length, 2001);
  const ofMany = (count: number, given = ["viewer"]) =>
    resolveAccess(
      person("a", "b"),
      new CompiledPolicy(
        roles,
        names(count).map((name) => ({ name, groups: [{ name: "a" }, { name: "b" }], roles: given })),
      ),
    );
  t.is(ofMany(2000).grants.length, 2000, "one of each mapping");
  t.deepEqual(ofMany(2001).grants, [{ role: "viewer", mapping: "g00000", group: "a" }]);
  t.deepEqual(roleNames(ofMany(2001, ["viewer", "portal-admin"]).grants), ["portal-admin", "viewer"]);
});

// Laws, on arbitrary policies of few names, so that collisions are frequent.
const groupName = fc.constantFrom("a", "b", "c", "d", "A", " a", "__proto__");
const groupID = fc.constantFrom("1", "2", "3");
const group: fc.Arbitrary<ReceivedGroup> = fc.oneof(
  fc.record({ name: groupName }),
  fc.record({ name: groupName, id: groupID }),
  fc.record({ id: groupID }),
);
const mapped: fc.Arbitrary<MappedGroup> = fc.oneof(
  fc.record({ name: groupName }),
  fc.record(
    { id: groupID, currentName: groupName, formerNames: fc.array(groupName, { maxLength: 2 }) },
    { requiredKeys: ["id"] },
  ),
);
const roleName = fc.constantFrom("r1", "r2", "r3", "unknown");
const mapping = fc.record({
  name: fc.constantFrom("m1", "m2", "m3", "m4", "m5"),
  groups: fc.array(mapped, { minLength: 1, maxLength: 4 }),
  roles: fc.uniqueArray(roleName, { minLength: 1, maxLength: 3 }),
});
const mappings = fc.uniqueArray(mapping, { selector: ({ name }) => name, maxLength: 5 });
const groups = fc.uniqueArray(group, { selector: ({ name, id }) => `${name} ${id}`, maxLength: 5 });
const grants: fc.Arbitrary<Grant[]> = fc.array(
  fc.record(
    { role: roleName, mapping: fc.constantFrom("m1", "m2", "gone"), group: groupName, groupID },
    { requiredKeys: ["role", "mapping", "group"] },
  ),
  { maxLength: 4 },
);
const catalogue: Role[] = [{ name: "r1" }, { name: "r2" }, { name: "r3" }];
const policyOf = (rules: Mapping[]) => new CompiledPolicy(catalogue, rules);
const keys = (held: readonly Grant[]) => new Set(held.map(grantKey));

test("law: the order of groups, mappings and grants never matters", (t) => {
  fc.assert(
    fc.property(mappings, groups, grants, (rules, received, current) => {
      const one = resolveAccess({ groups: received }, policyOf(rules), current);
      const other = resolveAccess(
        { groups: [...received].reverse() },
        policyOf([...rules].reverse()),
        [...current].reverse(),
      );
      t.deepEqual(one, other);
    }),
  );
});

test("law: roles are the union over groups and over mappings", (t) => {
  fc.assert(
    fc.property(mappings, groups, (rules, received) => {
      const rolesOf = (...every: { grants: readonly Grant[] }[]) =>
        [...keys(every.flatMap((access) => access.grants))].sort();
      const whole = rolesOf(resolveAccess({ groups: received }, policyOf(rules)));
      t.deepEqual(
        rolesOf(...received.map((one) => resolveAccess({ groups: [one] }, policyOf(rules)))),
        whole,
      );
      t.deepEqual(
        rolesOf(...rules.map((one) => resolveAccess({ groups: received }, policyOf([one])))),
        whole,
      );
    }),
  );
});

test("law: deciding again from the outcome changes nothing", (t) => {
  fc.assert(
    fc.property(
      mappings,
      groups,
      grants,
      fc.constantFrom("fresh" as const, "stored" as const),
      (rules, received, current, groupsAre) => {
        const once = resolveAccess({ groups: received }, policyOf(rules), current, groupsAre);
        t.deepEqual(resolveAccess({ groups: received }, policyOf(rules), once.grants, groupsAre), once);
      },
    ),
  );
});

test("law: nobody gets anything by a mapping of ids whose id they didn't come with", (t) => {
  fc.assert(
    fc.property(mappings, groups, (rules, received) => {
      const ids = new Set(received.flatMap(({ id }) => id ?? []));
      for (const { mapping: by, group } of resolveAccess({ groups: received }, policyOf(rules)).grants) {
        const wanted = rules.find(({ name }) => name === by)?.groups ?? [];
        t.true(wanted.some(({ name, id }) => (id === undefined ? name === group : ids.has(id))));
      }
    }),
  );
});

test("law: what a group is called makes no difference to what its id gives", (t) => {
  fc.assert(
    fc.property(mappings, groups, groupName, (rules, received, newName) => {
      const ofIDs = rules.map((rule) => ({
        ...rule,
        groups: rule.groups.filter(({ id }) => id !== undefined),
      }));
      const rolesOf = (person: readonly ReceivedGroup[]) =>
        roleNames(resolveAccess({ groups: person }, policyOf(ofIDs)).grants);
      const renamed = received.map((each) => ({ ...each, name: newName }));
      t.deepEqual(rolesOf(renamed), rolesOf(received));
    }),
  );
});

test("law: leaving a group or removing a mapping never adds a role", (t) => {
  fc.assert(
    fc.property(mappings, groups, grants, fc.nat(), (rules, received, current, index) => {
      const before = keys(resolveAccess({ groups: received }, policyOf(rules), current).grants);
      const left = received.filter((_, i) => i !== index % (received.length || 1));
      const after = keys(resolveAccess({ groups: left }, policyOf(rules), current).grants);
      t.true(after.isSubsetOf(before));
      const fewer = rules.filter((_, i) => i !== index % (rules.length || 1));
      t.true(keys(resolveAccess({ groups: received }, policyOf(fewer), current).grants).isSubsetOf(before));
    }),
  );
});

test("law: every grant has a cause that is true, active means holding something", (t) => {
  fc.assert(
    fc.property(mappings, groups, grants, (rules, received, current) => {
      const access = resolveAccess({ groups: received }, policyOf(rules), current);
      t.is(access.active, access.grants.length > 0);
      for (const grant of access.grants) {
        t.true(
          received.some(
            ({ name, id }) => name === grant.group || (id ?? "") === (grant.groupID ?? grant.group),
          ),
        );
        const rule = rules.find(({ name }) => name === grant.mapping);
        t.truthy(rule, "no grant of a mapping that is gone");
      }
    }),
  );
});

const VIEWER = { name: "viewer" };
const STAFF = { name: "staff", groups: [{ name: "staff" }], roles: ["viewer"] };
const HELD_BY_STAFF = [{ role: "viewer", mapping: "staff", group: "staff" }];

test("a paused mapping takes nothing, whatever was edited and whatever groups are left, and gives nothing new", (t) => {
  const paused = { ...STAFF, groups: [{ name: "others" }], roles: ["viewer"], paused: true as const };
  const policy = new CompiledPolicy([VIEWER], [paused]);
  for (const groups of [[], [{ name: "staff" }], [{ name: "others" }]])
    t.deepEqual(resolveAccess({ groups }, policy, HELD_BY_STAFF).grants, HELD_BY_STAFF);
  const refused = resolveAccess({ groups: [{ name: "others" }] }, policy);
  t.like(refused, { active: false, reason: "NoMappedGroup" });
  t.is(
    refused.message,
    "The 1 group that Okta reports is not in a mapping that is in force. " +
      'In group "others", but mapping staff is paused and gives nothing new.',
  );
  t.false(resolveAccess({ groups: [], status: "SUSPENDED" }, policy, HELD_BY_STAFF).active);
});

test("a pause of one mapping concerns no other, and ends with it", (t) => {
  const portal = { name: "portal", groups: [{ name: "staff" }], roles: ["editor"] };
  const policy = new CompiledPolicy([VIEWER, { name: "editor" }], [{ ...STAFF, paused: true }, portal]);
  const by = (groups: string[], current = HELD_BY_STAFF): string[] =>
    resolveAccess({ groups: groups.map((name) => ({ name })) }, policy, current).grants.map(
      ({ role }) => role,
    );
  t.deepEqual(by(["staff"]), ["editor", "viewer"]);
  t.deepEqual(by([], [...HELD_BY_STAFF, { role: "editor", mapping: "portal", group: "staff" }]), ["viewer"]);
  t.deepEqual([...policy.namesOutOfForce()], ["staff"]);
  t.true(policy.isOutOfForce("staff"));
  policy.setMapping(STAFF);
  t.deepEqual([...policy.namesOutOfForce()], []);
  t.false(policy.isOutOfForce("staff"));
  t.deepEqual(by(["staff"], []), ["editor", "viewer"], "it gives again");
  t.deepEqual(by([]), [], "and takes");
  policy.setMapping({ ...STAFF, paused: true });
  policy.setRoles([{ name: "editor" }]);
  t.deepEqual(by([]), [], "a role that is no longer in the catalogue is nobody's");
  policy.removeMapping("staff");
  t.false(policy.isPaused("staff"));
});
