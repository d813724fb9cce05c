import test from "ava";
import { pino } from "pino";
import { auditChanges, auditSessionsEnded } from "../../identity/audit.ts";
import { AuditLog, type EventSink } from "../../identity/audit-log.ts";
import { type Cause, MANY_SIGN_OUTS } from "../../identity/causes.ts";
import type { User } from "../../identity/user.ts";
import { account, local } from "./an-account.ts";

const cause: Cause = { by: "sign-in", reason: "SignIn", detail: "A sign-in." };
const nobody: undefined | User = undefined;

/** What a change of a user leaves in the log, and its Events. */
function written(before: User | undefined, after: User) {
  const lines: Record<string, unknown>[] = [];
  const events: Parameters<EventSink["record"]>[0][] = [];
  const log = pino({ base: null }, { write: (line) => void lines.push(JSON.parse(line)) });
  const audit = new AuditLog({ log, events: { record: (event) => void events.push(event) } });
  const write = (records = auditChanges(before, after, cause)) => audit.write(records, after.uid);
  return { lines, events, write };
}

const holding = (...mappings: string[]): User =>
  account({
    access: {
      active: true,
      grants: mappings.map((mapping) => ({ role: `${mapping}-admin`, mapping, group: "ops" })),
      groups: ["ops"],
      reason: "MappedGroup",
      message: "In mapped groups: ops.",
    },
  });

test("each record is a line of the audit, and all of one change are one Event on the user, beside the mapping", (t) => {
  const { lines, events, write } = written(nobody, holding("services"));
  write();
  t.deepEqual(
    lines.map(({ audit, action, msg, mapping }) => ({ audit, action, msg, mapping })),
    [
      { audit: true, action: "activate", msg: "Activated. In mapped groups: ops.", mapping: undefined },
      {
        audit: true,
        action: "grant",
        msg: "Granted the role services-admin through mapping services and group ops.",
        mapping: "services",
      },
    ],
  );
  t.deepEqual(events, [
    {
      regarding: {
        apiVersion: "rolemapping.dev/v1alpha1",
        kind: "OrganizationUser",
        metadata: { namespace: "acme", name: "acme-x", uid: "u" },
      },
      related: {
        apiVersion: "rolemapping.dev/v1alpha1",
        kind: "OktaRoleMapping",
        metadata: { namespace: "acme", name: "services" },
      },
      type: "Normal",
      reason: "Activated",
      action: "Activate",
      note:
        "Activated. In mapped groups: ops. " +
        "Granted the role services-admin through mapping services and group ops. A sign-in.",
    },
  ]);
});

test("of several mappings none is beside the user, and of no change there is neither line nor Event", (t) => {
  const several = written(nobody, holding("services", "portals"));
  several.write();
  t.deepEqual(
    several.events.map((event) => "related" in event),
    [false],
  );
  const same = written(holding("services"), holding("services"));
  same.write();
  t.deepEqual([same.lines, same.events], [[], []]);
  const one = written(holding("services"), holding("services", "portals"));
  one.write();
  t.is(one.events[0]?.related?.metadata.name, "portals");
});

test("an Event is named after the most that has happened", (t) => {
  const access = {
    active: false,
    grants: [],
    groups: [],
    reason: "NoMappedGroup",
    message: "None.",
  } as const;
  const localAccess = {
    ...access,
    active: true,
    reason: "LocalAccount",
    grants: [{ role: "viewer" }],
  } as const;
  const cases: [before: User | undefined, after: User, reason: string, action: string, note: RegExp][] = [
    [nobody, holding("services"), "Activated", "Activate", /^Activated\. /],
    [
      holding("services"),
      account({ access }),
      "Deactivated",
      "Deactivate",
      /^Revoked the role services-admin, held through mapping services and group ops\. Deactivated; its sessions end now\. None\. /,
    ],
    [local(), account({ access }), "Linked", "Link", /^Linked\. The local account/],
    [
      holding("services"),
      holding("services", "portals"),
      "RoleGranted",
      "Grant",
      /^Granted the role portals-admin/,
    ],
    [
      holding("services", "portals"),
      holding("services"),
      "RoleRevoked",
      "Revoke",
      /^Revoked the role portals-admin/,
    ],
    [
      local({ access: { ...localAccess, grants: [] } }),
      local({ access: localAccess }),
      "RoleGranted",
      "Grant",
      /^Granted the role viewer as a local account\./,
    ],
  ];
  for (const [before, after, reason, action, note] of cases) {
    const { events, write } = written(before, after);
    write();
    t.like(events[0], { reason, action });
    t.regex(events[0]?.note ?? "", note);
    t.is(events.length, 1);
    if (after.source === "Local") t.false("related" in (events[0] ?? {}), "no mapping gives a local role");
  }
  const { events, write } = written(account(), account({ sessionEpoch: 1 }));
  write(auditSessionsEnded(account(), account({ sessionEpoch: 1 }), MANY_SIGN_OUTS));
  t.like(events[0], { reason: "SessionsEnded", action: "EndSessions" });
  t.regex(events[0]?.note ?? "", /^All sessions were ended\. /);
});
