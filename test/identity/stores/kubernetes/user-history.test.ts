import test from "ava";
import type { OrganizationUser } from "../../../../crds/types.ts";
import { changeCause, LOCAL_ACCOUNT } from "../../../../identity/index.ts";
import { signInsWith } from "../../../../identity/stores/kubernetes/user-history.ts";
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

test("a history is read and written as it is, with no more than there is of it", (t) => {
  const first = {
    time: "2026-11-26T11:00:00Z",
    what: ["RolesChanged" as const],
    granted: [{ name: "editor", mapping: "m", group: "web" }],
    moreGranted: 3,
    revoked: [{ name: "viewer" }],
    moreRevoked: 2,
    reason: "MappingsChanged",
    message: "The mappings have changed.",
  };
  const last = {
    ...{ time: "2026-11-26T10:00:00Z", what: ["Activated" as const] },
    ...{ reason: "SignIn", message: "A sign-in." },
  };
  const { status = { sessionEpoch: 0 }, ...rest } = local();
  const [ready, active] = (status.conditions ?? []).toReversed();
  if (!ready || !active) return t.fail();
  const object = { ...rest, status: { ...status, history: [first, last], conditions: [ready, active] } };
  const user = toUser(object);
  t.deepEqual(user.history, [
    {
      ...{ at: Date.parse(first.time), what: ["RolesChanged"] },
      granted: [{ role: "editor", mapping: "m", group: "web" }],
      revoked: [{ role: "viewer" }],
      ...{ moreGranted: 3, moreRevoked: 2, reason: "MappingsChanged", message: first.message },
    },
    {
      ...{ at: Date.parse(last.time), what: ["Activated"], granted: [], revoked: [] },
      ...{ moreGranted: 0, moreRevoked: 0, reason: "SignIn", message: "A sign-in." },
    },
  ]);
  const access = {
    ...account().access,
    active: false,
    grants: [],
    reason: "NoMappedGroup",
    message: "Left.",
  };
  const change = { access: access as NonNullable<typeof user.access>, cause: LOCAL_ACCOUNT };
  t.deepEqual(statusWith(object, change, { before: user, now: NOW })?.history, [
    {
      ...{ time: "2026-11-26T12:00:00Z", what: ["Deactivated"], revoked: [{ name: "viewer" }] },
      reason: "LocalAccountWritten",
      message: "Left. The local account was written by people.",
    },
    first,
    last,
  ]);
});

test("sign-ins are noted with the last one that let somebody in, and what is noted already changes nothing", (t) => {
  const at = (minute: number) => NOW + minute * 60_000;
  const time = (minute: number) => `2026-11-26T12:${String(minute).padStart(2, "0")}:00Z`;
  const admitted = (minute: number) =>
    ({ at: at(minute), outcome: "Admitted", reason: "MappedGroup" }) as const;
  const stored = (minute: number) =>
    ({ time: time(minute), outcome: "Admitted", reason: "MappedGroup" }) as const;
  const refused = { ...admitted(9), outcome: "Refused", reason: "NoMappedGroup" } as const;
  t.deepEqual(signInsWith(undefined), { fields: {}, isChanged: false });
  t.deepEqual(signInsWith({ sessionEpoch: 0 }, []), { fields: {}, isChanged: false });
  t.deepEqual(signInsWith(undefined, [admitted(1), admitted(3), admitted(2)]), {
    fields: { signIns: [stored(3), stored(2), stored(1)], lastLoginTime: time(3) },
    isChanged: true,
  });
  const known = { sessionEpoch: 0, signIns: [stored(5)], lastLoginTime: time(5) };
  t.deepEqual(signInsWith(known, [admitted(5)]), {
    fields: { signIns: known.signIns, lastLoginTime: time(5) },
    isChanged: false,
  });
  t.deepEqual(signInsWith(known, [admitted(4), refused]), {
    fields: {
      signIns: [{ ...stored(9), outcome: "Refused", reason: "NoMappedGroup" }, stored(5), stored(4)],
      lastLoginTime: time(5),
    },
    isChanged: true,
  });
  t.deepEqual(
    signInsWith({ sessionEpoch: 0, signIns: [stored(5)] }, [refused]).fields.lastLoginTime,
    undefined,
  );
  t.false("lastLoginTime" in signInsWith(undefined, [refused]).fields);
  const full = Array.from({ length: 10 }, (_, i) => stored(20 - i));
  t.deepEqual(
    signInsWith({ sessionEpoch: 0, signIns: full, lastLoginTime: time(1) }, [admitted(4)]),
    { fields: { signIns: full, lastLoginTime: time(4) }, isChanged: true },
    "older than all that are kept, and still the last that let somebody in",
  );
});
