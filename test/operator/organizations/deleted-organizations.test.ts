import test from "ava";
import { waitFor } from "../../cluster.ts";
import { operatorUnderTest } from "../operator-under-test.ts";

test("the users of an organization that was deleted and came back don't count against the next change", async (t) => {
  const under = await operatorUnderTest(t);
  const mappings: Record<string, [string[], string[]]> = {
    services: [["service_admin"], ["service-admin"]],
    portal: [["portal_admin"], ["portal-admin"]],
  };
  await under.applyAcme({ mappings });
  await under.condition("orm", "portal", "Ready", "True");
  for (let i = 0; i < 6; i++) await under.signedIn(`user${i}`, ["service_admin"], mappings);
  const { ref } = await under.signedIn("pia", ["portal_admin"], mappings);
  const untilActive = (count: number): Promise<true> =>
    waitFor(async () => ((await under.organization()).status?.users?.active === count ? true : undefined), {
      what: `${count} active users`,
    });
  await untilActive(7);
  await under.cluster.kubectl("delete", "oktaorg", "acme");
  await under.untilUser(ref, "to be out", (user) => user.status?.state === "Deactivated");
  await under.applyAcme();
  await untilActive(7);
  await under.cluster.kubectl("delete", "orm", "portal");
  await under.untilUser(ref, "to be out, unheld", (user) => user.status?.state === "Deactivated");
  await untilActive(6);
  t.is((await under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "True")).reason, "WithinLimit");
});
