import { invalidParameter, queryText } from "../http/query-text.ts";
import type { RosterQuery } from "./roster.ts";
import { USER_SOURCES, USER_STATES } from "./roster-entry.ts";
import { ROSTER_ORDERS, ROSTER_SORTS, type RosterOrder } from "./roster-sort.ts";

/** What of a list of users stands in its address: a filter, an order, a place. */
export type ListAddress = Omit<RosterQuery, "limit">;

/** Longest text that is searched for, in characters: no email and no name of a group is longer. */
const MAX_TEXT = 1_024;

/** How a list is sorted unless somebody says otherwise. */
const FIRST_ORDER: RosterOrder = { sort: "email", descending: false };

/**
 * Reads which users are asked for.
 * @param query the parameters of an address, as express has them
 * @throws RequestError that names the parameter
 */
export function readListAddress(query: Readonly<Record<string, unknown>>): ListAddress {
  return {
    search: text(query, "search"),
    role: text(query, "role"),
    group: text(query, "group"),
    state: oneOf(query, "state", USER_STATES),
    source: oneOf(query, "source", USER_SOURCES),
    sort: oneOf(query, "sort", ROSTER_SORTS) ?? FIRST_ORDER.sort,
    descending: oneOf(query, "order", ROSTER_ORDERS) === "descending",
    after: queryText(query, "after", 4_096),
    before: queryText(query, "before", 4_096),
  };
}

/** The query of an address that `readListAddress` reads as this; "" for the first page of everybody. */
export function writeListAddress(list: ListAddress): string {
  const { sort, descending, search, role, group, state, source, after, before } = list;
  const query = new URLSearchParams();
  const set = (name: string, value: string | undefined): void => {
    if (value !== undefined) query.set(name, value);
  };
  for (const [name, value] of Object.entries({ search, role, group, state, source })) set(name, value);
  if (sort !== FIRST_ORDER.sort) query.set("sort", sort);
  if (descending) query.set("order", "descending");
  set("after", after);
  set("before", before);
  return query.size === 0 ? "" : `?${query}`;
}

function text(query: Readonly<Record<string, unknown>>, name: string): string | undefined {
  return queryText(query, name, MAX_TEXT);
}

function oneOf<T extends string>(
  query: Readonly<Record<string, unknown>>,
  name: string,
  values: readonly T[],
): T | undefined {
  const given = text(query, name);
  const value = values.find((known) => known === given);
  if (given !== undefined && value === undefined)
    throw invalidParameter(name, `is one of ${values.join(", ")}`);
  return value;
}
