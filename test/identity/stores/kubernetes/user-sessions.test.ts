import test from "ava";
import type { OrganizationUser } from "../../../../crds/types.ts";
import { endRequestOf, sessionFields } from "../../../../identity/stores/kubernetes/user-sessions.ts";

const NOW = Date.UTC(2026, 10, 24, 12);

function local(
  serviceAccount: { serviceAccountName?: string; serviceAccountNamespace?: string },
  status: Partial<OrganizationUser["status"]> = {},
  organization = "acme",
): OrganizationUser {
  return {
    apiVersion: "rolemapping.dev/v1alpha1",
    kind: "OrganizationUser",
    metadata: { namespace: "team", name: "mia" },
    spec: { organizationRef: { name: organization }, source: "Local", ...serviceAccount },
    status: { state: "Active", sessionEpoch: 3, ...status },
  };
}

const epochOf = (object: OrganizationUser, deactivated = false): number =>
  sessionFields(object, {}, { deactivated, now: NOW }).fields.sessionEpoch;

test("a local account's sessions end when it is given to another service account or organization, and only then", (t) => {
  const mia = { serviceAccountName: "mia" };
  const begun = { localSignIn: { organization: "acme", ...mia } };
  t.is(epochOf(local(mia, begun)), 3);
  t.is(epochOf(local(mia)), 3, "written by a version that didn't note it");
  t.is(epochOf(local({ serviceAccountName: "other" }, begun)), 4);
  t.is(epochOf(local({}, begun)), 4);
  t.is(epochOf(local({ ...mia, serviceAccountNamespace: "there" }, begun)), 4);
  t.is(epochOf(local(mia, begun, "beta")), 4);
  t.is(epochOf(local(mia, { localSignIn: { organization: "acme" } })), 3, "nobody can have begun one before");
});

test("whatever ends all sessions raises the epoch by one, and forgets those that ended by themselves", (t) => {
  const expires = "2026-11-24T13:00:00Z";
  const status = { endedSessions: [{ id: "a", expires }], sessionsEndedFor: "before" };
  const object = local({}, status);
  const change = { endSession: { id: "b", expiresAt: Date.parse(expires) } };
  const one = sessionFields(object, change, { deactivated: false, now: NOW });
  t.true(one.isChanged);
  t.deepEqual(one.fields, {
    sessionEpoch: 3,
    endedSessions: [
      { id: "a", expires },
      { id: "b", expires },
    ],
    sessionsEndedFor: "before",
    localSignIn: { organization: "acme" },
  });
  const all = sessionFields(object, { ...change, endSessions: "now" }, { deactivated: true, now: NOW });
  t.deepEqual(all.fields, {
    sessionEpoch: 4,
    sessionsEndedFor: "now",
    localSignIn: { organization: "acme" },
  });
  const same = sessionFields(object, { endSessions: "before" }, { deactivated: false, now: NOW });
  t.false(same.isChanged);
  t.is(same.fields.sessionEpoch, 3);
});

test("an account without sessions to speak of has an epoch, and one that was linked is nobody's service account any more", (t) => {
  const { status: _, ...object } = local({});
  const okta: OrganizationUser = { ...object, spec: { organizationRef: { name: "acme" }, source: "Okta" } };
  const fields = (of: OrganizationUser) => sessionFields(of, {}, { deactivated: false, now: NOW });
  t.deepEqual(fields(okta), { fields: { sessionEpoch: 0 }, isChanged: false });
  const localSignIn = { organization: "acme", serviceAccountName: "mia" };
  t.deepEqual(fields({ ...okta, status: { sessionEpoch: 3, localSignIn } }).fields, { sessionEpoch: 4 });
});

test("the end of sessions is asked for in one line, which a status can repeat, and once", (t) => {
  const request = (words: string | undefined, status: Partial<OrganizationUser["status"]> = {}) => {
    const object = local({}, status);
    const annotations = words === undefined ? { other: "x" } : { "rolemapping.dev/end-sessions": words };
    return endRequestOf({ ...object, metadata: { ...object.metadata, annotations } });
  };
  t.is(request(" stolen \t\u{202E} laptop\n"), "stolen laptop");
  for (const nothing of [undefined, "", " \n"]) t.is(request(nothing), undefined);
  t.is(request("stolen", { sessionsEndedFor: "stolen" }), undefined);
  t.is(request("stolen", { sessionsEndedFor: "lost" }), "stolen");
  t.is(request("x".repeat(253)), "x".repeat(253));
  t.regex(request("x".repeat(254)) ?? "", /^sha256:[0-9a-f]{64}$/);
  const { status: _, ...object } = local({});
  t.is(endRequestOf(object), undefined);
});
