import type { RequestHandler } from "express";
import type { z } from "zod";
import { allowedToList, askedAbout, servedOrganization } from "../../api/asked-about.ts";
import type { Callers } from "../../api/callers.ts";
import { queryOf } from "../../api/query.ts";
import type * as shapes from "../../api/shapes.ts";
import { personAnswer } from "../../api/user-answers.ts";
import { sendJSON } from "../../http/respond.ts";
import type { Organizations } from "../../organizations.ts";

export interface MeDeps {
  readonly callers: Pick<Callers, "of">;
  readonly organizations: Pick<Organizations, "served">;
}

/** GET .../me - who asks, and what they may read here. */
export function me({ callers, organizations }: MeDeps): RequestHandler {
  return async (req, res) => {
    queryOf(req, {});
    const caller = callers.of(req);
    const asked = askedAbout(req);
    let answer: z.infer<typeof shapes.Me>;
    if (caller.kind === "session") {
      const { user, organization, isAdmin, expiresAt } = caller.visitor;
      answer = {
        kind: "Session",
        admin: isAdmin,
        expires: new Date(expiresAt).toISOString(),
        user: personAnswer(user, organization),
      };
    } else {
      await allowedToList(caller, asked);
      servedOrganization(organizations, asked);
      answer = { kind: "ServiceAccount", serviceAccount: caller.serviceAccount, mayList: true };
    }
    sendJSON(res, 200, answer);
  };
}
