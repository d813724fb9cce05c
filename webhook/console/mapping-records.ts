import type { Logger } from "pino";
import type { OktaRoleMapping } from "../../crds/types.ts";
import { quotedNames, shownName } from "../../identity/index.ts";
import { type EventRecorder, keyOf } from "../../kubernetes/index.ts";
import { groupLine } from "./group-lines.ts";
import type { Edit } from "./mapping-edits.ts";
import type { Visitor } from "./visitor.ts";

/** Groups in a note, of those that came and of those that went. */
const FIVE = { most: 5 };

/** Who has saved what on the page Role mapping: a line in the audit log, and an Event on the mapping. */
export class MappingRecords {
  readonly #events: Pick<EventRecorder, "record">;
  readonly #audit: Logger;

  constructor({ events, log }: { events: Pick<EventRecorder, "record">; log: Logger }) {
    this.#events = events;
    this.#audit = log.child({ audit: true });
  }

  /** @param written the mapping as it is now; as it was, where it is gone */
  saved(visitor: Visitor, edit: Edit, written: OktaRoleMapping): void {
    const note = noteOf(visitor, edit);
    this.#line(visitor, edit, note);
    const isGone = edit.groups.length === 0;
    this.#events.record({
      regarding: written,
      type: "Normal",
      reason: isGone ? "MappingDeleted" : "MappingSaved",
      action: isGone ? "DeleteMapping" : "SaveMapping",
      note,
    });
  }

  /** Nobody knows whether it was written. There is nothing that an Event could be about. */
  perhapsSaved(visitor: Visitor, edit: Edit): void {
    this.#line(
      visitor,
      edit,
      `${noteOf(visitor, edit)} The API server didn't confirm it: this may not be so.`,
    );
  }

  #line({ user, organization }: Visitor, { added, removed, groups, field }: Edit, note: string): void {
    const { namespace } = organization.metadata;
    this.#audit.info(
      {
        organization: keyOf(organization),
        action: groups.length === 0 ? "delete-mapping" : "save-mapping",
        mapping: keyOf({ namespace, name: field.mapping }),
        role: field.role.name,
        user: user.ref,
        ...(user.email === undefined ? {} : { email: user.email }),
        added: added.map(groupLine),
        removed: removed.map(groupLine),
      },
      note,
    );
  }
}

function noteOf({ user }: Visitor, { added, removed, groups, field }: Edit): string {
  const what = groups.length === 0 ? "deleted it" : sentenceOf(added.map(groupLine), removed.map(groupLine));
  return `${shownName(user.email ?? user.ref)} has ${what} on the page Role mapping, for the role ${field.role.name}.`;
}

function sentenceOf(added: readonly string[], removed: readonly string[]): string {
  const parts = [
    ...(added.length > 0 ? [`added ${quotedNames(added, FIVE)}`] : []),
    ...(removed.length > 0 ? [`taken out ${quotedNames(removed, FIVE)}`] : []),
  ];
  return parts.join(" and ");
}
