import test, { type ExecutionContext } from "ava";
import { FaultServer } from "../../kubernetes/fault-server.ts";
import { roleMappingsOnCluster } from "./role-mappings-on-cluster.ts";
import { savedOf } from "./role-mappings-scene.ts";

const ROLE = "organization-admin";
const NAME = `acme.${ROLE}`;
const APPLY = ["PATCH", /\/oktarolemappings\//] as const;
const DELETE = ["DELETE", /\/oktarolemappings\//] as const;

/** More often than it is tried. */
const ALWAYS = 100;

async function lossy(t: ExecutionContext) {
  const faults = await FaultServer.start(t);
  return { faults, ...(await roleMappingsOnCluster(t, { faults })) };
}

test("whichever answer is lost, what was saved is saved, and it is told who has done it", async (t) => {
  const { faults, save, audited, events, groups } = await lossy(t);
  faults.loseTimes(1, ...APPLY);
  t.deepEqual(savedOf(await save({ [ROLE]: "one" })), [NAME]);
  faults.loseTimes(1, ...APPLY);
  t.deepEqual(savedOf(await save({ [ROLE]: "one\ntwo" })), [NAME]);
  t.deepEqual(await groups(ROLE), ["one", "two"]);
  faults.loseTimes(1, ...DELETE);
  t.deepEqual(savedOf(await save({ [ROLE]: "" })), [NAME]);
  t.deepEqual(await groups(ROLE), []);
  t.deepEqual(audited(), [`save-mapping ${ROLE}`, `save-mapping ${ROLE}`, `delete-mapping ${ROLE}`]);
  t.deepEqual(
    events.map(({ reason }) => reason),
    ["MappingSaved", "MappingSaved", "MappingDeleted"],
  );
});

test("where no answer to a write comes at all, what is there tells that it was saved", async (t) => {
  const { faults, save, audited } = await lossy(t);
  faults.loseTimes(ALWAYS, ...APPLY);
  t.deepEqual(savedOf(await save({ [ROLE]: "one" })), [NAME]);
  faults.loseTimes(ALWAYS, ...DELETE);
  t.deepEqual(savedOf(await save({ [ROLE]: "" })), [NAME]);
  t.deepEqual(audited(), [`save-mapping ${ROLE}`, `delete-mapping ${ROLE}`]);
});

test("where nothing is answered any more, what was saved before is told, and what perhaps was is recorded as that", async (t) => {
  const { faults, save, audited, lines, events, groups, cluster } = await lossy(t);
  let isDark = false;
  faults.loses = ({ method, url = "" }) => {
    isDark ||= method === "PATCH" && url.includes(NAME);
    return isDark && !url.includes("watch=true");
  };
  const saved = await save({ "portal-admin": "a", [ROLE]: "b" });
  t.deepEqual(saved, { kind: "unanswered", done: ["acme.portal-admin"], at: NAME });
  t.deepEqual(audited(), ["save-mapping portal-admin", `save-mapping ${ROLE}`]);
  const [certain, doubtful] = lines.filter(({ audit }) => audit);
  t.regex(String(certain?.msg), /for the role portal-admin\.$/);
  t.like(doubtful, { mapping: `${cluster.namespace}/${NAME}`, added: ["b"], removed: [] });
  t.regex(
    String(doubtful?.msg),
    /mia has added "b" .* for the role organization-admin\. The API server didn't confirm it: this may not be so\.$/,
  );
  t.is(events.length, 1);
  faults.loses = () => false;
  t.deepEqual(await groups(ROLE), ["b"], "it was");
});

test("what was perhaps saved before somebody else changed it is recorded as that", async (t) => {
  const { faults, save, elsewhere, audited, lines } = await lossy(t);
  faults.loseTimes(1, ...APPLY);
  let writes = 0;
  faults.holds = ({ method }) => {
    writes += method === "PATCH" ? 1 : 0;
    return method === "PATCH" && writes === 2 ? save({ [ROLE]: "theirs" }, elsewhere) : undefined;
  };
  t.like(await save({ [ROLE]: "ours" }), { kind: "changed", done: [], at: NAME });
  t.deepEqual(audited(), [`save-mapping ${ROLE}`, `save-mapping ${ROLE}`]);
  const [theirs, ours] = lines.filter(({ audit }) => audit).map(({ msg }) => String(msg));
  t.regex(theirs ?? "", /added "theirs" and taken out "ours" .*role organization-admin\.$/);
  t.regex(ours ?? "", /added "ours" .*this may not be so\.$/);
});
