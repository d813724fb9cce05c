import type { Organization } from "../crds/types.ts";
import type { Cache } from "../kubernetes/index.ts";
import { durationMs, maxAgeMs } from "./max-age.ts";

/**
 * Clocks differ, and so does when each program hears of a change: rather a session ends that is a moment too young than
 * one comes back.
 */
const MARGIN_MS = 5_000;

/** What is asked of a session. Times in ms since 1970. */
export interface Begun {
  readonly issuedAt: number;
  /** The watermark that was stored when it began, where that was later than its beginning: see `aheadOf`. */
  readonly endedBefore?: number;
}

/**
 * Before which time all sessions of an organization have ended for good, whatever `spec.sessions.maxAge` says later. It
 * rises when maxAge changes, in either direction: by then, whatever was older than the shorter of both has ended.
 *
 * Each program keeps in mind what it sees itself, so that it counts in the same turn of the event loop; the operator
 * writes it into the status, where it outlives all of them.
 *
 * Where a clock was ahead, a watermark is in the future, and it can't be taken back: nobody knows how much of it was
 * right. Whoever signs in from then on has not been ended by it, though, and their session says that it knew of it.
 */
export class SessionWatermarks {
  /** What the status says, and what has to come after it. By uid, in ms since 1970, to the second. */
  readonly #stored = new Map<string, number>();
  /** What this program has seen itself. */
  readonly #seen = new Map<string, number>();
  readonly #now: () => number;

  /** @param now ms since 1970 */
  constructor(organizations: Pick<Cache<Organization>, "subscribe">, now: () => number = Date.now) {
    this.#now = now;
    organizations.subscribe((change) => {
      const { object } = change;
      const { uid = "" } = object.metadata;
      if (change.kind === "deleted") {
        this.#stored.delete(uid);
        this.#seen.delete(uid);
        return;
      }
      const previous = change.kind === "updated" ? change.previous : undefined;
      const stored = storedIn(object);
      raise(this.#stored, uid, stored);
      const before = [previous?.spec.sessions.maxAge, object.status?.sessions?.maxAge].flatMap((maxAge) =>
        maxAge === undefined || maxAge === object.spec.sessions.maxAge ? [] : [durationMs(maxAge)],
      );
      if (before.length === 0) return;
      const ended = endedBy(now(), Math.min(...before, maxAgeMs(object)));
      raise(this.#seen, uid, ended);
      // Perhaps it was ahead, and sessions know of it: a later one has to end them.
      if (stored >= ended) raise(this.#stored, uid, stored + 1000);
    });
  }

  /** In ms since 1970, to the second: sessions that began earlier have ended, unless they know of it. 0 where none has. */
  of(organization: Organization): number {
    return Math.max(this.#storedOf(organization), this.#seenOf(organization));
  }

  /** Whether this session has ended for good. */
  hasEnded({ issuedAt, endedBefore = 0 }: Begun, organization: Organization): boolean {
    const stored = this.#storedOf(organization);
    return (issuedAt < stored && !(endedBefore >= stored)) || issuedAt < this.#seenOf(organization);
  }

  /** What a session that begins at this time has to know, so that it isn't taken for one from before the watermark. */
  aheadOf(issuedAt: number, organization: Organization): number | undefined {
    const stored = this.#storedOf(organization);
    return stored > issuedAt ? stored : undefined;
  }

  #storedOf({ metadata }: Organization): number {
    return this.#stored.get(metadata.uid ?? "") ?? 0;
  }

  #seenOf({ metadata: { uid = "" } }: Organization): number {
    const seen = this.#seen.get(uid) ?? 0;
    if (seen === 0) return seen;
    const now = toSecond(this.#now());
    if (seen <= now) return seen;
    // The clock was ahead and is right again: all that is known is that it was before now.
    this.#seen.set(uid, now);
    return now;
  }
}

function raise(marks: Map<string, number>, uid: string, before: number): void {
  if (before > (marks.get(uid) ?? 0)) marks.set(uid, before);
}

function storedIn({ status }: Organization): number {
  const before = status?.sessions?.endedBefore;
  return before === undefined ? 0 : Math.ceil(Date.parse(before) / 1000) * 1000;
}

/** When the youngest of the sessions has begun that are as old as this now. Sessions begin at whole seconds. */
function endedBy(now: number, ageMs: number): number {
  return toSecond(now - ageMs + MARGIN_MS) + 1000;
}

function toSecond(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
