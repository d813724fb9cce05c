import { z } from "zod";
import type { Group } from "../directory/entities.ts";
import { FilterSyntaxError, parseFilter } from "../directory/filter-expression.ts";
import { errors } from "../directory/okta-error.ts";
import type { Table } from "../directory/table.ts";
import { cursor, limit, parseBody, parseQuery, position, sendList } from "./list-answer.ts";
import { groupJson, userJson } from "./representations.ts";
import type { ManagementContext, Route } from "./route.ts";

/** How many groups `q` gives at the most (Okta: "List all groups"). */
const MOST_BY_NAME = 300;

const filterAttributes = ["id", "type", "lastUpdated", "lastMembershipUpdated"];

const listQuery = z.object({
  q: z.string().optional(),
  search: z.string().optional(),
  filter: z.string().optional(),
  after: z.string().optional(),
  expand: z.string().optional(),
  limit: limit(10_000),
});
const membersQuery = z.object({ after: z.string().optional(), limit: limit(1000) });
const groupBody = z.object({
  profile: z.looseObject({ name: z.string().min(1).max(255), description: z.string().max(1024).nullish() }),
});

/** Okta's Groups API. */
export function groupsRoutes({ directory, base, isShown, faults }: ManagementContext): Route[] {
  const json = (group: Group) => groupJson(group, base);
  return [
    {
      method: "get",
      path: "/groups",
      scope: "okta.groups.read",
      handle: (request, response) => {
        const query = parseQuery(listQuery, request);
        const { reads } = directory;
        const { rows, next } = pageOf(query, reads.groups);
        const items = rows.map((group) =>
          groupJson(group, base, query.expand === "stats" ? reads.members(group.id).size : undefined),
        );
        sendList(request, response, items, next === undefined ? undefined : cursor(next), { base, faults });
      },
    },
    {
      method: "post",
      path: "/groups",
      scope: "okta.groups.manage",
      handle: (request, response, { party }) => {
        const { profile } = parseBody(groupBody, request);
        const group = directory.addGroup(
          { name: profile.name, ...(profile.description ? { description: profile.description } : {}) },
          party,
        );
        response.json(json(group));
      },
    },
    {
      method: "get",
      path: "/groups/:groupId",
      scope: "okta.groups.read",
      handle: (request, response) => void response.json(json(byId(request.params.groupId, directory.reads))),
    },
    {
      method: "put",
      path: "/groups/:groupId",
      scope: "okta.groups.manage",
      handle: (request, response, { party }) => {
        const { profile } = parseBody(groupBody, request);
        const { name, description, ...others } = profile;
        const group = byId(request.params.groupId);
        response.json(
          json(
            directory.updateGroup(
              group.id,
              { ...others, name, ...(description ? { description } : {}) },
              party,
            ),
          ),
        );
      },
    },
    {
      method: "delete",
      path: "/groups/:groupId",
      scope: "okta.groups.manage",
      handle: (request, response, { party }) => {
        directory.deleteGroup(byId(request.params.groupId).id, party);
        response.status(204).end();
      },
    },
    {
      method: "get",
      path: "/groups/:groupId/users",
      scope: "okta.groups.read",
      handle: (request, response) => {
        const query = parseQuery(membersQuery, request);
        const { reads } = directory;
        const members = reads.members(byId(request.params.groupId, reads).id);
        const { rows, next } = members.page(position(query.after), query.limit);
        const items = rows.map(({ id }) => userJson(reads.user(id), base));
        sendList(request, response, items, next === undefined ? undefined : cursor(next), { base, faults });
      },
    },
    {
      method: "put",
      path: "/groups/:groupId/users/:userId",
      scope: "okta.groups.manage",
      handle: (request, response, { party }) => {
        directory.addToGroup(assignable(request.params.groupId).id, String(request.params.userId), party);
        response.status(204).end();
      },
    },
    {
      method: "delete",
      path: "/groups/:groupId/users/:userId",
      scope: "okta.groups.manage",
      handle: (request, response, { party }) => {
        directory.removeFromGroup(
          assignable(request.params.groupId).id,
          String(request.params.userId),
          party,
        );
        response.status(204).end();
      },
    },
  ];

  /** A list that `q` gives has one page, however many more there are. */
  function pageOf(query: z.output<typeof listQuery>, groups: Table<Group>): ReturnType<typeof groups.page> {
    const matches = matcher(query);
    const isListed = (group: Group): boolean => isShown(group) && matches(group);
    if (query.q === undefined) return groups.page(position(query.after), query.limit, isListed);
    return { ...groups.page(0, Math.min(query.limit, MOST_BY_NAME), isListed), next: undefined };
  }

  /** In the API groups go by id alone. */
  function byId(id: unknown, { groups }: { groups: Table<Group> } = directory): Group {
    const group = groups.get(String(id));
    if (!group || !isShown(group)) throw errors.notFound(String(id), "UserGroup");
    return group;
  }

  /** Members of an APP_GROUP come from the app that it was imported from. */
  function assignable(id: unknown): Group {
    const group = byId(id);
    if (group.type !== "OKTA_GROUP") throw errors.notForThisGroup();
    return group;
  }
}

/** `q` is the start of the name, `filter` knows four attributes, `search` all of them and no case. */
function matcher({ q, filter, search }: z.output<typeof listQuery>): (group: Group) => boolean {
  try {
    const filtered =
      filter === undefined ? () => true : parseFilter(filter, { attributes: filterAttributes });
    const searched = search === undefined ? () => true : parseFilter(search, { ignoreCase: true });
    const start = q?.toLowerCase() ?? "";
    return (group) =>
      group.profile.name.toLowerCase().startsWith(start) && filtered(group) && searched(group);
  } catch (error) {
    if (error instanceof FilterSyntaxError) throw errors.invalidSearch(error.message);
    throw error;
  }
}
