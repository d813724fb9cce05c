import test from "ava";
import fc from "fast-check";
import { type Access, type Grant, grantKey, noAccess, roleNames } from "../../identity/access.ts";
import { resolveSignIn, resolveStoredAccess } from "../../identity/account-access.ts";
import { explain } from "../../identity/explain.ts";
import type { Identity, ReceivedGroup } from "../../identity/identity.ts";
import { CompiledPolicy, type MappedGroup, type Mapping, type PolicyInForce } from "../../identity/policy.ts";
import { grantedAccess, resolveAccess } from "../../identity/resolve-access.ts";
import type { User } from "../../identity/user.ts";
import { Verdicts } from "../../webhook/door/verdicts.ts";
import { judgeSession } from "../../webhook/sessions/session-judgement.ts";
import type { Session } from "../../webhook/sessions/session-token.ts";
import { organization } from "../organizations/organization.ts";
import { account, ISSUER } from "./an-account.ts";

// Few names, so that collisions and near misses are frequent.
const ROLES = ["r1", "r2", "r3", "unknown"];
const roleName = fc.constantFrom(...ROLES);
const groupName = fc.constantFrom("a", "b", "c", "A", " b", "C ");
const groupID = fc.constantFrom("1", "2", "3");
const group: fc.Arbitrary<ReceivedGroup> = fc.oneof(
  fc.record({ name: groupName }),
  fc.record({ name: groupName, id: groupID }),
  fc.record({ id: groupID }),
);
const mapped: fc.Arbitrary<MappedGroup> = fc.oneof(
  fc.record({ name: groupName }),
  fc.record({ id: groupID, currentName: groupName, formerNames: fc.array(groupName, { maxLength: 1 }) }),
);
const mapping: fc.Arbitrary<Mapping> = fc
  .record({
    name: fc.constantFrom("m1", "m2", "m3", "m4"),
    groups: fc.array(mapped, { minLength: 1, maxLength: 3 }),
    roles: fc.uniqueArray(roleName, { minLength: 1, maxLength: 2 }),
    isPaused: fc.boolean(),
  })
  .map(({ isPaused, ...rule }) => (isPaused ? { ...rule, paused: true as const } : rule));
const inForce = fc.record({
  mappings: fc.uniqueArray(mapping, { selector: ({ name }) => name, maxLength: 4 }),
  held: fc.boolean(),
  paused: fc.boolean(),
  issuer: fc.constantFrom(ISSUER, ISSUER, ISSUER, "https://other.okta.com"),
});
const grants: fc.Arbitrary<Grant[]> = fc.array(
  fc.record(
    { role: roleName, mapping: fc.constantFrom("m1", "m2", "gone"), group: groupName, groupID },
    { requiredKeys: ["role", "mapping", "group"] },
  ),
  { maxLength: 3 },
);
const person = fc.record({
  groups: fc.array(group, { maxLength: 4 }),
  grants,
  oktaStatus: fc.constantFrom(undefined, "ACTIVE", "ACTIVE", "SUSPENDED"),
  groupsFrom: fc.constantFrom("Claim" as const, "Directory" as const, "MissingClaim" as const),
  localRoles: fc.constantFrom(undefined, undefined, undefined, ["r1"], ["r2", "unknown"]),
  isStored: fc.boolean(),
});
type Person = typeof person extends fc.Arbitrary<infer T> ? T : never;

function userOf({ groups, grants, oktaStatus, groupsFrom, localRoles }: Person): User {
  const access = grants.length > 0 ? grantedAccess(grants, "MappedGroup") : noAccess("NoMappedGroup", "");
  if (!localRoles)
    return account({ groups, groupsFrom, access, ...(oktaStatus === undefined ? {} : { oktaStatus }) });
  const { issuer: _, subject: __, ...rest } = account({ source: "Local", groups: [], localRoles, access });
  return rest;
}

function identityOf({ groups, oktaStatus, groupsFrom }: Person): Identity {
  const status = oktaStatus === undefined ? {} : { status: oktaStatus };
  return { issuer: ISSUER, subject: "00u1", emailVerified: true, groups, groupsFrom, ...status };
}

const SESSION: Session = {
  id: "s",
  user: "acme/acme-x",
  userID: "u",
  epoch: 0,
  organizationID: "o",
  issuedAt: 0,
  expiresAt: 1_000_000,
};
const acme = {
  ...organization("acme/acme", "acme"),
  metadata: { ...organization("acme/acme", "acme").metadata, uid: "o" },
};

/** Which of the roles the session of an account is let in by. */
function letInBy(user: User): string[] {
  const judged = judgeSession(
    { ...SESSION },
    {
      store: { get: () => user },
      organization: () => acme,
      watermarks: { hasEnded: () => false },
      namespace: "acme",
    },
    100_000,
    true,
  );
  const verdicts = new Verdicts(() => acme);
  return ROLES.filter((role) => {
    if (judged.kind !== "signed-in") return false;
    const required = { kind: "requirement" as const, organization: "acme/acme", roles: [role], anyRoles: [] };
    return verdicts.of(judged, required).kind === "admitted";
  });
}

const PEOPLE_PER_POLICY = 20;

test("of 100,000 people under whatever policy, the explanation is what is decided, and what the door answers", (t) => {
  let cases = 0;
  const seen = new Set<string>();
  const check = (each: Person, policy: PolicyInForce & { policy: CompiledPolicy }): void => {
    cases++;
    const user = userOf(each);
    const decided = resolveStoredAccess(user, policy);
    const before = explain({ user }, { inForce: policy }, ROLES);
    const holds = (explanation: typeof before) =>
      explanation.roles.filter((role) => role.holds).map(({ role }) => role);
    // As it is stored, whatever is decided by now.
    same(holds(before), letInBy(user));
    same(
      before.roles.filter((role) => role.decided).map(({ role }) => role),
      roleNames(decided.grants),
    );
    for (const role of before.roles) hasReasons(role, decided);
    // And once that is stored.
    const after = explain({ user: { ...user, access: decided } }, { inForce: policy }, ROLES);
    same(holds(after), roleNames(decided.grants));
    same(holds(after), letInBy({ ...user, access: decided }));
    for (const role of after.roles) {
      for (const { code } of [...role.causes, ...role.obstacles, ...role.mappings]) seen.add(code);
      if (role.causes.some(({ code }) => code === "NotTakenYet")) throw new Error("it is all taken");
      if (role.obstacles.some(({ code }) => code === "NotAppliedYet")) throw new Error("it is all applied");
    }
    if (policy.held || policy.paused || policy.issuer !== user.issuer || user.source !== "Okta") return;
    // Where nothing but the mappings has a say: by `resolveAccess` itself.
    const membership = { groups: each.groups, ...(each.oktaStatus ? { status: each.oktaStatus } : {}) };
    const access = resolveAccess(membership, policy.policy, user.access?.grants, "stored");
    same(holds(after), roleNames(access.grants));
    // Somebody who has no account yet.
    const identity = identityOf(each);
    const stranger = explain({ identity }, { inForce: policy }, ROLES);
    same(
      stranger.roles.filter((role) => role.decided).map(({ role }) => role),
      roleNames(resolveSignIn(identity, undefined, policy).access.grants),
    );
    same(holds(stranger), []);
  };

  fc.assert(
    fc.property(
      inForce,
      fc.array(person, { minLength: PEOPLE_PER_POLICY, maxLength: PEOPLE_PER_POLICY }),
      ({ mappings, ...terms }, people) => {
        const policy = { ...terms, policy: new CompiledPolicy(CATALOGUE, mappings) };
        for (const each of people) check(each, policy);
      },
    ),
    { numRuns: 100_000 / PEOPLE_PER_POLICY, endOnFailure: true },
  );
  t.true(cases >= 100_000);
  // What the cases were: one that never came up was never looked at.
  for (const code of [
    "MappedGroup",
    "MappingPaused",
    "MappingSuspended",
    "NameWithoutID",
    "OrganizationPaused",
    "DeactivationHeld",
    "LocalAccount",
    "NameDiffers",
    "OtherGroupOfName",
    "NotInGroups",
    "InGroup",
    "NotActiveInOkta",
    "IssuerChanged",
    "RoleUnknown",
    "NoMapping",
    "ClaimMissing",
  ])
    t.true(seen.has(code), code);
});

const CATALOGUE = [{ name: "r1" }, { name: "r2", admin: true }, { name: "r3" }];

/** Every role that is held has its grants for causes, and every other one says what is missing. */
function hasReasons(role: ReturnType<typeof explain>["roles"][number], decided: Access): void {
  const { holds, causes, obstacles, mappings } = role;
  if (holds !== causes.length > 0) throw new Error(`${role.role} is held without a cause, or not with one`);
  if (!holds && obstacles.length + mappings.length === 0)
    throw new Error(`nothing is missing for ${role.role}`);
  const keys = new Set(decided.grants.map(grantKey));
  for (const { code, ...cause } of causes)
    if (keys.has(grantKey(cause)) === (code === "NotTakenYet")) throw new Error(`${role.role}: ${code}`);
  // What would be given, and isn't there, is on its way: nothing else may explain it.
  const isOnItsWay = obstacles.some(({ code }) => code === "NotAppliedYet");
  if (!holds && role.decided !== isOnItsWay) throw new Error(`${role.role} is on its way, or isn't`);
}

/** Cheaper than an assertion of the test's, of which there are millions. */
function same(actual: readonly string[], expected: readonly string[]): void {
  if ([...actual].sort().join() !== [...expected].sort().join())
    throw new Error(`[${actual.join()}] is not [${expected.join()}]`);
}
