import test from "ava";
import { exactly } from "../../exactly.ts";
import { mappingObject } from "../../operator/operator-under-test.ts";
import { type UnderTest, webhookUnderTest } from "../webhook-under-test.ts";

/** Acme with a directory, a mapping by id of the group service_admin, and one by name of portal_admin. */
async function acmeByID(underTest: UnderTest) {
  const { applyAcme, apply, heard, okta } = underTest;
  const directory = { url: okta.url, apiTokenRef: { name: "acme-okta", key: "apiToken" } };
  await applyAcme({ okta: { directory }, mappings: { portal: [["portal_admin"], ["portal-admin"]] } });
  const group = okta.directory.group("service_admin");
  await apply(mappingObject("numbered", [{ id: group.id }], ["service-admin"]));
  await heard("orm", "numbered");
  return group;
}

test("a group that is mapped by id gives its roles, whatever it is called, and says which it was", async (t) => {
  const underTest = await webhookUnderTest(t);
  const { signIn, users, okta } = underTest;
  const group = await acmeByID(underTest);
  t.is((await signIn("ada")).response.status, 303);
  const held = async () => (await users()).get("ada@acme.example")?.status?.roles;
  t.deepEqual(await held(), [
    { name: "service-admin", mapping: "numbered", group: "service_admin", groupID: group.id },
  ]);
  okta.directory.updateGroup(group.id, { name: "renamed" });
  t.is((await signIn("ada")).response.status, 303);
  t.deepEqual(await held(), [
    { name: "service-admin", mapping: "numbered", group: "renamed", groupID: group.id },
  ]);
});

test("just after a rename, who is admitted by another mapping as well keeps both roles", async (t) => {
  const underTest = await webhookUnderTest(t);
  const { signedIn, session, okta } = underTest;
  const group = await acmeByID(underTest);
  await signedIn("raj");
  okta.directory.updateGroup(group.id, { name: "renamed" });
  const cookies = await signedIn("raj");
  const { body } = await session(cookies);
  t.like(body, { roles: exactly({ name: "portal-admin" }, { name: "service-admin" }) });
});

test("another group of the same name gives nothing, and who is moved into it loses the role", async (t) => {
  const underTest = await webhookUnderTest(t);
  const { signIn, signedIn, session, okta } = underTest;
  const group = await acmeByID(underTest);
  const cookies = await signedIn("ada");
  t.is((await session(cookies)).status, 200);
  okta.directory.updateGroup(group.id, { name: "renamed" });
  const impostor = okta.directory.addGroup("service_admin");
  okta.directory.removeFromGroup(group.id, "ada@acme.example");
  okta.directory.addToGroup(impostor.id, "ada@acme.example");
  const again = await signIn("ada");
  t.is(again.response.status, 403);
  t.true(again.response.body.includes("service_admin"), "the page shows what was received");
  t.is((await session(cookies)).status, 401);
});

test("while the directory can't be read, those whom ids may concern are refused and keep what they hold; others come in", async (t) => {
  const underTest = await webhookUnderTest(t);
  const { signIn, signedIn, session, okta, users } = underTest;
  await acmeByID(underTest);
  okta.directory.addToGroup("portal_admin", "eve@acme.example");
  const cookies = await signedIn("ada");
  const down = okta.misbehave({ fault: { kind: "status", status: 500 }, on: ["management"] });
  const refused = await signIn("ada");
  t.is(refused.response.status, 503);
  t.true(refused.response.body.includes("Your account stays as it is"));
  t.is((await session(cookies)).status, 200);
  t.is(
    (await signIn("eve")).response.status,
    303,
    "in no group that is mapped by id, and holds nothing by one",
  );
  t.like((await users()).get("eve@acme.example")?.spec, { groupsFrom: "Claim" });
  down.stop();
  t.is((await signIn("ada")).response.status, 303);
});
