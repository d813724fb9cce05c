import type { z } from "zod";
import { foldedName } from "../../identity/identity.ts";
import { isID } from "../okta-id.ts";
import { DirectoryInvalidAnswerError, DirectoryNotFoundError, orUndefined } from "./directory-errors.ts";
import { type Endpoint, GROUPS, groupsOfUser, membersOf, user } from "./endpoints.ts";
import { quote } from "./filter.ts";
import { ManagementApi, type ManagementApiOptions } from "./management-api.ts";
import {
  type ChangedGroup,
  type CountedGroup,
  changedGroupSchema,
  countedGroupSchema,
  type DirectoryGroup,
  type DirectoryUser,
  groupSchema,
  userSchema,
} from "./resources.ts";
import { deletionIsLogged, type LogPage, type LogPosition, readLog } from "./system-log.ts";

/** What a name finds. Names match exactly; the others are there to say "did you mean". */
export interface GroupsOfName {
  readonly exact: readonly CountedGroup[];
  /** Groups whose name differs by case or surrounding space only. */
  readonly near: readonly DirectoryGroup[];
}

/** Page sizes that Okta recommends. */
const PAGE = "200";
/** The most groups that Okta gives for the beginning of a name: that list has no other page (Okta, "List all groups", `q`). */
const MOST_BY_BEGINNING = 300;
/** Longer than Okta's index is behind, and than clocks differ, ms. */
const LATELY_MS = 3_600_000;

/**
 * Okta's directory: its users and groups, by the Management API, read only.
 *
 * Every list is complete or the read fails. Undefined means that Okta shows no such thing to these credentials, which it
 * does as well of what they aren't allowed to see; whatever else goes wrong is a DirectoryError, and says nothing about what
 * is there.
 */
export class Directory {
  readonly #api: ManagementApi;

  /** @throws DirectoryUnauthorizedError, DirectoryInvalidAnswerError when the credentials or the URL can't be used */
  constructor(options: ManagementApiOptions) {
    this.#api = new ManagementApi(options);
  }

  /**
   * Whether the directory can be read: one small request.
   * @throws DirectoryError
   */
  async check(): Promise<void> {
    await this.#api.get(GROUPS, "/api/v1/groups", groupSchema.array(), { limit: "1" });
  }

  /**
   * A group, by one request. Undefined: Okta doesn't show it to these credentials; see `groupWasDeleted`.
   * @throws DirectoryError
   */
  async groupByID(id: string): Promise<CountedGroup | undefined> {
    if (!isID(id)) return undefined;
    const endpoint = { ...GROUPS, what: `group ${JSON.stringify(id)}` };
    // In the list, which tells the number of members along with it; and not by `search`, whose index doesn't know of
    // groups that were made a moment ago.
    const filter = `id eq ${quote(id)}`;
    const [found] = await this.#groups(endpoint, countedGroupSchema, { filter, expand: "stats", limit: "1" });
    if (found && found.id !== id)
      throw new DirectoryInvalidAnswerError(`it was asked for ${endpoint.what} and answered with another.`);
    return found;
  }

  /**
   * The groups of a name, by one request as a rule. Okta's search has an index that lags behind a little, so a name that
   * it doesn't find is looked for among the groups themselves: those whose names begin so, and where these are cut, those that
   * were made or renamed lately.
   * @throws DirectoryError
   */
  async groupsByName(name: string): Promise<GroupsOfName> {
    const search = `profile.name eq ${quote(name)}`;
    const indexed = sortOut(
      name,
      await this.#groups(GROUPS, countedGroupSchema, { search, expand: "stats", limit: PAGE }),
    );
    const query = foldedName(name);
    if (indexed.exact.length > 0 || query === "") return indexed;
    // Matches the beginnings of names, without regard to case: too many to have them all counted.
    const begun = await this.#groups(GROUPS, groupSchema, { q: query });
    const isCut = begun.length >= MOST_BY_BEGINNING && !begun.some((group) => group.name === name);
    const found = sortOut(name, isCut ? [...begun, ...(await this.#changedLately(query))] : begun);
    const exact = await Promise.all(found.exact.map(({ id }) => this.groupByID(id)));
    return {
      exact: exact.filter((group) => group !== undefined),
      near: unique([...indexed.near, ...found.near]),
    };
  }

  /** Groups that were made or renamed so lately that Okta's index may not know it yet, as far as they are called so. */
  #changedLately(folded: string): Promise<DirectoryGroup[]> {
    const since = new Date(Date.now() - LATELY_MS).toISOString();
    const query = { filter: `lastUpdated gt ${quote(since)}`, limit: PAGE };
    // An import from elsewhere touches all groups of a large org within an hour.
    return this.#groups(GROUPS, groupSchema, query, ({ name }) => foldedName(name) === folded);
  }

  /**
   * The groups of a user, all of them.
   * @throws DirectoryError, among them DirectoryNotFoundError when Okta has no such user
   */
  async userGroups(userID: string): Promise<DirectoryGroup[]> {
    const endpoint = groupsOfUser(userID);
    if (!isID(userID)) throw new DirectoryNotFoundError(endpoint.what);
    const groups = unique(await this.#api.list(endpoint, `/api/v1/users/${userID}/groups`, groupSchema));
    if (groups.length === 0) await this.#mayBeInNone(endpoint.what);
    return groups;
  }

  /**
   * The members of a group, page by page, whatever their status. Pages may overlap. Whoever comes to the end has seen all
   * of them; a page that can't be read throws.
   * @throws DirectoryError, among them DirectoryNotFoundError when Okta has no such group
   */
  async *members(groupID: string): AsyncIterable<readonly DirectoryUser[]> {
    const endpoint = membersOf(groupID);
    if (!isID(groupID)) throw new DirectoryNotFoundError(endpoint.what);
    yield* this.#api.pages(endpoint, `/api/v1/groups/${groupID}/users`, userSchema, { limit: PAGE });
  }

  /**
   * The groups whose profile or members changed after a time of Okta's clock, page by page, as complete as `members`.
   * Okta's times are of whole seconds: whoever asks again asks from a second before the latest that was seen, so that
   * what came later in that second isn't missed.
   * @param time RFC 3339
   * @throws DirectoryError
   */
  async *groupsChangedSince(time: string): AsyncIterable<readonly ChangedGroup[]> {
    const filter = `lastMembershipUpdated gt ${quote(time)} or lastUpdated gt ${quote(time)}`;
    yield* this.#api.pages(GROUPS, "/api/v1/groups", changedGroupSchema, { filter, limit: PAGE });
  }

  /** @throws DirectoryError */
  async user(userID: string): Promise<DirectoryUser | undefined> {
    if (!isID(userID)) return undefined;
    const found = await orUndefined(this.#api.get(user(userID), `/api/v1/users/${userID}`, userSchema));
    // Okta takes logins and nicknames here as well, which are other people's to choose.
    return found?.id === userID ? found : undefined;
  }

  /**
   * Whether the System Log says that somebody was deleted. A user who can't be found may be one whom the credentials
   * aren't allowed to see.
   * @throws DirectoryError
   */
  async wasDeleted(userID: string): Promise<boolean> {
    return isID(userID) && (await deletionIsLogged(this.#api, "User", userID));
  }

  /**
   * Whether the System Log says that a group was deleted. A group that can't be found may be one that the credentials
   * aren't allowed to see.
   * @throws DirectoryError
   */
  async groupWasDeleted(groupID: string): Promise<boolean> {
    return isID(groupID) && (await deletionIsLogged(this.#api, "UserGroup", groupID));
  }

  /**
   * What happened, as far as it may change anybody's access: a page of the System Log, from a time of Okta's clock on or
   * from where another page ended. Pages that follow each other miss nothing (Okta, "System Log query", polling
   * requests).
   * @throws DirectoryError, among them DirectoryCursorError when Okta can't go on from there
   */
  async events(from: LogPosition): Promise<LogPage> {
    return readLog(this.#api, from);
  }

  /**
   * Whether somebody can be in no group that can be seen: not where the group that everybody is in can be, and not where
   * none can. An app's admin role may be limited to other groups.
   * @throws DirectoryInvalidAnswerError, and what asking throws
   */
  async #mayBeInNone(who: string): Promise<void> {
    const some = (query: Record<string, string>) =>
      this.#api.get(GROUPS, "/api/v1/groups", groupSchema.array(), { ...query, limit: "1" });
    if ((await some({ filter: 'type eq "BUILT_IN"' })).length > 0)
      throw new DirectoryInvalidAnswerError(
        `it says that ${who} is in no group at all, not even in Okta's own of everybody.`,
      );
    if ((await some({})).length === 0)
      throw new DirectoryInvalidAnswerError(
        `it says that ${who} is in no group, and shows no group at all to these credentials.`,
      );
  }

  #groups<T>(
    endpoint: Endpoint,
    schema: z.ZodType<T>,
    query: Record<string, string>,
    isKept?: (group: T) => boolean,
  ): Promise<T[]> {
    return this.#api.list(endpoint, "/api/v1/groups", schema, query, isKept);
  }
}

function sortOut<T extends DirectoryGroup>(name: string, groups: readonly T[]): { exact: T[]; near: T[] } {
  const all = unique(groups);
  return {
    exact: all.filter((group) => group.name === name),
    near: all.filter((group) => group.name !== name && foldedName(group.name) === foldedName(name)),
  };
}

/** Pages may overlap when something is added while they are read. */
function unique<T extends { readonly id: string }>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [item.id, item])).values()];
}
