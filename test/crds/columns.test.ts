import test from "ava";
import { localUser, type Manifest, mapping, oktaUser, organization } from "./objects.ts";
import { giveEveryRight, product } from "./people.ts";
import { testNamespace } from "./server.ts";

const tenHoursAgo = new Date(Date.now() - 36_000_000).toISOString();
const yesterday = new Date(Date.now() - 86_400_000).toISOString();

const namespace = testNamespace(async (namespace) => {
  await giveEveryRight(namespace);
  const create = async (manifest: Manifest, status?: object) => {
    await namespace.succeed(["create", "-f", "-", ...product(namespace)], manifest);
    if (!status) return;
    const { kind, metadata } = manifest;
    const patch = ["--subresource=status", "--type=merge", "--patch", JSON.stringify({ status })];
    await namespace.succeed(["patch", kind, metadata.name, ...patch, ...product(namespace)]);
  };
  await create(organization(), {
    controller: "access/okta-role-operator",
    loginURI: "https://login.example.com/login/acme",
    users: { registered: 7, active: 5 },
    conditions: [condition("Ready", "True", "Reconciled", "People can sign in.")],
  });
  await create(mapping(), {
    users: { assigned: 2 },
    summary: { groups: "service_admin, portal_admin +198", roles: "service-admin" },
    conditions: [condition("Ready", "False", "UnknownRole", "There is no role x.")],
  });
  await create(oktaUser({ name: "Ada Abel" }), {
    state: "Active",
    summary: {
      name: "Ada Abel",
      groups: "service_admin",
      roles: "portal-admin, service-admin",
      mappings: "portal-admins, service-admins",
    },
    since: yesterday,
    groups: ["service_admin"],
    roleNames: ["portal-admin", "service-admin"],
    roles: [
      { name: "portal-admin", mapping: "portal-admins", group: "portal_admin" },
      { name: "service-admin", mapping: "service-admins", group: "service_admin" },
    ],
    lastLoginTime: tenHoursAgo,
    conditions: [condition("Active", "True", "GroupsMatched", "Through service_admin.")],
  });
  await create(localUser({ name: "Mia Moreau" }));
});

function condition(type: string, status: string, reason: string, message: string): object {
  return { type, status, reason, message, lastTransitionTime: yesterday };
}

/** The cells of what kubectl prints, line by line; an age of seconds is shown as "now". */
async function table(...args: string[]): Promise<string[][]> {
  const stdout = await namespace.succeed(["get", ...args]);
  const [header = "", ...lines] = stdout.trimEnd().split("\n");
  const starts = [...header.matchAll(/(?:^| {3})(?=\S)/g)].map(({ index, 0: gap }) => index + gap.length);
  return [header, ...lines].map((line) =>
    starts.map((start, column) =>
      line
        .slice(start, starts[column + 1])
        .trim()
        .replace(/^\d+s$/, "now"),
    ),
  );
}

test.serial("an organization shows whether it works, where people sign in, and how many do", async (t) => {
  t.deepEqual(await table("oktaorg"), [
    ["NAME", "READY", "REASON", "LOGIN URI", "ACTIVE USERS", "AGE"],
    ["acme", "True", "Reconciled", "https://login.example.com/login/acme", "5", "now"],
  ]);
});

test.serial("an organization shows more when asked", async (t) => {
  const [header, row] = await table("oktaorg", "-o", "wide");
  t.deepEqual(header?.slice(6), ["REGISTERED", "ISSUER", "CONTROLLER", "SINCE", "MESSAGE"]);
  t.deepEqual(row?.slice(6), [
    "7",
    "https://acme.okta.com",
    "access/okta-role-operator",
    "24h",
    "People can sign in.",
  ]);
});

test.serial("a mapping shows who gets what, for how many, and whether it works", async (t) => {
  t.deepEqual(await table("orm"), [
    ["NAME", "ORGANIZATION", "GROUPS", "ROLES", "ASSIGNED", "READY", "REASON", "AGE"],
    [
      "service-admins",
      "acme",
      "service_admin, portal_admin +198",
      "service-admin",
      "2",
      "False",
      "UnknownRole",
      "now",
    ],
  ]);
});

test.serial("a mapping shows the whole message when asked", async (t) => {
  const [header, row] = await table("orm", "-o", "wide");
  t.deepEqual(header?.slice(8), ["SINCE", "MESSAGE"]);
  t.deepEqual(row?.slice(8), ["24h", "There is no role x."]);
});

test.serial("a user shows who it is, whether active, all roles, and since when", async (t) => {
  t.deepEqual(await table("orguser"), [
    ["NAME", "EMAIL", "ORGANIZATION", "SOURCE", "STATE", "ROLES", "SINCE", "AGE"],
    [
      "acme-k5vxg33smvzgk4tf",
      "ada@acme.example",
      "acme",
      "Okta",
      "Active",
      "portal-admin, service-admin",
      "24h",
      "now",
    ],
    ["mia", "mia@acme.example", "acme", "Local", "", "", "", "now"],
  ]);
});

test.serial(
  "a user shows who that is in Okta, by which groups and mappings, when last seen, and why when asked",
  async (t) => {
    const [header, row] = await table("orguser", "-o", "wide");
    t.deepEqual(header?.slice(8), [
      "FULL NAME",
      "GROUPS",
      "MAPPINGS",
      "LAST LOGIN",
      "SUBJECT",
      "REASON",
      "MESSAGE",
    ]);
    t.deepEqual(row?.slice(8), [
      "Ada Abel",
      "service_admin",
      "portal-admins, service-admins",
      "10h",
      "00u1ada",
      "GroupsMatched",
      "Through service_admin.",
    ]);
  },
);

test.serial("one word lists all three kinds", async (t) => {
  const names = await namespace.succeed(["get", "rolemapping", "-o", "name"]);
  t.deepEqual(names.trimEnd().split("\n").sort(), [
    "oktarolemapping.rolemapping.dev/service-admins",
    "organization.rolemapping.dev/acme",
    "organizationuser.rolemapping.dev/acme-k5vxg33smvzgk4tf",
    "organizationuser.rolemapping.dev/mia",
  ]);
});

for (const [kind, selector, expected] of [
  ["oktaorg", "spec.loginPath=acme", "acme"],
  ["orm", "spec.organizationRef.name=acme", "service-admins"],
  ["orm", "spec.organizationRef.name=globex", ""],
  ["orguser", "spec.email=mia@acme.example", "mia"],
  ["orguser", "spec.source=Local", "mia"],
  ["orguser", "status.state=Active", "acme-k5vxg33smvzgk4tf"],
  ["orguser", "spec.organizationRef.name=acme,spec.source=Okta", "acme-k5vxg33smvzgk4tf"],
] as const) {
  test.serial(`${kind} can be selected by ${selector}`, async (t) => {
    const columns = "custom-columns=NAME:.metadata.name";
    const names = await namespace.succeed([
      "get",
      kind,
      "--field-selector",
      selector,
      "--no-headers",
      "-o",
      columns,
    ]);
    t.is(names.trim(), expected);
  });
}
