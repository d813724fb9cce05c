import test from "ava";
import type { OrganizationUser } from "../../../../crds/types.ts";
import { changeCause } from "../../../../identity/index.ts";
import { statusWith, toUser } from "../../../../identity/stores/kubernetes/user-object.ts";
import { account } from "../../an-account.ts";

const NOW = Date.UTC(2026, 10, 26, 12);

/** A local account as the operator has decided on it. */
function local(): OrganizationUser {
  const object: OrganizationUser = {
    apiVersion: "rolemapping.dev/v1alpha1",
    kind: "OrganizationUser",
    metadata: { namespace: "acme", name: "ben", uid: "u", resourceVersion: "1", generation: 1 },
    spec: {
      organizationRef: { name: "acme" },
      source: "Local",
      email: "ben@acme.example",
      roles: ["viewer"],
    },
  };
  const access = {
    active: true,
    grants: [{ role: "viewer" }],
    groups: [],
    reason: "LocalAccount" as const,
    message: "A local account.",
  };
  const status = statusWith(object, { access }, { before: undefined, now: NOW });
  return status ? { ...object, status } : object;
}

test("where the writer of a link has died after the first of its two writes, whoever finishes it notes the link", (t) => {
  const before = local();
  const { organizationRef } = before.spec;
  const spec = {
    organizationRef,
    email: "ben@acme.example",
    source: "Okta" as const,
    issuer: "https://acme.okta.com",
    subject: "00u1",
  };
  const linked = { ...before, metadata: { ...before.metadata, generation: 2 }, spec };
  const { access } = account();
  if (!access) return t.fail();
  const user = toUser(linked);
  t.false(user.decided);
  const status = statusWith(linked, { access }, { before: user, now: NOW + 60_000 });
  if (!status) return t.fail();
  const history = toUser({ ...linked, status }).history ?? [];
  t.is(history.length, 2);
  t.like(history[0], { what: ["Linked", "RolesChanged"], reason: changeCause(user, { access }).reason });
  const again = statusWith({ ...linked, status }, { access }, { before: user, now: NOW + 120_000 });
  t.is(again, undefined, "once");
});

test("what an earlier version has stored is completed without a word in the history", (t) => {
  const stored = local();
  const { history: _, since: __, ...status } = { sessionEpoch: 0, ...stored.status };
  const old = { ...stored, status };
  const user = toUser(old);
  t.true(user.outdated);
  t.is(user.history, undefined);
  const completed = statusWith(old, user.access ? { access: user.access } : {}, {
    before: user,
    now: NOW + 60_000,
  });
  if (!completed) return t.fail();
  t.is(completed.since, status.conditions?.[0]?.lastTransitionTime);
  t.is(completed.history, undefined);
  t.is(toUser({ ...old, status: completed }).outdated, undefined);
});
