import test from "ava";
import { waitFor } from "../cluster.ts";
import { operatorUnderTest } from "./operator-under-test.ts";

const NAMES = Array.from({ length: 80 }, (_, index) => `group-${index}`);
/** Calls that have nothing to do with what the test does: Okta is asked what has changed. To read all groups takes 80 and more. */
const FEW = 40;

test("an unrelated edit reads no group again; another leader changes no condition and reads few, also at a rate limit", async (t) => {
  const underTest = await operatorUnderTest(t, { groups: NAMES });
  const { applyAcme, cluster, condition, mapping, okta, organization, start, stop } = underTest;
  const directory = { url: okta.url, apiTokenRef: { name: "acme-okta", key: "apiToken" } };
  const mappings = Object.fromEntries(
    NAMES.map((name): [string, [string[], string[]]] => [name, [[name], ["service-admin"]]]),
  );
  const apply = (more: object = {}) => applyAcme({ mappings, okta: { directory }, ...more });
  const addMapping = (name: string, group: string) =>
    applyAcme({ mappings: { [name]: [[group], ["service-admin"]] }, okta: { directory } });

  await apply();
  for (const name of NAMES) await condition("orm", name, "GroupsResolved", "True");
  await condition("oktaorg", "acme", "DirectoryReachable", "True");
  // Times in a status are of a second: groups that were found in the second of a reading may have been found after it.
  const found = (
    await Promise.all(NAMES.map(async (name) => (await mapping(name)).status?.conditions ?? []))
  ).flat();
  const last = Math.max(...found.map(({ lastTransitionTime }) => Date.parse(lastTransitionTime)));
  await waitFor(() => Date.now() >= last + 1_000 || undefined, { what: "the next second" });
  await cluster.kubectl("annotate", "oktaorg", "acme", "rolemapping.dev/sync=all");
  await waitFor(
    async () => (await organization()).status?.directory?.lastFullSyncRequest === "all" || undefined,
    { what: "all members to be read" },
  );

  const calls = okta.requests.management;
  await apply({ spec: { sessions: { maxAge: "1h" }, displayName: "Acme, Inc." } });
  await condition("oktaorg", "acme", "Ready", "True");
  // All mappings have been looked at again by when a new one has been.
  await addMapping("last", "group-0");
  await condition("orm", "last", "GroupsResolved", "True");
  t.true(okta.requests.management - calls <= FEW, `${okta.requests.management - calls} calls`);
  await condition("oktaorg", "acme", "Ready", "True");

  const versions = () =>
    Promise.all(NAMES.map(async (name) => (await mapping(name)).metadata.resourceVersion));
  const before = { mappings: await versions(), status: (await organization()).status };
  const atTakeover = okta.requests.management;
  await stop();
  start();
  await addMapping("later", "group-1");
  await condition("orm", "later", "GroupsResolved", "True");
  t.true(okta.requests.management - atTakeover <= FEW, `${okta.requests.management - atTakeover} calls`);
  t.deepEqual(await versions(), before.mappings);

  await stop();
  okta.misbehave({ fault: { kind: "rate-limited", resetSeconds: 60 } });
  start();
  await addMapping("refused", "group-2");
  await condition("orm", "refused", "GroupsResolved", "Unknown", "DirectoryRateLimited");
  // At once: that Okta refuses is told when it has done so for a while.
  const [{ status }, after] = await Promise.all([organization(), versions()]);
  t.deepEqual(after, before.mappings);
  t.deepEqual(status?.conditions, before.status?.conditions);
});
