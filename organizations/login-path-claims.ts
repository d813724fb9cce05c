import type { Organization } from "../crds/types.ts";

/**
 * The first of the organizations that ask for one login path: the oldest, and of two that were created in the same
 * second the one with the smaller uid, so that everybody comes to the same answer.
 *
 * @param organizations all that ask for the path, in any order
 * @returns undefined when there is none
 */
export function oldestOf(organizations: Iterable<Organization>): Organization | undefined {
  let oldest: Organization | undefined;
  for (const organization of organizations) {
    if (!oldest || isOlder(organization, oldest)) oldest = organization;
  }
  return oldest;
}

/** Whether the one was created before the other. */
export function isOlder({ metadata: a }: Organization, { metadata: b }: Organization): boolean {
  const [created, other] = [createdAt(a), createdAt(b)];
  if (created !== other) return created < other;
  return (a.uid ?? "") < (b.uid ?? "");
}

/**
 * Who holds a login path where nothing has been reserved yet, as after an upgrade from a version that reserved nothing:
 * the one whose status says so. That is the oldest, unless somebody has just asked for the path.
 *
 * @param organizations all that ask for the path
 */
export function presentHolderOf(organizations: readonly Organization[]): Organization | undefined {
  return oldestOf(organizations.filter(isAccepted)) ?? oldestOf(organizations);
}

function isAccepted({ spec, status }: Organization): boolean {
  const accepted = status?.conditions?.find(({ type }) => type === "LoginPathAccepted");
  return accepted?.status === "True" && status?.loginURI?.endsWith(`/${spec.loginPath}`) === true;
}

/** An object without a time isn't stored yet, so that it is younger than any. */
function createdAt({ creationTimestamp }: Organization["metadata"]): number {
  return creationTimestamp === undefined ? Number.POSITIVE_INFINITY : Date.parse(creationTimestamp);
}
