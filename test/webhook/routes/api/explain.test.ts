import test, { type ExecutionContext } from "ava";
import { ask, program, tokenOf } from "../../api/program.ts";
import { object, person, webhookUnderTest } from "../../webhook-under-test.ts";

const MAPPINGS: Record<string, [string[], string[]]> = {
  services: [["service_admin"], ["service-admin"]],
  portal: [["portal_admin"], ["portal-admin"]],
  organization: [["org_admin"], ["organization-admin"]],
};

/** Acme with Ada, who is almost a portal admin, and Olga, who administers it. */
async function acme(t: ExecutionContext) {
  const underTest = await webhookUnderTest(t, {
    okta: {
      users: [
        person("ada", ["service_admin", "Portal_Admin"]),
        person("ben", ["service_admin"]),
        person("olga", ["org_admin"]),
      ],
      groups: ["service_admin", "Portal_Admin", "org_admin"],
    },
  });
  const { applyAcme, cluster, signedIn, users } = underTest;
  await applyAcme({ mappings: MAPPINGS });
  const ada = await signedIn("ada");
  const olga = await signedIn("olga");
  const adaID = (await users()).get("ada@acme.example")?.metadata.name ?? "";
  return { ...underTest, ada, olga, adaID, path: `/organizations/${cluster.namespace}/acme/explain` };
}

test("a program and an administrator are told why somebody holds a role, and what is missing for another", async (t) => {
  const the = await acme(t);
  const { path, olga, cluster, adaID } = the;
  await program(cluster, "reader", "list", "get");
  const token = await tokenOf(the, "reader");
  for (const whom of ["email=ADA@acme.example", `user=${adaID}`])
    for (const asking of [{ token }, { cookies: olga }]) {
      const holds = await ask(the, `${path}?${whom}&role=service-admin`, asking);
      const [{ user, account, received, roles }] = holds.body.explanations;
      t.like(user, { id: adaID, email: "ada@acme.example", name: "Ada Tester" });
      t.is(account, "Active");
      t.deepEqual(received.groups, ["Everyone", "Portal_Admin", "service_admin"]);
      t.like(roles, [{ name: "service-admin", displayName: "Service Admin", holds: true }]);
      t.like(roles[0].reasons, [{ code: "MappedGroup", mapping: "services", group: "service_admin" }]);

      const lacks = await ask(the, `${path}?${whom}&role=portal-admin`, asking);
      const [portal] = lacks.body.explanations[0].roles;
      t.like(portal, { name: "portal-admin", holds: false });
      t.like(portal.reasons, [{ code: "NameDiffers", mapping: "portal" }]);
      t.true(portal.summary.startsWith("Doesn't hold Portal Admin."));
      t.true(portal.summary.includes("Portal_Admin"));
    }
  const all = await ask(the, `${path}?user=${adaID}`, { token });
  t.deepEqual(
    all.body.explanations[0].roles.map(({ name, holds }: { name: string; holds: boolean }) => [name, holds]),
    [
      ["service-admin", true],
      ["portal-admin", false],
      ["organization-admin", false],
    ],
  );
  const unknown = await ask(the, `${path}?user=${adaID}&role=no-such-role`, { token });
  t.like(unknown.body.explanations[0].roles[0].reasons, [{ code: "RoleUnknown" }]);
});

test("it says what the door does: each role of the session, and no other", async (t) => {
  const the = await acme(t);
  const { path, ada, session } = the;
  const { body } = await session(ada);
  const told = await ask(the, path, { cookies: ada });
  const held = told.body.explanations[0].roles.filter(({ holds }: { holds: boolean }) => holds);
  t.deepEqual(
    held.map(({ name }: { name: string }) => name),
    (body.roles as { name: string }[]).map(({ name }) => name),
  );
});

test("who is no administrator is told of themselves alone, without what would do", async (t) => {
  const the = await acme(t);
  const { path, ada, adaID } = the;
  for (const query of [
    "role=portal-admin",
    "role=portal-admin&email=Ada@Acme.example",
    `role=portal-admin&user=${adaID}`,
  ]) {
    const { status, body } = await ask(the, `${path}?${query}`, { cookies: ada });
    t.is(status, 200, query);
    t.is(body.explanations.length, 1);
    t.like(body.explanations[0].roles, [{ name: "portal-admin", holds: false }]);
    const said = JSON.stringify(body.explanations[0].roles);
    t.false(said.includes("portal_admin"), said);
    t.false(/"mapping"/.test(said), said);
  }
  for (const query of [
    "email=olga@acme.example",
    "email=nobody@acme.example",
    "user=acme-nobody",
    "user=acme-other",
  ]) {
    const { status, body } = await ask(the, `${path}?${query}`, { cookies: ada });
    t.is(status, 403, query);
    t.is(body.code, "not-an-administrator");
  }
});

test("of somebody who has no account it is told that they have none, and an id has to be there", async (t) => {
  const the = await acme(t);
  const { path, olga, apply, applyAcme } = the;
  const nobody = await ask(the, `${path}?email=eve@acme.example&role=service-admin`, { cookies: olga });
  const [explanation] = nobody.body.explanations;
  t.like(explanation, { user: undefined, account: "None" });
  t.true(explanation.roles[0].reasons.some(({ code }: { code: string }) => code === "NoAccount"));

  await applyAcme({ name: "beta", mappings: {} });
  const theirs = { organizationRef: { name: "beta" }, source: "Local", email: "mia@beta.example" };
  await apply(object("OrganizationUser", "beta-mia", theirs));
  for (const id of ["acme-nobody", "beta-mia"]) {
    const answer = await ask(the, `${path}?user=${id}`, { cookies: olga });
    t.like(answer, { status: 404, body: { code: "user-not-found" } }, id);
  }
});

test("it has to be said of whom, once; a program needs the right for exactly that", async (t) => {
  const the = await acme(t);
  const { path, olga, cluster, adaID } = the;
  await program(cluster, "lister", "list");
  await program(cluster, "getter", "get");
  const lister = await tokenOf(the, "lister");
  const getter = await tokenOf(the, "getter");
  t.like(await ask(the, path, { token: lister }), { status: 400, body: { parameter: "email" } });
  const both = await ask(the, `${path}?user=${adaID}&email=ada@acme.example`, { token: lister });
  t.like(both, { status: 400, body: { parameter: "user" } });
  t.like(await ask(the, `${path}?roles=x`, { cookies: olga }), { status: 400, body: { parameter: "roles" } });
  t.is((await ask(the, `${path}?email=ada@acme.example`, { token: lister })).status, 200);
  t.is((await ask(the, `${path}?user=${adaID}`, { token: lister })).status, 403);
  t.is((await ask(the, `${path}?user=${adaID}`, { token: getter })).status, 200);
  t.is((await ask(the, `${path}?email=ada@acme.example`, { token: getter })).status, 403);
});
