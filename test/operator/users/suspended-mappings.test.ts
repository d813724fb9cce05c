import test from "ava";
import { operatorUnderTest, rolesOf, type UnderTest } from "../operator-under-test.ts";

type Mappings = Record<string, [string[], string[]]>;

const HELD: Mappings = {
  services: [["service_admin"], ["service-admin"]],
  portal: [["portal_admin"], ["portal-admin"]],
};
/** Other groups, and a role that isn't in the catalogue: the mapping is suspended, and nobody loses anything. */
const SUSPENDED: Mappings = { services: [["web_admin"], ["service-admin", "service-amdin"]] };

async function withSuspendedMapping(under: UnderTest): Promise<string> {
  await under.applyAcme({ mappings: HELD });
  await under.condition("orm", "services", "Ready", "True");
  const { ref } = await under.signedIn("raj", ["service_admin", "portal_admin"], HELD);
  await under.applyAcme({ mappings: SUSPENDED });
  await under.condition("orm", "services", "Ready", "False", "UnknownRole");
  return ref;
}

const PORTAL_ONLY = [{ name: "portal-admin", mapping: "portal", group: "portal_admin" }];
const toHoldPortalOnly = (user: Parameters<typeof rolesOf>[0]): boolean =>
  rolesOf(user).join() === "portal-admin";

test("a suspended mapping that is put right takes from those whom it no longer names", async (t) => {
  const under = await operatorUnderTest(t);
  const raj = await withSuspendedMapping(under);
  await under.applyAcme({ mappings: { services: [["web_admin"], ["service-admin"]] } });
  const { status } = await under.untilUser(raj, "to hold portal-admin alone", toHoldPortalOnly);
  t.deepEqual(status?.roles, PORTAL_ONLY);
});

test("a suspended mapping that is deleted takes from everybody who held something through it", async (t) => {
  const under = await operatorUnderTest(t);
  const raj = await withSuspendedMapping(under);
  await under.cluster.kubectl("delete", "orm", "services");
  const { status } = await under.untilUser(raj, "to hold portal-admin alone", toHoldPortalOnly);
  t.deepEqual(status?.roles, PORTAL_ONLY);
});

test("a role that leaves the catalogue is taken from those who kept it through a suspended mapping", async (t) => {
  const under = await operatorUnderTest(t);
  await withSuspendedMapping(under);
  const { ref } = await under.signedIn("ada", ["service_admin"], HELD);
  await under.untilUser(ref, "to be kept", (user) => rolesOf(user).join() === "service-admin");
  await under.applyAcme({ roles: ["portal-admin"] });
  const { status } = await under.untilUser(ref, "to be out", (user) => user.status?.state === "Deactivated");
  t.deepEqual(status?.roleNames ?? [], []);
  t.is(status?.conditions?.find(({ type }) => type === "Active")?.reason, "NoMappedGroup");
});
