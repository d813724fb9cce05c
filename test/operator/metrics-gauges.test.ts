import test from "ava";
import { Registry } from "prom-client";
import type { Organization } from "../../crds/types.ts";
import { registerMetrics } from "../../operator/metrics.ts";

test("gauges tell of what there is when they are asked: people held, accounts by state, conditions", async (t) => {
  const registry = new Registry();
  const condition = (type: string, status: string) => ({ type, status });
  let organizations = [
    {
      metadata: { namespace: "team", name: "acme" },
      status: { conditions: [condition("Ready", "False"), condition("DirectorySynced", "Unknown")] },
    },
    { metadata: { namespace: "team", name: "new" } },
  ] as unknown as Organization[];
  let held = [{ organization: "team/acme", cause: "claim lost", people: 4 }];
  registerMetrics(registry, {
    organizations: { list: () => organizations },
    counts: {
      of: (key) => (key === "team/acme" ? { registered: 5, active: 3 } : { registered: 0, active: 0 }),
    },
    held: { counts: () => held },
  });
  const lines = async () =>
    (await registry.metrics()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const acme = 'organization="team/acme"';
  t.deepEqual(await lines(), [
    `okta_role_people_held{${acme},cause="claim lost"} 4`,
    `okta_role_users{${acme},state="active"} 3`,
    `okta_role_users{${acme},state="deactivated"} 2`,
    'okta_role_users{organization="team/new",state="active"} 0',
    'okta_role_users{organization="team/new",state="deactivated"} 0',
    ...["True 0", "False 1", "Unknown 0"].map(gauge("Ready")),
    ...["True 0", "False 0", "Unknown 1"].map(gauge("DirectorySynced")),
  ]);
  [organizations, held] = [[], []];
  t.deepEqual(await lines(), [], "of what is gone, nothing");

  function gauge(type: string) {
    return (text: string): string => {
      const [status, value] = text.split(" ");
      return `okta_role_organization_condition{${acme},type="${type}",status="${status}"} ${value}`;
    };
  }
});
