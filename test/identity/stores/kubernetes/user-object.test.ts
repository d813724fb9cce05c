import test from "ava";
import type { OrganizationUser } from "../../../../crds/types.ts";
import { type Access, type Identity, noAccess, type User } from "../../../../identity/index.ts";
import { signInIndexes, userIndexes } from "../../../../identity/stores/kubernetes/user-indexes.ts";
import {
  newObject,
  specWith,
  statusWith,
  toUser,
} from "../../../../identity/stores/kubernetes/user-object.ts";

type Status = NonNullable<OrganizationUser["status"]>;

const NOW = Date.UTC(2026, 10, 26, 12);
const TIME = "2026-11-26T12:00:00Z";
const BEFORE = "2026-11-25T12:00:00Z";

/** No more than an account has to have. */
const bare = (spec: Partial<OrganizationUser["spec"]> = {}, status?: Status): OrganizationUser => ({
  apiVersion: "rolemapping.dev/v1alpha1",
  kind: "OrganizationUser",
  metadata: { namespace: "team", name: "ada", uid: "u1", resourceVersion: "7", generation: 2 },
  spec: { organizationRef: { name: "acme" }, source: "Okta", ...spec },
  ...(status ? { status } : {}),
});

const condition = (type: string, status: "True" | "False", reason: string, message: string, time = TIME) => ({
  ...{ type, status, reason, message },
  observedGeneration: 2,
  lastTransitionTime: time,
});
const READY = condition("Ready", "True", "Reconciled", "The status follows from the spec and the mappings.");

const BARE: User = {
  ref: "team/ada",
  version: "7",
  uid: "u1",
  organization: "team/acme",
  source: "Okta",
  groups: [],
  localRoles: [],
  decided: false,
  sessionEpoch: 0,
};

/** What is written of a user, without what is read of it when somebody asks. */
const own = (object: OrganizationUser): object => ({ ...toUser(object) });

const OKTA: Identity = {
  issuer: "https://acme.okta.com",
  subject: "00u1",
  email: "ada@acme.example",
  emailVerified: true,
  name: "Ada",
  groups: [{ name: "web", id: "00g1" }, { name: "ops" }, { id: "00g3" }],
  groupsFrom: "Directory",
  status: "ACTIVE",
};
const { emailVerified: _, status: oktaStatus, ...said } = OKTA;
const SPEC = { ...said, ...(oktaStatus === undefined ? {} : { oktaStatus }) } as Partial<
  OrganizationUser["spec"]
>;

test("an account is what its object says, and has nothing that it doesn't say", (t) => {
  t.deepEqual(own(bare()), BARE);
  t.deepEqual(own(bare(SPEC)), { ...BARE, ...SPEC });
  const service = { serviceAccountName: "ada", serviceAccountNamespace: "apps" };
  t.deepEqual(own(bare({ source: "Local", roles: ["viewer"], ...service })), {
    ...BARE,
    ...{ source: "Local", localRoles: ["viewer"] },
    ...service,
  });
  const asked = bare();
  asked.metadata.annotations = { "rolemapping.dev/end-sessions": "stolen" };
  t.deepEqual(own(asked), { ...BARE, endRequest: "stolen" });
  const { metadata: __, ...rest } = bare();
  t.like(toUser({ ...rest, metadata: { namespace: "team", name: "ada" } }), { version: "", uid: "" });
});

test("an account has access by its status, as soon as that says so", (t) => {
  const active = condition("Active", "True", "MappedGroup", "In mapped groups: web.", BEFORE);
  const stored: Status = {
    observedGeneration: 2,
    state: "Active",
    sessionEpoch: 3,
    conditions: [READY, active],
  };
  const access: Access = {
    ...{ active: true, grants: [], groups: [], reason: "MappedGroup" },
    message: "In mapped groups: web.",
  };
  const decided = { ...BARE, decided: true, sessionEpoch: 3 };
  const activeSince = Date.parse(BEFORE);
  t.deepEqual(own(bare({}, stored)), { ...decided, access, activeSince, outdated: true });
  t.deepEqual(own(bare({}, { ...stored, conditions: [READY] })), decided);
  t.deepEqual(own(bare({}, { ...stored, since: TIME })), {
    ...decided,
    ...{ access, activeSince, accessSince: NOW, outdated: true },
  });
  const complete: Status = {
    ...stored,
    since: TIME,
    summary: { groups: "", roles: "" },
    state: "Deactivated",
    groups: ["web"],
    roles: [{ name: "viewer", mapping: "m", group: "web", groupID: "00g1" }, { name: "local" }],
    endedSessions: [{ id: "a", expires: TIME }],
    lastLoginTime: BEFORE,
  };
  t.deepEqual(own(bare({}, complete)), {
    ...decided,
    access: {
      ...access,
      active: false,
      groups: ["web"],
      grants: [{ role: "viewer", mapping: "m", group: "web", groupID: "00g1" }, { role: "local" }],
    },
    endedSessions: [{ id: "a", expiresAt: NOW }],
    lastLoginTime: activeSince,
    ...{ activeSince, accessSince: NOW },
  });
  for (const observedGeneration of [1, 3])
    t.false(toUser(bare({}, { ...complete, observedGeneration })).decided);
  const { observedGeneration: _, ...unobserved } = complete;
  const { generation: __, ...metadata } = bare().metadata;
  t.false(toUser({ ...bare({}, unobserved), metadata }).decided, "neither of them says anything");
});

test("what Okta says is the spec, of a new account and of one that is there, and isn't written twice", (t) => {
  const access = noAccess("NoMappedGroup", "");
  const made = newObject({ organization: "team/acme", identity: OKTA, access });
  const { name, ...metadata } = made.metadata;
  t.regex(name ?? "", /^acme-[a-z2-7]{16}$/);
  t.deepEqual({ ...made, metadata }, {
    apiVersion: "rolemapping.dev/v1alpha1",
    kind: "OrganizationUser",
    metadata: { namespace: "team" },
    spec: { organizationRef: { name: "acme" }, source: "Okta", ...SPEC },
  } as unknown as typeof made);
  t.is(specWith(bare(SPEC), OKTA), undefined);
  t.is(specWith(bare(), undefined), undefined);
  const { email: _, name: __, status: ___, ...little } = { ...OKTA, groups: [] };
  t.deepEqual(specWith(bare({ ...SPEC, roles: ["viewer"] }), little), {
    organizationRef: { name: "acme" },
    ...{ source: "Okta", issuer: OKTA.issuer, subject: OKTA.subject, groups: [], groupsFrom: "Directory" },
  });
});

const ACCESS: Access = {
  active: true,
  grants: [
    { role: "editor", mapping: "m", group: "web", groupID: "00g1" },
    { role: "viewer", mapping: "m", group: "web" },
    { role: "viewer", mapping: "n", group: "ops" },
  ],
  groups: ["ops", "web"],
  reason: "MappedGroup",
  message: "In mapped groups: ops, web.",
};

/** The status of an account after a change. */
const after = (object: OrganizationUser, change: Parameters<typeof statusWith>[1], now = NOW) =>
  statusWith(object, change, { before: toUser(object), now });

test("what is decided is the status, with what lists show of it", (t) => {
  const status = after(bare(SPEC), { access: ACCESS });
  const { history, ...rest } = status ?? {};
  t.is(history?.length, 1);
  t.deepEqual(rest, {
    observedGeneration: 2,
    state: "Active",
    groups: ["ops", "web"],
    roles: [
      { name: "editor", mapping: "m", group: "web", groupID: "00g1" },
      { name: "viewer", mapping: "m", group: "web" },
      { name: "viewer", mapping: "n", group: "ops" },
    ],
    roleNames: ["editor", "viewer"],
    conditions: [condition("Active", "True", "MappedGroup", "In mapped groups: ops, web."), READY],
    sessionEpoch: 0,
    summary: { name: "Ada", groups: "ops, web", roles: "editor, viewer", mappings: "m, n" },
    since: TIME,
  });
  const { generation: _, ...metadata } = bare().metadata;
  t.like(after({ ...bare(), metadata }, { access: ACCESS }), {
    observedGeneration: 1,
    summary: { groups: "ops, web" },
  });
  t.false("name" in (after(bare(), { access: ACCESS })?.summary ?? {}));
});

test("since when something is so stays as long as it is", (t) => {
  const object = bare(SPEC, after(bare(SPEC), { access: ACCESS }));
  const hour = NOW + 3_600_000;
  const times = (status: Status | undefined) => [
    status?.since,
    ...(status?.conditions ?? []).map(({ lastTransitionTime }) => lastTransitionTime),
  ];
  const LATER = "2026-11-26T13:00:00Z";
  t.is(after(object, { access: ACCESS }, hour), undefined, "it is all stored");
  t.deepEqual(times(after(object, { access: { ...ACCESS, message: "Others." } }, hour)), [TIME, TIME, TIME]);
  t.deepEqual(times(after(object, { access: { ...ACCESS, grants: [{ role: "viewer" }] } }, hour)), [
    ...[LATER, TIME, TIME],
  ]);
  const out = after(object, { access: noAccess("NoMappedGroup", "") }, hour);
  t.deepEqual(times(out), [LATER, LATER, TIME]);
  t.is(out?.sessionEpoch, 1);
  t.like(out?.conditions?.[0], { status: "False", reason: "NoMappedGroup" });
  const [active, ready] = object.status?.conditions ?? [];
  if (!active || !ready) return t.fail();
  const conditions = [{ ...ready, lastTransitionTime: BEFORE }, active];
  const turned = bare(SPEC, { ...(object.status as Status), conditions });
  t.deepEqual(times(after(turned, { access: { ...ACCESS, message: "Others." } }, hour)), [
    TIME,
    TIME,
    BEFORE,
  ]);
  const { since: _, ...old } = { ...(object.status as Status), conditions };
  t.is(after(bare(SPEC, old), { endAllSessions: true }, hour)?.since, TIME, "as its condition has it");
  const { conditions: __, ...older } = old;
  t.is(after(bare(SPEC, older), { endAllSessions: true }, hour)?.since, LATER);
});

test("what a status says of sessions and sign-ins stays, what isn't so any more goes", (t) => {
  const object = bare(SPEC, {
    ...(after(bare(SPEC), { access: ACCESS }) as Status),
    sessionsEndedFor: "before",
    endedSessions: [{ id: "a", expires: "2026-11-27T12:00:00Z" }],
    localSignIn: { organization: "acme" },
    signIns: [{ time: BEFORE, outcome: "Admitted", reason: "MappedGroup" }],
    lastLoginTime: BEFORE,
  });
  const more = after(object, { access: { ...ACCESS, groups: [] } });
  t.like(more, {
    sessionsEndedFor: "before",
    endedSessions: [{ id: "a" }],
    signIns: [{ time: BEFORE }],
    lastLoginTime: BEFORE,
  });
  t.false("localSignIn" in (more ?? {}), "nobody begins a session of it without Okta");
  const ended = after(object, { endAllSessions: true });
  t.false("endedSessions" in (ended ?? {}));
  t.is(ended?.sessionEpoch, 1);
  t.deepEqual(ended?.roles, object.status?.roles);
});

test("as long as nothing is decided, nothing is noted of an account", (t) => {
  const signIns = [{ at: NOW, outcome: "Refused" as const, reason: "NoMappedGroup" }];
  t.is(after(bare(), { signIns }), undefined);
  t.is(after(bare({}, { sessionEpoch: 0 }), { endAllSessions: true }), undefined);
});

const indexed = (object: OrganizationUser) =>
  Object.fromEntries(Object.entries(userIndexes).map(([name, values]) => [name, values(object)]));

test("an account is found by what its object says: whom it is of, groups and mappings, each once", (t) => {
  const none = { subject: [], localEmail: [], serviceAccount: [], group: [], mapping: [] };
  t.deepEqual(indexed(bare()), { ...none, organization: ["team/acme"] });
  t.deepEqual(indexed(bare({ issuer: "i" })), { ...none, organization: ["team/acme"] });
  t.deepEqual(indexed(bare({ subject: "s" })), { ...none, organization: ["team/acme"] });
  const roles = [
    { name: "viewer", mapping: "m", group: "web", groupID: "00g9" },
    { name: "editor", mapping: "m", group: "former" },
    { name: "local" },
  ];
  t.deepEqual(indexed(bare({ ...SPEC, serviceAccountName: "sa" }, { sessionEpoch: 0, roles })), {
    ...none,
    subject: ["team/acme|00u1"],
    organization: ["team/acme"],
    group: ["web", "00g1", "ops", "00g3", "00g9", "former"].map((label) => `team/acme|${label}`),
    mapping: ["team/acme|m"],
  });
  t.deepEqual(indexed(bare({ source: "Local", email: "Ben@Acme.example", serviceAccountName: "ben" })), {
    ...none,
    localEmail: ["team/acme|ben@acme.example"],
    serviceAccount: ["team/acme|ben"],
    organization: ["team/acme"],
  });
  t.deepEqual(indexed(bare({ source: "Local" })), { ...none, organization: ["team/acme"] });
  t.deepEqual(Object.keys(signInIndexes), ["subject", "localEmail", "serviceAccount", "organization"]);
});
