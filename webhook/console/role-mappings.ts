import type { Logger } from "pino";
import type { OktaRoleMapping, Organization } from "../../crds/types.ts";
import {
  type IdentityStore,
  type LocalAdmins,
  type Preview,
  previewChange,
  shownName,
  type User,
  type UserCounts,
} from "../../identity/index.ts";
import {
  type Client,
  type EventRecorder,
  ForbiddenError,
  InvalidError,
  keyOf,
} from "../../kubernetes/index.ts";
import { deactivationsCountFrom } from "../../organizations/deactivation-window.ts";
import { RequestError } from "../http/request-errors.ts";
import { BusyError, ConcurrencyLimit } from "../sign-in/concurrency-limit.ts";
import { groupLine } from "./group-lines.ts";
import { GroupSightings, type Sighting } from "./group-sightings.ts";
import { type Edit, type Edits, editsOf, type FilledIn, policies } from "./mapping-edits.ts";
import { MappingChangedError, writeEdit } from "./mapping-writes.ts";
import { type ReadMapping, readMappings, readOrganization } from "./read-mappings.ts";
import { type RoleField, roleFields, strayMappings } from "./role-fields.ts";
import { ScanTurns, type Slices } from "./scan-turns.ts";
import type { Visitor } from "./visitor.ts";

/** What the page Role mapping shows. */
export interface Desk {
  readonly organization: Organization;
  /** Admins may save, as the Organization says. */
  readonly canSave: boolean;
  readonly fields: readonly RoleField[];
  /** Mappings that give nothing, since they name a role that there isn't. */
  readonly stray: readonly ReadMapping[];
  readonly mappings: readonly ReadMapping[];
}

/** What a changed form would do. */
export interface Previewed extends Edits {
  readonly desk: Desk;
  /** Names the mappings and roles that this was worked out from. */
  readonly hash: string;
  readonly preview: Preview;
  /** Groups that were filled in by name and weren't there before. */
  readonly sightings: readonly Sighting[];
  /** Whoever looks at it would administer the organization no more. */
  readonly takesOwnAdminRole: boolean;
}

/** What a save has come to. */
export type Saved =
  | { readonly kind: "saved"; readonly mappings: readonly string[] }
  /** The Organization doesn't let admins save, or no longer. */
  | { readonly kind: "off" }
  /**
   * What was previewed isn't what is there any more: this is.
   * @property done what had been saved until that was found
   * @property at the mapping that couldn't be written, where it came to that
   */
  | {
      readonly kind: "changed";
      readonly previewed: Previewed;
      readonly done: readonly string[];
      readonly at?: string;
    }
  /** This program may not write mappings. */
  | { readonly kind: "forbidden"; readonly previewed: Previewed; readonly done: readonly string[] }
  /** The API server has found something wrong with a mapping. */
  | {
      readonly kind: "invalid";
      readonly previewed: Previewed;
      readonly done: readonly string[];
      readonly message: string;
    };

/** What somebody has seen before they saved. */
export interface Seen {
  readonly hash: string;
  /** They were told that they would administer the organization no more. */
  readonly takesOwnAdminRole: boolean;
}

/**
 * What the page Role mapping knows and does. Reading all mappings and looking at everybody costs something: it is done for
 * one of an organization's admins after the other, and other organizations don't notice.
 */
export class RoleMappings {
  readonly #client: Pick<Client, "pages" | "apply" | "delete">;
  readonly #store: Pick<IdentityStore, "users">;
  readonly #counts: Pick<UserCounts, "of" | "deactivatedSince">;
  readonly #localAdmins: Pick<LocalAdmins, "canGetIn">;
  readonly #events: Pick<EventRecorder, "record">;
  readonly #audit: Logger;
  readonly #scans = new ScanTurns();
  readonly #turns = new ConcurrencyLimit(1, { waitMs: 10_000, waitingForEach: 8 });

  constructor(deps: {
    client: Pick<Client, "pages" | "apply" | "delete">;
    store: Pick<IdentityStore, "users">;
    counts: Pick<UserCounts, "of" | "deactivatedSince">;
    localAdmins: Pick<LocalAdmins, "canGetIn">;
    events: Pick<EventRecorder, "record">;
    log: Logger;
  }) {
    this.#client = deps.client;
    this.#store = deps.store;
    this.#counts = deps.counts;
    this.#localAdmins = deps.localAdmins;
    this.#events = deps.events;
    this.#audit = deps.log.child({ audit: true });
  }

  /** @throws RequestError when too many ask at once; what reading throws */
  desk({ organization }: Visitor): Promise<Desk> {
    return this.#inTurn(organization, () => this.#desk(organization));
  }

  /** @throws RequestError when too many ask at once; what reading throws */
  preview(visitor: Visitor, filledIn: FilledIn): Promise<Previewed> {
    const { organization } = visitor;
    return this.#inTurn(organization, async () =>
      this.#preview(visitor, await this.#desk(organization), filledIn),
    );
  }

  /**
   * Saves what the visitor has seen, if that is still what would come of it.
   * @throws RequestError when too many ask at once; what reading and writing throw
   */
  save(visitor: Visitor, filledIn: FilledIn, seen: Seen): Promise<Saved> {
    return this.#inTurn(visitor.organization, () => this.#save(visitor, filledIn, seen));
  }

  async #inTurn<T>(organization: Organization, act: () => Promise<T>): Promise<T> {
    try {
      return await this.#turns.run(keyOf(organization), act);
    } catch (error) {
      if (!(error instanceof BusyError)) throw error;
      throw new RequestError({
        code: "mappings-busy",
        status: 503,
        title: "Others are looking at these mappings",
        message: "Too many administrators do so just now, and it is done one by one. Try again in a moment.",
      });
    }
  }

  async #desk(organization: Organization): Promise<Desk> {
    const mappings = await readMappings(this.#client, organization);
    const canSave = organization.spec.console?.editMappings === true;
    return {
      organization,
      canSave,
      mappings,
      fields: roleFields(organization, mappings, canSave),
      stray: strayMappings(organization, mappings),
    };
  }

  async #preview(visitor: Visitor, desk: Desk, filledIn: FilledIn): Promise<Previewed> {
    const { organization, fields, mappings } = desk;
    const key = keyOf(organization);
    const edited = editsOf(fields, filledIn);
    const slices = await this.#scans.begin(key);
    const { before, after } = await policies(organization.spec.roles, mappings, edited.edits, slices);
    const sightings = new GroupSightings(
      edited.edits.flatMap(({ added }) => added.flatMap(({ name }) => name ?? [])),
    );
    const preview = await previewChange(passing(this.#store.users(key), sightings, slices), {
      issuer: organization.spec.okta.issuer,
      before,
      after,
      viewer: visitor.user.ref,
      safeguards: {
        recent: this.#counts.deactivatedSince(key, deactivationsCountFrom(organization)),
        active: this.#counts.of(key).active,
        setting: organization.spec.safeguards.maxDeactivations,
        localAdminCanGetIn: this.#localAdmins.canGetIn(key, after),
      },
    });
    return {
      ...edited,
      desk,
      hash: before.hash(),
      preview,
      sightings: sightings.found(),
      takesOwnAdminRole: takesAdminRoles(visitor, preview),
    };
  }

  async #save(visitor: Visitor, filledIn: FilledIn, seen: Seen): Promise<Saved> {
    // The cache may not have heard yet that this was switched off.
    const organization = await readOrganization(this.#client, visitor.organization);
    const isSame = organization?.metadata.uid === visitor.organization.metadata.uid;
    if (!organization || !isSame || organization.spec.console?.editMappings !== true) return { kind: "off" };
    const previewed = await this.#preview(visitor, await this.#desk(organization), filledIn);
    const isSeen = previewed.hash === seen.hash && (seen.takesOwnAdminRole || !previewed.takesOwnAdminRole);
    const canSave = previewed.problems.size === 0 && previewed.edits.every(({ field }) => !field.owner);
    if (!isSeen || !canSave) return { kind: "changed", previewed, done: [] };

    const done: string[] = [];
    try {
      for (const edit of inOrder(previewed.edits)) {
        const written = await writeEdit(this.#client, organization, edit);
        done.push(edit.field.mapping);
        this.#record(visitor, edit, written);
      }
      return { kind: "saved", mappings: done };
    } catch (error) {
      if (error instanceof ForbiddenError) return { kind: "forbidden", previewed, done };
      if (error instanceof InvalidError)
        return { kind: "invalid", previewed, done, message: shownName(error.message) };
      if (!(error instanceof MappingChangedError)) throw error;
      const now = await this.#preview(visitor, await this.#desk(organization), filledIn);
      return { kind: "changed", previewed: now, done, at: error.mapping };
    }
  }

  #record({ user, organization }: Visitor, edit: Edit, written: OktaRoleMapping): void {
    const { added, removed, field } = edit;
    const isGone = edit.groups.length === 0;
    const who = user.email ?? user.ref;
    const [plus, minus] = [added.map(groupLine), removed.map(groupLine)];
    const what = isGone ? "deleted it" : sentenceOf(plus, minus);
    const note = `${shownName(who)} has ${what} on the page Role mapping, for the role ${field.role.name}.`;
    this.#audit.info(
      {
        organization: keyOf(organization),
        action: isGone ? "delete-mapping" : "save-mapping",
        mapping: keyOf(written),
        role: field.role.name,
        user: user.ref,
        ...(user.email === undefined ? {} : { email: user.email }),
        added: plus,
        removed: minus,
      },
      note,
    );
    this.#events.record({
      regarding: written,
      type: "Normal",
      reason: isGone ? "MappingDeleted" : "MappingSaved",
      action: isGone ? "DeleteMapping" : "SaveMapping",
      note,
    });
  }
}

/** The same people one by one, looked at on the way, and no more of them at once than others can wait for. */
async function* passing(
  users: AsyncIterable<User>,
  sightings: GroupSightings,
  slices: Slices,
): AsyncGenerator<User> {
  for await (const user of users) {
    sightings.look(user);
    yield user;
    await slices.pause();
  }
}

/** First what gives something, so that whoever moves from one role to another is never without. */
function inOrder(edits: readonly Edit[]): Edit[] {
  const gives = ({ added }: Edit): boolean => added.length > 0;
  return [...edits.filter(gives), ...edits.filter((edit) => !gives(edit))];
}

function sentenceOf(added: readonly string[], removed: readonly string[]): string {
  const parts = [
    ...(added.length > 0 ? [`added ${listed(added)}`] : []),
    ...(removed.length > 0 ? [`taken out ${listed(removed)}`] : []),
  ];
  return parts.join(" and ");
}

function listed(groups: readonly string[]): string {
  const shown = groups
    .slice(0, 5)
    .map((group) => `"${shownName(group)}"`)
    .join(", ");
  return groups.length > 5 ? `${shown} and ${groups.length - 5} more` : shown;
}

/** Whether somebody who administers the organization wouldn't any more. */
function takesAdminRoles({ roles, organization }: Visitor, { own }: Preview): boolean {
  if (!own) return false;
  const held = new Set(roles.filter(({ admin }) => admin).map(({ name }) => name));
  const isLost = held.size > 0 && held.isSubsetOf(new Set(own.lost));
  return isLost && !organization.spec.roles.some(({ name, admin }) => admin && own.gained.includes(name));
}
