import test, { type ExecutionContext } from "ava";
import { FaultServer } from "../../kubernetes/fault-server.ts";
import { roleMappingsOnCluster } from "./role-mappings-on-cluster.ts";

const ROLE = "organization-admin";
const NAME = `acme.${ROLE}`;
const APPLY = ["PATCH", /\/oktarolemappings\//] as const;
const DELETE = ["DELETE", /\/oktarolemappings\//] as const;

async function lossy(t: ExecutionContext) {
  const faults = await FaultServer.start(t);
  return { faults, ...(await roleMappingsOnCluster(t, { faults })) };
}

test("whichever answer is lost, what was saved is saved, and it is told who has done it", async (t) => {
  const { faults, save, audited, events, groups } = await lossy(t);
  faults.loseTimes(1, ...APPLY);
  t.deepEqual(await save({ [ROLE]: "one" }), { kind: "saved", mappings: [NAME] });
  faults.loseTimes(1, ...APPLY);
  t.deepEqual(await save({ [ROLE]: "one\ntwo" }), { kind: "saved", mappings: [NAME] });
  t.deepEqual(await groups(ROLE), ["one", "two"]);
  faults.loseTimes(1, ...DELETE);
  t.deepEqual(await save({ [ROLE]: "" }), { kind: "saved", mappings: [NAME] });
  t.deepEqual(await groups(ROLE), []);
  t.deepEqual(audited(), [`save-mapping ${ROLE}`, `save-mapping ${ROLE}`, `delete-mapping ${ROLE}`]);
  t.deepEqual(
    events.map(({ reason }) => reason),
    ["MappingSaved", "MappingSaved", "MappingDeleted"],
  );
});
