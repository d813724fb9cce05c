import { foldedName } from "../../identity/identity.ts";
import { DirectoryInvalidAnswerError, DirectoryNotFoundError } from "./directory-errors.ts";
import { type Endpoint, GROUPS, group, isID, user } from "./endpoints.ts";
import { ManagementApi, type ManagementApiOptions } from "./management-api.ts";
import {
  type DirectoryGroup,
  type DirectoryUser,
  groupSchema,
  groupWithStatsSchema,
  userSchema,
} from "./resources.ts";

/** What a name finds. Names match exactly; the others are there to say "did you mean". */
export interface GroupsOfName {
  readonly exact: readonly DirectoryGroup[];
  /** Groups whose name differs by case or surrounding space only. */
  readonly near: readonly DirectoryGroup[];
}

/** Page sizes that Okta recommends. */
const PAGE = "200";

/**
 * Okta's directory: its users and groups, by the Management API, read only.
 *
 * Every list is complete or the read fails. Undefined means that Okta itself says there is no such thing;
 * whatever else goes wrong is a DirectoryError, and says nothing about what is there.
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

  /** @throws DirectoryError */
  async groupByID(id: string): Promise<DirectoryGroup | undefined> {
    if (!isID(id)) return undefined;
    const endpoint = group(id);
    const found = await orUndefined(this.#api.get(endpoint, `/api/v1/groups/${id}`, groupSchema));
    if (found && found.id !== id) throw anotherThan(endpoint);
    return found;
  }

  /**
   * The groups of a name. Okta's search has an index that lags behind a little, so a name that it doesn't find
   * is looked for among the groups themselves.
   * @throws DirectoryError
   */
  async groupsByName(name: string): Promise<GroupsOfName> {
    const search = `profile.name eq ${quote(name)}`;
    const indexed = await this.#api.list(GROUPS, "/api/v1/groups", groupSchema, { search, limit: PAGE });
    const found = sortOut(name, indexed);
    const query = name.trim();
    if (found.exact.length > 0 || query === "") return found;
    // Matches the beginnings of names, without regard to case.
    const beginning = await this.#api.list(GROUPS, "/api/v1/groups", groupSchema, { q: query });
    return sortOut(name, [...indexed, ...beginning]);
  }

  /**
   * The groups of a user, all of them.
   * @throws DirectoryError, among them DirectoryNotFoundError when Okta has no such user
   */
  async userGroups(userID: string): Promise<DirectoryGroup[]> {
    const endpoint = user(userID);
    if (!isID(userID)) throw new DirectoryNotFoundError(endpoint.what);
    return unique(await this.#api.list(endpoint, `/api/v1/users/${userID}/groups`, groupSchema));
  }

  /** @throws DirectoryError */
  async user(userID: string): Promise<DirectoryUser | undefined> {
    if (!isID(userID)) return undefined;
    const found = await orUndefined(this.#api.get(user(userID), `/api/v1/users/${userID}`, userSchema));
    // Okta takes logins and nicknames here as well, which are other people's to choose.
    return found?.id === userID ? found : undefined;
  }

  /**
   * How many members a group has, by one request.
   * @throws DirectoryError, among them DirectoryNotFoundError when Okta has no such group
   */
  async groupMemberCount(groupID: string): Promise<number> {
    const endpoint = group(groupID);
    if (!isID(groupID)) throw new DirectoryNotFoundError(endpoint.what);
    // Not by `search`: its index doesn't know of groups that were made a moment ago.
    const query = { filter: `id eq ${quote(groupID)}`, expand: "stats", limit: "1" };
    const [found] = await this.#api.list(
      { ...GROUPS, what: endpoint.what },
      "/api/v1/groups",
      groupWithStatsSchema,
      query,
    );
    if (!found) throw new DirectoryNotFoundError(endpoint.what);
    if (found.id !== groupID) throw anotherThan(endpoint);
    return found._embedded.stats.usersCount;
  }
}

/** A string of Okta's filter language (Okta, "Filter"; SCIM's, RFC 7644, section 3.4.2.2). */
function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&")}"`;
}

function sortOut(name: string, groups: readonly DirectoryGroup[]): GroupsOfName {
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

async function orUndefined<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof DirectoryNotFoundError) return undefined;
    throw error;
  }
}

function anotherThan({ what }: Endpoint): DirectoryInvalidAnswerError {
  return new DirectoryInvalidAnswerError(`it was asked for ${what} and answered with another.`);
}
