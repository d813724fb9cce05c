import test from "ava";
import { APPROVAL_ANNOTATION } from "../../../crds/annotations.ts";
import { waitFor } from "../../cluster.ts";
import { mappingObject, nowIn, operatorUnderTest, rolesOf, type UnderTest } from "../operator-under-test.ts";

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
  t.regex(held.message, /deactivate 6 of 6 active users from Okta/);
  await under.condition("oktaorg", "acme", "Ready", "False", "DeactivationsHeld");
  t.deepEqual(new Set(await states(under, refs)), new Set(["Active"]));
  t.deepEqual(rolesOf(await under.user(refs[0] ?? "")), ["service-admin"]);

  const [, approval = ""] = heldMessage(held) ?? [];
  await under.cluster.kubectl("annotate", "oktaorg", "acme", `${APPROVAL_ANNOTATION}=${approval}`);
  for (const ref of refs) {
    const { status } = await under.untilUser(
      ref,
      "to be out",
      (user) => user.status?.state === "Deactivated",
    );
    const [change] = status?.history ?? [];
    t.like(change, { what: ["Deactivated"], reason: "Approved" });
    t.true(change?.message.includes(`approved it on the cluster (${approval})`));
  }
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
  // Whoever comes now is looked at after all who were there, and counted by nobody but the operator that runs now.
  const last = await under.signedIn("last", ["service_admin"], MAPPINGS);
  await under.untilUser(
    last.ref,
    "to be held",
    ({ status }) => status?.conditions?.some(({ reason }) => reason === "DeactivationHeld") === true,
  );
  await waitFor(
    async () => {
      const { message } = await under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "False");
      return message.includes("deactivate 7 of 7") || undefined;
    },
    { what: "everybody to be counted" },
  );
  t.deepEqual(new Set(await states(under, [...refs, last.ref])), new Set(["Active"]));
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

const active = async (under: UnderTest, refs: string[]): Promise<number> =>
  (await states(under, refs)).filter((state) => state === "Active").length;

test("who leaves the groups in Okta while deactivations are held is held with the others", async (t) => {
  const under = await operatorUnderTest(t);
  const refs = await withPeople(under, 7);
  const [first = ""] = refs;
  await under.cluster.kubectl("delete", "orm", "services");
  await under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "False", "DeactivationsHeld");
  await nowIn(under, first, ["marketing"]);
  await waitFor(
    async () => {
      const { message } = await under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "False");
      return /6: a mapping.*1: their groups/.test(message) || undefined;
    },
    { what: "both causes to be told" },
  );
  t.is(await active(under, refs), 7);
});

test("a group that was renamed in Okta: whoever it would put out is held, told of, and out when approved; who comes later is counted again", async (t) => {
  const under = await operatorUnderTest(t);
  const refs = await withPeople(under, 8);
  const [late = "", ...others] = refs;
  // All of them before anybody looks: of those who come one by one the first few would be out.
  await under.stop();
  await Promise.all(others.map((ref) => nowIn(under, ref, ["service_admins"])));
  under.start();
  const held = await waitFor(
    async () => {
      const found = await under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "False");
      return found.message.includes("deactivate 7 of 8") ? found : undefined;
    },
    { what: "everybody to be counted" },
  );
  t.regex(held.message, /7: their groups are no longer received from Okta, most often "service_admin"/);
  t.regex(held.message, /user1@acme\.example/);
  t.is(await active(under, refs), 8);

  const [, approval = ""] = heldMessage(held) ?? [];
  // Somebody else comes, and a restart takes place, before it is approved: what the condition said counts no more.
  await under.stop();
  under.start();
  await nowIn(under, late, ["service_admins"]);
  const now = await waitFor(
    async () => {
      const found = await under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "False");
      return found.message.includes("deactivate 8 of 8") ? found : undefined;
    },
    { what: "the last one to be counted" },
  );
  t.not(heldMessage(now)?.[1], approval);
  await under.cluster.kubectl(
    "annotate",
    "oktaorg",
    "acme",
    `${APPROVAL_ANNOTATION}=${heldMessage(now)?.[1]}`,
  );
  for (const ref of refs)
    await under.untilUser(ref, "to be out", (user) => user.status?.state === "Deactivated");
  await under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "True");
  await waitFor(async () => (await under.organization()).status?.deactivationsSettledTime, {
    what: "the approval to be noted as carried out",
  });
});

test("what was approved is settled: after that, and after a restart, somebody may leave", async (t) => {
  const under = await operatorUnderTest(t);
  const refs = await withPeople(under, 12);
  const [leaver = "", ...others] = refs;
  const gone = others.slice(0, 8);
  await under.stop();
  await Promise.all(gone.map((ref) => nowIn(under, ref, ["elsewhere"])));
  under.start();
  const held = await waitFor(
    async () => {
      const found = await under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "False");
      return found.message.includes("deactivate 8 of 12") ? found : undefined;
    },
    { what: "everybody to be counted" },
  );
  await under.cluster.kubectl(
    "annotate",
    "oktaorg",
    "acme",
    `${APPROVAL_ANNOTATION}=${heldMessage(held)?.[1]}`,
  );
  for (const ref of gone)
    await under.untilUser(ref, "to be out", (user) => user.status?.state === "Deactivated");
  await waitFor(async () => (await under.organization()).status?.deactivationsSettledTime, {
    what: "the approval to be noted as carried out",
  });
  await under.stop();
  under.start();
  await nowIn(under, leaver, ["elsewhere"]);
  await under.untilUser(leaver, "to be out", (user) => user.status?.state === "Deactivated");
  t.is(await active(under, refs), 3);
});

test("the sum outlives a restart: what was within the limit before counts after it", async (t) => {
  const under = await operatorUnderTest(t);
  const refs = await withPeople(under, 10);
  for (const ref of refs.slice(0, 4)) {
    await nowIn(under, ref, []);
    await under.untilUser(ref, "to be out", (user) => user.status?.state === "Deactivated");
  }
  await under.stop();
  under.start();
  await nowIn(under, refs[4] ?? "", []);
  const held = await under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "False");
  t.regex(held.message, /deactivate 1 of 6 active users from Okta.*4 more were deactivated already/);
  t.is(await active(under, refs), 6);
});

test("raising maxDeactivations releases what was held", async (t) => {
  const under = await operatorUnderTest(t);
  const refs = await withPeople(under, 6);
  await under.cluster.kubectl("delete", "orm", "services");
  await under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "False", "DeactivationsHeld");
  await under.applyAcme({ spec: { safeguards: { maxDeactivations: "100%" } } });
  for (const ref of refs)
    await under.untilUser(ref, "to be out", (user) => user.status?.state === "Deactivated");
  await under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "True");
  t.is(await active(under, refs), 0);
});
