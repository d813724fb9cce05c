import test from "ava";
import { chartRights } from "../../dev/control-plane/service-account.ts";
import type { Program } from "../../dev/quickstart/program.ts";
import { type TestCluster, waitFor } from "../cluster.ts";
import { productUnderTest } from "./product-under-test.ts";
import type { Write } from "./write-tap.ts";

const BASE_URL = "http://localhost:8080";
const LEASE = "okta-role-operator";
const MAPPINGS: Record<string, [string[], string[]]> = { services: [["service_admin"], ["service-admin"]] };

const isOf = (mapping: string, { path }: Write): boolean =>
  path.endsWith(`/oktarolemappings/${mapping}/status`);

async function hasSaid(operator: Program, msg: string, times = 1): Promise<boolean> {
  return (await operator.logged()).filter((line) => line.msg === msg).length >= times;
}

async function untilSaid(operator: Program, msg: string, times?: number): Promise<void> {
  await waitFor(async () => (await hasSaid(operator, msg, times)) || undefined, {
    what: `the operator to say: ${msg}`,
  });
}

/** Who holds the lease; "" where it was let go, undefined where there is none. */
async function holder({ kubectl }: TestCluster): Promise<string | undefined> {
  const { stdout } = await kubectl("get", "leases", "-o", "json");
  return JSON.parse(stdout).items[0]?.spec.holderIdentity;
}

test("an operator that loses the lease writes nothing more, and leads again once it is free", async (t) => {
  const { cluster, taps, startOperator, applyAcme, untilReady } = await productUnderTest(t, {});
  const operator = await startOperator(BASE_URL, "operator");
  const { writes } = taps.operator;
  const broken = Promise.withResolvers<void>();
  taps.operator.onWrite = (write, moment) =>
    moment === "before" && isOf("services", write) ? broken.promise : undefined;
  await applyAcme(BASE_URL, MAPPINGS);
  await waitFor(() => writes.find((write) => isOf("services", write)), {
    what: "the mapping's status to be written",
  });
  const taken = JSON.stringify({ spec: { holderIdentity: "somebody else" } });
  await cluster.kubectl("patch", "lease", LEASE, "--type=merge", "-p", taken);
  await untilSaid(operator, "the lease couldn't be renewed: leadership is lost");
  const alive = await fetch(`http://127.0.0.1:${operator.healthPort}/livez`);
  t.is(await alive.text(), "[+] reconciles\nok\n");
  const begun = writes.length;
  broken.reject(new Error("the connection breaks"));
  await untilSaid(operator, "not leading any more");
  t.is(writes.length, begun, "what wasn't answered isn't sent again");

  taps.operator.onWrite = undefined;
  await cluster.kubectl("delete", "lease", LEASE);
  await untilSaid(operator, "leading", 2);
  await untilReady();
});

test("an operator that can't read accounts leaves the lease to others until it can", async (t) => {
  const { cluster, startOperator } = await productUnderTest(t, {});
  const { role, clusterRole } = await chartRights();
  const blind = role.filter(({ resources }) => !resources.includes("organizationusers"));
  await cluster.serviceAccount({ role: blind, clusterRole });
  const operator = await startOperator(BASE_URL);
  await untilSaid(operator, "not current: not campaigning for the lease until it is");
  const isRefused = ({ cache, msg }: Record<string, unknown>) =>
    cache === "organizationusers" && /can't be read/.test(String(msg));
  await waitFor(async () => (await operator.logged()).find(isRefused), { what: "it to be refused" });
  t.is(await holder(cluster), undefined);
  await cluster.serviceAccount();
  await untilSaid(operator, "leading");
});

test("what an operator did last before it stops is told by an Event", async (t) => {
  const { cluster, taps, startOperator, applyAcme, applyMapping, untilReady } = await productUnderTest(t, {});
  const operator = await startOperator(BASE_URL, "operator");
  const stopped = Promise.withResolvers<void>();
  // A mapping that is heard before its organization is told of by another Event, and is written twice.
  await applyAcme(BASE_URL, MAPPINGS);
  await untilReady();
  // Until the lease is let go, which is the last thing but this, none gets through.
  taps.operator.onEvent = async () => {
    if (!(await hasSaid(operator, "not leading any more"))) throw new Error("the connection breaks");
  };
  taps.operator.onWrite = (write, moment) => {
    if (moment === "before" || !isOf("last", write)) return;
    taps.operator.onWrite = undefined;
    operator.stop().then(stopped.resolve, stopped.reject);
  };
  await applyMapping("last", ["service_admin"], ["service-admin"]);
  await stopped.promise;
  t.is(await operator.process.exited, 0);
  const { stdout } = await cluster.kubectl("get", "events.events.k8s.io", "-o", "json");
  const told: { regarding: { name: string }; reason: string }[] = JSON.parse(stdout).items;
  const ofMapping = told.filter(({ regarding }) => regarding.name === "last");
  t.deepEqual(
    ofMapping.map(({ reason }) => reason),
    ["Accepted"],
  );
});

test("a write that is never answered keeps no operator from letting go of the lease when it is stopped", async (t) => {
  const { cluster, taps, startOperator, applyAcme } = await productUnderTest(t, {});
  const operator = await startOperator(BASE_URL, "operator");
  const stopped = Promise.withResolvers<void>();
  taps.operator.onWrite = (write, moment) => {
    if (moment === "after" || !isOf("services", write)) return undefined;
    operator.stop().then(stopped.resolve, stopped.reject);
    return new Promise(() => {});
  };
  await applyAcme(BASE_URL, MAPPINGS);
  await stopped.promise;
  t.is(await operator.process.exited, 0);
  t.is(await holder(cluster), "");
});
