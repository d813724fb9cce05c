import test from "ava";
import { APPROVAL_ANNOTATION } from "../../../crds/annotations.ts";
import { waitFor } from "../../cluster.ts";
import { mappingObject, operatorUnderTest, type UnderTest } from "../operator-under-test.ts";

const MAPPINGS: Record<string, [string[], string[]]> = { services: [["service_admin"], ["service-admin"]] };

function activeUsers(under: UnderTest, count: number): Promise<true> {
  return waitFor(
    async () => ((await under.organization()).status?.users?.active === count ? true : undefined),
    { what: `${count} active users` },
  );
}

/** Waits until the condition asks for an approval. @returns what it has to say */
function howToApprove(under: UnderTest, otherThan?: string): Promise<string> {
  return waitFor(
    async () => {
      const found = (await under.organization()).status?.conditions?.find(
        ({ type }) => type === "DeactivationsWithinLimit",
      );
      const code = new RegExp(`${APPROVAL_ANNOTATION}=(\\S+)`).exec(found?.message ?? "")?.[1];
      return code === otherThan ? undefined : code;
    },
    { what: "how to approve" },
  );
}

async function approve({ cluster }: UnderTest, code: string): Promise<void> {
  await cluster.kubectl("annotate", "--overwrite", "oktaorg", "acme", `${APPROVAL_ANNOTATION}=${code}`);
}

/** Six people, and a deletion that would put all of them out. */
async function heldDeletion(under: UnderTest): Promise<string[]> {
  await under.applyAcme({ mappings: MAPPINGS });
  await under.condition("orm", "services", "Ready", "True");
  const refs: string[] = [];
  for (let i = 0; i < 6; i++) refs.push((await under.signedIn(`user${i}`, ["service_admin"], MAPPINGS)).ref);
  await activeUsers(under, 6);
  await under.cluster.kubectl("delete", "orm", "services");
  return refs;
}

test("an approval that is given while nobody leads counts when somebody does", async (t) => {
  const under = await operatorUnderTest(t);
  await heldDeletion(under);
  const code = await howToApprove(under);
  await under.stop();
  await approve(under, code);
  under.start();
  await activeUsers(under, 0);
  await under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "True");
  t.truthy((await under.organization()).status?.deactivationsSettledTime, "it is used up");
});

test("an approval doesn't count for an issuer that was changed after it was asked for", async (t) => {
  const under = await operatorUnderTest(t);
  const refs = await heldDeletion(under);
  const code = await howToApprove(under);
  await under.applyAcme({ okta: { issuer: under.okta.issuer("org") } });
  const other = await howToApprove(under, code);
  await approve(under, code);
  t.is(await howToApprove(under), other);
  await approve(under, other);
  await activeUsers(under, 0);
  for (const ref of refs) {
    const [change] = (await under.user(ref)).status?.history ?? [];
    t.true(change?.message.includes(`approved it on the cluster (${other})`), change?.message);
  }
});

test("an approval is used up: the same deletion later on is held again", async (t) => {
  const under = await operatorUnderTest(t);
  await under.applyAcme({ mappings: MAPPINGS });
  await under.condition("orm", "services", "Ready", "True");
  const refs: string[] = [];
  for (let i = 0; i < 6; i++) refs.push((await under.signedIn(`user${i}`, ["service_admin"], MAPPINGS)).ref);
  const untilActive = (count: number) => activeUsers(under, count);
  await untilActive(6);

  await under.cluster.kubectl("delete", "orm", "services");
  await approve(under, await howToApprove(under));
  await untilActive(0);
  await under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "True");

  await under.apply(mappingObject("services", ["service_admin"], ["service-admin"]));
  await untilActive(6);
  await under.cluster.kubectl("delete", "orm", "services");
  await under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "False", "DeactivationsHeld");
  const states = await Promise.all(refs.map(async (ref) => (await under.user(ref)).status?.state));
  t.deepEqual(new Set(states), new Set(["Active"]));
});
