import type { Organization } from "../crds/types.ts";
import { countedSince } from "../identity/index.ts";
import { heldCondition } from "./policy-source.ts";

/** From when on deactivations of an organization's users add up, as its status has it. In ms since 1970. */
export function deactivationsCountFrom(organization: Organization, now = Date.now()): number {
  const held = heldCondition(organization);
  return countedSince(now, settledTime(organization, now), held && Date.parse(held.lastTransitionTime));
}

/** Clocks of several machines differ by less. */
const CLOCKS_DIFFER_MS = 5 * 60_000;

/** Up to when deactivations were approved, in ms since 1970; 0: none were. */
export function settledTime({ status }: Organization, now: number): number {
  return unlessAhead(Date.parse(status?.deactivationsSettledTime ?? ""), now);
}

/** A time in ms since 1970; 0 where it hasn't come: a clock was ahead, and until it comes nothing would count. */
export function unlessAhead(time: number, now: number): number {
  return time <= now + CLOCKS_DIFFER_MS ? time : 0;
}
