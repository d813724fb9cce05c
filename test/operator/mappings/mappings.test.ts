import test from "ava";
import { waitFor } from "../../cluster.ts";
import { mappingObject, operatorUnderTest, organizationObject } from "../operator-under-test.ts";

const SERVICES: Record<string, [string[], string[]]> = { services: [["service_admin"], ["service-admin"]] };

test("a mapping of an organization that isn't there says so, and is accepted when it comes", async (t) => {
  const { apply, applyAcme, condition } = await operatorUnderTest(t);
  await apply(mappingObject("services", ["service_admin"], ["service-admin"]));
  const missing = await condition("orm", "services", "Ready", "False", "OrganizationNotFound");
  t.regex(missing.message, /no organization acme/);
  await condition("orm", "services", "RolesResolved", "Unknown", "OrganizationNotFound");
  await applyAcme();
  await condition("orm", "services", "Ready", "True", "Accepted");
});

test("a mapping with an unknown role names it and what there is", async (t) => {
  const { applyAcme, condition } = await operatorUnderTest(t);
  await applyAcme({ mappings: { typo: [["service_admin"], ["service-admin", "service-amdin"]] } });
  const unknown = await condition("orm", "typo", "RolesResolved", "False", "UnknownRole");
  t.regex(unknown.message, /"service-amdin" is not in the catalogue of acme/);
  t.regex(unknown.message, /"portal-admin"/);
  t.regex(unknown.message, /nobody loses/);
  await applyAcme({ roles: ["service-admin", "service-amdin"] });
  await condition("orm", "typo", "Ready", "True");
});

test("without a directory groups are Unknown, and a mapping by id can't match", async (t) => {
  const { apply, applyAcme, condition } = await operatorUnderTest(t);
  await applyAcme({ mappings: SERVICES });
  t.is((await condition("orm", "services", "GroupsResolved", "Unknown")).reason, "NoDirectory");
  await condition("orm", "services", "Ready", "True");
  await apply(mappingObject("numbered", [{ id: "00g1" }], ["service-admin"]));
  await condition("orm", "numbered", "Ready", "False", "DirectoryRequired");
});

test("with a directory groups are looked up, with their members, and misspelt ones are told", async (t) => {
  const { apply, applyAcme, condition, mapping, okta } = await operatorUnderTest(t);
  const { directory } = okta;
  const group = directory.addGroup("service_admin");
  directory.addUser({ login: "ada@acme.example", groups: ["service_admin"] });
  const withDirectory = { directory: { url: okta.url, apiTokenRef: { name: "acme-okta", key: "apiToken" } } };
  await applyAcme({ mappings: SERVICES, okta: withDirectory });
  await condition("orm", "services", "GroupsResolved", "True", "Found");
  t.deepEqual((await mapping("services")).status?.groups, [
    { name: "service_admin", id: group.id, members: 1 },
  ]);
  await condition("oktaorg", "acme", "DirectoryReachable", "True");

  await apply(mappingObject("misspelt", ["Service_Admin"], ["service-admin"]));
  const differs = await condition("orm", "misspelt", "GroupsResolved", "False", "GroupNameDiffers");
  t.regex(differs.message, /"Service_Admin" is "service_admin" in Okta/);
  await apply(mappingObject("lost", ["nobody_knows"], ["service-admin"]));
  await condition("orm", "lost", "Ready", "False", "GroupNotFound");
  await apply(mappingObject("numbered", [{ id: group.id }], ["service-admin"]));
  await condition("orm", "numbered", "Ready", "True");
  t.is((await mapping("numbered")).status?.groups?.[0]?.name, "service_admin");
});

test("a directory that can't be read keeps what is known, and says so", async (t) => {
  const { applyAcme, condition, mapping, okta } = await operatorUnderTest(t);
  const group = okta.directory.addGroup("service_admin");
  const withDirectory = { directory: { url: okta.url, apiTokenRef: { name: "acme-okta", key: "apiToken" } } };
  await applyAcme({ mappings: { numbered: [["service_admin"], ["service-admin"]] }, okta: withDirectory });
  await condition("orm", "numbered", "GroupsResolved", "True");
  okta.misbehave({ fault: { kind: "status", status: 500, headers: {}, body: "" }, on: ["management"] });
  await applyAcme({ mappings: { numbered: [["service_admin"], ["portal-admin"]] }, okta: withDirectory });
  await condition("orm", "numbered", "GroupsResolved", "True");
  await applyAcme({
    mappings: { numbered: [["service_admin", "x"], ["portal-admin"]] },
    okta: withDirectory,
  });
  await condition("orm", "numbered", "GroupsResolved", "Unknown", "DirectoryUnreachable");
  await condition("orm", "numbered", "Ready", "True");
  t.is((await mapping("numbered")).status?.groups?.[0]?.id, group.id);
});

test("a mapping says how many have gained and lost something through it since it was changed", async (t) => {
  const { applyAcme, condition, mapping, signedIn } = await operatorUnderTest(t);
  const until = (gained: number, lost: number) =>
    waitFor(
      async () => {
        const { lastChange } = (await mapping("services")).status ?? {};
        return lastChange?.gained === gained && lastChange.lost === lost ? lastChange : undefined;
      },
      { what: `${gained} to have gained and ${lost} to have lost something` },
    );
  await applyAcme({ mappings: SERVICES });
  await condition("orm", "services", "Ready", "True");
  await until(0, 0);
  await signedIn("ada", ["service_admin", "web"], SERVICES);
  await signedIn("ben", ["service_admin"], SERVICES);
  const first = await until(2, 0);
  await applyAcme({ mappings: { services: [["web"], ["service-admin"]] } });
  const second = await until(0, 1);
  t.is(second.generation, first.generation + 1);
});

test("a second look at what hasn't changed writes nothing", async (t) => {
  const { applyAcme, condition, mapping, organization, start, stop, signedIn } = await operatorUnderTest(t);
  await applyAcme({ mappings: SERVICES });
  await signedIn("ada", ["service_admin"], SERVICES);
  await condition("oktaorg", "acme", "Ready", "True");
  await waitFor(async () => ((await mapping("services")).status?.users?.assigned === 1 ? true : undefined), {
    what: "Ada to be counted",
  });
  await waitFor(async () => ((await organization()).status?.users?.active === 1 ? true : undefined), {
    what: "Ada to be counted as active",
  });
  const versions = async () =>
    [await mapping("services"), await organization()].map(({ metadata }) => metadata.resourceVersion);
  const before = await versions();
  await stop();
  start();
  // A new mapping is reconciled after everything that was there when the operator started.
  await applyAcme({ mappings: { last: [["web"], ["portal-admin"]] } });
  await condition("orm", "last", "Ready", "True");
  t.deepEqual(await versions(), before);
});

test("at a cold start each mapping that needs no answer of Okta's is written once", async (t) => {
  const { applyAcme, condition, metrics, okta, start } = await operatorUnderTest(t, {
    autoStart: false,
    oktaTimeoutMs: 600_000,
  });
  // The organization's own status isn't what mappings wait for.
  okta.misbehave({ fault: { kind: "hang" } });
  const names = Array.from({ length: 40 }, (_, index) => `mapping-${index}`);
  await applyAcme({ mappings: Object.fromEntries(names.map((name) => [name, [[name], ["service-admin"]]])) });
  start();
  for (const name of names) await condition("orm", name, "Ready", "True", "Accepted");
  await condition("oktaorg", "acme", "Ready", "Unknown", "Checking");
  t.regex(
    await metrics(),
    /controller_status_writes_total\{resource="oktarolemappings",result="written"\} 40\n/,
  );
});

test("a mapping may name another organization of its namespace only", async (t) => {
  const { apply, applyAcme, condition, okta } = await operatorUnderTest(t);
  await applyAcme();
  await apply(
    organizationObject("other", {
      roles: [{ name: "viewer", displayName: "Viewer" }],
      okta: {
        issuer: okta.issuer("default"),
        clientID: "0oaTest",
        clientSecretRef: { name: "acme-okta", key: "clientSecret" },
      },
    }),
    mappingObject("viewers", ["everyone"], ["viewer"], "other"),
    mappingObject("wrong", ["everyone"], ["viewer"], "acme"),
  );
  await condition("orm", "viewers", "Ready", "True");
  t.regex((await condition("orm", "wrong", "Ready", "False", "UnknownRole")).message, /catalogue of acme/);
});
