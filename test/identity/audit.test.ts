import test from "ava";
import type { Access } from "../../identity/access.ts";
import { auditSessionsEnded } from "../../identity/audit.ts";
import { requestCause } from "../../identity/causes.ts";
import { account } from "./an-account.ts";

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
