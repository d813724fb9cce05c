import { EVENT_TYPES } from "../events/event-types.ts";
import { type LogEvent, logEventSchema } from "../events/log-event.ts";
import { HttpStatusError, ResponseTooLargeError } from "../http/http-errors.ts";
import { DirectoryCursorError, DirectoryInvalidAnswerError } from "./directory-errors.ts";
import { LOGS } from "./endpoints.ts";
import { quote } from "./filter.ts";
import type { ManagementApi } from "./management-api.ts";

/** From where the System Log is read: from where another page ended, or from a time of Okta's clock on (RFC 3339). */
export type LogPosition = { readonly after: string } | { readonly since: string };

/** A page of the System Log, in the order in which Okta took the events in. */
export interface LogPage {
  readonly events: readonly LogEvent[];
  /** Where the next page begins: opaque, and good after a restart. */
  readonly after: string;
  /** Whether that was all there is by now. */
  readonly isEnd: boolean;
}

const PATH = "/api/v1/logs";
/** The most that a page holds, and what can be read however long its events are. */
const PAGE = 1_000;
const SHORT_PAGE = 50;
/** How long Okta keeps its System Log: 90 days. */
const KEPT_MS = 90 * 24 * 3_600_000;
/** What the System Log calls it when somebody is deleted. */
const DELETIONS: readonly string[] = ["user.lifecycle.delete.initiated", "user.lifecycle.delete.completed"];

/** See `Directory.events`. */
export async function readLog(api: ManagementApi, from: LogPosition): Promise<LogPage> {
  try {
    return await readPage(api, from, PAGE);
  } catch (error) {
    // What can't be read for its length could never be passed.
    if (causeOf(error) instanceof ResponseTooLargeError) return await readPage(api, from, SHORT_PAGE);
    // Okta says 400 to a cursor that it doesn't know.
    if ("after" in from && refusedAsWrong(error)) throw new DirectoryCursorError({ cause: error });
    throw error;
  }
}

/** See `Directory.wasDeleted`. */
export async function deletionIsLogged(api: ManagementApi, userID: string): Promise<boolean> {
  const { items } = await api.page(LOGS, PATH, logEventSchema, {
    filter: `target.id eq ${quote(userID)} and (${anyOf(DELETIONS)})`,
    since: new Date(Date.now() - KEPT_MS).toISOString(),
    sortOrder: "DESCENDING",
    limit: "10",
  });
  return items.some(
    ({ eventType, outcome, targets }) =>
      DELETIONS.includes(eventType) &&
      outcome !== "FAILURE" &&
      targets.some(({ id, type }) => type === "User" && id === userID),
  );
}

async function readPage(api: ManagementApi, from: LogPosition, limit: number): Promise<LogPage> {
  // Never both: a cursor says by itself where to go on.
  const position = "after" in from ? { after: from.after } : { since: from.since };
  const query = { ...position, filter: anyOf(EVENT_TYPES), limit: String(limit) };
  const { items, next } = await api.page(LOGS, PATH, logEventSchema, query);
  const after = next?.searchParams.get("after");
  if (!after) throw new DirectoryInvalidAnswerError(`${LOGS.what} doesn't say where its next page begins.`);
  return { events: items, after, isEnd: items.length < limit };
}

function anyOf(eventTypes: readonly string[]): string {
  return eventTypes.map((type) => `eventType eq ${quote(type)}`).join(" or ");
}

function refusedAsWrong(error: unknown): boolean {
  const cause = causeOf(error);
  return cause instanceof HttpStatusError && cause.status === 400;
}

function causeOf(error: unknown): unknown {
  return error instanceof DirectoryInvalidAnswerError ? error.cause : undefined;
}
