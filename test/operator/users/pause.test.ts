import test from "ava";
import { PAUSE_ANNOTATION } from "../../../crds/annotations.ts";
import { waitFor } from "../../cluster.ts";
import { operatorUnderTest, rolesOf, type UnderTest } from "../operator-under-test.ts";

type Mappings = Record<string, [groups: string[], roles: string[]]>;
const MAPPINGS: Mappings = {
  portal: [["portal_admin"], ["portal-admin"]],
  services: [["service_admin"], ["service-admin"]],
};

async function withPeople(under: UnderTest, count: number): Promise<string[]> {
  await under.applyAcme({ mappings: MAPPINGS });
  for (const mapping of Object.keys(MAPPINGS)) await under.condition("orm", mapping, "Ready", "True");
  const refs: string[] = [];
  for (let i = 0; i < count; i++)
    refs.push((await under.signedIn(`user${i}`, ["service_admin"], MAPPINGS)).ref);
  await waitFor(async () => (await under.organization()).status?.users?.active === count || undefined, {
    what: `${count} active users`,
  });
  return refs;
}

const annotate = ({ cluster }: UnderTest, kind: "oktaorg" | "orm", name: string, value: string) =>
  cluster.kubectl("annotate", "--overwrite", kind, name, value);

/** What a sign-in, or the directory, has stored of somebody. */
async function nowIn({ store }: UnderTest, ref: string, groups: string[], status?: string): Promise<void> {
  const user = await store.fresh(ref);
  if (!user) throw new Error(`no account ${ref}`);
  const { issuer = "", subject = "" } = user;
  const received = groups.map((name) => ({ name }));
  await store.update(user, {
    identity: {
      issuer,
      subject,
      emailVerified: true,
      groups: received,
      groupsFrom: "Directory",
      ...(status === undefined ? {} : { status }),
    },
  });
}

const decided = ({ untilUser }: UnderTest, ref: string) =>
  untilUser(
    ref,
    "to be decided on",
    ({ metadata, status }) => status?.observedGeneration === metadata.generation,
  );

test("a paused organization: nobody gets or loses anything, through a restart; who is suspended is out; what waited follows under the breaker", async (t) => {
  const under = await operatorUnderTest(t);
  const [ada = "", ben = "", cy = "", ...others] = await withPeople(under, 8);
  await annotate(under, "oktaorg", "acme", `${PAUSE_ANNOTATION}=audit until Friday, mia`);
  const paused = await under.condition("oktaorg", "acme", "Paused", "True");
  t.regex(paused.message, /^Somebody has paused it: "audit until Friday, mia"\. /);
  t.truthy(paused.lastTransitionTime);
  await under.condition("oktaorg", "acme", "Ready", "True", "Paused");
  await under.condition("orm", "services", "Paused", "True", "OrganizationPaused");

  await nowIn(under, ada, []);
  await nowIn(under, ben, ["portal_admin", "service_admin"]);
  await under.cluster.kubectl("delete", "orm", "services");
  await under.stop();
  under.start();
  await nowIn(under, cy, [], "SUSPENDED");
  await under.untilUser(cy, "to be out", (user) => user.status?.state === "Deactivated");
  for (const ref of [ada, ben, ...others]) t.deepEqual(rolesOf(await decided(under, ref)), ["service-admin"]);
  const still = await under.condition("oktaorg", "acme", "Paused", "True");
  t.is(still.lastTransitionTime, paused.lastTransitionTime, "since when");

  await annotate(under, "oktaorg", "acme", `${PAUSE_ANNOTATION}-`);
  const held = await under.condition(
    "oktaorg",
    "acme",
    "DeactivationsWithinLimit",
    "False",
    "DeactivationsHeld",
  );
  t.regex(held.message, /would deactivate 6 of 7 active users from Okta/);
  await under.untilUser(ben, "to have moved", (user) => rolesOf(user).join() === "portal-admin");
  for (const ref of [ada, ...others]) t.deepEqual(rolesOf(await under.user(ref)), ["service-admin"]);
  t.falsy((await under.organization()).status?.conditions?.find(({ type }) => type === "Paused"));
});

test("a paused mapping: what is edited, and who comes or goes, waits; other mappings go on", async (t) => {
  const under = await operatorUnderTest(t);
  const [ada = "", ben = ""] = await withPeople(under, 2);
  await annotate(under, "orm", "services", `${PAUSE_ANNOTATION}=`);
  const { message } = await under.condition("orm", "services", "Paused", "True", "Paused");
  t.regex(message, /^Somebody has paused it\. Whoever holds a role through it keeps that/);
  await under.condition("orm", "services", "Ready", "True", "Paused");

  await under.applyAcme({ mappings: { services: [["web"], ["service-admin", "portal-admin"]] } });
  await nowIn(under, ada, ["portal_admin"]);
  await under.untilUser(ada, "to hold both", (user) => rolesOf(user).join() === "portal-admin,service-admin");
  t.deepEqual(rolesOf(await under.user(ben)), ["service-admin"]);

  await annotate(under, "orm", "services", `${PAUSE_ANNOTATION}-`);
  await under.untilUser(ada, "to have moved", (user) => rolesOf(user).join() === "portal-admin");
  await under.untilUser(ben, "to be out", (user) => user.status?.state === "Deactivated");
  await under.condition("orm", "services", "Ready", "True", "Accepted");
});

test("what was held before a pause is held through it, and when it is over", async (t) => {
  const under = await operatorUnderTest(t);
  const refs = await withPeople(under, 6);
  await under.cluster.kubectl("delete", "orm", "services");
  const held = () =>
    under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "False", "DeactivationsHeld");
  const { lastTransitionTime } = await held();
  // Times in a status are of a second: what is held anew is to be told from what is held all the time.
  const next = Date.parse(lastTransitionTime) + 1_000;
  await waitFor(() => Date.now() >= next || undefined, { what: "the next second" });
  await annotate(under, "oktaorg", "acme", `${PAUSE_ANNOTATION}=audit`);
  await under.condition("oktaorg", "acme", "Paused", "True");
  const through = await held();
  t.regex(
    through.message,
    /deactivate 6 of 6 active users from Okta.* somebody approves when the pause is over\.$/,
  );
  await annotate(under, "oktaorg", "acme", `${PAUSE_ANNOTATION}-`);
  await waitFor(
    async () => {
      const { conditions = [] } = (await under.organization()).status ?? {};
      return conditions.every(({ type }) => type !== "Paused") || undefined;
    },
    { what: "the pause to be over" },
  );
  const after = await held();
  t.is(after.lastTransitionTime, lastTransitionTime, "all the time");
  t.regex(after.message, /kubectl annotate/);
  for (const ref of refs) t.deepEqual(rolesOf(await under.user(ref)), ["service-admin"]);
});
