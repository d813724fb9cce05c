import type { Request, Response } from "express";
import type { Logger } from "pino";
import type { ObjectKey } from "../../kubernetes/index.ts";
import { html } from "../pages/html.ts";
import type { Page } from "../pages/layout.ts";
import { requestID, sendJSON, sendPage, wantsJSON } from "./respond.ts";

/** Something that went wrong, as it is told to whoever asked. Nothing in it is secret. */
export interface Problem {
  /** HTTP status. */
  readonly status: number;
  /** For programs, stable. */
  readonly code: string;
  readonly title: string;
  /** What happened and what to do, for the person. */
  readonly text: string;
  /** What to do, for those who run this. */
  readonly advice?: string | undefined;
  readonly link?: { readonly href: string; readonly label: string } | undefined;
  /** The organization's name, as people know it. */
  readonly organization?: string | undefined;
  readonly retryAfterS?: number | undefined;
  /** Of a program's question that isn't understood, which parameter it is. */
  readonly parameter?: string | undefined;
}

/** Logs what is our fault (500) or something else's that we depend on; what is the request's is for whoever sent it. */
export function logProblem(
  log: Logger,
  { status }: Problem,
  error: unknown,
  req: Request,
  message: string,
  about: { readonly organization?: ObjectKey | undefined } = {},
): void {
  if (status < 500) return;
  log[status === 500 ? "error" : "warn"]({ err: error, ...about, requestID: requestID(req) }, message);
}

/** Sends a problem as a page, or as JSON (RFC 9457) to those who prefer it. */
export function sendProblem(req: Request, res: Response, problem: Problem): void {
  const { status, retryAfterS } = problem;
  if (wantsJSON(req)) {
    sendProblemJSON(req, res, problem);
    return;
  }
  if (retryAfterS !== undefined) res.setHeader("Retry-After", String(retryAfterS));
  sendPage(req, res, status, pageOf(problem));
}

/** Sends a problem as JSON, whatever they prefer: at addresses where programs ask. */
export function sendProblemJSON(req: Request, res: Response, problem: Problem): void {
  const { status, code, title, text, advice, retryAfterS, parameter } = problem;
  if (retryAfterS !== undefined) res.setHeader("Retry-After", String(retryAfterS));
  const detail = advice === undefined ? text : `${text} ${advice}`;
  const about = { type: "about:blank", status, title, detail, code, parameter };
  const content = { ...about, requestID: requestID(req) };
  sendJSON(res, status, content, "application/problem+json");
}

function pageOf({ title, text, advice, link, organization }: Problem): Page {
  return {
    title,
    organization,
    body: html`
<p>${text}</p>
${advice && html`<p class="soft">${advice}</p>`}
${link && html`<div class="actions"><a class="button" href="${link.href}">${link.label}</a></div>`}`,
  };
}
