import test from "ava";
import { Policies, type PolicyChange } from "../../identity/policies.ts";
import type { Mapping } from "../../identity/policy.ts";
import type { OrganizationTerms, SourceChange } from "../../identity/policy-source.ts";

const KEY = "access/acme";
const terms: OrganizationTerms = {
  issuer: "https://acme.okta.com",
  roles: [{ name: "service-admin" }],
  held: false,
  paused: false,
};
const services: Mapping = {
  name: "services",
  groups: [{ name: "service_admin" }, { id: "00g1", currentName: "ops", formerNames: ["operations"] }],
  roles: ["service-admin"],
};

/** Policies on a source that says what it is told to say. */
function scene() {
  const known = new Map<string, OrganizationTerms>();
  const listeners: ((change: SourceChange) => void)[] = [];
  const policies = new Policies({
    organization: (key) => known.get(key),
    subscribe: (listener) => listeners.push(listener),
  });
  const heard: PolicyChange[] = [];
  policies.subscribe((change) => heard.push(change));
  const tell = (change: SourceChange): PolicyChange[] => {
    if (change.kind === "organization") {
      if (change.after) known.set(change.organization, change.after);
      else known.delete(change.organization);
    }
    for (const listener of listeners) listener(change);
    return heard.splice(0);
  };
  return { policies, tell, known };
}

/** Acme with its one mapping. */
function acme() {
  const parts = scene();
  parts.tell({ kind: "organization", organization: KEY, after: terms });
  parts.tell({ kind: "mapping", after: { organization: KEY, mapping: services } });
  return parts;
}

test("an organization that comes touches everybody, a mapping those in its groups and those who hold by it", (t) => {
  const { tell } = scene();
  t.deepEqual(tell({ kind: "organization", organization: KEY, after: terms }), [
    { organization: KEY, touched: "all" },
  ]);
  const groups = new Set(["service_admin", "00g1", "ops"]);
  t.deepEqual(tell({ kind: "mapping", after: { organization: KEY, mapping: services } }), [
    { organization: KEY, touched: { groups, mappings: new Set(["services"]) } },
  ]);
});

test("an edited mapping touches the groups that it names and those that it named", (t) => {
  const { policies, tell } = acme();
  const edited: Mapping = { ...services, groups: [{ name: "web" }] };
  const [change] = tell({
    kind: "mapping",
    before: { organization: KEY, mapping: services },
    after: { organization: KEY, mapping: edited },
  });
  t.deepEqual(change?.touched, {
    groups: new Set(["service_admin", "00g1", "ops", "web"]),
    mappings: new Set(["services"]),
  });
  t.deepEqual([...(policies.of(KEY)?.policy.mappingsOf({ name: "web" }) ?? [])], [edited]);
  t.deepEqual([...(policies.of(KEY)?.policy.mappingsOf({ name: "service_admin" }) ?? [])], []);
});

test("a deleted mapping touches whoever had something by it, and gives nothing any more", (t) => {
  const { policies, tell } = acme();
  const [change] = tell({ kind: "mapping", before: { organization: KEY, mapping: services } });
  t.deepEqual(change?.touched, {
    groups: new Set(["service_admin", "00g1", "ops"]),
    mappings: new Set(["services"]),
  });
  t.is(policies.of(KEY)?.policy.mappings.size, 0);
});

test("nothing is kept of an organization that is gone, and its mappings with it, whichever went first", (t) => {
  for (const first of ["mapping", "organization"] as const) {
    const { policies, tell } = acme();
    const before = policies.of(KEY)?.policy;
    if (first === "mapping") tell({ kind: "mapping", before: { organization: KEY, mapping: services } });
    tell({ kind: "organization", organization: KEY, before: terms });
    if (first === "organization") tell({ kind: "mapping", before: { organization: KEY, mapping: services } });
    tell({ kind: "organization", organization: KEY, after: terms });
    t.truthy(before);
    t.not(policies.of(KEY)?.policy, before);
  }
  const { policies, tell } = acme();
  const before = policies.of(KEY)?.policy;
  tell({ kind: "mapping", before: { organization: KEY, mapping: services } });
  t.is(policies.of(KEY)?.policy, before, "the organization is there");
});

test("whoever doesn't listen any more isn't told", (t) => {
  const { policies, tell } = scene();
  const heard: PolicyChange[] = [];
  const stop = policies.subscribe((change) => heard.push(change));
  tell({ kind: "organization", organization: KEY, after: terms });
  stop();
  tell({ kind: "organization", organization: KEY, before: terms });
  t.is(heard.length, 1);
});

test("a mapping that moves to another organization changes both policies", (t) => {
  const { policies, tell } = acme();
  tell({ kind: "organization", organization: "access/other", after: terms });
  const changes = tell({
    kind: "mapping",
    before: { organization: KEY, mapping: services },
    after: { organization: "access/other", mapping: services },
  });
  t.deepEqual(
    changes.map(({ organization }) => organization),
    [KEY, "access/other"],
  );
  t.is(policies.of(KEY)?.policy.mappings.size, 0);
  t.is(policies.of("access/other")?.policy.mappings.size, 1);
});

test("another catalogue touches the people of all mappings, another issuer everybody", (t) => {
  const { policies, tell } = acme();
  const roles = [{ name: "viewer" }];
  const [change] = tell({
    kind: "organization",
    organization: KEY,
    before: terms,
    after: { ...terms, roles },
  });
  t.deepEqual(change?.touched, {
    groups: new Set(["service_admin", "00g1", "ops"]),
    mappings: new Set(["services"]),
  });
  t.true(policies.of(KEY)?.policy.isSuspended("services"));
  const issuer = "https://acme.okta.com/oauth2/default";
  const [other] = tell({
    kind: "organization",
    organization: KEY,
    before: { ...terms, roles },
    after: { ...terms, roles, issuer },
  });
  t.is(other?.touched, "all");
});

test("whether a change is held is as the source says at the moment, and is no change of the policy", (t) => {
  const { policies, known } = acme();
  t.false(policies.of(KEY)?.held);
  known.set(KEY, { ...terms, held: true });
  t.true(policies.of(KEY)?.held);
});

test("of an organization that is gone nothing is in force, and its mappings are there when it comes back", (t) => {
  const { policies, tell } = acme();
  t.deepEqual(tell({ kind: "organization", organization: KEY, before: terms }), [
    { organization: KEY, touched: "all" },
  ]);
  t.is(policies.of(KEY), undefined);
  tell({ kind: "organization", organization: KEY, after: terms });
  t.is(policies.of(KEY)?.policy.mappings.size, 1);
  t.false(policies.of(KEY)?.policy.isSuspended("services"));
});

test("whoever pauses an organization, or lets it go on, has everybody looked at: also who holds something by a mapping that is gone", (t) => {
  const { policies, tell } = acme();
  for (const [before, after] of [
    [terms, { ...terms, paused: true }],
    [{ ...terms, paused: true }, terms],
  ] as const) {
    t.deepEqual(tell({ kind: "organization", organization: KEY, before, after }), [
      { organization: KEY, touched: "all" },
    ]);
    t.is(policies.of(KEY)?.paused, after.paused);
  }
});

test("who approves a change approves nothing that a pause changes", (t) => {
  const { policies, tell } = acme();
  const before = policies.of(KEY)?.policy.hash();
  const owned = { organization: KEY, mapping: services };
  tell({ kind: "mapping", before: owned, after: { ...owned, mapping: { ...services, paused: true } } });
  t.not(policies.of(KEY)?.policy.hash(), before);
});
