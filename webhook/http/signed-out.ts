import type { Request, Response } from "express";
import { signedOutPage } from "../pages/home.ts";
import { parseLogoutState } from "../sessions/logout-state.ts";
import { redirect, sendPage } from "./respond.ts";

/**
 * Says that nobody is signed in, or goes on to the sign-in that was asked for with the sign-out.
 * @param at the login path of the organization that was asked about
 */
export function sendSignedOut(req: Request, res: Response, at?: string): void {
  const state = parseLogoutState(req.query.state);
  if (state?.again) redirect(res, `/login/${state.loginPath}?prompt=login`);
  else sendPage(req, res, 200, signedOutPage({ justNow: state !== undefined, left: state?.loginPath, at }));
}
