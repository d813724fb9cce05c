import test from "ava";
import { APPROVAL_ANNOTATION } from "../../identity/index.ts";
import { waitFor } from "../cluster.ts";
import { mappingObject, operatorUnderTest } from "./operator-under-test.ts";

const MAPPINGS: Record<string, [string[], string[]]> = { services: [["service_admin"], ["service-admin"]] };

test("an approval is used up: the same deletion later on is held again", async (t) => {
  const under = await operatorUnderTest(t);
  await under.applyAcme({ mappings: MAPPINGS });
  await under.condition("orm", "services", "Ready", "True");
  const refs: string[] = [];
  for (let i = 0; i < 6; i++) refs.push((await under.signedIn(`user${i}`, ["service_admin"], MAPPINGS)).ref);
  const untilActive = (count: number): Promise<true> =>
    waitFor(async () => ((await under.organization()).status?.users?.active === count ? true : undefined), {
      what: `${count} active users`,
    });
  await untilActive(6);

  await under.cluster.kubectl("delete", "orm", "services");
  const code = await waitFor(
    async () => {
      const found = (await under.organization()).status?.conditions?.find(
        ({ type }) => type === "DeactivationsWithinLimit",
      );
      return new RegExp(`${APPROVAL_ANNOTATION}=(\\S+)`).exec(found?.message ?? "")?.[1];
    },
    { what: "how to approve" },
  );
  await under.cluster.kubectl("annotate", "oktaorg", "acme", `${APPROVAL_ANNOTATION}=${code}`);
  await untilActive(0);
  await under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "True");

  await under.apply(mappingObject("services", ["service_admin"], ["service-admin"]));
  await untilActive(6);
  await under.cluster.kubectl("delete", "orm", "services");
  await under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "False", "DeactivationsHeld");
  const states = await Promise.all(refs.map(async (ref) => (await under.user(ref)).status?.state));
  t.deepEqual(new Set(states), new Set(["Active"]));
});
