import { randomUUID } from "node:crypto";
import test from "ava";
import { type Changes, localUser, type Manifest, oktaUser } from "./objects.ts";
import { giveEveryRight, product } from "./people.ts";
import { assertAccepted, assertComplaints, assertRefused, type Complaint } from "./refusal.ts";
import { testNamespace } from "./server.ts";

const namespace = testNamespace(giveEveryRight);
const asProduct = {
  kubectl: (args: readonly string[], input?: object) =>
    namespace.kubectl([...args, ...product(namespace)], input),
};

const refused = test.macro((t, manifest: Manifest, ...expected: Complaint[]) =>
  assertRefused(t, asProduct, manifest, expected),
);
const accepted = test.macro((t, manifest: Manifest) => assertAccepted(t, asProduct, manifest));

/** The second manifest is refused as a change of the first one. */
const changeRefused = test.macro(async (t, before: Manifest, after: Manifest, ...expected: Complaint[]) => {
  const metadata = { name: `user-${randomUUID()}` };
  await namespace.succeed(["create", "-f", "-", ...product(namespace)], { ...before, metadata });
  // Replaced, not applied: what `apply` would merge in from the last state is not what is tried here.
  const replace = ["replace", "--dry-run=server", "-f", "-", ...product(namespace)];
  const { stderr } = await namespace.kubectl(replace, { ...after, metadata });
  assertComplaints(t, stderr, expected);
});

test.serial(
  "a local admin is accepted",
  accepted,
  localUser({ serviceAccountName: "mia", name: "Mia Moreau" }),
);
test.serial("a local account without roles is accepted", accepted, localUser({ roles: undefined }));
test.serial("an Okta account is accepted", accepted, oktaUser());
test.serial(
  "an Okta account of somebody without an email address is accepted: the claim may be missing",
  accepted,
  oktaUser({ email: undefined }),
);
test.serial(
  "an Okta account with 5,000 groups is accepted",
  accepted,
  oktaUser({
    groups: Array.from({ length: 5000 }, (_, index) => ({ name: `group ${index}`, id: `00g${index}` })),
  }),
);

for (const email of [undefined, "", "mia", "mia @acme.example", "mia@acme@example"]) {
  test.serial(`the email "${email}" of a local account is refused`, refused, localUser({ email }), [
    "spec.email",
    "a local account needs the person's email address, as in ben@acme.example",
  ]);
}

for (const [field, value] of Object.entries({ issuer: "https://acme.okta.com", subject: "00u1" })) {
  test.serial(`a local account with ${field} is refused`, refused, localUser({ [field]: value }), [
    "spec",
    "leave out issuer and subject, only Okta knows them: a local account is linked by itself when somebody with the same verified email signs in with Okta",
  ]);
}

for (const [field, value] of Object.entries({
  groups: [{ name: "service_admin" }],
  groupsFrom: "Claim",
  oktaStatus: "ACTIVE",
})) {
  test.serial(`a local account with ${field} is refused`, refused, localUser({ [field]: value }), [
    "spec",
    "leave out groups, groupsFrom and oktaStatus, a local account isn't in Okta; write its roles into roles",
  ]);
}

for (const field of ["issuer", "subject"]) {
  test.serial(`an Okta account without ${field} is refused`, refused, oktaUser({ [field]: undefined }), [
    `spec.${field}`,
    "an account with source Okta needs issuer and subject; people write source: Local",
  ]);
}

test.serial(
  "an Okta account with roles of its own is refused",
  refused,
  oktaUser({ roles: ["service-admin"] }),
  [
    "spec.roles",
    "an account with source Okta gets its roles from mappings (kubectl get orm); leave out roles, or write source: Local",
  ],
);

test.serial(
  "an Okta account with a service account is refused",
  refused,
  oktaUser({ serviceAccountName: "ada" }),
  [
    "spec.serviceAccountName",
    "an account with source Okta signs in with Okta only; leave out serviceAccountName, or write source: Local",
  ],
);

test.serial("an unknown source is refused", refused, localUser({ source: "okta" }), [
  "spec.source",
  '"Okta", "Local"',
]);

test.serial(
  "a service account of another namespace is refused",
  refused,
  localUser({ serviceAccountName: "other/mia" }),
  [
    "spec.serviceAccountName",
    "write the name alone of a ServiceAccount, as in mia; its namespace goes into serviceAccountNamespace",
  ],
);

test.serial(
  "a local account may name a service account of another namespace",
  accepted,
  localUser({ serviceAccountName: "mia", serviceAccountNamespace: "break-glass" }),
);

test.serial(
  "a namespace without a service account is refused",
  refused,
  localUser({ serviceAccountNamespace: "break-glass" }),
  [
    "spec.serviceAccountNamespace",
    "serviceAccountNamespace says where the service account of serviceAccountName is; write serviceAccountName, too",
  ],
);

test.serial(
  "what is no namespace is refused",
  refused,
  localUser({ serviceAccountName: "mia", serviceAccountNamespace: "Break Glass" }),
  ["spec.serviceAccountNamespace", "write the name of a namespace, as in break-glass"],
);

test.serial("a role twice is refused", refused, localUser({ roles: ["service-admin", "service-admin"] }), [
  "spec.roles[1]",
  '"service-admin"',
]);

test.serial("a role's display name is refused", refused, localUser({ roles: ["Service Admin"] }), [
  "spec.roles[0]",
  "write the name of the role in the organization's catalogue, small letters, digits and hyphens as in organization-admin, and not its displayName",
]);

test.serial(
  "an organization's display name is refused",
  refused,
  localUser({ "organizationRef.name": "Acme Inc." }),
  ["spec.organizationRef.name", "write the metadata.name of an Organization in this namespace, as in acme"],
);

test.serial("a group with neither a name nor an id is refused", refused, oktaUser({ groups: [{}] }), [
  "spec.groups[0]",
  "write the group's name, its id, or both",
]);

const neverChange =
  "issuer and subject never change: they are the person; another identity is another account";

const changes: readonly [what: string, changes: Changes, where: string, message: string][] = [
  ["to another issuer", { issuer: "https://other.okta.com" }, "spec.issuer", neverChange],
  ["to another subject", { subject: "00u1eve" }, "spec.subject", neverChange],
  [
    "to another organization",
    { "organizationRef.name": "globex" },
    "spec.organizationRef",
    "the organization of an Okta account can't be changed; the person signs in at the other organization",
  ],
];
for (const [what, change, where, message] of changes) {
  test.serial(`an Okta account can't be changed ${what}`, changeRefused, oktaUser(), oktaUser(change), [
    where,
    message,
  ]);
}

test.serial(
  "an Okta account can't become local",
  changeRefused,
  oktaUser(),
  localUser(),
  [
    "spec.source",
    "an account that belongs to Okta never becomes local again; make a second account for emergencies",
  ],
  ["spec.issuer", neverChange],
  ["spec.subject", neverChange],
);

test.serial(
  "a local account can't be linked to another organization",
  changeRefused,
  localUser(),
  oktaUser({ "organizationRef.name": "globex" }),
  [
    "spec.organizationRef",
    "the organization of an Okta account can't be changed; the person signs in at the other organization",
  ],
);

test.serial("a local account may become an Okta account", async (t) => {
  const metadata = { name: "ben" };
  await namespace.succeed(["create", "-f", "-"], { ...localUser(), metadata });
  const { stderr } = await namespace.kubectl(["replace", "-f", "-", ...product(namespace)], {
    ...oktaUser(),
    metadata,
  });
  t.is(stderr, "");
});

test.serial("sessions that were ended stay ended: the epoch never goes down", async (t) => {
  const status = (sessionEpoch: number) => [
    "patch",
    "orguser",
    "mia",
    "--subresource=status",
    "--type=merge",
    "--patch",
    JSON.stringify({ status: { state: "Active", sessionEpoch } }),
    ...product(namespace),
  ];
  await namespace.succeed(["create", "-f", "-"], localUser());
  await namespace.succeed(status(2));
  await namespace.succeed(status(3));
  const lower = await namespace.kubectl(status(2));
  t.regex(
    lower.stderr,
    /status\.sessionEpoch: .*only ever goes up, or sessions that were ended would be accepted again/,
  );
  const without = await namespace.kubectl(
    ["replace", "--subresource=status", "-f", "-", ...product(namespace)],
    { ...localUser(), metadata: { name: "mia" } },
  );
  t.regex(without.stderr, /only ever goes up/);
});
