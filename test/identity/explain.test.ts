import test from "ava";
import { type Circumstances, type Explained, explain, explainNoAccess } from "../../identity/explain.ts";
import type { Mapping } from "../../identity/policy.ts";
import { grantedAccess } from "../../identity/resolve-access.ts";
import { account, identity, local } from "./an-account.ts";
import { by, CATALOGUE, SERVICES, without } from "./explained.ts";

const codes = (person: Explained, circumstances: Circumstances, role = "service-admin") => {
  const [explained] = explain(person, circumstances, [role]).roles;
  return [...(explained?.obstacles ?? []), ...(explained?.mappings ?? [])].map(({ code }) => code);
};

test("of the mappings that would give a role the most telling come first", (t) => {
  const giving = (name: string, group: object, more: Partial<Mapping> = {}): Mapping => {
    return { name, groups: [group], roles: ["service-admin"], ...more };
  };
  const mappings = [
    giving("a-other", { name: "marketing" }),
    giving("b-by-id", { id: "00g1", currentName: "ops" }),
    giving("c-case", { name: "Web" }),
    giving("d-suspended", { name: "x" }, { roles: ["service-admin", "tpyo"] }),
    giving("e-paused", { name: "x" }, { paused: true }),
    giving("f-paused", { name: "web" }, { paused: true }),
    giving("g-in-force", { name: "web" }),
    giving("h-namesake", { id: "00g9", currentName: "dev" }),
    giving("i-another-role", { name: "web" }, { roles: ["organization-admin"] }),
  ];
  const groups = [{ name: "web" }, { name: "ops" }, { name: "dev", id: "00g8" }];
  const user = without(groups, { oktaStatus: "SUSPENDED" });
  for (const rules of [mappings, mappings.toReversed()]) {
    const [explained] = explain({ user }, by(rules), ["service-admin"]).roles;
    t.deepEqual(
      explained?.mappings.map(({ mapping, code }) => [mapping, code]),
      [
        ["g-in-force", "InGroup"],
        ["f-paused", "MappingPaused"],
        ["c-case", "NameDiffers"],
        ["b-by-id", "NameWithoutID"],
        ["h-namesake", "OtherGroupOfName"],
        ["a-other", "NotInGroups"],
        ["d-suspended", "MappingSuspended"],
        ["e-paused", "MappingPaused"],
      ],
    );
    t.deepEqual(explained?.obstacles, [{ code: "NotActiveInOkta", status: "SUSPENDED" }]);
  }
});

test("of one mapping five groups or near misses are named, each once", (t) => {
  const names = ["a", "b", "c", "d", "e", "f"];
  const many = {
    ...SERVICES,
    groups: names.map((name) => ({ name })),
    roles: CATALOGUE.map(({ name }) => name),
  };
  const gaps = (...groups: string[]) => {
    const user = without(
      groups.map((name) => ({ name })),
      { oktaStatus: "SUSPENDED" },
    );
    return explain({ user }, by([many]), ["service-admin"]).roles[0]?.mappings;
  };
  t.deepEqual(gaps(...names), [{ code: "InGroup", mapping: "services", groups: names.slice(0, 5) }]);
  t.deepEqual(gaps("x"), [{ code: "NotInGroups", mapping: "services", groups: names.slice(0, 5), total: 6 }]);
  t.is(gaps("A", "B", "C", "D", "E", "F")?.length, 5);
});

test("of the causes of one role twenty are told, and how many more there are", (t) => {
  const grants = Array.from({ length: 23 }, (_, i) => {
    return { role: "service-admin", mapping: "services", group: `g${i + 10}` };
  });
  const other = { role: "organization-admin", mapping: "services", group: "a" };
  const user = account({ access: grantedAccess([...grants, other], "MappedGroup") });
  const [explained] = explain({ user }, by([]), ["service-admin"]).roles;
  t.is(explained?.causes.length, 20);
  t.deepEqual(explained?.causes[0], { ...grants[0], code: "NotTakenYet" });
  t.is(explained?.more, 3);
});

test("what hinders somebody is told to the last, and nothing that doesn't", (t) => {
  const near = identity("Service_Admin");
  const stranger = { ...near, issuer: "https://old.okta.com", status: "SUSPENDED" };
  const cases: [Explained, Circumstances, string, string[]][] = [
    [{}, by([SERVICES]), "service-admin", ["NoAccount", "NotInGroups"]],
    [{ identity: near }, by([SERVICES]), "service-admin", ["NoAccount", "NameDiffers"]],
    [
      { identity: stranger },
      by([SERVICES]),
      "service-admin",
      ["NoAccount", "NotActiveInOkta", "IssuerChanged"],
    ],
    [{ user: without([]) }, by([SERVICES]), "service-admin", ["NotInGroups"]],
    [{ user: without([]) }, by([SERVICES]), "organization-admin", ["NoMapping"]],
    [{ user: without([]) }, by([SERVICES]), "tpyo", ["RoleUnknown", "NoMapping"]],
    [{ user: local() }, by([SERVICES]), "organization-admin", ["LocalAccount"]],
    [
      { user: local({ localRoles: ["service-admin"] }) },
      by([]),
      "service-admin",
      ["NotAppliedYet", "LocalAccount"],
    ],
    [{ user: account() }, { inForce: undefined }, "tpyo", ["OrganizationNotFound"]],
    [
      { user: without([], { groupsFrom: "MissingClaim" }) },
      { ...by([SERVICES], { paused: true }), claim: "ClaimLost" },
      "service-admin",
      ["OrganizationPaused", "ClaimLost", "ClaimMissing", "NotInGroups"],
    ],
    [
      { user: without([{ name: "service_admin" }]) },
      by([SERVICES]),
      "service-admin",
      ["NotAppliedYet", "InGroup"],
    ],
  ];
  for (const [person, circumstances, role, expected] of cases)
    t.deepEqual(codes(person, circumstances, role), expected);
});

test("an explanation says whether there is an account, and what of it is known", (t) => {
  t.deepEqual(explain({}, by([]), []), { account: "None", roles: [] });
  t.deepEqual(explain({ identity: identity("b", "a") }, by([]), []), {
    account: "None",
    received: { from: "Claim", groups: ["a", "b"], total: 2 },
    roles: [],
  });
  t.like(explain({ user: without([]) }, by([]), []), { account: "Deactivated" });
  t.deepEqual(explain({ user: local() }, by([]), []), { account: "Undecided", source: "Local", roles: [] });
  t.deepEqual(explain({}, { inForce: undefined }).roles, [], "without an organization there is no catalogue");
});

test("somebody who has no account yet gets what their groups give, if this issuer has named them", (t) => {
  const [decided, holds] = [true, false];
  const member = identity("service_admin");
  t.like(explain({ identity: member }, by([SERVICES])).roles[0], { decided, holds });
  const stranger = { ...member, issuer: "https://old.okta.com" };
  t.like(explain({ identity: stranger }, by([SERVICES])).roles[0], { decided: false, holds });
  t.like(explain({ identity: member }, { inForce: undefined }, ["service-admin"]).roles[0], {
    decided: false,
    holds,
  });
});

test("whoever has no access is told what is on its way, and what comes close", (t) => {
  t.deepEqual(explainNoAccess({ user: without([{ name: "service_admin" }]) }, by([SERVICES])), {
    obstacles: [{ code: "NotAppliedYet" }],
    misses: [],
  });
  t.deepEqual(explainNoAccess({ identity: identity("Service_Admin") }, by([SERVICES])), {
    obstacles: [{ code: "NoAccount" }],
    misses: [{ code: "NameDiffers", mapping: "services", group: "Service_Admin", mapped: "service_admin" }],
  });
  const stranger = { ...identity("Service_Admin"), issuer: "https://old.okta.com" };
  t.deepEqual(explainNoAccess({ identity: stranger }, by([SERVICES])).misses, [], "somebody else's groups");
});

test("all roles at once: those of the catalogue, and what is held beside it", (t) => {
  const user = account({
    access: grantedAccess(
      [
        { role: "service-admin", mapping: "services", group: "service_admin" },
        { role: "former", mapping: "gone", group: "x" },
      ],
      "MappedGroup",
    ),
    lastLoginTime: 1_000,
  });
  const { roles, ...about } = explain({ user }, by([SERVICES]));
  t.deepEqual(about, {
    account: "Active",
    source: "Okta",
    received: { from: "Claim", groups: ["service_admin"], total: 1 },
    lastLoginTime: 1_000,
  });
  t.deepEqual(
    roles.map(({ role, holds, decided, admin }) => [role, holds, decided, admin]),
    [
      ["service-admin", true, true, false],
      ["organization-admin", false, false, true],
      ["former", true, false, false],
    ],
  );
});
