import test from "ava";
import type { OktaRoleMapping, Organization } from "../../crds/types.ts";
import type { SourceChange } from "../../identity/index.ts";
import { type Change, type KubernetesObject, keyOf } from "../../kubernetes/index.ts";
import { policySource } from "../../organizations/policy-source.ts";

const acme = (spec: object = {}, status: object = {}) =>
  ({
    apiVersion: "rolemapping.dev/v1alpha1",
    kind: "Organization",
    metadata: { namespace: "access", name: "acme", uid: "o1" },
    spec: {
      okta: { issuer: "https://acme.okta.com" },
      roles: [{ name: "viewer" }, { name: "owner", admin: true }],
      ...spec,
    },
    status,
  }) as unknown as Organization;
const services = (spec: object = {}, status: object = {}) =>
  ({
    apiVersion: "rolemapping.dev/v1alpha1",
    kind: "OktaRoleMapping",
    metadata: { namespace: "access", name: "services", uid: "m1" },
    spec: { organizationRef: { name: "acme" }, groups: [{ id: "00g1" }], roles: ["viewer"], ...spec },
    status,
  }) as unknown as OktaRoleMapping;

/** A source, and what it tells when an object comes, changes or goes. */
function scene() {
  const told: SourceChange[] = [];
  const stand = { organization: undefined as Organization | undefined };
  const subscribers: Record<string, (change: Change<never>) => void> = {};
  const cacheOf = (name: string) => ({
    get: () => stand.organization,
    subscribe: (subscriber: (change: Change<never>) => void) => {
      subscribers[name] = subscriber;
      return () => {};
    },
  });
  const source = policySource({
    organizations: cacheOf("Organization") as never,
    mappings: cacheOf("OktaRoleMapping") as never,
  });
  source.subscribe((change) => told.push(change));
  const changed = <T extends KubernetesObject>(
    previous: T | undefined,
    now: T | undefined,
  ): SourceChange[] => {
    const object = now ?? previous;
    if (!object) throw new Error("neither before nor after");
    const kind = now ? (previous ? "updated" : "added") : "deleted";
    subscribers[object.kind ?? ""]?.({ kind, key: keyOf(object), object, previous } as never);
    return told.splice(0);
  };
  return { source, stand, changed };
}

test("a mapping is told with the names that its status knows of groups that are named by id", (t) => {
  const { changed } = scene();
  const known = { groups: [{ id: "00g1", name: "ops", formerNames: ["operations"] }] };
  t.deepEqual(changed(services(), services({}, known)), [
    {
      kind: "mapping",
      before: {
        organization: "access/acme",
        mapping: { name: "services", groups: [{ id: "00g1" }], roles: ["viewer"] },
      },
      after: {
        organization: "access/acme",
        mapping: {
          name: "services",
          groups: [{ id: "00g1", currentName: "ops", formerNames: ["operations"] }],
          roles: ["viewer"],
        },
      },
    },
  ]);
  const mapping = { name: "services", groups: [{ id: "00g1" }], roles: ["viewer"] };
  const owned = { organization: "access/acme", mapping };
  t.deepEqual(changed(services(), undefined), [{ kind: "mapping", before: owned }]);
  t.deepEqual(changed(undefined, services()), [{ kind: "mapping", after: owned }]);
  const { metadata, ...again } = services();
  t.is(changed(services(), { ...again, metadata: { ...metadata, uid: "m2" } }).length, 1, "made anew");
});

test("groups that are named by id and by name stand in one mapping", (t) => {
  const { changed } = scene();
  const mixed = { groups: [{ id: "00g1" }, { name: "web" }, { id: "00g2" }] };
  const [told] = changed(undefined, services(mixed, { groups: [{ id: "00g2", name: "ops" }] }));
  t.like(told, {
    after: { mapping: { groups: [{ id: "00g1" }, { name: "web" }, { id: "00g2", currentName: "ops" }] } },
  });
});

test("an organization that comes or goes is told", (t) => {
  const { changed } = scene();
  const { issuer, roles } = { ...acme().spec.okta, ...acme().spec };
  const terms = { issuer, roles, held: false, paused: false };
  const told = { kind: "organization" as const, organization: "access/acme" };
  t.deepEqual(changed(undefined, acme()), [{ ...told, after: terms }]);
  t.deepEqual(changed(acme(), undefined), [{ ...told, before: terms }]);
});

test("what nobody holds or loses anything by isn't told", (t) => {
  const { changed } = scene();
  t.deepEqual(changed(services(), services({}, { users: { assigned: 3 } })), []);
  const reordered = [
    { name: "owner", admin: true },
    { name: "viewer", displayName: "Viewer" },
  ];
  t.deepEqual(changed(acme(), acme({ roles: reordered, displayName: "Acme" })), []);
});

test("a role that becomes one that administers, a role that goes and another issuer are told", (t) => {
  const { changed } = scene();
  for (const spec of [
    {
      roles: [
        { name: "viewer", admin: true },
        { name: "owner", admin: true },
      ],
    },
    { roles: [{ name: "viewer" }] },
    { okta: { issuer: "https://other.okta.com" } },
  ])
    t.is(changed(acme(), acme(spec)).length, 1, JSON.stringify(spec));
});

test("a policy is held while the condition says so", (t) => {
  const { source, stand } = scene();
  t.is(source.organization("access/acme"), undefined);
  for (const [status, held] of [
    ["True", false],
    ["False", true],
  ] as const) {
    const others = ["True", "False"].map((other) => ({ type: "Ready", status: other }));
    const conditions = [...others, { type: "DeactivationsWithinLimit", status }];
    stand.organization = acme({}, { conditions });
    t.is(source.organization("access/acme")?.held, held);
  }
});

const paused = { "rolemapping.dev/pause": "a reorganization, mia" };
const withAnnotations = <T extends KubernetesObject>(object: T, annotations: Record<string, string>): T => ({
  ...object,
  metadata: { ...object.metadata, annotations },
});

test("an organization or a mapping that is paused, or goes on, is told as changed; another reason isn't", (t) => {
  const { changed, stand, source } = scene();
  t.like(changed(acme(), withAnnotations(acme(), paused)), [
    { kind: "organization", before: { paused: false }, after: { paused: true } },
  ]);
  t.like(changed(withAnnotations(acme(), paused), acme()), [
    { before: { paused: true }, after: { paused: false } },
  ]);
  const other = { "rolemapping.dev/pause": "" };
  t.deepEqual(changed(withAnnotations(acme(), paused), withAnnotations(acme(), other)), []);
  stand.organization = withAnnotations(acme(), other);
  t.true(source.organization("access/acme")?.paused, "that it is there is enough");
  for (const spec of [{}, { groups: [{ name: "staff" }] }]) {
    const [told] = changed(services(spec), withAnnotations(services(spec), paused));
    t.like(told, { kind: "mapping", after: { mapping: { paused: true } } });
    t.deepEqual(changed(withAnnotations(services(spec), paused), withAnnotations(services(spec), other)), []);
  }
});
