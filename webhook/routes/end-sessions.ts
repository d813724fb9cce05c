import type { RequestHandler } from "express";
import type { Guard } from "../console/guard.ts";
import { personAt } from "../console/person.ts";
import type { Roster } from "../console/roster.ts";
import { redirect, sendPage } from "../http/respond.ts";
import { endSessionsPage, ownSessionsEndedPage } from "../pages/console/end-sessions.ts";
import { userAddress } from "../pages/console/user-texts.ts";
import type { SignOuts } from "../sessions/sign-outs.ts";

export interface EndSessionsDeps {
  readonly guard: Guard;
  readonly roster: Pick<Roster, "find">;
  readonly signOuts: Pick<SignOuts, "endAll">;
}

/** GET /login/:path/users/:name/end-sessions - asks. */
export function confirmEndSessions({
  guard,
  roster,
}: Pick<EndSessionsDeps, "guard" | "roster">): RequestHandler {
  return async (req, res) => {
    const visitor = await guard.enter(req, res, "admins");
    if (!visitor) return;
    sendPage(req, res, 200, endSessionsPage(visitor, await personAt(roster, visitor, req.params.name)));
  };
}

/**
 * POST /login/:path/users/:name/end-sessions - ends all sessions of a user of the admin's own organization, and leads back to
 * the user's page; who has ended their own is told so. Comes after `sameSiteOnly`.
 */
export function endSessions({ guard, roster, signOuts }: EndSessionsDeps): RequestHandler {
  return async (req, res) => {
    const visitor = await guard.enter(req, res, "admins");
    if (!visitor) return;
    const person = await personAt(roster, visitor, req.params.name);
    const { email, ref } = visitor.user;
    const after = await signOuts.endAll(person.ref, email === undefined ? ref : `${email} (${ref})`);
    if (person.ref === ref) sendPage(req, res, 200, ownSessionsEndedPage(visitor));
    else redirect(res, `${userAddress(visitor.organization, person)}?ended=${after?.sessionEpoch ?? 0}`);
  };
}
