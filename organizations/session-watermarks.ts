import type { Organization } from "../crds/types.ts";
import type { Cache } from "../kubernetes/index.ts";
import { durationMs, maxAgeMs } from "./max-age.ts";

/**
 * Clocks differ, and so does when each program hears of a change: rather a session ends that is a moment too young than
 * one comes back.
 */
const MARGIN_MS = 5_000;

/**
 * Before which time all sessions of an organization have ended for good, whatever `spec.sessions.maxAge` says later. It
 * rises when maxAge changes, in either direction: by then, whatever was older than the shorter of both has ended.
 *
 * Each program keeps in mind what it sees itself, so that it counts in the same turn of the event loop; the operator
 * writes it into the status, where it outlives all of them.
 */
export class SessionWatermarks {
  /** By uid, in ms since 1970. */
  readonly #seen = new Map<string, number>();

  /** @param now ms since 1970 */
  constructor(organizations: Pick<Cache<Organization>, "subscribe">, now: () => number = Date.now) {
    organizations.subscribe((change) => {
      const { object } = change;
      const { uid = "" } = object.metadata;
      if (change.kind === "deleted") {
        this.#seen.delete(uid);
        return;
      }
      const previous = change.kind === "updated" ? change.previous : undefined;
      this.#raise(uid, kept(object));
      const before = [previous?.spec.sessions.maxAge, object.status?.sessions?.maxAge];
      for (const maxAge of before)
        if (maxAge !== undefined && maxAge !== object.spec.sessions.maxAge)
          this.#raise(uid, endedBy(now(), Math.min(durationMs(maxAge), maxAgeMs(object))));
    });
  }

  /** In ms since 1970, to the second: sessions that began earlier have ended. 0 where none has. */
  of({ metadata }: Organization): number {
    return this.#seen.get(metadata.uid ?? "") ?? 0;
  }

  #raise(uid: string, before: number): void {
    if (before > (this.#seen.get(uid) ?? 0)) this.#seen.set(uid, before);
  }
}

function kept({ status }: Organization): number {
  const before = status?.sessions?.endedBefore;
  return before === undefined ? 0 : Date.parse(before);
}

/** When the youngest of the sessions has begun that are as old as this now. Sessions begin at whole seconds. */
function endedBy(now: number, ageMs: number): number {
  return (Math.floor((now - ageMs + MARGIN_MS) / 1000) + 1) * 1000;
}
