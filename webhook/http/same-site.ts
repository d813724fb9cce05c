import type { RequestHandler } from "express";
import { CrossSiteError } from "./request-errors.ts";

/**
 * Lets through only what a page of this very origin has sent: for everything that changes something.
 *
 * Browsers say where a request comes from (Fetch Metadata, `Sec-Fetch-Site`), the older ones by `Origin` alone.
 * Neither can be set by a page. A program that has a reason to call this sends `Origin` itself.
 */
export function sameSiteOnly(baseURL: string): RequestHandler {
  const { origin } = new URL(baseURL);
  return (req, _res, next) => {
    const site = req.headers["sec-fetch-site"];
    const isOurs = site === undefined ? req.headers.origin === origin : site === "same-origin";
    next(isOurs ? undefined : new CrossSiteError());
  };
}
