import type { Organization } from "../crds/types.ts";

/**
 * Who of the organizations that ask for one login path is served at it: the oldest, and of two that were
 * created in the same second the one with the smaller uid, so that everybody comes to the same answer.
 *
 * @param organizations all that ask for the path, in any order
 * @returns undefined when there is none
 */
export function holderOf(organizations: Iterable<Organization>): Organization | undefined {
  let holder: Organization | undefined;
  for (const organization of organizations) {
    if (!holder || isOlder(organization, holder)) holder = organization;
  }
  return holder;
}

function isOlder({ metadata: a }: Organization, { metadata: b }: Organization): boolean {
  const [created, other] = [createdAt(a), createdAt(b)];
  if (created !== other) return created < other;
  return (a.uid ?? "") < (b.uid ?? "");
}

/** An object without a time isn't stored yet, so that it is younger than any. */
function createdAt({ creationTimestamp }: Organization["metadata"]): number {
  return creationTimestamp === undefined ? Number.POSITIVE_INFINITY : Date.parse(creationTimestamp);
}
