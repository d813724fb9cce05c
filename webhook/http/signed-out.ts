import type { Request, Response } from "express";
import { type StartFacts, startPage } from "../pages/start.ts";
import { parseLogoutState } from "../sessions/logout-state.ts";
import { redirect, sendPage } from "./respond.ts";

/**
 * Says that nobody is signed in, or goes on to the sign-in that was asked for with the sign-out.
 * @param facts what is known of where somebody wants to go
 */
export function sendSignedOut(
  req: Request,
  res: Response,
  facts: Pick<StartFacts, "at" | "remembered"> = {},
): void {
  const state = parseLogoutState(req.query.state);
  if (state?.again) redirect(res, `/login/${state.loginPath}?prompt=login`);
  else sendPage(req, res, 200, startPage({ ...facts, justNow: state !== undefined, left: state?.loginPath }));
}
