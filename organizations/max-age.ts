import type { Organization } from "../crds/types.ts";

const known = new WeakMap<Organization, number>();

/** How long sessions of an organization last (`spec.sessions.maxAge`), in ms. */
export function maxAgeMs(organization: Organization): number {
  let ms = known.get(organization);
  if (ms === undefined) {
    ms = durationMs(organization.spec.sessions.maxAge);
    known.set(organization, ms);
  }
  return ms;
}

/**
 * A duration in ms: hours, minutes and seconds in this order, as in 12h or 1h30m. The API server has checked
 * the form (crds/organization.yaml).
 * @throws RangeError
 */
export function durationMs(text: string): number {
  const parts = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  if (!parts || text === "") throw new RangeError(`"${text}" is not a duration such as 12h or 1h30m.`);
  const [, hours = "0", minutes = "0", seconds = "0"] = parts;
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
}
