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

/** Writes each record as one structured log line and one Event on the user, with the mapping beside it. */
export class AuditLog {
  readonly #log: Logger;
  readonly #events: EventSink;

  constructor({ log, events }: { log: Logger; events: EventSink }) {
    this.#log = log.child({ audit: true });
    this.#events = events;
  }

  /** @param uid the uid of the user that the records are about */
  write(records: readonly AuditRecord[], uid: string): void {
    for (const record of records) {
      this.#log.info(record, sentence(record));
      this.#events.record({
        regarding: object("OrganizationUser", record.user, uid),
        ...("mapping" in record && record.mapping !== undefined
          ? { related: object("OktaRoleMapping", `${namespaceOf(record.user)}/${record.mapping}`) }
          : {}),
        type: "Normal",
        ...WORDS[record.action],
        note: `${sentence(record)} ${record.cause.detail}`,
      });
    }
  }
}

const WORDS = {
  activate: { reason: "Activated", action: "Activate" },
  deactivate: { reason: "Deactivated", action: "Deactivate" },
  grant: { reason: "RoleGranted", action: "Grant" },
  revoke: { reason: "RoleRevoked", action: "Revoke" },
  link: { reason: "Linked", action: "Link" },
} as const;

function sentence(record: AuditRecord): string {
  switch (record.action) {
    case "activate":
      return `Activated. ${record.reason}`;
    case "deactivate":
      return `Deactivated; its sessions end now. ${record.reason}`;
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
