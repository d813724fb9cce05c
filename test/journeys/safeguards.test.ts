import test, { type ExecutionContext } from "ava";
import { setStatus } from "../../dev/okta/index.ts";
import { waitFor } from "../cluster.ts";
import {
  type AcmeOptions,
  object,
  person,
  type UnderTest,
  webhookUnderTest,
} from "../webhook/webhook-under-test.ts";
import { startOperator } from "./operator-beside.ts";

const MAPPINGS: Record<string, [groups: string[], roles: string[]]> = {
  admins: [["admins"], ["organization-admin"]],
  services: [["service_admin"], ["service-admin"]],
};

/** Operator and webhook, and people who are in these groups and have signed in. */
async function scene(t: ExecutionContext, people: Record<string, string[]>, acme: AcmeOptions = {}) {
  const users = Object.entries(people).map(([name, groups]) => person(name, groups));
  const under = await webhookUnderTest(t, { okta: { users, groups: ["admins", "service_admin"] } });
  const operator = startOperator(under);
  t.teardown(() => operator.stop());
  const directory = {
    url: under.okta.url,
    apiTokenRef: { name: "acme-okta", key: "apiToken" },
    pollInterval: "10s",
  };
  await under.applyAcme({ mappings: MAPPINGS, okta: { directory }, ...acme });
  const signIns = new Map<string, Awaited<ReturnType<UnderTest["signIn"]>>>();
  for (const name of Object.keys(people)) signIns.set(name, await under.signIn(name));
  /** What a program is told of a browser's session: the status, and the roles. */
  const asks = async (name: string): Promise<string> => {
    const { status, body } = await under.session(signIns.get(name)?.cookies);
    const roles = Array.isArray(body.roles) ? body.roles.map((role: { name: string }) => role.name) : [];
    return [status, ...new Set(roles)].join(" ");
  };
  const until = (name: string, answer: string) =>
    waitFor(async () => (await asks(name)) === answer || undefined, { what: `${name} to get ${answer}` });
  const kubectl = async (...args: string[]): Promise<string> => (await under.cluster.kubectl(...args)).stdout;
  const held = (reason: string) =>
    under.condition("oktaorg", "acme", "DeactivationsWithinLimit", "False", reason);
  const eventOf = (reason: string) =>
    waitFor(
      async () => {
        const events = await kubectl(
          "get",
          "events",
          "-o",
          "jsonpath={range .items[*]}{.reason}: {.message}{'\\n'}{end}",
        );
        return events.split("\n").find((line) => line.startsWith(`${reason}: `));
      },
      { what: `an Event ${reason}` },
    );
  /** How many people are held, by cause. */
  const heldPeople = async () =>
    (await operator.metrics.getMetricsAsJSON())
      .filter(({ name }) => name === "okta_role_people_held")
      .flatMap(({ values }) => values.map(({ labels, value }) => `${labels.cause}: ${value}`));
  /** Does what a condition says that one should. */
  const doAsTold = async ({ message }: { message: string }): Promise<void> => {
    const [, command = ""] = /kubectl (.*)$/.exec(message) ?? [];
    await kubectl(...command.split(" "));
  };
  return { ...under, asks, until, kubectl, held, eventOf, heldPeople, doAsTold };
}

test("the last admin leaves the admins' group: held, told of, and over as soon as there is a local admin", async (t) => {
  const { okta, apply, held, eventOf, heldPeople, until, asks } = await scene(t, { ada: ["admins"] });
  okta.directory.addToGroup("service_admin", "ada@acme.example");
  okta.directory.removeFromGroup("admins", "ada@acme.example");
  const { message } = await held("LastAdminHeld");
  t.regex(message, /the admin role organization-admin from the last who hold it \(ada@acme\.example\)/);
  t.regex(message, /"admins" \(which everybody has left\)|"admins"/);
  await until("ada", "200 organization-admin service-admin");
  t.regex(await eventOf("LastAdminHeld"), /organization-admin/);
  t.deepEqual(await heldPeople(), ["groups gone: 1"]);

  await apply(
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "mia" } },
    object("OrganizationUser", "mia", {
      organizationRef: { name: "acme" },
      source: "Local",
      email: "mia@acme.example",
      roles: ["organization-admin"],
      serviceAccountName: "mia",
    }),
  );
  await until("ada", "200 service-admin");
  t.is(await asks("ada"), "200 service-admin");
  await waitFor(async () => (await heldPeople()).length === 0 || undefined, { what: "nobody to be held" });
});

test("the last admin who is suspended in Okta is out at once", async (t) => {
  const { okta, until, condition } = await scene(t, { ada: ["admins"] });
  setStatus(okta.directory, okta.directory.user("ada@acme.example"), "SUSPENDED");
  await until("ada", "401");
  t.is((await condition("oktaorg", "acme", "DeactivationsWithinLimit", "True")).reason, "WithinLimit");
});

test("a mapping is deleted during a pause, which changes nothing; afterwards that is held, and approved by the command that the condition prints", async (t) => {
  const names = Array.from({ length: 6 }, (_, i) => `person${i}`);
  const people = Object.fromEntries(names.map((name) => [name, ["service_admin"]]));
  const { kubectl, condition, held, eventOf, heldPeople, doAsTold, until, asks, signIn } = await scene(
    t,
    people,
  );
  await kubectl("annotate", "oktaorg", "acme", "rolemapping.dev/pause=moving groups, mia");
  t.regex((await condition("oktaorg", "acme", "Paused", "True")).message, /"moving groups, mia"/);
  await kubectl("delete", "orm", "services");
  t.is((await signIn("person0")).response.status, 303);
  for (const name of names) t.is(await asks(name), "200 service-admin");

  await doAsTold(await condition("oktaorg", "acme", "Paused", "True"));
  const found = await held("DeactivationsHeld");
  t.regex(found.message, /6: a mapping or the roles were changed/);
  for (const name of names) t.regex(found.message, new RegExp(`${name}@acme\\.example`));
  t.regex(await eventOf("DeactivationsHeld"), /would deactivate 6 of 6 active users from Okta/);
  t.deepEqual(await heldPeople(), ["mapping edited: 6"]);
  for (const name of names) t.is(await asks(name), "200 service-admin");

  await doAsTold(found);
  for (const name of names) await until(name, "401");
  await condition("oktaorg", "acme", "DeactivationsWithinLimit", "True");
});
