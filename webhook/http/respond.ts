import { randomBytes } from "node:crypto";
import type { Request, Response } from "express";
import { layout, type Page } from "../pages/layout.ts";
import { STYLE_SOURCE } from "../pages/style.ts";

const ids = new WeakMap<Request, string>();

/** The id by which a page, a log line and a report on it are brought together. Ours alone, never taken from outside. */
export function requestID(req: Request): string {
  let id = ids.get(req);
  if (id === undefined) {
    id = randomBytes(9).toString("base64url");
    ids.set(req, id);
  }
  return id;
}

/** Whether whoever asks would rather have JSON than a page. */
export function wantsJSON(req: Request): boolean {
  return req.accepts(["html", "json"]) === "json";
}

/** Sends a page with what keeps it harmless: no frames, nothing from elsewhere, no copies, and no scripts but those it names. */
export function sendPage(req: Request, res: Response, status: number, page: Page): void {
  const body = layout(page, requestID(req));
  res.writeHead(status, {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Length": Buffer.byteLength(body),
    "Content-Security-Policy":
      `default-src 'none'; style-src ${STYLE_SOURCE}; ${page.scripts?.length ? SCRIPTS : ""}img-src data:; ` +
      "base-uri 'none'; frame-ancestors 'none'; " +
      // Browsers hold every redirect after a form against this, so that no form of ours is answered with one to elsewhere.
      "form-action 'self'",
    ...SAFETY,
  });
  res.end(body);
}

/** What a page with scripts may do besides: load those of this origin, and ask it. */
const SCRIPTS = "script-src 'self'; connect-src 'self'; ";

/** Sends JSON. `type` is application/json unless said otherwise. */
export function sendJSON(res: Response, status: number, content: unknown, type = "application/json"): void {
  const body = JSON.stringify(content);
  res.writeHead(status, { "Content-Type": type, "Content-Length": Buffer.byteLength(body), ...SAFETY });
  res.end(body);
}

/** Says that it is done, and nothing else. */
export function sendNothing(res: Response): void {
  res.writeHead(204, SAFETY);
  res.end();
}

/** Says that it is as it was. The ETag is set already. */
export function sendNotModified(res: Response): void {
  res.writeHead(304, SAFETY);
  res.end();
}

/** The headers of a file to be kept. @param name its name, of letters, digits, dots and hyphens */
export function downloadHeaders(type: string, name: string): Record<string, string> {
  return {
    "Content-Type": type,
    "Content-Disposition": `attachment; filename="${name}"`,
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    ...SAFETY,
  };
}

/** Sends the browser elsewhere, with a GET whatever it came with. */
export function redirect(res: Response, url: string): void {
  res.writeHead(303, { Location: url, "Content-Length": 0, ...SAFETY });
  res.end();
}

/**
 * On every answer but those of the session check. The referrer stays within this origin, so that nobody else
 * gets to see a callback's address. `no-referrer` would make browsers hide where our own forms come from.
 */
const SAFETY = {
  "Cache-Control": "no-store",
  "Referrer-Policy": "same-origin",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
};
