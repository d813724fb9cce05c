import { DirectoryNotFoundError } from "../../../okta/directory/directory-errors.ts";
import type {
  ChangedGroup,
  CountedGroup,
  DirectoryGroup,
  DirectoryUser,
} from "../../../okta/directory/resources.ts";
import type { LogPage, LogPosition } from "../../../okta/directory/system-log.ts";

interface Group {
  readonly name: string;
  /** As its pages say. */
  readonly pages: string[][];
  /** As its number of members says, where that isn't the same. */
  readonly count?: number;
}

type Call =
  | "user"
  | "userGroups"
  | "wasDeleted"
  | "members"
  | "groupByID"
  | "groupWasDeleted"
  | "events"
  | "groupsChangedSince";

/**
 * What Okta's directory answers, as plain values: for what is made of the answers. How they are asked for is tested against
 * the stand-in.
 */
export class ADirectory {
  readonly people = new Map<string, DirectoryUser>();
  readonly groups = new Map<string, Group>();
  /** What people's own lists of groups have beside the groups whose members they are. */
  readonly alsoIn = new Map<string, string[]>();
  readonly deleted = new Set<string>();
  readonly deletedGroups = new Set<string>();
  /** Groups that the credentials aren't allowed to see: nothing names them. */
  readonly hiddenGroups = new Set<string>();
  /** Whose answers are errors, by what is asked, such as `user` or `user 00u1`. */
  readonly failing = new Map<string, Error>();
  /** The pages of the log, each of which follows what the one before names; then empty ones. */
  readonly log = new Map<string, LogPage>();
  changedGroups: ChangedGroup[] = [];
  /** What was asked, in this order. */
  readonly asked: string[] = [];
  /** Told before each answer. */
  onAsked: (call: string) => Promise<void> | void = () => {};

  /** Somebody, who is in these groups; they are made where they aren't there. */
  add(id: string, groups: readonly string[], attributes: Partial<DirectoryUser> = {}): void {
    this.people.set(id, { id, status: "ACTIVE", ...attributes });
    for (const group of groups) {
      const known = this.groups.get(group) ?? { name: group.replace("00g-", ""), pages: [[]] };
      known.pages.at(-1)?.push(id);
      this.groups.set(group, known);
    }
  }

  /** Takes somebody out of a group. */
  remove(id: string, group: string): void {
    const { name, pages } = this.#group(group);
    this.groups.set(group, { name, pages: pages.map((page) => page.filter((member) => member !== id)) });
  }

  deleteGroup(id: string): void {
    this.groups.delete(id);
    this.deletedGroups.add(id);
  }

  rename(id: string, name: string): void {
    this.groups.set(id, { ...this.#group(id), name });
  }

  async user(id: string): Promise<DirectoryUser | undefined> {
    await this.#ask("user", id);
    return this.people.get(id);
  }

  async userGroups(id: string): Promise<DirectoryGroup[]> {
    await this.#ask("userGroups", id);
    if (!this.people.has(id)) throw new DirectoryNotFoundError(`user ${id}`);
    const isIn = (group: string, { pages }: Group): boolean =>
      pages.flat().includes(id) || this.alsoIn.get(id)?.includes(group) === true;
    return [...this.groups]
      .filter(([group, it]) => !this.hiddenGroups.has(group) && isIn(group, it))
      .map(([group, { name }]) => ({ id: group, name, type: "OKTA_GROUP" }));
  }

  async wasDeleted(id: string): Promise<boolean> {
    await this.#ask("wasDeleted", id);
    return this.deleted.has(id);
  }

  async *members(id: string): AsyncIterable<readonly DirectoryUser[]> {
    const { pages } = this.groups.get(id) ?? { pages: [[]] };
    for (const page of pages) {
      await this.#ask("members", id);
      if (!this.groups.has(id) || this.hiddenGroups.has(id)) throw new DirectoryNotFoundError(`group ${id}`);
      yield page.flatMap((member) => this.people.get(member) ?? []);
    }
  }

  async groupByID(id: string): Promise<CountedGroup | undefined> {
    await this.#ask("groupByID", id);
    const group = this.hiddenGroups.has(id) ? undefined : this.groups.get(id);
    const members = group?.count ?? new Set(group?.pages.flat()).size;
    return group && { id, name: group.name, type: "OKTA_GROUP", members };
  }

  async groupWasDeleted(id: string): Promise<boolean> {
    await this.#ask("groupWasDeleted", id);
    return this.deletedGroups.has(id);
  }

  async events(from: LogPosition): Promise<LogPage> {
    const position = "after" in from ? from.after : from.since;
    await this.#ask("events", position);
    return this.log.get(position) ?? { events: [], unreadable: 0, after: position, isEnd: true };
  }

  async *groupsChangedSince(time: string): AsyncIterable<readonly ChangedGroup[]> {
    await this.#ask("groupsChangedSince", time);
    yield this.changedGroups;
  }

  #group(id: string): Group {
    const group = this.groups.get(id);
    if (!group) throw new Error(`no group ${id}`);
    return group;
  }

  async #ask(call: Call, what: string): Promise<void> {
    this.asked.push(`${call} ${what}`);
    await this.onAsked(call);
    const error = this.failing.get(`${call} ${what}`) ?? this.failing.get(call);
    if (error) throw error;
  }
}
