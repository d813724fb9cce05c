import test from "ava";
import { APPROVAL_ANNOTATION } from "../../../operator/users/deactivation-approval.ts";
import { waitFor } from "../../cluster.ts";
import { mappingObject, operatorUnderTest, rolesOf, type UnderTest } from "../operator-under-test.ts";

const MAPPINGS: Record<string, [string[], string[]]> = { services: [["service_admin"], ["service-admin"]] };

async function withPeople(
  { applyAcme, condition, signedIn, organization }: UnderTest,
  count: number,
): Promise<string[]> {
  await applyAcme({ mappings: MAPPINGS });
  await condition("orm", "services", "Ready", "True");
  const refs: string[] = [];
  for (let i = 0; i < count; i++) refs.push((await signedIn(`user${i}`, ["service_admin"], MAPPINGS)).ref);
  await waitFor(async () => ((await organization()).status?.users?.active === count ? true : undefined), {
    what: `${count} active users`,
  });
  return refs;
}

const states = async ({ user }: UnderTest, refs: string[]): Promise<string[]> =>
  Promise.all(refs.map(async (ref) => (await user(ref)).status?.state ?? ""));

const heldMessage = (found: { message: string }): RegExpExecArray | null =>
  new RegExp(`${APPROVAL_ANNOTATION}=([0-9a-f]{8})`).exec(found.message);

test("a deleted mapping that would deactivate too many is held, counted, and goes through when approved", async (t) => {
  const under = await operatorUnderTest(t);
  const refs = await withPeople(under, 6);
  await under.cluster.kubectl("delete", "orm", "services");
  const held = await under.condition(
    "oktaorg",
    "acme",
    "DeactivationsWithinLimit",
    "False",
    "DeactivationsHeld",
  );
  t.regex(held.message, /deactivate 6 of 6 active users/);
  await under.condition("oktaorg", "acme", "Ready", "False", "DeactivationsHeld");
  t.deepEqual(new Set(await states(under, refs)), new Set(["Active"]));
  t.deepEqual(rolesOf(await under.user(refs[0] ?? "")), ["service-admin"]);

  const [, approval = ""] = heldMessage(held) ?? [];
  await under.cluster.kubectl("annotate", "oktaorg", "acme", `${APPROVAL_ANNOTATION}=${approval}`);
  for (const ref of refs)
    await under.untilUser(ref, "to be out", (user) => user.status?.state === "Deactivated");
  await under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "True");
});

test("an approval is for one change: it doesn't let another one through", async (t) => {
  const under = await operatorUnderTest(t);
  const refs = await withPeople(under, 6);
  await under.cluster.kubectl("annotate", "oktaorg", "acme", `${APPROVAL_ANNOTATION}=deadbeef`);
  await under.cluster.kubectl("delete", "orm", "services");
  await under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "False", "DeactivationsHeld");
  t.deepEqual(new Set(await states(under, refs)), new Set(["Active"]));
});

test("a held change that is taken back leaves everything as it was", async (t) => {
  const under = await operatorUnderTest(t);
  const refs = await withPeople(under, 6);
  await under.apply(mappingObject("services", ["service_amdin"], ["service-admin"]));
  await under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "False", "DeactivationsHeld");
  await under.apply(mappingObject("services", ["service_admin"], ["service-admin"]));
  await under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "True");
  t.deepEqual(new Set(await states(under, refs)), new Set(["Active"]));
});

test("a restart of the operator doesn't let a held change through", async (t) => {
  const under = await operatorUnderTest(t);
  const refs = await withPeople(under, 6);
  await under.cluster.kubectl("delete", "orm", "services");
  await under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "False", "DeactivationsHeld");
  await under.stop();
  under.start();
  await under.applyAcme({ mappings: { last: [["web"], ["portal-admin"]] } });
  await under.condition("orm", "last", "Ready", "True");
  await under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "False", "DeactivationsHeld");
  t.deepEqual(new Set(await states(under, refs)), new Set(["Active"]));
});

test("a change that was made while no operator ran is held as well", async (t) => {
  const under = await operatorUnderTest(t);
  const refs = await withPeople(under, 6);
  await under.stop();
  await under.cluster.kubectl("delete", "orm", "services");
  under.start();
  await under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "False", "DeactivationsHeld");
  t.deepEqual(new Set(await states(under, refs)), new Set(["Active"]));
});

test("mappings that are deleted one after the other are one change", async (t) => {
  const under = await operatorUnderTest(t);
  const mappings = Object.fromEntries(
    Array.from({ length: 10 }, (_, i) => [
      `m${i}`,
      [[`group${i}`], ["service-admin"]] as [string[], string[]],
    ]),
  );
  await under.applyAcme({ mappings });
  await under.condition("orm", "m9", "Ready", "True");
  const refs: string[] = [];
  for (let i = 0; i < 10; i++) refs.push((await under.signedIn(`user${i}`, [`group${i}`], mappings)).ref);
  await waitFor(async () => ((await under.organization()).status?.users?.active === 10 ? true : undefined), {
    what: "ten active users",
  });
  for (let i = 0; i < 10; i++) await under.cluster.kubectl("delete", "orm", `m${i}`);
  await under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "False", "DeactivationsHeld");
  const active = (await states(under, refs)).filter((state) => state === "Active");
  t.true(active.length >= 6, `${active.length} are still active: four go unheld, the fifth is one too many`);
});

test("who leaves the groups in Okta while a change is held is out all the same", async (t) => {
  const under = await operatorUnderTest(t);
  const refs = await withPeople(under, 6);
  await under.cluster.kubectl("delete", "orm", "services");
  await under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "False", "DeactivationsHeld");
  const [first = ""] = refs;
  const user = await under.store.fresh(first);
  if (!user) return t.fail();
  const { issuer = "", subject = "", email = "" } = user;
  await under.store.update(user, {
    identity: { issuer, subject, email, emailVerified: true, groups: [], groupsFrom: "Claim" },
  });
  await under.untilUser(first, "to be out", (now) => now.status?.state === "Deactivated");
  t.is((await states(under, refs)).filter((state) => state === "Active").length, 5);
});
