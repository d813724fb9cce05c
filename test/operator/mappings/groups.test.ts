import test from "ava";
import { waitFor } from "../../cluster.ts";
import { mappingObject, operatorUnderTest } from "../operator-under-test.ts";

test("a mapping that differs by case says so as soon as somebody comes with the right name", async (t) => {
  const { apply, applyAcme, condition, signedIn } = await operatorUnderTest(t);
  const portal: Record<string, [string[], string[]]> = { portal: [["portal_admin"], ["portal-admin"]] };
  await applyAcme({ mappings: portal });
  await apply(mappingObject("misspelt", ["Service_Admin"], ["service-admin"]));
  await condition("orm", "misspelt", "GroupsResolved", "Unknown", "NoDirectory");
  await signedIn("ada", ["service_admin", "portal_admin"], portal);
  const differs = await condition("orm", "misspelt", "GroupsResolved", "Unknown", "GroupNameDiffers");
  t.regex(differs.message, /"service_admin"/);
});

test("who came by the claim keeps their access when a group that is mapped by id is renamed", async (t) => {
  const { apply, applyAcme, condition, mapping, okta, signedIn, user } = await operatorUnderTest(t);
  const group = okta.directory.addGroup("service_admin");
  const withDirectory = { directory: { url: okta.url, apiTokenRef: { name: "acme-okta", key: "apiToken" } } };
  await applyAcme({ okta: withDirectory });
  await apply(mappingObject("numbered", [{ id: group.id }], ["service-admin"]));
  await condition("orm", "numbered", "GroupsResolved", "True", "Found");
  const { ref } = await signedIn("ada", ["service_admin"], {
    numbered: [["service_admin"], ["service-admin"]],
  });
  okta.directory.updateGroup(group.id, { name: "service-administrators" });
  // Another group beside it, so that the groups are looked up now and not in five minutes.
  okta.directory.addGroup("portal_admin");
  await apply(mappingObject("numbered", [{ id: group.id }, "portal_admin"], ["service-admin"]));
  await waitFor(
    async () =>
      (await mapping("numbered")).status?.groups?.[0]?.name === "service-administrators" || undefined,
    { what: "the new name to be known" },
  );
  // Another mapping, by whose effect it shows that the rename has been looked at.
  await applyAcme({ okta: withDirectory, mappings: { last: [["service_admin"], ["portal-admin"]] } });
  await waitFor(async () => (await user(ref)).status?.roles?.some((role) => role.mapping === "last"), {
    what: "Ada to hold a role through the last mapping",
  });
  const roles = (await user(ref)).status?.roles ?? [];
  t.true(
    roles.some((role) => role.mapping === "numbered"),
    JSON.stringify(roles),
  );
});
