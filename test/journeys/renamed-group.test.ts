import test from "ava";
import { APPROVAL_ANNOTATION } from "../../crds/annotations.ts";
import { waitFor } from "../cluster.ts";
import { person, webhookUnderTest } from "../webhook/webhook-under-test.ts";
import { startOperator } from "./operator-beside.ts";

/** Sign-ins at once: fewer than a webhook lets in. */
const AT_ONCE = 20;

test("a mapped group is renamed in Okta, and 100 of 100 people sign in: at most 20 are out, also after a restart of the operator; approved, all are", async (t) => {
  const names = Array.from({ length: 100 }, (_, i) => `person${i}`);
  const seed = { users: names.map((name) => person(name, ["service_admin"])), groups: ["service_admin"] };
  const under = await webhookUnderTest(t, { okta: seed });
  const { applyAcme, signIn, session, users, condition, okta, cluster, heard } = under;
  const operators = [startOperator(under)];
  t.teardown(async () => {
    for (const operator of operators.splice(0)) await operator.stop();
  });
  await applyAcme();
  const inTurns = async (some: string[]) => {
    const results: Awaited<ReturnType<typeof signIn>>[] = [];
    for (let i = 0; i < some.length; i += AT_ONCE)
      results.push(...(await Promise.all(some.slice(i, i + AT_ONCE).map((name) => signIn(name)))));
    return results;
  };
  const before = await inTurns(names);
  t.true(before.every(({ response }) => response.status === 303));

  okta.directory.updateGroup("service_admin", { name: "service_admins" });
  const active = async (): Promise<number> =>
    [...(await users()).values()].filter(({ status }) => status?.state === "Active").length;
  const first = await inTurns(names.slice(0, 30));
  t.true(first.every(({ response }) => response.status === 403));
  await condition("oktaorg", "acme", "DeactivationsWithinLimit", "False", "DeactivationsHeld");
  t.true((await active()) >= 80);

  // The operator starts anew: the sum goes on.
  for (const operator of operators.splice(0)) await operator.stop();
  operators.push(startOperator(under));
  await heard("oktaorg", "acme");
  const others = await inTurns(names.slice(30));
  t.true(others.every(({ response }) => response.status === 403));
  t.true(others.every(({ response }) => response.body.includes("waits for an administrator")));
  const left = await active();
  t.true(left >= 80, `${left} of 100 are active`);
  const sessions = await Promise.all(before.map(async ({ cookies }) => (await session(cookies)).status));
  t.is(sessions.filter((status) => status === 200).length, left, "whoever is kept stays signed in");

  const held = await waitFor(
    async () => {
      const found = await condition("oktaorg", "acme", "DeactivationsWithinLimit", "False");
      return found.message.includes(`deactivate ${left} of ${left} active`) ? found : undefined;
    },
    { what: "everybody to be counted" },
  );
  t.regex(held.message, /no longer received from Okta, most often "service_admin"/);
  const code = new RegExp(`${APPROVAL_ANNOTATION}=(\\S+)`).exec(held.message)?.[1];
  await cluster.kubectl("annotate", "oktaorg", "acme", `${APPROVAL_ANNOTATION}=${code}`);
  await waitFor(async () => (await active()) === 0 || undefined, { what: "everybody to be out" });
});
