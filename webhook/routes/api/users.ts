import type { Request, RequestHandler } from "express";
import type { z } from "zod";
import { allowedToList, askedAbout, servedOrganization } from "../../api/asked-about.ts";
import type { Callers } from "../../api/callers.ts";
import { PAGE, USERS_PARAMETERS } from "../../api/parameters.ts";
import { oneOf, queryOf, wholeNumber } from "../../api/query.ts";
import type * as shapes from "../../api/shapes.ts";
import { userSummary } from "../../api/user-answers.ts";
import type { Roster, RosterQuery } from "../../console/roster.ts";
import { etagOf, isKnown } from "../../http/etag.ts";
import { sendJSON, sendNotModified } from "../../http/respond.ts";
import type { Organizations } from "../../organizations.ts";

export interface UsersDeps {
  readonly callers: Pick<Callers, "of">;
  readonly organizations: Pick<Organizations, "served">;
  readonly roster: Pick<Roster, "page" | "version">;
}

/** GET .../users - one page of an organization's users. */
export function users({ callers, organizations, roster }: UsersDeps): RequestHandler {
  return async (req, res) => {
    const caller = callers.of(req);
    const asked = askedAbout(req);
    const query = rosterQuery(req);
    await allowedToList(caller, asked);
    const organization = servedOrganization(organizations, asked);
    const key = `${asked.namespace}/${asked.name}`;
    const question = JSON.stringify(query);
    if (isKnown(req, res, etagOf(await roster.version(key), question))) return sendNotModified(res);
    const { users, total, filtered, version, next } = await roster.page(key, query, caller.name);
    const answer: z.infer<typeof shapes.UserList> = {
      organization: key,
      total,
      matching: filtered,
      users: users.map((user) => userSummary(user, organization)),
      ...(next === undefined ? {} : { nextCursor: next }),
    };
    res.setHeader("ETag", etagOf(version, question));
    sendJSON(res, 200, answer);
  };
}

function rosterQuery(req: Request): RosterQuery {
  const given = queryOf(req, USERS_PARAMETERS);
  const { search, role, group, state, source, sort, order, limit, cursor } = given;
  const { state: states, source: sources, sort: sorts, order: orders } = USERS_PARAMETERS;
  return {
    search,
    role,
    group,
    state: state === undefined ? undefined : oneOf("state", state, states.schema.enum),
    source: source === undefined ? undefined : oneOf("source", source, sources.schema.enum),
    sort: oneOf("sort", sort ?? sorts.schema.default, sorts.schema.enum),
    descending: oneOf("order", order ?? orders.schema.default, orders.schema.enum) === "descending",
    limit: limit === undefined ? PAGE.usual : wholeNumber("limit", limit, { min: 1, max: PAGE.most }),
    after: cursor,
  };
}
