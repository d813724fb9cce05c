import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import test from "ava";
import { mappingCompactor, userCompactor } from "../../crds/compact.ts";
import { listOf } from "../../crds/timed-list.ts";
import type { OktaRoleMapping, OrganizationUser } from "../../crds/types.ts";

const condition = (type: string, reason: string) => ({
  type,
  status: "True" as const,
  reason,
  message: `Because of ${reason}.`,
  observedGeneration: 1,
  lastTransitionTime: "2026-01-01T00:00:00Z",
});

const user = (subject: string): OrganizationUser => ({
  apiVersion: "rolemapping.dev/v1alpha1",
  kind: "OrganizationUser",
  metadata: {
    namespace: "access",
    name: `acme-${subject}`,
    uid: `uid-${subject}`,
    resourceVersion: "7",
    generation: 1,
    creationTimestamp: "2026-01-01T00:00:00Z",
    labels: { team: "x" },
    annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}", note: "y" },
  },
  spec: {
    organizationRef: { name: "acme" },
    source: "Okta",
    issuer: "https://acme.okta.com",
    subject,
    email: `${subject}@acme.example`,
    groups: [{ name: "everyone" }, { name: "admins", id: "00g1" }, { id: "00g2" }],
    groupsFrom: "Claim",
  },
  status: {
    observedGeneration: 1,
    state: "Active",
    groups: ["everyone"],
    roles: [{ name: "reader", mapping: "all", group: "everyone" }, { name: "local" }],
    roleNames: ["local", "reader"],
    summary: { name: subject, groups: "everyone", roles: "local, reader" },
    sessionEpoch: 2,
    conditions: [condition("Active", "MappedGroup"), condition("Ready", "Reconciled")],
  },
});

const mapping = (name: string): OktaRoleMapping => ({
  apiVersion: "rolemapping.dev/v1alpha1",
  kind: "OktaRoleMapping",
  metadata: { namespace: "access", name, uid: `uid-${name}`, resourceVersion: "8", generation: 3 },
  spec: { organizationRef: { name: "acme" }, groups: [{ name: "everyone" }], roles: ["reader"] },
  status: {
    observedGeneration: 3,
    users: { assigned: 2 },
    summary: { groups: "everyone", roles: "reader" },
    conditions: [condition("Ready", "Ready")],
  },
});

const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** What the API doesn't know yet, as an older program meets it after an upgrade of the CRDs. */
const later = { futureField: { deep: ["x"] } };

test("a user is kept whole, as it is written back whole", (t) => {
  const compact = userCompactor();
  for (const original of [user("a"), user("b"), { ...user("c"), status: undefined }]) {
    const raw = structuredClone(original) as OrganizationUser;
    Object.assign(raw, structuredClone(later));
    Object.assign(raw.spec, structuredClone(later));
    Object.assign(raw.status?.roles?.[1] ?? {}, structuredClone(later));
    t.deepEqual(compact(structuredClone(raw)), raw);
  }
});

test("what users have in common is there once, what differs is not mixed up", (t) => {
  const compact = userCompactor();
  const [a, b] = [compact(user("a")), compact(user("b"))];
  t.is(a.spec.groups?.[0], b.spec.groups?.[0]);
  t.is(a.status?.roles?.[0], b.status?.roles?.[0]);
  t.is(a.status?.roleNames, b.status?.roleNames);
  t.deepEqual(a.spec.groups?.slice(1), [{ name: "admins", id: "00g1" }, { id: "00g2" }]);

  const other = user("c");
  other.spec.groups = [{ name: "everyone", id: "00g9" }];
  if (other.status) {
    other.status.roles = [{ name: "reader", mapping: "all", group: "admins" }];
    other.status.roleNames = ["reader"];
    other.status.groups = ["everyone", "admins"];
  }
  const before = structuredClone(other);
  t.deepEqual(compact(other), before);
  t.deepEqual(a, user("a"));
});

test("changes and sign-ins are kept with little, and are the same again wherever they are read or written", (t) => {
  const compact = userCompactor();
  const time = (i: number) => `2026-11-26T12:00:${String(i).padStart(2, "0")}Z`;
  const remembering = (subject: string): OrganizationUser => {
    const remembers = user(subject);
    Object.assign(remembers.status ?? {}, {
      history: [
        {
          time: time(3),
          what: ["RolesChanged"],
          granted: [{ name: "reader", mapping: "all", group: "everyone" }],
          revoked: [{ name: "writer" }],
          moreRevoked: 2,
          reason: "MappingsChanged",
          message: "The mappings have changed.",
          ...later,
        },
        { time: time(1), what: ["Activated"], reason: "SignIn", message: "A sign-in." },
      ],
      signIns: [2, 1].map((i) => ({ time: time(i), outcome: "Admitted", reason: "MappedGroup" })),
    });
    return remembers;
  };
  const kept = compact(remembering("a"));
  t.false(Array.isArray(kept.status?.history));
  t.deepEqual(JSON.parse(JSON.stringify(kept)), remembering("a"), "as it is sent to the API server");
  t.deepEqual(JSON.parse(JSON.stringify({ ...compact(kept).status })), remembering("a").status, "once more");
  t.deepEqual(listOf(kept.status?.history ?? []), remembering("a").status?.history ?? []);
  t.deepEqual(listOf(remembering("a").status?.signIns ?? []), remembering("a").status?.signIns ?? []);
  const other = compact(remembering("b"));
  const role = (of: OrganizationUser) => listOf(of.status?.history ?? [])[0]?.granted?.[0];
  t.is(role(kept), role(other));

  for (const odd of ["2026-11-26T12:00:00.5Z", "2026-11-26T14:00:00+02:00", "noon"]) {
    const raw = remembering("c");
    for (const signIn of raw.status?.signIns ?? []) signIn.time = odd;
    t.deepEqual(compact(structuredClone(raw)).status?.signIns, raw.status?.signIns, odd);
    const [usual] = remembering("d").status?.signIns ?? [];
    if (usual) raw.status?.signIns?.push(usual);
    t.deepEqual(compact(structuredClone(raw)).status?.signIns, raw.status?.signIns, "one of several");
  }
});

test("names that look alike when they are put together, and fields of the future, aren't mixed up", (t) => {
  const compact = userCompactor();
  const variants = [["a\nb"], ["a", "b"], [], [""]].flatMap((names, i) => {
    const one = user(`v${i}`);
    const more = user(`w${i}`);
    for (const { status } of [one, more]) if (status) status.groups = names;
    Object.assign(more.status?.roles?.[0] ?? {}, later);
    Object.assign(more.spec.groups?.[0] ?? {}, later);
    return [one, more];
  });
  for (const variant of variants) t.deepEqual(compact(structuredClone(variant)), variant);
});

test("a mapping is kept without what kubectl notes for itself", (t) => {
  const raw = mapping("m");
  raw.metadata.annotations = { [LAST_APPLIED]: "{}", note: "y" };
  const kept = mappingCompactor()(structuredClone(raw));
  t.deepEqual(kept, { ...raw, metadata: { ...raw.metadata, annotations: { note: "y" } } });
  const plain = mapping("n");
  t.deepEqual(mappingCompactor()(structuredClone(plain)), plain);
});

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const KEPT = 40;
const LONG = "x".repeat(20_000);

/** What keeping forty of these takes, each as it comes from the API server, in bytes. */
function bytesOf<T>(object: T, compact: (raw: T) => T): number {
  const text = JSON.stringify(object);
  const used = (): number => {
    collectGarbage();
    return getHeapStatistics().used_heap_size;
  };
  compact(JSON.parse(text));
  const before = used();
  const kept = Array.from({ length: KEPT }, () => compact(JSON.parse(text)));
  const bytes = used() - before;
  if (kept.length !== KEPT) throw new Error("they are kept until here");
  return bytes;
}

/** Some names and texts, as long as if there were thousands of each. */
const long = (...fields: string[]) => Object.fromEntries(fields.map((field) => [field, `${field} ${LONG}`]));

test("what many users or mappings have in common takes the memory of one", (t) => {
  const role = long("name", "mapping", "group", "groupID");
  const conditions = [long("type", "reason", "message", "lastTransitionTime")];
  const change = { ...long("reason", "message"), what: [LONG], granted: [role], revoked: [role] };
  const time = "2026-11-26T12:00:00Z";
  const many = {
    metadata: long("namespace", "creationTimestamp"),
    spec: {
      organizationRef: long("name"),
      ...long("issuer", "groupsFrom", "oktaStatus"),
      groups: [long("name", "id")],
    },
    status: {
      ...long("since", "lastLoginTime"),
      groups: [`groups ${LONG}`],
      roleNames: [`roleNames ${LONG}`],
      roles: [role, { ...role, aFieldOfTheFuture: 1 }],
      summary: long("groups", "roles", "mappings"),
      history: [{ ...change, time }],
      signIns: [{ ...long("outcome", "reason"), time }],
      conditions,
    },
  };
  const most = (KEPT * LONG.length) / 2;
  t.true(bytesOf(many as unknown as OrganizationUser, userCompactor()) < most);
  const rules = {
    metadata: { ...long("namespace", "creationTimestamp"), annotations: { [LAST_APPLIED]: LONG } },
    spec: { organizationRef: long("name"), groups: [], roles: [`role ${LONG}`] },
    status: { summary: long("roles"), conditions },
  };
  t.true(bytesOf(rules as unknown as OktaRoleMapping, mappingCompactor()) < most);
});
