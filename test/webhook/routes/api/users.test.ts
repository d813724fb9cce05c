import test from "ava";
import { waitFor } from "../../../cluster.ts";
import { ask, program, tokenOf } from "../../api/program.ts";
import { object, person, webhookUnderTest } from "../../webhook-under-test.ts";

const MAPPINGS: Record<string, [string[], string[]]> = {
  services: [["service_admin"], ["service-admin"]],
  portal: [["portal_admin"], ["portal-admin", "service-admin"]],
  organization: [["org_admin"], ["organization-admin"]],
};

/** Acme with Ada and Raj signed in, Olga who administers it, and a program that may list and get. */
async function acme(
  t: Parameters<typeof webhookUnderTest>[0],
  options: Parameters<typeof webhookUnderTest>[1] = {},
) {
  const underTest = await webhookUnderTest(t, {
    ...options,
    okta: {
      users: [
        person("ada", ["service_admin"]),
        person("raj", ["portal_admin", "service_admin"]),
        person("olga", ["org_admin"]),
      ],
      groups: ["service_admin", "portal_admin", "org_admin"],
    },
  });
  const { applyAcme, cluster, signedIn, users } = underTest;
  await applyAcme({ mappings: MAPPINGS });
  await program(cluster, "reader", "list", "get");
  const ada = await signedIn("ada");
  const raj = await signedIn("raj");
  const olga = await signedIn("olga");
  const ids = new Map(
    [...(await users())].map(([email, { metadata }]) => [email.split("@")[0], metadata.name]),
  );
  return {
    ...underTest,
    ada,
    raj,
    olga,
    id: (name: string) => ids.get(name) ?? "",
    path: `/organizations/${cluster.namespace}/acme`,
    token: await tokenOf(underTest, "reader"),
  };
}

test("a program reads who there is, in pages, and what each holds", async (t) => {
  const the = await acme(t);
  const { token, path, cluster, id } = the;
  const all = await ask(the, `${path}/users`, { token });
  t.is(all.status, 200);
  t.like(all.body, {
    organization: `${cluster.namespace}/acme`,
    total: 3,
    matching: 3,
    nextCursor: undefined,
  });
  const [ada, olga, raj] = all.body.users;
  t.like(ada, {
    id: id("ada"),
    email: "ada@acme.example",
    name: "Ada Tester",
    source: "Okta",
    state: "Active",
  });
  t.deepEqual(ada.roles, [{ name: "service-admin", displayName: "Service Admin", admin: false }]);
  t.like(olga.roles, [{ name: "organization-admin", admin: true }]);
  t.deepEqual(
    raj.roles.map(({ name }: { name: string }) => name),
    ["portal-admin", "service-admin"],
  );

  const first = await ask(the, `${path}/users?limit=2`, { token });
  t.is(first.body.users.length, 2);
  const second = await ask(the, `${path}/users?limit=2&cursor=${first.body.nextCursor}`, { token });
  t.deepEqual([...first.body.users, ...second.body.users], all.body.users);
  t.is(second.body.nextCursor, undefined);

  const found = async (query: string) =>
    (await ask(the, `${path}/users?${query}`, { token })).body.users.map(({ id }: { id: string }) => id);
  t.deepEqual(await found("role=portal-admin"), [id("raj")]);
  t.deepEqual(await found("group=org_admin"), [id("olga")]);
  t.deepEqual(await found("search=ADA"), [id("ada")]);
  t.deepEqual(await found("sort=email&order=descending"), [id("raj"), id("olga"), id("ada")]);
  t.deepEqual(await found("state=Deactivated"), []);
  t.deepEqual(await found("source=Local"), []);
});

test("a program reads one user with every cause of each role, and whoever else there is by no id", async (t) => {
  const the = await acme(t);
  const { token, path, id, cluster, okta } = the;
  const { body } = await ask(the, `${path}/users/${id("raj")}`, { token });
  t.like(body, {
    id: id("raj"),
    organization: `${cluster.namespace}/acme`,
    issuer: okta.issuer(),
    groups: [{ name: "Everyone" }, { name: "portal_admin" }, { name: "service_admin" }],
    groupsFrom: "Claim",
    reason: "MappedGroup",
  });
  t.deepEqual(body.roles, [
    {
      name: "portal-admin",
      displayName: "Portal Admin",
      admin: false,
      causes: [{ mapping: "portal", group: "portal_admin" }],
    },
    {
      name: "service-admin",
      displayName: "Service Admin",
      admin: false,
      causes: [
        { mapping: "portal", group: "portal_admin" },
        { mapping: "services", group: "service_admin" },
      ],
    },
  ]);
  const [change] = body.history;
  t.like(change, { what: ["Activated"], reason: "SignIn", revoked: [], moreGranted: 0 });
  t.like(change.granted, [{ role: "portal-admin", mapping: "portal", group: "portal_admin" }]);
  t.like(body.signIns, [{ outcome: "Admitted", reason: "MappedGroup" }]);
  for (const nobody of ["acme-nobody", "ada@acme.example", "a%2Fb", "a".repeat(300)]) {
    const answer = await ask(the, `${path}/users/${nobody}`, { token });
    t.is(answer.status, 404, nobody);
    t.is(answer.body.code, "user-not-found");
  }
});

test("what hasn't changed isn't sent again; what has is, at any replica", async (t) => {
  const the = await acme(t);
  const { token, path, id, cluster, replica, okta, signedIn, webhook } = the;
  const other = await replica();
  for (const address of [`${path}/users`, `${path}/users?role=service-admin`, `${path}/users/${id("ada")}`]) {
    const first = await ask(the, address, { token });
    const etag = String(first.headers.etag);
    t.regex(etag, /^W\/"[\w-]{22}"$/);
    const again = await ask(the, address, { token, headers: { "if-none-match": `"x", ${etag}` } });
    t.is(again.status, 304, address);
    t.is(again.body, undefined);
    t.is(again.headers.etag, etag);
    t.is((await ask(the, address, { token, headers: { "if-none-match": "*" } })).status, 200);
    const elsewhere = await ask(the, address, { token, at: other, headers: { "if-none-match": etag } });
    t.is(elsewhere.status, 304, `${address} at another replica`);
  }
  const before = await ask(the, `${path}/users`, { token });
  const ada = await ask(the, `${path}/users/${id("ada")}`, { token });
  okta.directory.addToGroup("portal_admin", "ada@acme.example");
  await signedIn("ada");
  await waitFor(
    () =>
      webhook.caches.users.get(`${cluster.namespace}/${id("ada")}`)?.status?.roles?.length === 3 || undefined,
    { what: "the webhook to hear of it" },
  );
  const etag = String(before.headers.etag);
  const after = await ask(the, `${path}/users`, { token, headers: { "if-none-match": etag } });
  t.is(after.status, 200);
  t.not(after.headers.etag, etag);
  const known = { "if-none-match": String(ada.headers.etag) };
  t.is((await ask(the, `${path}/users/${id("ada")}`, { token, headers: known })).status, 200);
});

test("what isn't understood is refused by name, so that a misspelt filter doesn't show everybody", async (t) => {
  const the = await acme(t);
  const { token, path, id } = the;
  const wrong: Record<string, string> = {
    "roles=service-admin": "roles",
    "Role=service-admin": "Role",
    "role=": "role",
    "role=a&role=b": "role",
    "state=active": "state",
    "source=okta": "source",
    "sort=age": "sort",
    "order=up": "order",
    "limit=0": "limit",
    "limit=501": "limit",
    "limit=ten": "limit",
    "cursor=x": "cursor",
    "offset=3": "offset",
    [`search=${"a".repeat(1001)}`]: "search",
  };
  for (const [query, parameter] of Object.entries(wrong)) {
    const { status, body } = await ask(the, `${path}/users?${query}`, { token });
    t.is(status, 400, query);
    t.is(body.parameter, parameter, query);
  }
  const { body } = await ask(the, `${path}/users?limit=1`, { token });
  const other = await ask(the, `${path}/users?limit=1&sort=name&cursor=${body.nextCursor}`, { token });
  t.like(other, { status: 400, body: { code: "cursor-invalid", parameter: "cursor" } });
  t.is((await ask(the, `${path}/users/${id("ada")}?role=x`, { token })).body.parameter, "role");
});

test("an administrator reads all of it with their session; others read of themselves alone", async (t) => {
  const the = await acme(t);
  const { path, id, ada, olga } = the;
  t.is((await ask(the, `${path}/users`, { cookies: olga })).body.total, 3);
  t.is((await ask(the, `${path}/users/${id("ada")}`, { cookies: olga })).body.email, "ada@acme.example");
  t.like((await ask(the, `${path}/me`, { cookies: olga })).body, { kind: "Session", admin: true });

  for (const address of ["users", `users/${id("ada")}`, `users/${id("olga")}`, "users/nobody"]) {
    const answer = await ask(the, `${path}/${address}`, { cookies: ada });
    t.like(answer, { status: 403, body: { code: "not-an-administrator" } }, address);
  }
  const { body } = await ask(the, `${path}/me`, { cookies: ada });
  t.like(body, { kind: "Session", admin: false });
  t.like(body.user, { id: id("ada"), email: "ada@acme.example", history: undefined });
  t.like(body.user.roles[0].causes, [{ mapping: "services", group: "service_admin" }]);
});

test("an administrator whose role administers nothing any more reads nothing more", async (t) => {
  const the = await acme(t);
  const { path, olga, applyAcme } = the;
  t.is((await ask(the, `${path}/users`, { cookies: olga })).status, 200);
  const roles = ["service-admin", "portal-admin", "organization-admin"];
  await applyAcme({
    mappings: MAPPINGS,
    spec: { roles: roles.map((name) => ({ name, displayName: name, admin: name === "portal-admin" })) },
  });
  const answer = await ask(the, `${path}/users`, { cookies: olga });
  t.like(answer, { status: 403, body: { code: "not-an-administrator" } });
  t.like((await ask(the, `${path}/me`, { cookies: olga })).body, { admin: false });
});

test("of an organization that is nothing to whoever asks, they don't learn whether there is one", async (t) => {
  const the = await acme(t);
  const { applyAcme, cluster, olga, path, apply } = the;
  await applyAcme({ name: "beta", mappings: {} });
  await apply(
    object("OrganizationUser", "beta-mia", {
      organizationRef: { name: "beta" },
      source: "Local",
      email: "mia@beta.example",
      roles: ["service-admin"],
    }),
  );
  const beta = `/organizations/${cluster.namespace}/beta`;
  const none = `/organizations/${cluster.namespace}/nobody`;
  for (const rest of ["users", "users/beta-mia", "me"]) {
    const of = async (organization: string) => {
      const { status, body } = await ask(the, `${organization}/${rest}`, { cookies: olga });
      const { requestID: _, ...said } = body;
      return { status, said };
    };
    t.is((await of(beta)).status, 403);
    t.deepEqual(await of(beta), await of(none));
    t.deepEqual(await of(beta), await of("/organizations/elsewhere/nobody"));
  }
  const theirs = await ask(the, `${path}/users/beta-mia`, { cookies: olga });
  t.like(theirs, { status: 404, body: { code: "user-not-found" } });
});
