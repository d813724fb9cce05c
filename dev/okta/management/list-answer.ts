import type { Request, Response } from "express";
import { z } from "zod";
import { errors } from "../directory/okta-error.ts";
import type { ManagementContext } from "./route.ts";

/** A whole number in a query, within bounds. */
export function limit(most: number, usual = most) {
  return z.coerce
    .number()
    .int()
    .min(1)
    .default(usual)
    .transform((value) => Math.min(value, most));
}

/**
 * Reads the query.
 * @throws OktaError E0000001 that names the parameter
 */
export function parseQuery<Schema extends z.ZodType>(schema: Schema, request: Request): z.output<Schema> {
  return parse(schema, request.query);
}

/**
 * Reads the body, which must be JSON.
 * @throws OktaError E0000003 without one, E0000001 that names the field
 */
export function parseBody<Schema extends z.ZodType>(schema: Schema, request: Request): z.output<Schema> {
  if (typeof request.body !== "object" || request.body === null) throw errors.malformedBody();
  return parse(schema, request.body);
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = String(issue?.path.at(-1) ?? "request");
  throw errors.validation(field, `${field}: ${issue?.message ?? "is invalid"}`);
}

/** The cursor of a table's page; opaque to callers. */
export function cursor(position: number): string {
  return Buffer.from(`c_${position}`).toString("base64url");
}

/** @throws OktaError E0000001 when it isn't one of ours */
export function position(after: string | undefined): number {
  if (after === undefined) return 0;
  const match = /^c_(\d+)$/.exec(Buffer.from(after, "base64url").toString());
  if (!match) throw errors.validation("after", "after: not a cursor; follow the next link as it is");
  return Number(match[1]);
}

/**
 * Answers with a page of a list. The Link headers tell its own address and, while there is more, the next one's
 * (Okta: "Link header"): the same query with another `after`, without what `drop` names.
 */
export function sendList(
  request: Request,
  response: Response,
  items: unknown[],
  next: string | undefined,
  { base, faults }: Pick<ManagementContext, "base" | "faults">,
  drop: readonly string[] = [],
): void {
  const self = new URL(request.originalUrl, base);
  response.append("Link", `<${self.href}>; rel="self"`);
  const url = new URL(self);
  for (const name of drop) url.searchParams.delete(name);
  if (next !== undefined) url.searchParams.set("after", next);
  const asked = { endpoint: "management", method: request.method, url: request.originalUrl } as const;
  const link = faults.nextLink(asked, next === undefined ? undefined : url.href, self.href);
  if (link !== undefined) response.append("Link", `<${link}>; rel="next"`);
  response.json(items);
}
