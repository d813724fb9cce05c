import test from "ava";
import type { AuditRecord, Policies, User } from "../../identity/index.ts";
import { type IdentityStore, noAccess, StaleUserError } from "../../identity/index.ts";
import type { DeactivationSafeguard } from "../../operator/deactivations.ts";
import { Currency, reconcileUser, UnfinishedWrites } from "../../operator/users.ts";

const ADA: User = {
  ref: "access/ada",
  version: "1",
  uid: "u1",
  organization: "access/acme",
  source: "Okta",
  issuer: "https://acme.okta.com",
  subject: "00uada",
  groups: [{ name: "service_admin" }],
  localRoles: [],
  decided: true,
  sessionEpoch: 0,
  access: {
    active: true,
    grants: [{ role: "service-admin", mapping: "services", group: "service_admin" }],
    groups: ["service_admin"],
    reason: "MappedGroup",
    message: "In mapped groups: service_admin.",
  },
};

function scene() {
  const state = { now: 100_000, organizations: 0, mappings: 0 };
  const currency = new Currency({
    organizations: { freshness: () => state.organizations },
    mappings: { freshness: () => state.mappings },
    now: () => state.now,
  });
  const isCurrent = (reason: "NoMappedGroup" | "OrganizationNotFound") =>
    currency.isCurrent(ADA, noAccess(reason, ""));
  return { state, currency, isCurrent };
}

test("who has just come by a mapping isn't put out on the word of a cache that may not know it yet", (t) => {
  const { state, currency, isCurrent } = scene();
  state.mappings = 3_000;
  currency.heard(ADA.ref);
  t.false(isCurrent("NoMappedGroup"));
  state.now += 1_000;
  state.mappings = 4_000;
  t.false(isCurrent("NoMappedGroup"));
  state.mappings = 500;
  t.true(isCurrent("NoMappedGroup"), "it has been heard of since");
  t.true(isCurrent("OrganizationNotFound"));
});

test("whoever came long ago is put out at once, unless the cluster hasn't been heard of for long", (t) => {
  const { state, currency, isCurrent } = scene();
  currency.heard(ADA.ref);
  state.now += 3_600_000;
  state.mappings = state.organizations = 3_000;
  t.true(isCurrent("NoMappedGroup"));
  state.organizations = 11_000;
  t.true(isCurrent("NoMappedGroup"), "it isn't the organizations that say so");
  t.false(isCurrent("OrganizationNotFound"));
  state.organizations = Number.POSITIVE_INFINITY;
  t.false(isCurrent("OrganizationNotFound"));
});

/** A reconcile of Ada where there is no organization any more. */
async function reconciled(parts: {
  isCurrent: boolean;
  update: IdentityStore["update"];
  fresh?: User | undefined;
}) {
  const records: AuditRecord[] = [];
  const store = { get: () => ADA, update: parts.update, fresh: async () => parts.fresh };
  const outcome = await reconcileUser(ADA.ref, {
    store: store as unknown as IdentityStore,
    policies: { of: () => undefined } as unknown as Policies,
    safeguard: { state: () => ({ held: false }) } as unknown as DeactivationSafeguard,
    audit: { write: (some: readonly AuditRecord[]) => records.push(...some) } as never,
    unfinished: new UnfinishedWrites(),
    isCurrent: () => parts.isCurrent,
  });
  return { outcome, records };
}

test("while that isn't known, nothing is written, and it is looked at again soon", async (t) => {
  const update = () => t.fail("written") as never;
  const { outcome, records } = await reconciled({ isCurrent: false, update });
  t.is(outcome.kind, "again");
  t.deepEqual(records, []);
});

test("a deactivation whose answer was lost is recorded all the same; another's write is looked at again", async (t) => {
  const update = async () => {
    throw new StaleUserError("changed since");
  };
  const access = noAccess("OrganizationNotFound", "The organization access/acme does not exist.");
  const ours = await reconciled({ isCurrent: true, update, fresh: { ...ADA, version: "2", access } });
  t.is(ours.outcome.kind, "done");
  t.true(ours.records.some(({ action }) => action === "deactivate"));

  const others = await reconciled({ isCurrent: true, update, fresh: { ...ADA, version: "2" } });
  t.is(others.outcome.kind, "again");
  t.deepEqual(others.records, []);
});
