import type { Logger } from "pino";
import type { AuditRecord } from "./audit.ts";

/** The object that a user or a mapping is, for an Event. */
export interface EventSubject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly uid?: string };
}

/** Where Events go: `EventRecorder` of `kubernetes/` is one. */
export interface EventSink {
  record(event: {
    regarding: EventSubject;
    related?: EventSubject;
    type: "Normal" | "Warning";
    reason: string;
    action: string;
    note: string;
  }): void;
}

/**
 * Writes each record as one structured log line, and all records of one change together as one Event on the user, with
 * the mapping beside it where it is one: at a sign-in an Event costs as much as storing the account.
 */
export class AuditLog {
  readonly #log: Logger;
  readonly #events: EventSink;

  constructor({ log, events }: { log: Logger; events: EventSink }) {
    this.#log = log.child({ audit: true });
    this.#events = events;
  }

  /** @param records of one change of one user. @param uid the user's */
  write(records: readonly AuditRecord[], uid: string): void {
    for (const record of records) this.#log.info(record, sentence(record));
    const [first] = records;
    const word = WORDS.find(({ action }) => records.some((record) => record.action === action));
    if (!first || !word) return;
    const mappings = new Set(
      records.flatMap((record) => ("mapping" in record ? (record.mapping ?? []) : [])),
    );
    const [mapping] = mappings;
    this.#events.record({
      regarding: object("OrganizationUser", first.user, uid),
      ...(mapping !== undefined && mappings.size === 1
        ? { related: object("OktaRoleMapping", `${namespaceOf(first.user)}/${mapping}`) }
        : {}),
      type: "Normal",
      reason: word.reason,
      action: word.verb,
      note: [...records.map(sentence), first.cause.detail].join(" "),
    });
  }
}

/** What an Event is named after: of all that a change did, the first of these. */
const WORDS = [
  { action: "deactivate", reason: "Deactivated", verb: "Deactivate" },
  { action: "activate", reason: "Activated", verb: "Activate" },
  { action: "end-sessions", reason: "SessionsEnded", verb: "EndSessions" },
  { action: "link", reason: "Linked", verb: "Link" },
  { action: "grant", reason: "RoleGranted", verb: "Grant" },
  { action: "revoke", reason: "RoleRevoked", verb: "Revoke" },
] as const;

function sentence(record: AuditRecord): string {
  switch (record.action) {
    case "activate":
      return `Activated. ${record.reason}`;
    case "deactivate":
      return `Deactivated; its sessions end now. ${record.reason}`;
    case "end-sessions":
      return "All sessions were ended.";
    case "link":
      return `Linked. ${record.reason}`;
    case "grant":
      return `Granted the role ${record.role}${through(record)}.`;
    case "revoke":
      return `Revoked the role ${record.role}, held${through(record)}.`;
  }
}

function through({ mapping, group }: { mapping?: string; group?: string }): string {
  return mapping === undefined ? " as a local account" : ` through mapping ${mapping} and group ${group}`;
}

function namespaceOf(key: string): string {
  return key.slice(0, key.indexOf("/"));
}

function object(kind: string, key: string, uid?: string): EventSubject {
  const namespace = namespaceOf(key);
  const metadata = { namespace, name: key.slice(namespace.length + 1) };
  return {
    apiVersion: "rolemapping.dev/v1alpha1",
    kind,
    metadata: uid === undefined ? metadata : { ...metadata, uid },
  };
}
