import test from "ava";
import type { Access } from "../../identity/access.ts";
import { auditChanges, auditPerhaps, auditPerhapsEnded, auditSessionsEnded } from "../../identity/audit.ts";
import { LOCAL_ACCOUNT, requestCause } from "../../identity/causes.ts";
import { account, local } from "./an-account.ts";

const NONE: Access = { active: false, grants: [], groups: [], reason: "NoMappedGroup", message: "" };

test("the end of all sessions is recorded with its cause, and what else has changed meanwhile isn't", (t) => {
  const cause = requestCause("stolen laptop");
  const before = account();
  t.deepEqual(auditSessionsEnded(before, account({ access: NONE, sessionEpoch: 1 }), cause), [
    {
      organization: "acme/acme",
      user: "acme/acme-x",
      subject: "00u1",
      action: "end-sessions",
      reason: 'Somebody has asked for it on the cluster: "stolen laptop".',
      cause,
    },
  ]);
  t.deepEqual(auditSessionsEnded(before, account({ endedSessions: [{ id: "a", expiresAt: 1 }] }), cause), []);
});

test("of a local account that is given to another service account, the end of its sessions is recorded", (t) => {
  const actions = (before = local(), after = local()) =>
    auditChanges(before, after, LOCAL_ACCOUNT).map(({ action }) => action);
  const access: Access = { active: true, grants: [], groups: [], reason: "LocalAccount", message: "" };
  t.deepEqual(actions(local({ access }), local({ access, sessionEpoch: 1 })), ["end-sessions"]);
  t.deepEqual(actions(local({ access }), local({ access })), []);
  t.deepEqual(actions(local({ access: NONE }), local({ access, sessionEpoch: 1 })), ["activate"]);
  t.deepEqual(actions(local({ access }), local({ access: NONE, sessionEpoch: 1 })), ["deactivate"]);
  t.deepEqual(
    actions(account(), account({ sessionEpoch: 1 })),
    [],
    "of others, whoever ends them records it",
  );
});

test("what a write without an answer may have stored is recorded, and that it may not be so", (t) => {
  const perhaps = { before: account(), after: account({ access: NONE, sessionEpoch: 1 }) };
  const records = auditPerhaps(perhaps, requestCause("x"));
  t.deepEqual(
    records.map(({ action }) => action),
    ["revoke", "deactivate"],
  );
  t.regex(records[0]?.cause.detail ?? "", /"x"\. The store didn't answer: this may not be so\.$/);
  t.is(records[0]?.cause.by, "request");
  t.deepEqual(auditPerhaps(undefined, LOCAL_ACCOUNT), []);
  const [ended, ...more] = auditPerhapsEnded(perhaps, requestCause("x"));
  t.is(ended?.action, "end-sessions");
  t.regex(ended?.cause.detail ?? "", /this may not be so/);
  t.deepEqual(more, []);
  t.deepEqual(auditPerhapsEnded(undefined, LOCAL_ACCOUNT), []);
});

test("a record names the address where there is one", (t) => {
  const cause = LOCAL_ACCOUNT;
  const [without] = auditSessionsEnded(local(), local({ sessionEpoch: 1 }), cause);
  t.false("email" in (without ?? {}) || "subject" in (without ?? {}));
  const [named] = auditSessionsEnded(local(), local({ sessionEpoch: 1, email: "ben@acme.example" }), cause);
  t.like(named, { email: "ben@acme.example" });
});
