import type { RequestHandler } from "express";
import {
  allowedToGet,
  askedAbout,
  idAskedAbout,
  NO_SUCH_USER,
  servedOrganization,
} from "../../api/asked-about.ts";
import type { Callers } from "../../api/callers.ts";
import { queryOf } from "../../api/query.ts";
import { NotThereError } from "../../api/refusals.ts";
import { userAnswer } from "../../api/user-answers.ts";
import type { Roster } from "../../console/roster.ts";
import { etagOf, isKnown } from "../../http/etag.ts";
import { sendJSON, sendNotModified } from "../../http/respond.ts";
import type { Organizations } from "../../organizations.ts";

export interface UserDeps {
  readonly callers: Pick<Callers, "of">;
  readonly organizations: Pick<Organizations, "served">;
  readonly roster: Pick<Roster, "find">;
}

/** GET .../users/{id} - one user. Those of other organizations are as unknown as those that there aren't. */
export function user({ callers, organizations, roster }: UserDeps): RequestHandler {
  return async (req, res) => {
    queryOf(req, {});
    const caller = callers.of(req);
    const asked = askedAbout(req);
    const id = idAskedAbout(req.params.id);
    await allowedToGet(caller, asked, id);
    const organization = servedOrganization(organizations, asked);
    const found = await roster.find(`${asked.namespace}/${asked.name}`, id);
    if (!found) throw new NotThereError("user-not-found", NO_SUCH_USER);
    const answer = userAnswer(found, organization);
    if (isKnown(req, res, etagOf(JSON.stringify(answer)))) sendNotModified(res);
    else sendJSON(res, 200, answer);
  };
}
