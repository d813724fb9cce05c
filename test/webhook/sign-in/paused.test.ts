import test from "ava";
import { PAUSE_ANNOTATION } from "../../../crds/annotations.ts";
import { exactly } from "../../exactly.ts";
import { webhookUnderTest } from "../webhook-under-test.ts";

test("a paused organization: who has access signs in with it, whatever Okta says of their groups; nobody gets an account, and the page says why", async (t) => {
  const { applyAcme, cluster, heard, signIn, signedIn, session, users, okta } = await webhookUnderTest(t);
  await applyAcme();
  t.is((await signIn("ada")).response.status, 303);
  okta.directory.removeFromGroup("service_admin", "ben@acme.example");
  t.is((await signIn("raj")).response.status, 303);
  await cluster.kubectl("annotate", "oktaorg", "acme", `${PAUSE_ANNOTATION}=audit, mia`);
  await heard("oktaorg", "acme");

  okta.directory.removeFromGroup("service_admin", "ada@acme.example");
  okta.directory.addToGroup("portal_admin", "ada@acme.example");
  const ada = await signIn("ada");
  t.is(ada.response.status, 303);
  t.like(await session(ada.cookies), { status: 200, body: { roles: exactly({ name: "service-admin" }) } });
  okta.directory.addToGroup("portal_admin", "ben@acme.example");
  const ben = await signIn("ben");
  t.is(ben.response.status, 403);
  t.regex(
    ben.response.body,
    /Changes of access are paused at Acme: ask an administrator of Acme when that will be over\./,
  );
  t.deepEqual([...(await users()).keys()].sort(), ["ada@acme.example", "raj@acme.example"]);

  await cluster.kubectl("annotate", "oktaorg", "acme", `${PAUSE_ANNOTATION}-`);
  await heard("oktaorg", "acme");
  t.is((await signIn("ben")).response.status, 303);
  t.like(await session(await signedIn("ada")), { body: { roles: exactly({ name: "portal-admin" }) } });
});

test("somebody who was deactivated before a pause stays so, for the reason and since the time that it was", async (t) => {
  const { applyAcme, cluster, heard, signIn, signedIn, users, okta } = await webhookUnderTest(t);
  await applyAcme();
  await signedIn("ada");
  okta.directory.removeFromGroup("service_admin", "ada@acme.example");
  t.is((await signIn("ada")).response.status, 403);
  const why = async () =>
    (await users()).get("ada@acme.example")?.status?.conditions?.find(({ type }) => type === "Active");
  const before = await why();
  await cluster.kubectl("annotate", "oktaorg", "acme", `${PAUSE_ANNOTATION}=audit, mia`);
  await heard("oktaorg", "acme");
  okta.directory.addToGroup("service_admin", "ada@acme.example");
  t.is((await signIn("ada")).response.status, 403);
  t.like(await why(), {
    status: "False",
    reason: "NoMappedGroup",
    lastTransitionTime: before?.lastTransitionTime,
  });
});
