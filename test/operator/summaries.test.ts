import test from "ava";
import { organizationUsers } from "../../crds/resources.ts";
import type { OrganizationUser } from "../../crds/types.ts";
import { splitKey } from "../../kubernetes/index.ts";
import { mappingObject, operatorUnderTest, type UnderTest } from "./operator-under-test.ts";

/** What would turn the line around, colour it, or end it. */
const HOSTILE = "\u202Enimda\u001b[31m\r\nready";

/** What kubectl prints of one object. */
async function line({ cluster }: UnderTest, ...args: string[]): Promise<string> {
  return (await cluster.kubectl("get", "--no-headers", ...args)).stdout;
}

test("a mapping of two hundred groups is one line of a terminal", async (t) => {
  const product = await operatorUnderTest(t);
  const groups = Array.from({ length: 200 }, (_, i) => `service_admin_${i}`);
  await product.applyAcme({ mappings: { services: [groups, ["service-admin", "portal-admin"]] } });
  await product.condition("orm", "services", "Ready", "True");
  const shown = await line(product, "orm", "services");
  t.regex(
    shown,
    /^services +acme +service_admin_0, service_admin_1 \+198 +service-admin, portal-admin +0 +True +Accepted +\d+s\n$/,
  );
});

test("a group that is mapped by id is shown by its name, once that is known", async (t) => {
  const product = await operatorUnderTest(t);
  const { id } = product.okta.directory.addGroup("service_admin");
  const directory = { url: product.okta.url, apiTokenRef: { name: "acme-okta", key: "apiToken" } };
  await product.applyAcme();
  await product.apply(mappingObject("numbered", [{ id }], ["service-admin"]));
  await product.condition("orm", "numbered", "Ready", "False", "DirectoryRequired");
  t.is((await product.mapping("numbered")).status?.summary?.groups, id);
  await product.applyAcme({ okta: { directory } });
  await product.condition("orm", "numbered", "Ready", "True");
  t.is((await product.mapping("numbered")).status?.summary?.groups, "service_admin");
});

test("names from outside don't garble the terminal of whoever looks", async (t) => {
  const product = await operatorUnderTest(t);
  await product.applyAcme({ mappings: { odd: [["\u202Enimda"], ["service-admin"]] } });
  await product.condition("orm", "odd", "Ready", "True");
  t.regex(await line(product, "orm", "odd", "-o", "wide"), / �nimda /);

  await product.stop();
  const { ref } = await product.signedIn("ada", [HOSTILE], { odd: [[HOSTILE], ["service-admin"]] });
  const shown = await line(product, "orguser", splitKey(ref).name, "-o", "wide");
  t.notRegex(shown.replace(/\n$/, ""), /[\p{C}\p{Zl}\p{Zp}]/u);
  t.is(shown.split("�nimda�[31m�ready").length, 3, "in the column of groups, and in the message");
});

/** Takes from an account what earlier versions don't store. */
async function asStoredEarlier({ client, user }: UnderTest, ref: string): Promise<OrganizationUser> {
  const { status, ...object } = await user(ref);
  if (!status?.summary) throw new Error(`${ref} has no summary`);
  const { summary: _, ...earlier } = status;
  return client.replace(organizationUsers, { ...object, status: earlier }, { subresource: "status" });
}

test("an account that an earlier version has stored is shown like the others, by one write", async (t) => {
  const product = await operatorUnderTest(t, { autoStart: false });
  const mappings: Record<string, [string[], string[]]> = { services: [["service_admin"], ["service-admin"]] };
  await product.applyAcme({ mappings });
  const ada = await product.signedIn("ada", ["service_admin"], mappings);
  const before = await asStoredEarlier(product, ada.ref);
  product.start();
  const shown = await product.untilUser(
    ada.ref,
    "to be shown",
    ({ status }) => status?.summary !== undefined,
  );
  t.like(shown.status, { ...before.status, summary: { groups: "service_admin", roles: "service-admin" } });
  const audited = product.lines.filter(({ audit }) => audit === true);
  t.deepEqual(audited, [], "nothing has changed for her");

  await product.stop();
  const ben = await product.signedIn("ben", ["service_admin"], mappings);
  await asStoredEarlier(product, ben.ref);
  product.start();
  await product.untilUser(ben.ref, "to be shown", ({ status }) => status?.summary !== undefined);
  t.is((await product.user(ada.ref)).metadata.resourceVersion, shown.metadata.resourceVersion);
});
