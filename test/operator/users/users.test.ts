import test from "ava";
import { organizationUsers } from "../../../crds/resources.ts";
import {
  type AuditRecord,
  type IdentityStore,
  noAccess,
  type Policies,
  StaleUserError,
  StoreError,
  type User,
} from "../../../identity/index.ts";
import { reconcileUser } from "../../../operator/users/reconcile-user.ts";
import { UnfinishedSignIns } from "../../../operator/users/unfinished-sign-ins.ts";
import { waitFor } from "../../cluster.ts";
import { ADA } from "../ada.ts";
import { localAdminObject, operatorUnderTest, rolesOf } from "../operator-under-test.ts";

const MAPPINGS: Record<string, [string[], string[]]> = {
  services: [["service_admin"], ["service-admin"]],
  portal: [["portal_admin"], ["portal-admin"]],
};

test("an edited mapping changes what people hold, without a sign-in, with an audit line and an Event", async (t) => {
  const { applyAcme, condition, signedIn, untilUser, lines, cluster } = await operatorUnderTest(t);
  await applyAcme({ mappings: MAPPINGS });
  await condition("orm", "services", "Ready", "True");
  const ada = await signedIn("ada", ["service_admin"], MAPPINGS);
  await applyAcme({ mappings: { services: [["service_admin"], ["service-admin", "portal-admin"]] } });
  await untilUser(ada.ref, "to hold both", (user) => rolesOf(user).length === 2);
  // Where a busy machine is long between a sign-in's two writes, the operator makes the second, and has a line of that.
  const granted = await waitFor(
    () =>
      lines.find(
        ({ audit, action, role }) => audit === true && action === "grant" && role === "portal-admin",
      ),
    { what: "the audit line" },
  );
  t.like(granted, {
    user: ada.ref,
    email: "ada@acme.example",
    mapping: "services",
    group: "service_admin",
  });
  t.like(granted?.cause, { by: "policy" });
  await waitFor(
    async () => {
      const { stdout } = await cluster.kubectl(
        "get",
        "events.events.k8s.io",
        "-o",
        "jsonpath={.items[*].reason}",
      );
      return stdout.includes("RoleGranted") || undefined;
    },
    { what: "the Event" },
  );
});

test("a deleted mapping deactivates who held access by it alone, and raises the session epoch", async (t) => {
  const { applyAcme, condition, cluster, signedIn, untilUser } = await operatorUnderTest(t);
  await applyAcme({ mappings: MAPPINGS });
  await condition("orm", "services", "Ready", "True");
  const ada = await signedIn("ada", ["service_admin"], MAPPINGS);
  const raj = await signedIn("raj", ["service_admin", "portal_admin"], MAPPINGS);
  await cluster.kubectl("delete", "orm", "services");
  const out = await untilUser(ada.ref, "to be out", (user) => user.status?.state === "Deactivated");
  t.is(out.status?.sessionEpoch, 1);
  t.deepEqual(rolesOf(out), []);
  t.deepEqual(rolesOf(await untilUser(raj.ref, "to hold less", (user) => rolesOf(user).length === 1)), [
    "portal-admin",
  ]);
  await applyAcme({ mappings: MAPPINGS });
  await untilUser(ada.ref, "to be back", (user) => user.status?.state === "Active");
});

test("a deleted organization deactivates its users and keeps their accounts; it comes back, and so do they", async (t) => {
  const { applyAcme, condition, cluster, signedIn, untilUser } = await operatorUnderTest(t);
  await applyAcme({ mappings: MAPPINGS });
  await condition("orm", "services", "Ready", "True");
  const ada = await signedIn("ada", ["service_admin"], MAPPINGS);
  await cluster.kubectl("delete", "oktaorg", "acme");
  const out = await untilUser(ada.ref, "to be out", (user) => user.status?.state === "Deactivated");
  t.is(out.status?.conditions?.find(({ type }) => type === "Active")?.reason, "OrganizationNotFound");
  await applyAcme();
  await untilUser(ada.ref, "to be back", (user) => user.status?.state === "Active");
});

test("a mapping that is edited into one that can't be accepted takes nothing", async (t) => {
  const { applyAcme, condition, signedIn, untilUser, user } = await operatorUnderTest(t);
  await applyAcme({ mappings: MAPPINGS });
  await condition("orm", "services", "Ready", "True");
  const ada = await signedIn("ada", ["service_admin"], MAPPINGS);
  await applyAcme({ mappings: { services: [["service_admin"], ["service-amdin"]] } });
  await condition("orm", "services", "Ready", "False", "UnknownRole");
  // Another change of the same policy, whose effect shows that the first has been looked at.
  await applyAcme({ mappings: { portal: [["service_admin"], ["portal-admin"]] } });
  await untilUser(ada.ref, "to hold another role", (now) => rolesOf(now).includes("portal-admin"));
  t.deepEqual(rolesOf(await user(ada.ref)), ["portal-admin", "service-admin"]);
});

test("a sign-in whose second write never came is finished by the operator", async (t) => {
  const { applyAcme, client, cluster, condition, okta, untilUser, lines } = await operatorUnderTest(t);
  await applyAcme({ mappings: MAPPINGS });
  await condition("orm", "services", "Ready", "True");
  await client.create(organizationUsers, {
    apiVersion: "rolemapping.dev/v1alpha1",
    kind: "OrganizationUser",
    metadata: { namespace: cluster.namespace, name: "acme-half" },
    spec: {
      organizationRef: { name: "acme" },
      source: "Okta",
      issuer: okta.issuer("default"),
      subject: "half",
      groups: [{ name: "service_admin" }],
      groupsFrom: "Claim",
    },
  });
  const user = await untilUser(
    `${cluster.namespace}/acme-half`,
    "to be decided on",
    (now) => now.status?.state === "Active",
  );
  t.deepEqual(rolesOf(user), ["service-admin"]);
  const recovered = (line: Record<string, unknown>) =>
    line.action === "grant" && JSON.stringify(line.cause).includes("recovery");
  await waitFor(() => lines.find(recovered), { what: "the audit line" });
});

test("a local admin is active with the roles that people gave, and no mapping changes that", async (t) => {
  const { apply, applyAcme, cluster, condition, untilUser, user } = await operatorUnderTest(t);
  await applyAcme({ mappings: MAPPINGS });
  await apply(localAdminObject("mia"));
  const ref = `${cluster.namespace}/mia`;
  t.deepEqual(rolesOf(await untilUser(ref, "to be active", (now) => now.status?.state === "Active")), [
    "service-admin",
  ]);
  await cluster.kubectl("delete", "orm", "--all");
  await applyAcme({ mappings: { last: [["web"], ["portal-admin"]] } });
  await condition("orm", "last", "Ready", "True");
  t.deepEqual(rolesOf(await user(ref)), ["service-admin"]);
});

test("who takes the service account from a local account ends its sessions for good, also when it is given back", async (t) => {
  const { apply, applyAcme, cluster, lines, untilUser } = await operatorUnderTest(t);
  await applyAcme();
  const ref = `${cluster.namespace}/mia`;
  const epochs: (number | undefined)[] = [];
  for (const serviceAccount of [
    { serviceAccountName: "mia" },
    {},
    { serviceAccountName: "mia" },
    { serviceAccountName: "mia", serviceAccountNamespace: "elsewhere" },
    { serviceAccountName: "mia", serviceAccountNamespace: "elsewhere" },
  ]) {
    await apply(localAdminObject("mia", serviceAccount));
    const { status } = await untilUser(
      ref,
      "to be decided",
      ({ metadata, status }) => status?.observedGeneration === metadata.generation,
    );
    epochs.push(status?.sessionEpoch);
    t.deepEqual(status?.localSignIn, { organization: "acme", ...serviceAccount });
  }
  t.deepEqual(epochs, [0, 1, 1, 2, 2]);
  const ended = lines.filter(({ audit, action }) => audit === true && action === "end-sessions");
  t.is(ended.length, 2);
  t.like(ended[0], { user: ref, cause: { by: "local-account" } });
});

test("what another writer stored from a stale cache is put right", async (t) => {
  const { applyAcme, condition, signedIn, store, untilUser } = await operatorUnderTest(t);
  await applyAcme({ mappings: MAPPINGS });
  await condition("orm", "services", "Ready", "True");
  const ada = await signedIn("ada", ["service_admin"], MAPPINGS);
  await store.update(ada, {
    access: noAccess("NoMappedGroup", "A replica that didn't know the mapping yet."),
  });
  const again = await untilUser(ada.ref, "to be active again", (now) => now.status?.state === "Active");
  t.is(again.status?.sessionEpoch, 1, "sessions from before are over all the same");
});

/** A reconcile of Ada where there is no organization any more. */
async function reconciled(parts: {
  isCurrent: boolean;
  update: IdentityStore["update"];
  fresh?: User | undefined;
  records?: AuditRecord[];
}) {
  const { records = [] } = parts;
  const store = { read: async () => ADA, update: parts.update, fresh: async () => parts.fresh };
  const outcome = await reconcileUser(ADA.ref, {
    store: store as unknown as IdentityStore,
    policies: { of: () => undefined } as unknown as Policies,
    pending: { putOff: () => {} },
    hold: { holds: () => false, approvalOf: () => undefined },
    audit: { write: (some: readonly AuditRecord[]) => records.push(...some) } as never,
    unfinished: new UnfinishedSignIns(),
    cacheLag: { isCurrent: () => parts.isCurrent },
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

  const perhaps = { before: ADA, after: { ...ADA, version: "2", access } };
  const lost = new StoreError("no answer", { perhaps });
  const records: AuditRecord[] = [];
  await t.throwsAsync(reconciled({ isCurrent: true, update: () => Promise.reject(lost), records }), {
    is: lost,
  });
  t.true(
    records.some(({ action }) => action === "deactivate"),
    "and where no answer came at all",
  );
  t.regex(records[0]?.cause.detail ?? "", /this may not be so/);

  const others = await reconciled({ isCurrent: true, update, fresh: { ...ADA, version: "2" } });
  t.is(others.outcome.kind, "again");
  t.deepEqual(others.records, []);
});
