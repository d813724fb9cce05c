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
import { type Client, type EventRecorder, KubernetesError, keyOf } from "../../kubernetes/index.ts";
import { deactivationsCountFrom } from "../../organizations/deactivation-window.ts";
import { RequestError } from "../http/request-errors.ts";
import { BusyError, ConcurrencyLimit } from "../sign-in/concurrency-limit.ts";
import { GroupSightings, type Sighting } from "./group-sightings.ts";
import type { Refusal } from "./guard.ts";
import { type Edit, type Edits, editsOf, type FilledIn, policies, seenHash } from "./mapping-edits.ts";
import { MappingRecords } from "./mapping-records.ts";
import {
  isAgainstIt,
  isPerhapsWritten,
  isWithoutRight,
  MappingChangedError,
  writeEdit,
} from "./mapping-writes.ts";
import { type ReadMapping, readMappings, readOrganization } from "./read-mappings.ts";
import { type RoleField, roleFields, strayMappings } from "./role-fields.ts";
import { savedMark } from "./saved-mark.ts";
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
  /** Names what this was worked out from: see `seenHash`. */
  readonly hash: string;
  readonly preview: Preview;
  /** Groups that were filled in by name and weren't there before. */
  readonly sightings: readonly Sighting[];
  /** Whoever looks at it would administer the organization no more. */
  readonly takesOwnAdminRole: boolean;
}

/** What a save has come to. */
export type Saved =
  /** @property mark of what is there now: see `savedMark` */
  | { readonly kind: "saved"; readonly mappings: readonly string[]; readonly mark: string }
  /** The Organization doesn't let admins save, or no longer. */
  | { readonly kind: "off" }
  /** Whoever saves has ceased to be signed in, or to be an admin. @property done what had been saved until then */
  | { readonly kind: "turned-away"; readonly why: Refusal; readonly done: readonly string[] }
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
    }
  /**
   * The API server has failed, or gave no answer.
   * @property at the mapping that couldn't be written, or perhaps was
   */
  | {
      readonly kind: "failed";
      readonly previewed: Previewed;
      readonly done: readonly string[];
      readonly at: string;
    }
  /** The same, and it doesn't tell what is there now, either. */
  | { readonly kind: "unanswered"; readonly done: readonly string[]; readonly at: string };

/** Why whoever saves may not go on by now; undefined while they may. */
export type Leaves = () => Promise<Refusal | undefined>;

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
  readonly #counts: Pick<UserCounts, "activeFromOkta" | "deactivatedSince">;
  readonly #localAdmins: Pick<LocalAdmins, "canGetIn">;
  readonly #records: MappingRecords;
  readonly #log: Logger;
  readonly #scans = new ScanTurns();
  readonly #turns = new ConcurrencyLimit(1, { waitMs: 10_000, waitingForEach: 8 });

  constructor(deps: {
    client: Pick<Client, "pages" | "apply" | "delete">;
    store: Pick<IdentityStore, "users">;
    counts: Pick<UserCounts, "activeFromOkta" | "deactivatedSince">;
    localAdmins: Pick<LocalAdmins, "canGetIn">;
    events: Pick<EventRecorder, "record">;
    log: Logger;
  }) {
    this.#client = deps.client;
    this.#store = deps.store;
    this.#counts = deps.counts;
    this.#localAdmins = deps.localAdmins;
    this.#records = new MappingRecords(deps);
    this.#log = deps.log;
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
   * @param leaves why they may not go on: asked before each write, since all of it may take long
   * @throws RequestError when too many ask at once; what reading and writing throw
   */
  save(visitor: Visitor, filledIn: FilledIn, seen: Seen, leaves: Leaves): Promise<Saved> {
    return this.#inTurn(visitor.organization, () => this.#save(visitor, filledIn, seen, leaves));
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
    const { issuer } = organization.spec.okta;
    const edited = editsOf(fields, filledIn);
    const slices = await this.#scans.begin(key);
    const { before, after } = await policies(organization.spec.roles, mappings, edited.edits, slices);
    const sightings = new GroupSightings(
      edited.edits.flatMap(({ added }) => added.flatMap(({ name }) => name ?? [])),
    );
    const preview = await previewChange(passing(this.#store.users(key), sightings, slices), {
      issuer,
      before,
      after,
      viewer: visitor.user.ref,
      safeguards: {
        recent: this.#counts.deactivatedSince(key, deactivationsCountFrom(organization)),
        active: this.#counts.activeFromOkta(key),
        setting: organization.spec.safeguards.maxDeactivations,
        localAdminCanGetIn: this.#localAdmins.canGetIn(key, after),
      },
    });
    return {
      ...edited,
      desk,
      hash: seenHash(before, issuer),
      preview,
      sightings: sightings.found(),
      takesOwnAdminRole: takesAdminRoles(visitor, preview),
    };
  }

  async #save(visitor: Visitor, filledIn: FilledIn, seen: Seen, leaves: Leaves): Promise<Saved> {
    // The cache may not have heard yet that this was switched off.
    const organization = await readOrganization(this.#client, visitor.organization);
    const isSame = organization?.metadata.uid === visitor.organization.metadata.uid;
    if (!organization || !isSame || organization.spec.console?.editMappings !== true) return { kind: "off" };
    const previewed = await this.#preview(visitor, await this.#desk(organization), filledIn);
    const gone = await leaves();
    if (gone) return { kind: "turned-away", why: gone, done: [] };
    const isSeen = previewed.hash === seen.hash && (seen.takesOwnAdminRole || !previewed.takesOwnAdminRole);
    const canSave = previewed.problems.size === 0 && previewed.edits.every(({ field }) => !field.owner);
    if (!isSeen || !canSave) return { kind: "changed", previewed, done: [] };

    const done: string[] = [];
    const there = new Map<string, OktaRoleMapping | undefined>();
    for (const edit of inOrder(previewed, visitor)) {
      const why = await leaves();
      if (why) return { kind: "turned-away", why, done };
      try {
        const written = await writeEdit(this.#client, organization, edit);
        done.push(edit.field.mapping);
        there.set(edit.field.mapping, edit.groups.length > 0 ? written : undefined);
        this.#records.saved(visitor, edit, written);
      } catch (error) {
        if (!(error instanceof MappingChangedError || error instanceof KubernetesError)) throw error;
        if (isPerhapsWritten(error)) this.#records.perhapsSaved(visitor, edit);
        const at = edit.field.mapping;
        const about = { err: error, organization: keyOf(organization), mapping: at };
        this.#log[error instanceof MappingChangedError ? "info" : "warn"](about, "A mapping wasn't saved");
        const now = await this.#now(visitor, organization, filledIn);
        if (!now) return { kind: "unanswered", done, at };
        if (error instanceof MappingChangedError) return { kind: "changed", previewed: now, done, at };
        if (isWithoutRight(error)) return { kind: "forbidden", previewed: now, done };
        if (isAgainstIt(error))
          return { kind: "invalid", previewed: now, done, message: shownName(error.message) };
        return { kind: "failed", previewed: now, done, at };
      }
    }
    return { kind: "saved", mappings: done, mark: savedMark(previewed.desk.fields, there) };
  }

  /** What is left to do of what was filled in; undefined where the API server doesn't tell. */
  async #now(
    visitor: Visitor,
    organization: Organization,
    filledIn: FilledIn,
  ): Promise<Previewed | undefined> {
    try {
      return await this.#preview(visitor, await this.#desk(organization), filledIn);
    } catch (error) {
      if (!(error instanceof KubernetesError)) throw error;
      this.#log.warn(
        { err: error, organization: keyOf(organization) },
        "What was left to save can't be read",
      );
      return undefined;
    }
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

/**
 * First what gives something, so that whoever moves from one role to another is never without. Last what takes the
 * visitor's own admin role, where they have seen that: they could do nothing after it.
 */
function inOrder({ edits, takesOwnAdminRole }: Previewed, { roles }: Visitor): Edit[] {
  const own = new Set(takesOwnAdminRole ? roles.filter(({ admin }) => admin).map(({ name }) => name) : []);
  const place = ({ field, added, removed }: Edit): number => {
    if (removed.length > 0 && own.has(field.role.name)) return 2;
    return added.length > 0 ? 0 : 1;
  };
  return edits.toSorted((a, b) => place(a) - place(b));
}

/** Whether somebody who administers the organization wouldn't any more. */
function takesAdminRoles({ roles, organization }: Visitor, { own }: Preview): boolean {
  if (!own) return false;
  const held = new Set(roles.filter(({ admin }) => admin).map(({ name }) => name));
  const isLost = held.size > 0 && held.isSubsetOf(new Set(own.lost));
  return isLost && !organization.spec.roles.some(({ name, admin }) => admin && own.gained.includes(name));
}
