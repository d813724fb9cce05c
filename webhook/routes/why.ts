import type { Request, RequestHandler } from "express";
import { explain, type Policies } from "../../identity/index.ts";
import { keyOf } from "../../kubernetes/index.ts";
import { circumstancesOf } from "../../organizations/circumstances.ts";
import { accountsOf } from "../console/accounts-of.ts";
import type { Guard } from "../console/guard.ts";
import type { Roster } from "../console/roster.ts";
import { queryText } from "../http/query-text.ts";
import { sendPage } from "../http/respond.ts";
import { type ExplainedAccount, whyPage } from "../pages/console/why.ts";

export interface WhyDeps {
  readonly guard: Guard;
  readonly policies: Pick<Policies, "of">;
  readonly roster: Pick<Roster, "all">;
}

/** Characters of what somebody enters at the most: no address is longer, and no role's name. */
const MOST_OF_EMAIL = 320;
const MOST_OF_ROLE = 63;

/**
 * GET /login/:path/why?email=...&role=... - why somebody holds a role, or what is missing. Admins ask about anybody of their
 * organization, others about themselves, whatever address they enter.
 */
export function why({ guard, policies, roster }: WhyDeps): RequestHandler {
  return async (req, res) => {
    const visitor = await guard.enter(req, res, "everybody");
    if (!visitor) return;
    const role = given(req, "role", MOST_OF_ROLE);
    const email = visitor.isAdmin ? given(req, "email", MOST_OF_EMAIL) : undefined;
    const circumstances = circumstancesOf(visitor.organization, policies);
    const asked = role === undefined ? undefined : [role];
    const users =
      email === undefined
        ? [visitor.user]
        : await accountsOf(email, keyOf(visitor.organization), visitor.user.ref, roster);
    const accounts = users.map(
      (user): ExplainedAccount => ({ user, explanation: explain({ user }, circumstances, asked) }),
    );
    const nobody = accounts.length === 0 ? explain({}, circumstances, asked) : undefined;
    sendPage(req, res, 200, whyPage(visitor, { email, role, accounts, nobody }));
  };
}

/** What was entered, if anything was. */
function given({ query }: Request, name: string, most: number): string | undefined {
  return queryText(query, name, most)?.trim() || undefined;
}
