import type { RequestHandler } from "express";
import { explain, type Policies } from "../../identity/index.ts";
import { circumstancesOf } from "../../organizations/circumstances.ts";
import type { Guard } from "../console/guard.ts";
import { personAt } from "../console/person.ts";
import type { Roster } from "../console/roster.ts";
import { sendPage } from "../http/respond.ts";
import { userPage } from "../pages/console/user.ts";

export interface UserDeps {
  readonly guard: Guard;
  readonly roster: Pick<Roster, "find">;
  readonly policies: Pick<Policies, "of">;
}

/** GET /login/:path/users/:name - one user, by the name of the account, for admins. */
export function user({ guard, roster, policies }: UserDeps): RequestHandler {
  return async (req, res) => {
    const visitor = await guard.enter(req, res, "admins");
    if (!visitor) return;
    const person = await personAt(roster, visitor, req.params.name);
    const explanation = explain({ user: person }, circumstancesOf(visitor.organization, policies));
    // Said where it is so: a link that somebody has made can't say it of sessions that go on.
    const justEnded = person.sessionEpoch > 0 && req.query.ended === String(person.sessionEpoch);
    sendPage(req, res, 200, userPage(visitor, person, { explanation, justEnded }));
  };
}
