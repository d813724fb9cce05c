import test from "ava";
import { APPROVAL_ANNOTATION } from "../../../crds/annotations.ts";
import { waitFor } from "../../cluster.ts";
import {
  localAdminObject,
  nowIn,
  operatorUnderTest,
  rolesOf,
  type UnderTest,
} from "../operator-under-test.ts";

type Mappings = Record<string, [groups: string[], roles: string[]]>;
const MAPPINGS: Mappings = {
  admins: [["admins"], ["organization-admin", "service-admin"]],
  services: [["service_admin"], ["service-admin"]],
};
const ROLES = [
  { name: "service-admin", displayName: "Service Admin" },
  { name: "organization-admin", displayName: "Organization Admin", admin: true },
];

/** An organization with these admins. @returns their refs */
async function withAdmins(under: UnderTest, ...names: string[]): Promise<string[]> {
  await under.applyAcme({ spec: { roles: ROLES }, mappings: MAPPINGS });
  for (const mapping of Object.keys(MAPPINGS)) await under.condition("orm", mapping, "Ready", "True");
  const refs: string[] = [];
  for (const name of names) {
    const { ref } = await under.signedIn(name, ["admins"], MAPPINGS);
    await under.untilUser(ref, "to be an admin", isAdmin);
    refs.push(ref);
  }
  return refs;
}

const isAdmin = (user: Parameters<typeof rolesOf>[0]): boolean =>
  rolesOf(user).includes("organization-admin");

/** In the directory. */
const SEEN = { groupsFrom: "Directory" } as const;

const held = (under: UnderTest) =>
  under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "False", "LastAdminHeld");

test("the last admin who moves to another group keeps the role, beside what the new group gives, until somebody approves", async (t) => {
  const under = await operatorUnderTest(t);
  const [ada = "", ben = ""] = await withAdmins(under, "ada", "ben");
  await nowIn(under, ada, ["service_admin"], SEEN);
  await under.untilUser(ada, "to be no admin: Ben is one", (user) => !isAdmin(user));

  await nowIn(under, ben, ["service_admin"], SEEN);
  const { message } = await held(under);
  t.regex(
    message,
    /would take the admin role organization-admin from the last who hold it \(ben@acme\.example\)/,
  );
  t.regex(message, /1: their groups are no longer received from Okta, most often "admins"/);
  t.false(message.includes("maxDeactivations"));
  const kept = await under.untilUser(
    ben,
    "to be decided on",
    (user) =>
      user.spec.groups?.[0]?.name === "service_admin" &&
      user.status?.observedGeneration === user.metadata.generation,
  );
  t.deepEqual(rolesOf(kept), ["organization-admin", "service-admin"]);
  t.deepEqual(
    kept.status?.roles?.map(({ name, mapping }) => `${name} by ${mapping}`),
    ["organization-admin by admins", "service-admin by services"],
  );
  await under.condition("oktaorg", "acme", "Ready", "False", "LastAdminHeld");

  const [, code = ""] = new RegExp(`${APPROVAL_ANNOTATION}=([0-9a-f]{8})$`).exec(message) ?? [];
  await under.cluster.kubectl("annotate", "oktaorg", "acme", `${APPROVAL_ANNOTATION}=${code}`);
  const out = await under.untilUser(ben, "to be no admin", (user) => !isAdmin(user));
  t.is(out.status?.state, "Active");
  await under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "True");
});

test("a mapping edit that takes the role from all admins at once is held as a whole; it is over when somebody else is an admin", async (t) => {
  const under = await operatorUnderTest(t);
  const refs = await withAdmins(under, "ada", "ben", "cy");
  await under.applyAcme({
    spec: { roles: ROLES },
    mappings: { ...MAPPINGS, admins: [["adminz"], ["organization-admin"]] },
  });
  const { message } = await held(under);
  t.regex(message, /3: a mapping or the roles were changed/);
  for (const ref of refs) t.true(isAdmin(await under.user(ref)));
  await under.signedIn("dora", ["adminz"], { admins: [["adminz"], ["organization-admin"]] });
  for (const ref of refs)
    await under.untilUser(ref, "to be out", (user) => user.status?.state === "Deactivated");
  await under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "True");
});

test("the last admin who is suspended in Okta is out at once", async (t) => {
  const under = await operatorUnderTest(t);
  const [ada = ""] = await withAdmins(under, "ada");
  await nowIn(under, ada, ["admins"], { ...SEEN, status: "SUSPENDED" });
  const out = await under.untilUser(ada, "to be out", (user) => user.status?.state === "Deactivated");
  t.is(out.status?.conditions?.find(({ type }) => type === "Active")?.reason, "NotActiveInOkta");
  await under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "True");
});

test("with a local admin, the last of Okta's goes; and who makes one releases what was held", async (t) => {
  const under = await operatorUnderTest(t);
  const [ada = ""] = await withAdmins(under, "ada");
  await nowIn(under, ada, [], SEEN);
  await held(under);
  t.true(isAdmin(await under.user(ada)));
  const mia = localAdminObject("mia") as { spec: object };
  await under.apply({ ...mia, spec: { ...mia.spec, roles: ["organization-admin"] } });
  await under.untilUser(ada, "to be out", (user) => user.status?.state === "Deactivated");
});

test("where no local admin can sign in, having one makes nobody the last of Okta's who goes", async (t) => {
  const under = await operatorUnderTest(t, { tokenReviews: false });
  const mia = localAdminObject("mia") as { spec: object };
  const [ada = ""] = await withAdmins(under, "ada");
  await under.apply({ ...mia, spec: { ...mia.spec, roles: ["organization-admin"] } });
  await waitFor(async () => ((await under.organization()).status?.users?.active === 2 ? true : undefined), {
    what: "Mia's account to count",
  });
  await nowIn(under, ada, [], SEEN);
  await held(under);
  t.true(isAdmin(await under.user(ada)));
});

test("a restart of the operator lets nobody be the last admin who goes", async (t) => {
  const under = await operatorUnderTest(t);
  const [ada = "", ben = ""] = await withAdmins(under, "ada", "ben");
  await under.stop();
  await nowIn(under, ada, [], SEEN);
  await nowIn(under, ben, ["service_admin"], SEEN);
  under.start();
  const { message } = await held(under);
  t.regex(message, /ada@acme\.example, ben@acme\.example|ben@acme\.example, ada@acme\.example/);
  for (const ref of [ada, ben]) t.true(isAdmin(await under.user(ref)));
});
