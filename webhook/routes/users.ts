import type { RequestHandler } from "express";
import { keyOf } from "../../kubernetes/index.ts";
import { assetAddress } from "../console/assets.ts";
import type { Guard } from "../console/guard.ts";
import type { Roster } from "../console/roster.ts";
import { readListAddress } from "../console/roster-query.ts";
import { isKnown } from "../http/etag.ts";
import { sendNotModified, sendPage } from "../http/respond.ts";
import { usersPage } from "../pages/console/users.ts";

export interface UsersDeps {
  readonly guard: Guard;
  readonly roster: Pick<Roster, "page" | "version">;
}

/** Users on one page: with the longest of names, it stays below 100 kB. */
const PAGE_SIZE = 50;

/**
 * GET /login/:path/users - the organization's users, for its admins: searched, filtered and sorted as the query says. Whoever
 * has the list already (If-None-Match) is told when nothing has changed, without anything being looked up.
 */
export function users({ guard, roster }: UsersDeps): RequestHandler {
  return async (req, res) => {
    const visitor = await guard.enter(req, res, "admins");
    if (!visitor) return;
    const list = readListAddress(req.query);
    const organization = keyOf(visitor.organization);
    // Who has nothing yet is spared the question.
    if (req.headers["if-none-match"] && isKnown(req, res, strong(await roster.version(organization)))) {
      sendNotModified(res);
      return;
    }
    const found = await roster.page(organization, { ...list, limit: PAGE_SIZE }, visitor.user.ref);
    const etag = strong(found.version);
    res.setHeader("ETag", etag);
    sendPage(req, res, 200, usersPage(visitor, found, { list, etag, scripts: [assetAddress("follow")] }));
  };
}

/** By it the script that follows the list knows what it shows. */
function strong(version: string): string {
  return `"${version}"`;
}
