import type { Organization } from "../crds/types.ts";
import { countedSince } from "../identity/index.ts";
import { heldCondition } from "./policy-source.ts";

/** From when on deactivations of an organization's users add up, as its status has it. In ms since 1970. */
export function deactivationsCountFrom(organization: Organization, now = Date.now()): number {
  const held = heldCondition(organization);
  return countedSince(now, settledTime(organization), held && Date.parse(held.lastTransitionTime));
}

/** Up to when deactivations were approved, in ms since 1970; 0: none were. */
export function settledTime({ status }: Organization): number {
  const time = status?.deactivationsSettledTime;
  return time === undefined ? 0 : Date.parse(time);
}
