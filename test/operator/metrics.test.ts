import test from "ava";
import { waitFor } from "../cluster.ts";
import { operatorUnderTest } from "./operator-under-test.ts";

test("metrics count accounts by state and tell the conditions of organizations", async (t) => {
  const { applyAcme, cluster, condition, metrics, signedIn } = await operatorUnderTest(t);
  const mappings: Record<string, [string[], string[]]> = { services: [["service_admin"], ["service-admin"]] };
  await applyAcme({ mappings });
  await condition("oktaorg", "acme", "Ready", "True");
  await signedIn("ada", ["service_admin"], mappings);
  const organization = `${cluster.namespace}/acme`;
  const text = await waitFor(
    async () => {
      const shown = await metrics();
      return shown.includes(`okta_role_users{organization="${organization}",state="active"} 1`)
        ? shown
        : undefined;
    },
    { what: "Ada to be counted" },
  );
  t.true(text.includes(`okta_role_users{organization="${organization}",state="deactivated"} 0`));
  const ready = `okta_role_organization_condition{organization="${organization}",type="Ready",status=`;
  t.true(text.includes(`${ready}"True"} 1`));
  t.true(text.includes(`${ready}"False"} 0`));
});
