import test from "ava";
import { followed } from "./followed.ts";

test("who leaves the last mapped group in Okta is deactivated without a login; who moves gets other roles", async (t) => {
  const { okta, member, untilState, untilRead } = await followed(t);
  const ada = await member("ada", "web");
  const bob = await member("bob", "web", "unmapped");
  await untilRead();
  await untilState(ada, "Active", ["service-admin"]);

  okta.directory.removeFromGroup("web", "ada@acme.example");
  okta.directory.addToGroup("portal", "bob@acme.example");
  okta.directory.removeFromGroup("web", "bob@acme.example");
  const { status } = await untilState(ada, "Deactivated");
  t.is(status?.conditions?.find(({ type }) => type === "Active")?.reason, "NoMappedGroup");
  await untilState(bob, "Active", ["portal-admin"]);
  t.pass();
});
