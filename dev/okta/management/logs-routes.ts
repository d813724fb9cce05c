import { z } from "zod";
import { FilterSyntaxError, parseFilter } from "../directory/filter-expression.ts";
import type { LogEvent } from "../directory/log-event.ts";
import { errors } from "../directory/okta-error.ts";
import { parseQuery, sendList } from "./list-answer.ts";
import type { ManagementContext, Route } from "./route.ts";

const day = 24 * 3600 * 1000;
const week = 7 * day;

const time = z
  .string()
  .refine((text) => !Number.isNaN(Date.parse(text)), "must be an ISO 8601 timestamp")
  .transform((text) => Date.parse(text))
  .optional();

const query = z.object({
  since: time,
  until: time,
  after: z.string().optional(),
  filter: z.string().optional(),
  q: z.string().optional(),
  limit: z.coerce.number().int().min(0).max(1000).default(100),
  sortOrder: z.enum(["ASCENDING", "DESCENDING"]).default("ASCENDING"),
});

/** Okta's System Log API. */
export function logsRoutes({ directory, base, faults }: ManagementContext): Route[] {
  return [
    {
      method: "get",
      path: "/logs",
      scope: "okta.logs.read",
      handle: (request, response) => {
        const { since, until, after, filter, q, limit, sortOrder } = parseQuery(query, request);
        if (since !== undefined && after !== undefined)
          throw errors.validation(
            "after",
            "after: can't be combined with since; follow the next link as it is",
          );
        if (since !== undefined && since < directory.now() - 180 * day)
          throw errors.invalidLogQuery(
            "Invalid parameter: The since parameter is over 180 days prior to the current day.",
          );
        const from = after === undefined ? (since ?? (until ?? directory.now()) - week) : undefined;
        const matches = matcher(filter, q);
        const { events, next } = directory.log.read({
          since: from,
          until,
          after,
          order: sortOrder,
          limit,
          matches,
        });
        sendList(request, response, events, next, { base, faults }, ["since"]);
      },
    },
  ];
}

function matcher(filter: string | undefined, q: string | undefined): (event: LogEvent) => boolean {
  const words = q?.toLowerCase().split(/\s+/).filter(Boolean) ?? [];
  const hasWords = (event: LogEvent) => {
    const text = words.length > 0 ? JSON.stringify(event).toLowerCase() : "";
    return words.every((word) => text.includes(word));
  };
  if (filter === undefined) return hasWords;
  try {
    // When something happened is what since, until and after are about.
    if (/\bpublished\b/.test(filter.replaceAll(/"[^"]*"/g, "")))
      throw errors.invalidLogQuery("field is not valid: published");
    const filtered = parseFilter(filter);
    return (event) => filtered(event) && hasWords(event);
  } catch (error) {
    if (error instanceof FilterSyntaxError)
      throw errors.invalidLogQuery(`Invalid filter '${filter}': ${error.message}`);
    throw error;
  }
}
