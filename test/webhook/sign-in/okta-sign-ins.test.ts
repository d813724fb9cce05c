import test from "ava";
import { waitFor } from "../../cluster.ts";
import { exactly } from "../../exactly.ts";
import { copyOf } from "../browser.ts";
import { person, webhookUnderTest } from "../webhook-under-test.ts";

test("somebody in a mapped group signs in: an account, a session, and the reason for each role", async (t) => {
  const { applyAcme, signIn, session, users, condition, cluster, lines } = await webhookUnderTest(t);
  await applyAcme();
  const { response, cookies } = await signIn("ada");
  t.is(response.status, 303);

  const { status, body } = await session(cookies);
  t.is(status, 200);
  t.like(body, {
    user: { name: "Ada Tester", email: "ada@acme.example" },
    organization: { ref: `${cluster.namespace}/acme`, displayName: "Acme" },
    roles: exactly({
      name: "service-admin",
      displayName: "Service Admin",
      admin: false,
      mapping: "services",
      group: "service_admin",
    }),
  });

  const ada = (await users()).get("ada@acme.example");
  t.like(ada?.spec, { source: "Okta", name: "Ada Tester", groupsFrom: "Claim" });
  t.like(ada?.status, {
    state: "Active",
    roles: exactly({ name: "service-admin", mapping: "services", group: "service_admin" }),
  });
  const provisioned = await condition("orm", "services", "UsersProvisioned", "True", "SignedIn");
  t.regex(
    provisioned.message,
    /^ada@acme\.example signed in at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ and holds service-admin\.$/,
  );
  const audited = lines.filter(({ audit }) => audit === true).map(({ action }) => action);
  t.deepEqual(audited, ["activate", "grant"]);
});

test("somebody in no mapped group is refused, sees the groups that were received, and gets no account", async (t) => {
  const { applyAcme, signIn, session, users } = await webhookUnderTest(t);
  await applyAcme();
  const { response, cookies } = await signIn("eve");
  t.is(response.status, 403);
  t.true(response.body.includes("marketing"), "the groups received");
  t.true(response.body.includes("eve@acme.example"));
  t.false(response.body.includes("service_admin"), "which groups would do is nobody's business");
  t.is((await session(cookies)).status, 401);
  t.is((await users()).size, 0);
});

test("an address that can't be read stops nobody, and one that is stored stays", async (t) => {
  const { applyAcme, signIn, users, okta, lines } = await webhookUnderTest(t);
  await applyAcme();
  okta.alterIdToken = ({ email: _, ...claims }) => ({ claims });
  t.is((await signIn("ada")).response.status, 303);
  t.true((await users()).has("ada@acme.example"), "userinfo has it");

  okta.misbehave({ fault: { kind: "status", status: 503 }, on: ["userinfo"] });
  t.is((await signIn("ada")).response.status, 303);
  t.is((await signIn("ben")).response.status, 303);
  const accounts = [...(await users()).values()].map(({ spec }) => [spec.name, spec.email]);
  t.deepEqual(accounts.sort(), [
    ["Ada Tester", "ada@acme.example"],
    ["Ben Tester", undefined],
  ]);
  const told = lines.filter(({ msg }) => String(msg).includes("could not be read: what is stored stays"));
  t.is(told.length, 2);
});

test("roles follow the groups at each sign-in; without a mapped group the account is deactivated and every session ends", async (t) => {
  const { applyAcme, signIn, signedIn, session, users, okta, url } = await webhookUnderTest(t);
  await applyAcme();
  const ada = await signIn("ada");
  const copied = copyOf(ada.cookies, url);

  okta.directory.removeFromGroup("service_admin", "ada@acme.example");
  okta.directory.addToGroup("portal_admin", "ada@acme.example");
  await signedIn("ada");
  const { body } = await session(ada.cookies);
  t.like(body, { roles: exactly({ name: "portal-admin", mapping: "portal", group: "portal_admin" }) });

  okta.directory.removeFromGroup("portal_admin", "ada@acme.example");
  const refused = await signIn("ada");
  t.is(refused.response.status, 403);
  t.is((await users()).get("ada@acme.example")?.status?.state, "Deactivated");
  const ended = await session(ada.cookies);
  t.is(ended.status, 401);
  t.is(ended.body.code, "account-deactivated");

  okta.directory.addToGroup("service_admin", "ada@acme.example");
  const back = await signIn("ada");
  t.is((await session(back.cookies)).status, 200);
  t.is((await users()).get("ada@acme.example")?.status?.state, "Active");
  const stillEnded = await session(copied);
  t.is(stillEnded.status, 401, "a session from before the deactivation stays dead");
  t.is(stillEnded.body.code, "session-ended");
});

test("a local account with the same verified email is linked, and a local admin's is left alone", async (t) => {
  const { applyAcme, apply, signIn, session, users, caches } = await withCaches(t);
  await applyAcme();
  await apply(localUser("ben", ["service-admin"]), localUser("raj", ["organization-admin"]));
  await waitFor(() => (caches.users.size === 2 ? true : undefined), {
    what: "the local accounts to be known",
  });

  const ben = await signIn("ben");
  t.is((await session(ben.cookies)).status, 200);
  const raj = await signIn("raj");
  t.is((await session(raj.cookies)).status, 200);

  const found = await users();
  const accounts = [...(await allUsers())];
  t.is(accounts.length, 3, "Ben has one account, Raj has the local one and that of Okta");
  t.like(found.get("ben@acme.example")?.spec, { source: "Okta" });
  t.is(found.get("ben@acme.example")?.metadata.name, "ben");
  const mine = accounts.find(({ metadata }) => metadata.name === "raj");
  t.like(mine?.spec, { source: "Local", roles: exactly("organization-admin") });

  async function allUsers() {
    return caches.users.list();
  }
});

test("a sign-in takes an admin role where a local admin gets in, and leaves it where nobody can review their tokens", async (t) => {
  const mappings: Record<string, [string[], string[]]> = {
    services: [["service_admin"], ["service-admin"]],
    admins: [["admins"], ["organization-admin"]],
  };
  const rolesWhere = async (tokenReviews: boolean) => {
    const okta = { users: [person("ada", ["admins"])], groups: ["admins", "service_admin"] };
    const under = await webhookUnderTest(t, { okta, tokenReviews });
    await under.applyAcme({ mappings });
    await under.apply(localUser("mia", ["organization-admin"], { serviceAccountName: "mia" }));
    await waitFor(() => under.webhook.caches.users.size === 1 || undefined, { what: "Mia to be known" });
    await under.signedIn("ada");
    under.okta.directory.removeFromGroup("admins", "ada@acme.example");
    under.okta.directory.addToGroup("service_admin", "ada@acme.example");
    await under.signedIn("ada");
    return (await under.users()).get("ada@acme.example")?.status?.roleNames;
  };
  const [letIn, shutOut] = await Promise.all([rolesWhere(true), rolesWhere(false)]);
  t.deepEqual(letIn, ["service-admin"]);
  t.deepEqual(shutOut, ["organization-admin", "service-admin"], "she may be the last: the operator decides");
});

test("an edited mapping changes what the next sign-in gives", async (t) => {
  const { applyAcme, signedIn, session } = await webhookUnderTest(t);
  await applyAcme({ mappings: { services: [["service_admin"], ["service-admin"]] } });
  await signedIn("ada");
  await applyAcme({ mappings: { services: [["service_admin"], ["service-admin", "portal-admin"]] } });
  const cookies = await signedIn("ada");
  const { body } = await session(cookies);
  t.like(body, { roles: exactly({ name: "portal-admin" }, { name: "service-admin" }) });
});

test("two people sign in for the first time at once, and one person twice: an account each", async (t) => {
  const { applyAcme, signIn, users } = await webhookUnderTest(t);
  await applyAcme();
  const all = await Promise.all(["ada", "ada", "ben", "raj", "ada", "ben"].map((name) => signIn(name)));
  t.true(all.every(({ response }) => response.status === 303));
  t.is((await users()).size, 3);
});

async function withCaches(t: Parameters<typeof webhookUnderTest>[0]) {
  const underTest = await webhookUnderTest(t);
  return { ...underTest, caches: underTest.webhook.caches };
}

function localUser(name: string, roles: string[], more: object = {}): object {
  return {
    apiVersion: "rolemapping.dev/v1alpha1",
    kind: "OrganizationUser",
    metadata: { name },
    spec: {
      organizationRef: { name: "acme" },
      source: "Local",
      email: `${name}@acme.example`,
      roles,
      ...more,
    },
  };
}
