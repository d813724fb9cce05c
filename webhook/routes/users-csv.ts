import { once } from "node:events";
import type { RequestHandler, Response } from "express";
import { roleNames, type User } from "../../identity/index.ts";
import { keyOf, splitKey } from "../../kubernetes/index.ts";
import { CSV_BEGINNING, csvLine } from "../console/csv.ts";
import type { Guard } from "../console/guard.ts";
import { type Roster, RosterBusyError } from "../console/roster.ts";
import { userState } from "../console/roster-entry.ts";
import { readListAddress } from "../console/roster-query.ts";
import { downloadHeaders } from "../http/respond.ts";
import { ConcurrencyLimit } from "../sign-in/concurrency-limit.ts";

export interface UsersCSVDeps {
  readonly guard: Guard;
  readonly roster: Pick<Roster, "all">;
}

const COLUMNS = ["Email", "Name", "Roles", "State", "Reason", "Last sign-in", "Source", "Account"];

/** Files that one admin may be taking at once, and all of an organization. */
const EACH = 2;
const OF_ORGANIZATION = 8;

/** Whoever takes nothing of a file for so long isn't there any more. */
const STALLED_MS = 30_000;

/**
 * GET /login/:path/users.csv - all users whom the same query shows on the pages of the list, in the same order, for admins. It
 * is sent as it is looked up. Where that fails on the way, the connection breaks, so that nobody takes a part for all.
 */
export function usersCSV({ guard, roster }: UsersCSVDeps): RequestHandler {
  const refuse = (byOneCaller: boolean) => () => new RosterBusyError(byOneCaller);
  const ofOne = new ConcurrencyLimit(EACH, { waitingForEach: 0, refusal: refuse(true) });
  const ofAll = new ConcurrencyLimit(OF_ORGANIZATION, { waitingForEach: 0, refusal: refuse(false) });
  return async (req, res) => {
    const visitor = await guard.enter(req, res, "admins");
    if (!visitor) return;
    const list = readListAddress(req.query);
    const { ref } = visitor.user;
    const organization = keyOf(visitor.organization);
    const { loginPath } = visitor.organization.spec;
    await ofOne.run(ref, () =>
      ofAll.run(organization, async () => {
        const batches = roster.all(organization, list, ref);
        const day = new Date().toISOString().slice(0, 10);
        // The headers go out with the first users: what fails before is answered with a page.
        for await (const users of batches) {
          if (!res.headersSent) {
            res.writeHead(
              200,
              downloadHeaders("text/csv; charset=utf-8; header=present", `${loginPath}-users-${day}.csv`),
            );
            res.write(CSV_BEGINNING + csvLine(COLUMNS));
          }
          await written(res, users.map((user) => csvLine(cellsOf(user))).join(""));
          if (res.destroyed) return;
        }
        res.end();
      }),
    );
  };
}

function cellsOf(user: User): string[] {
  const { email = "", name = "", access, lastLoginTime, source, ref } = user;
  return [
    email,
    name,
    roleNames(access?.grants ?? []).join(" "),
    userState(user),
    access?.message ?? "",
    lastLoginTime === undefined ? "" : new Date(lastLoginTime).toISOString(),
    source,
    splitKey(ref).name,
  ];
}

/** Resolves when there is room for more, or nobody is there to take it. */
async function written(res: Response, text: string): Promise<void> {
  if (text === "" || res.write(text) || res.destroyed) return;
  const stalled = setTimeout(() => res.destroy(), STALLED_MS);
  await Promise.race([once(res, "drain"), once(res, "close")]);
  clearTimeout(stalled);
}
