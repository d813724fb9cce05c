import { z } from "zod";
import { EVENT_TYPES, type EventType } from "../events/event-types.ts";
import { type LogEvent, readEvents } from "../events/log-event.ts";
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
  /** How many more there were that can't be read: nothing is known of what they are about. */
  readonly unreadable: number;
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
/** What can be deleted, as the System Log calls it, and what it calls the deletion. */
const DELETIONS = {
  User: ["user.lifecycle.delete.initiated", "user.lifecycle.delete.completed"],
  UserGroup: ["group.lifecycle.delete"],
} as const satisfies Readonly<Record<string, readonly EventType[]>>;

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

/** See `Directory.wasDeleted` and `Directory.groupWasDeleted`. */
export async function deletionIsLogged(
  api: ManagementApi,
  what: keyof typeof DELETIONS,
  id: string,
): Promise<boolean> {
  const deletions: readonly string[] = DELETIONS[what];
  const { items } = await api.page(LOGS, PATH, z.unknown(), {
    filter: `target.id eq ${quote(id)} and (${anyOf(deletions)})`,
    since: new Date(Date.now() - KEPT_MS).toISOString(),
    sortOrder: "DESCENDING",
    limit: "10",
  });
  return (await readEvents(items)).some(
    ({ eventType, outcome, targets }) =>
      deletions.includes(eventType) &&
      outcome !== "FAILURE" &&
      targets.some((target) => target.type === what && target.id === id),
  );
}

async function readPage(api: ManagementApi, from: LogPosition, limit: number): Promise<LogPage> {
  // Never both: a cursor says by itself where to go on.
  const position = "after" in from ? { after: from.after } : { since: from.since };
  const query = { ...position, filter: anyOf(EVENT_TYPES), limit: String(limit) };
  const { items, next } = await api.page(LOGS, PATH, z.unknown(), query);
  const after = next?.searchParams.get("after");
  if (!after) throw new DirectoryInvalidAnswerError(`${LOGS.what} doesn't say where its next page begins.`);
  const events = await readEvents(items);
  return { events, unreadable: items.length - events.length, after, isEnd: items.length < limit };
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
