import type { EverythingHint, GroupHint, OktaHints, Organization, PersonHint } from "../../crds/types.ts";
import { keyOf } from "../../kubernetes/index.ts";
import { OF_NO_EVENT } from "../../okta/events/hint.ts";
import type { Done } from "../../organizations/hints.ts";
import type { HintsWriter } from "../../organizations/hints-writer.ts";
import { PassNeeds, type PassScope } from "./pass-needs.ts";
import { PersonLooks } from "./person-looks.ts";

/** What has been heard of organizations, as it is stored. */
export interface HeardHints extends Pick<HintsWriter, "heard" | "done"> {
  of(organization: string): OktaHints | undefined;
}

/** What is new of what has been heard. */
export interface Taken {
  /** Whether members of groups are to be read for it. */
  readonly needsPass: boolean;
  /** Groups that were made, renamed or deleted, or whose members have changed; "all": so much that nobody knows which. */
  readonly groupIDs: readonly string[] | "all";
}

/** What a pass has left to be done. */
export interface Left {
  /** Groups that are to be read once more. */
  readonly groups: ReadonlySet<string>;
  /** All that weren't read, those that Okta doesn't show among them. */
  readonly unread: ReadonlySet<string>;
  readonly people: { has(id: string): boolean };
}

/** More people than this are looked at by reading all members: it costs less, whatever their number. */
const MOST_LOOKS = 200;
/** The same while everything is being read anyway: a few who don't wait for that. */
const MOST_LOOKS_BESIDE = 20;

/**
 * What has been heard of one organization and isn't done: who is looked at one by one, and for what members of groups are
 * read. It stays stored until it is done, so that whoever comes after a restart begins it anew.
 */
export class TakenHints {
  readonly looks = new PersonLooks();
  readonly needs = new PassNeeds();
  readonly #stored: HeardHints;
  /** Those that are being taken out. */
  #handled = new Set<string>();
  #lastChange: number | undefined;

  constructor(stored: HeardHints) {
    this.#stored = stored;
  }

  /** How many there are. */
  get size(): number {
    return this.looks.size + this.needs.size;
  }

  /** What groups of these ids have come to be called, as far as that was told. */
  namesOf(organization: Organization, ids: readonly string[]): string[] {
    const { groups = [] } = this.#stored.of(keyOf(organization))?.spec ?? {};
    return groups.flatMap(({ id, name }) => (name !== undefined && ids.includes(id) ? [name] : []));
  }

  /** When the last change happened that was heard of, in ms since 1970. */
  get lastChange(): number | undefined {
    return this.#lastChange;
  }

  /** Takes what is stored by now. @param unread groups that can't be read: by reading, nothing is learned of who is in them */
  take(organization: Organization, unread: ReadonlySet<string> = new Set()): Taken {
    const { people, groups, everything } = this.#open(this.#stored.of(keyOf(organization)));
    // What is to be read in any case needn't be asked for one by one.
    // Of whom it fails, it would fail in a pass, too, and nobody else's pass is to end by that.
    const isAlone = ({ id, eventTime }: PersonHint): boolean =>
      eventTime === OF_NO_EVENT || this.looks.isFailing(id);
    const { true: alone = [], false: heard = [] } = Object.groupBy(
      people,
      (person) => `${isAlone(person) || mayBeIn(person, unread)}`,
    );
    const isMany = heard.length > (everything ? MOST_LOOKS_BESIDE : MOST_LOOKS);
    const lookedAt = isMany ? alone : people;
    for (const person of lookedAt) this.looks.take(person);
    this.looks.keep(new Set(lookedAt.map(({ id }) => id)));
    const needs = new Map<string, PassScope>();
    for (const group of groups) needs.set(keyOfHint("group", group), new Set([group.id]));
    if (everything) needs.set(keyOfHint("everything", everything), "all");
    if (isMany) for (const person of heard) needs.set(keyOfHint("person", person), "all");
    const added = [...needs].filter(([key, scope]) => this.needs.take(key, scope));
    this.needs.keep(new Set(needs.keys()));
    for (const { eventTime } of [...people, ...groups, ...(everything ? [everything] : [])])
      if (eventTime !== OF_NO_EVENT)
        this.#lastChange = Math.max(this.#lastChange ?? 0, Date.parse(eventTime));
    if (added.some(([key]) => key.startsWith("everything "))) return { needsPass: true, groupIDs: "all" };
    const groupIDs = added.flatMap(([key, scope]) =>
      key.startsWith("group ") && scope !== "all" ? [...scope] : [],
    );
    return { needsPass: added.length > 0, groupIDs };
  }

  /**
   * A pass has come to its end: takes out that for which nothing more is to be expected.
   * @param left groups of it that could not be read, and people who could not be looked at or stored, by Okta's ids
   * @throws as `takeOut`
   */
  async passed(
    organization: Organization,
    { scope, startedAt, left }: { scope: PassScope; startedAt: number; left: Left },
  ): Promise<void> {
    const done = this.needs.passed(scope, startedAt, left.groups).map((key) => key.split(" "));
    if (done.length === 0) return;
    const of = (kind: string) =>
      done.filter(([what]) => what === kind).map(([, id = "", heardTime = ""]) => ({ id, heardTime }));
    const [, everything] = done.find(([what]) => what === "everything") ?? [];
    const optional = everything === undefined ? {} : { everything };
    const stored = this.#stored.of(keyOf(organization))?.spec.people ?? [];
    const kept = new Set(stored.filter((person) => mayBeIn(person, left.unread)).map(({ id }) => id));
    const people = of("person").filter(({ id }) => !left.people.has(id) && !kept.has(id));
    await this.takeOut(organization, { people, groups: of("group"), ...optional });
  }

  /** @throws what writing throws: then they are looked at anew */
  async takeOut(organization: Organization, what: Done): Promise<void> {
    const { everything: heardTime, ...others } = what;
    const keys = keysOf({ ...others, everything: heardTime === undefined ? undefined : { heardTime } });
    for (const key of keys) this.#handled.add(key);
    try {
      await this.#stored.done(organization, what);
    } catch (error) {
      for (const key of keys) this.#handled.delete(key);
      throw error;
    }
  }

  /** Without those that are being taken out, until that is seen. */
  #open(heard: OktaHints | undefined): {
    people: PersonHint[];
    groups: GroupHint[];
    everything: EverythingHint | undefined;
  } {
    const { people = [], groups = [], everything } = heard?.spec ?? {};
    this.#handled = this.#handled.intersection(new Set(keysOf({ people, groups, everything })));
    const isOpen = (key: string): boolean => !this.#handled.has(key);
    return {
      people: people.filter((person) => isOpen(keyOfHint("person", person))),
      groups: groups.filter((group) => isOpen(keyOfHint("group", group))),
      everything: everything && isOpen(keyOfHint("everything", everything)) ? everything : undefined,
    };
  }
}

/** Whether what was said of somebody may be about one of these groups: whom no group shows isn't known to be suspended, either. */
function mayBeIn({ joined = [], left = [], active }: PersonHint, unread: ReadonlySet<string>): boolean {
  if (unread.size === 0) return false;
  const named = [...joined, ...left];
  return named.length === 0 || active !== undefined || named.some((id) => unread.has(id));
}

function keysOf({
  people = [],
  groups = [],
  everything,
}: Pick<Done, "people" | "groups"> & { everything: { heardTime: string } | undefined }): string[] {
  return [
    ...people.map((person) => keyOfHint("person", person)),
    ...groups.map((group) => keyOfHint("group", group)),
    ...(everything ? [keyOfHint("everything", everything)] : []),
  ];
}

/** Tells a hint from the next one about the same. */
function keyOfHint(
  kind: "person" | "group" | "everything",
  hint: { id?: string; heardTime: string },
): string {
  return kind === "everything" ? `${kind} ${hint.heardTime}` : `${kind} ${hint.id} ${hint.heardTime}`;
}
