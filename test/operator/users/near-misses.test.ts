import test from "ava";
import { operatorUnderTest } from "../operator-under-test.ts";

type Mappings = Record<string, [string[], string[]]>;

const HELD: Mappings = { services: [["Service_Admin"], ["service-admin"]] };
const NONE = "The 1 group that Okta reports is not in a mapping.";

test("kubectl says what came near, for as long as it does, also when a mapping of almost that name comes or goes", async (t) => {
  const under = await operatorUnderTest(t);
  await under.applyAcme({ mappings: HELD });
  await under.condition("orm", "services", "Ready", "True");
  const { ref } = await under.signedIn("ada", ["Service_Admin"], HELD);
  const untilReason = (what: string, expected: RegExp) =>
    under.untilUser(ref, what, ({ status }) =>
      expected.test(status?.conditions?.find(({ type }) => type === "Active")?.message ?? ""),
    );
  await under.applyAcme({ mappings: { services: [["service_admin"], ["service-admin"]] } });
  await untilReason(
    "to be told by what the names differ",
    /^The 1 group .* not in a mapping\. Near miss: "Service_Admin" was received, and mapping services names "service_admin"/,
  );
  await under.cluster.kubectl("delete", "orm", "services");
  await untilReason("to be told of no mapping that is gone", new RegExp(`^${NONE}$`));
  await under.applyAcme({ mappings: { others: [["SERVICE_ADMIN"], ["service-admin"]] } });
  await untilReason("to be told of the new one", /mapping others names "SERVICE_ADMIN"/);
  await under.applyAcme({ mappings: { others: [["Service_Admin"], ["service-admin", "tpyo"]] } });
  await untilReason(
    "to be told that it is suspended",
    /in a mapping that is in force\. In group "Service_Admin", but mapping others gives nothing until its roles are put right: "tpyo" isn't in the catalogue\.$/,
  );
  await under.applyAcme({ mappings: { others: [["Service_Admin"], ["service-admin"]] } });
  const { status } = await under.untilUser(ref, "to be in", (user) => user.status?.state === "Active");
  t.is(
    status?.conditions?.find(({ type }) => type === "Active")?.message,
    "In mapped groups: Service_Admin.",
  );
});
