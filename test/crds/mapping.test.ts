import test from "ava";
import { type Changes, mapping } from "./objects.ts";
import { assertAccepted, assertRefused, type Complaint } from "./refusal.ts";
import { testNamespace } from "./server.ts";

const namespace = testNamespace();

const refused = test.macro((t, changes: Changes, ...expected: Complaint[]) =>
  assertRefused(t, namespace, mapping(changes), expected),
);
const accepted = test.macro((t, changes: Changes) => assertAccepted(t, namespace, mapping(changes)));

const exactlyOne =
  "write exactly one of name and id, as in {name: service_admin} or {id: 00g1emaKYZTWRYYRRTSK}";

test.serial("a mapping of groups by name and by id is accepted", accepted, {
  groups: [{ name: "service_admin" }, { name: "Service Admin" }, { id: "00g1emaKYZTWRYYRRTSK" }],
});

test.serial("a mapping of 500 groups with the longest names is accepted", accepted, {
  groups: Array.from({ length: 500 }, (_, index) => ({ name: `${index}`.padEnd(255, "é") })),
});

test.serial("a mapping with an empty list of groups is refused", refused, { groups: [] }, [
  "spec.groups",
  "write at least one group, as in {name: service_admin}; to take the roles away from everybody, delete the mapping",
]);

test.serial("a mapping without groups is refused", refused, { groups: undefined }, [
  "spec.groups",
  "Required value",
]);

test.serial(
  "a mapping of 10,000 groups is refused",
  refused,
  { groups: Array.from({ length: 10_000 }, (_, index) => ({ name: `group ${index}` })) },
  ["spec.groups", "must have at most 500 items"],
);

test.serial("a group with neither a name nor an id is refused", refused, { groups: [{}] }, [
  "spec.groups[0]",
  exactlyOne,
]);

test.serial(
  "a group with both a name and an id is refused",
  refused,
  { groups: [{ name: "service_admin", id: "00g1" }] },
  ["spec.groups[0]", exactlyOne],
);

for (const name of [" service_admin", "service_admin ", "\tservice_admin"]) {
  test.serial(
    `the group ${JSON.stringify(name)} is refused, and shown without the space`,
    refused,
    { groups: [{ name }] },
    [
      "spec.groups[0].name",
      'leave out the spaces around the name, since group names match exactly: write "service_admin" (a group that has such spaces in Okta can be given by its id)',
    ],
  );
}

for (const name of ["", "  ", "service\nadmin"]) {
  test.serial(`the group ${JSON.stringify(name)} is refused`, refused, { groups: [{ name }] }, [
    "spec.groups[0].name",
    "write the name of the group as it stands in Okta, on one line",
  ]);
}

test.serial(
  "a group's name in the place of its id is refused",
  refused,
  { groups: [{ id: "service_admin" }] },
  [
    "spec.groups[0].id",
    "write the id that the group has in Okta, letters and digits as in 00g1emaKYZTWRYYRRTSK; a name goes into name",
  ],
);

for (const group of [{ name: "service_admin" }, { id: "00g1" }]) {
  test.serial(
    `the group ${JSON.stringify(group)} twice is refused`,
    refused,
    { groups: [group, { name: "other" }, group] },
    ["spec.groups", "write each group once: one of them stands here twice"],
  );
}

test.serial("groups that differ by case only are two groups", accepted, {
  groups: [{ name: "service_admin" }, { name: "Service_Admin" }],
});

test.serial("a mapping with an empty list of roles is refused", refused, { roles: [] }, [
  "spec.roles",
  "write at least one role of the organization, as in [service-admin]",
]);

test.serial("a mapping without roles is refused", refused, { roles: undefined }, [
  "spec.roles",
  "Required value",
]);

test.serial("a role twice is refused", refused, { roles: ["service-admin", "service-admin"] }, [
  "spec.roles[1]",
  '"service-admin"',
]);

test.serial("a role's display name is refused", refused, { roles: ["Service Admin"] }, [
  "spec.roles[0]",
  "write the name of the role in the organization's catalogue, small letters, digits and hyphens as in service-admin, and not its displayName",
]);

test.serial("an organization's display name is refused", refused, { "organizationRef.name": "Acme Inc." }, [
  "spec.organizationRef.name",
  "write the metadata.name of an Organization in this namespace, as in acme",
]);

test.serial("a mapping of no organization is refused", refused, { organizationRef: undefined }, [
  "spec.organizationRef",
  "Required value",
]);

test.serial("a mapping of an organization elsewhere is refused", async (t) => {
  const elsewhere = mapping({ organizationRef: { name: "acme", namespace: "other" } });
  const { stderr } = await namespace.kubectl(["apply", "--dry-run=server", "-f", "-"], elsewhere);
  t.regex(stderr, /unknown field "spec\.organizationRef\.namespace"/);
});
