import { RequestError } from "../http/request-errors.ts";
import { type Entry, USER_STATES, type UserState } from "./roster-entry.ts";

/** By what users can be sorted. */
export const ROSTER_SORTS = ["email", "name", "lastSignIn", "state"] as const;
/** From which end. */
export const ROSTER_ORDERS = ["ascending", "descending"] as const;
export type RosterSort = (typeof ROSTER_SORTS)[number];

/** A place among the users of an organization, whether or not somebody is there. */
export type Position = Pick<Entry, "ref" | RosterSort>;

/** Negative where `a` comes first, 0 for one and the same place. */
export type Compare = (a: Position, b: Position) => number;

/** Every order ends with the ref, so that no two users are in one place. */
export const COMPARE: Readonly<Record<RosterSort, Compare>> = {
  email: (a, b) => byText(a.email, b.email) || byText(a.ref, b.ref),
  name: (a, b) => byText(a.name, b.name) || byText(a.email, b.email) || byText(a.ref, b.ref),
  lastSignIn: (a, b) => a.lastSignIn - b.lastSignIn || byText(a.ref, b.ref),
  state: (a, b) =>
    USER_STATES.indexOf(a.state) - USER_STATES.indexOf(b.state) ||
    byText(a.email, b.email) ||
    byText(a.ref, b.ref),
};

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** In which order users are listed. */
export interface RosterOrder {
  readonly sort: RosterSort;
  readonly descending: boolean;
}

/**
 * A place in an order, as it stands in an address: whoever asks on from there misses nobody and sees nobody twice, whoever
 * is made or deleted meanwhile. It has nothing in it that isn't on the page it is for.
 */
export function formatCursor({ sort, descending }: RosterOrder, at: Position): string {
  const { ref, email, name, lastSignIn, state } = at;
  const parts: Record<RosterSort, (string | number)[]> = {
    email: [email],
    name: [name, email],
    lastSignIn: [lastSignIn],
    state: [state, email],
  };
  return Buffer.from(JSON.stringify([sort, descending ? 1 : 0, ref, ...parts[sort]])).toString("base64url");
}

/** @throws RequestError when it isn't one, or one of another order */
export function parseCursor({ sort, descending }: RosterOrder, cursor: string): Position {
  const [of, down, ref, ...parts] = parsed(cursor);
  const texts = parts.filter((part) => typeof part === "string");
  const [first = "", second = ""] = texts;
  const position = { ref: String(ref), email: "", name: "", lastSignIn: 0, state: USER_STATES[0] };
  const isOfThisOrder = of === sort && down === (descending ? 1 : 0) && typeof ref === "string";
  if (isOfThisOrder) {
    if (sort === "email" && texts.length === 1) return { ...position, email: first };
    if (sort === "name" && texts.length === 2) return { ...position, name: first, email: second };
    if (sort === "state" && texts.length === 2 && isState(first))
      return { ...position, state: first, email: second };
    const [time] = parts;
    if (sort === "lastSignIn" && typeof time === "number") return { ...position, lastSignIn: time };
  }
  throw new RequestError({
    code: "cursor-invalid",
    status: 400,
    title: "There is no such page of the list",
    message:
      "The address names a place in a list that is sorted in another way, or none. Begin at the first page.",
  });
}

function parsed(cursor: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    return Array.isArray(value) ? value : [];
  } catch {
    return []; // not one of ours: the caller says so
  }
}

function isState(text: string): text is UserState {
  return USER_STATES.some((state) => state === text);
}
