import type { DirectoryUser } from "../../okta/directory/resources.ts";

/** What an event said of somebody, by which it is known how long to look. Nothing is ever done because of it alone. */
export interface Expected {
  readonly joined?: readonly string[];
  readonly left?: readonly string[];
  readonly active?: boolean;
}

/** What Okta's directory shows of somebody. */
export interface Seen {
  readonly user: Pick<DirectoryUser, "id" | "status">;
  readonly groupIDs: ReadonlySet<string>;
}

/** Okta's own reads trail its events by seconds: after so long nothing is to be expected of them any more. ms */
export const LAG_MS = 30_000;

/**
 * When to look while the answer contradicts what was said, in ms after it was heard: twice a second at first and then each
 * second, since that is how late a change is known beyond Okta's own lag.
 */
const IN_VAIN_MS = [...[0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5], ...[6, 7, 8, 9, 10, 12, 15, 20, 25]].map(
  (seconds) => seconds * 1000,
);
/** When to look once the answer agrees: something else may have happened meanwhile. */
const AGREEING_MS = [5_000];

/** ms after a hint was heard at which to look next, having looked at this one last; undefined: not again. */
export function nextLook(lookedAt: number, agrees: boolean): number | undefined {
  const times = agrees ? AGREEING_MS : IN_VAIN_MS;
  if (lookedAt >= LAG_MS) return undefined;
  return times.find((time) => time > lookedAt) ?? LAG_MS;
}

/** Whether what is seen is what was said. Where nothing was said of something, anything is. */
export function agrees(expected: Expected, seen: Seen, isActive: (status: string) => boolean): boolean {
  const { joined = [], left = [] } = expected;
  return (
    joined.every((id) => seen.groupIDs.has(id)) &&
    left.every((id) => !seen.groupIDs.has(id)) &&
    statusAgrees(expected, seen.user, isActive)
  );
}

/** The same of the status alone, whatever is known of their groups. */
export function statusAgrees(
  { active }: Expected,
  { status }: Seen["user"],
  isActive: (status: string) => boolean,
): boolean {
  return active === undefined || isActive(status) === active;
}

/**
 * Whether to act on what is seen. What contradicts an event is taken for what was before it, until nothing more is to be
 * expected: so a reply that is late neither hides a change nor takes one back.
 */
export function isBelieved(lookedAt: number, agrees: boolean): boolean {
  return agrees || lookedAt >= LAG_MS;
}
