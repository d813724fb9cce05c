import type { Entry } from "../../../webhook/console/roster-entry.ts";

/** An entry at a place of its own: by each order they are sorted by their number, which has four digits at the most. */
export function entry(number: number, more: Partial<Entry> = {}): Entry {
  const text = String(number).padStart(6, "0");
  return {
    ref: text,
    email: text,
    name: text,
    lastSignIn: number,
    state: "Active",
    source: "Okta",
    roles: [],
    groups: [],
    digest: 0n,
    ...more,
  };
}

/** The numbers of entries, in their order. */
export function numbers(entries: readonly Entry[]): number[] {
  return entries.map(({ lastSignIn }) => lastSignIn);
}
