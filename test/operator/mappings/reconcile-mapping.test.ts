import test from "ava";
import type { MappingChange, OktaRoleMapping, Organization } from "../../../crds/types.ts";
import type { DesiredCondition, DesiredStatus, Outcome } from "../../../kubernetes/index.ts";
import type { LookedUp } from "../../../operator/mappings/group-lookup.ts";
import type { Told } from "../../../operator/mappings/last-changes.ts";
import { reconcileMapping } from "../../../operator/mappings/reconcile-mapping.ts";
import { organization } from "../../organizations/organization.ts";

const acme: Organization = {
  ...organization("team/acme", "acme"),
  spec: { ...organization("team/acme", "acme").spec, roles: [{ name: "viewer" }] },
} as Organization;
const READ: LookedUp = { check: { kind: "read", missing: [], hints: [], notShown: [] }, groups: [] };
const CHECKING: LookedUp = { check: { kind: "checking", isOfStatus: true }, groups: [] };

function mapping(changes: { spec?: object; status?: object } = {}): OktaRoleMapping {
  return {
    apiVersion: "rolemapping.dev/v1alpha1",
    kind: "OktaRoleMapping",
    metadata: { namespace: "team", name: "services", generation: 2 },
    spec: {
      organizationRef: { name: "acme" },
      groups: [{ name: "staff" }, { id: "00g1" }, { id: "00g2" }],
      roles: ["viewer"],
      ...changes.spec,
    },
    ...(changes.status ? { status: changes.status } : {}),
  } as OktaRoleMapping;
}

interface Scene {
  readonly object?: OktaRoleMapping | undefined;
  readonly inside?: Organization | undefined;
  readonly looked?: LookedUp;
  readonly lastChange?: MappingChange;
  readonly told?: Told;
  readonly writes?: boolean;
}

/** One reconcile, and what came of it. */
async function reconciled(scene: Scene = {}) {
  const { object, inside, looked, lastChange, told, writes } = {
    object: mapping(),
    inside: acme,
    looked: READ,
    writes: true,
    ...scene,
  };
  const came = { forgotten: [] as string[], events: [] as string[], observed: 0, asked: [] as string[] };
  let written: { status: DesiredStatus; owned: { fields: string[]; conditionTypes: string[] } } | undefined;
  const outcome: Outcome = await reconcileMapping("team/services", {
    mappings: { get: () => object, observe: () => void came.observed++ } as never,
    organizations: { get: (key: string) => (key === "team/acme" ? inside : undefined) } as never,
    assigned: {
      of: (organization, name) => {
        came.asked.push(`${organization} ${name}`);
        return 7;
      },
    },
    changes: {
      statusOf: () => lastChange,
      written: (_, __, write) => write(),
      told: () => told,
    },
    groups: { forget: (key: string) => void came.forgotten.push(key), lookUp: () => looked } as never,
    status: {
      apply: async (_: unknown, __: unknown, status: never, owned: never) => {
        written = { status, owned };
        return writes ? object : undefined;
      },
    } as never,
    events: {
      record: ({ reason, note }: { reason: string; note: string }) =>
        void came.events.push(`${reason}: ${note}`),
    } as never,
  });
  const conditions = (written?.status.conditions ?? []).map(
    ({ type, status, reason }: DesiredCondition) => `${type} ${status} ${reason}`,
  );
  return { ...came, outcome, written, conditions, status: written?.status };
}

const done = { kind: "done" } as const;

test("a mapping that is gone is forgotten, and nothing is written", async (t) => {
  t.like(await reconciled({ object: undefined }), {
    outcome: done,
    forgotten: ["team/services"],
    conditions: [],
  });
});

test("what was found is said: conditions, names of groups, who is assigned, what the last change has done", async (t) => {
  const groups = [{ id: "00g1", name: "crew", members: 2 }];
  const lastChange = { generation: 2, time: "2026-11-27T12:00:00Z", gained: 1, lost: 0 };
  const came = await reconciled({ looked: { ...READ, groups, againMs: 9_000 }, lastChange });
  t.deepEqual(came.conditions, [
    "Ready True Accepted",
    "OrganizationResolved True Found",
    "RolesResolved True Found",
    "GroupsResolved True Found",
  ]);
  const { conditions: _, ...fields } = came.status ?? {};
  t.deepEqual(fields, {
    observedGeneration: 2,
    summary: { groups: "staff, crew, 00g2", roles: "viewer" },
    users: { assigned: 7 },
    lastChange,
    groups,
  });
  t.deepEqual(came.asked, ["team/acme services"]);
  t.like(came, { outcome: { kind: "again", afterMs: 9_000 }, observed: 1, forgotten: [] });
  t.deepEqual(came.events, ["Accepted: People in these groups hold these roles."]);
  const bare = await reconciled({ writes: false });
  t.false("lastChange" in (bare.status ?? {}) || "groups" in (bare.status ?? {}));
  t.like(bare, { outcome: done, observed: 0, events: [] });
});

test("what this controller writes of a status is its own: UsersProvisioned is the webhook's", async (t) => {
  const { written } = await reconciled();
  t.deepEqual(written?.owned, {
    fields: ["observedGeneration", "summary", "groups", "users", "lastChange"],
    conditionTypes: [
      ...["Ready", "OrganizationResolved", "RolesResolved", "GroupsResolved"],
      ...["Paused", "Reconciling", "Stalled"],
    ],
  });
});

test("an answer that comes in a moment is waited for; one that doesn't, isn't, nor where all is known", async (t) => {
  const soon = await reconciled({ looked: { ...CHECKING, patienceMs: 200 } });
  t.like(soon, { outcome: { kind: "again", afterMs: 200 }, conditions: [] });
  const slow = await reconciled({ looked: { ...CHECKING, patienceMs: 0 } });
  t.deepEqual(slow.conditions.slice(0, 2), ["Ready Unknown Checking", "Reconciling True Checking"]);
  t.is(slow.outcome.kind, "done", "it comes again when Okta has answered");
  t.is((await reconciled({ looked: { ...READ, patienceMs: 200 } })).conditions[0], "Ready True Accepted");
});

test("a paused mapping says so", async (t) => {
  const paused = mapping();
  Object.assign(paused.metadata, { annotations: { "rolemapping.dev/pause": "audit" } });
  const { conditions } = await reconciled({ object: paused });
  t.deepEqual(conditions.slice(0, 2), ["Ready True Paused", "Paused True Paused"]);
});

test("what a change has done is told as an Event, or looked at again when it is to be told", async (t) => {
  const told = await reconciled({ told: { kind: "told", note: "2 people have." }, writes: false });
  t.deepEqual(told.events, ["AccessChanged: 2 people have."]);
  t.deepEqual(told.outcome, done);
  const later = { kind: "later", inMs: 4_000 } as const;
  t.deepEqual((await reconciled({ told: later })).outcome, { kind: "again", afterMs: 4_000 });
  t.deepEqual((await reconciled({ told: later, looked: { ...READ, againMs: 3_000 } })).outcome, {
    kind: "again",
    afterMs: 3_000,
  });
});

test("of a mapping without an organization the same isn't said again in other words; anything else is", async (t) => {
  const { written } = await reconciled({ inside: undefined });
  const said = (written?.status.conditions ?? []).map((each) => ({
    ...each,
    message: "In other words.",
    observedGeneration: 2,
  }));
  const writes = async (conditions: object[], inside?: Organization) => {
    const came = await reconciled({ object: mapping({ status: { conditions } }), inside });
    return came.written !== undefined;
  };
  t.false(await writes(said));
  t.false(await writes([...said, { type: "UsersProvisioned", status: "True", reason: "X" }]));
  t.true(await writes(said, acme));
  t.true(await writes([]));
  t.true(await writes(said.slice(1)));
  t.true(await writes([...said, { ...said[0], type: "Paused" }]));
  for (const change of [
    { status: "True" },
    { reason: "Other" },
    { observedGeneration: 1 },
    { type: "Stalled" },
  ])
    t.true(await writes([{ ...said[0], ...change }, ...said.slice(1)]), JSON.stringify(change));
});
