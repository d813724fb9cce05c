import { organizations as organizationType } from "../../crds/resources.ts";
import type { Organization } from "../../crds/types.ts";
import { type Cache, conditionFalse, type StatusWriter } from "../../kubernetes/index.ts";
import { heldCondition } from "../../organizations/policy-source.ts";
import { organizationPaused, PAUSED_TYPES } from "../paused.ts";
import { PROGRESS_TYPES } from "../progress.ts";
import { OWNED_STATUS } from "./reconcile-organization.ts";

/** What is said anew here, or not at all. */
const SAID_ANEW = ["Ready", ...PAUSED_TYPES, ...PROGRESS_TYPES];

/**
 * Tells an Organization that something beside it can't be read, so that nothing is decided in its namespace. What was
 * said before of the same spec stays: it isn't known to be otherwise. That deactivations are held stays whatever was
 * edited: nowhere else is it known since when they wait, and without that what led to it would soon cease to count.
 */
export async function reportUnreadable(
  key: string,
  kinds: readonly string[],
  { organizations, status }: { readonly organizations: Cache<Organization>; readonly status: StatusWriter },
): Promise<void> {
  const organization = organizations.get(key);
  if (!organization) return;
  const { metadata, status: before } = organization;
  const ready = conditionFalse(
    "Ready",
    "NamespaceUnreadable",
    `The operator may not read ${kinds.join(" and ")} in the namespace ${metadata.namespace}, so nothing is changed here: ` +
      "put its Role and RoleBinding back, as helm upgrade does.",
  );
  const held = heldCondition(organization);
  const others = (before?.conditions ?? []).filter(
    (condition) =>
      !SAID_ANEW.includes(condition.type) &&
      (condition.observedGeneration === metadata.generation || condition === held) &&
      OWNED_STATUS.conditionTypes.includes(condition.type),
  );
  const paused = organizationPaused(organization);
  const { directory, users, deactivationsSettledTime } = before ?? {};
  const kept = { ...addressesOf(organization), directory, users, deactivationsSettledTime };
  const written = await status.apply(
    organizationType,
    organization,
    { ...kept, conditions: [ready, ...(paused ? [paused] : []), ...others] },
    OWNED_STATUS,
  );
  if (written) organizations.observe(written);
}

/** Those of the path that it asks for: what it had at another one isn't served any more. */
function addressesOf({ spec, status }: Organization) {
  const { loginURI, callbackURI, eventHookURI } = status ?? {};
  const isOfPath = loginURI?.endsWith(`/${spec.loginPath}`) === true;
  return isOfPath ? { loginURI, callbackURI, eventHookURI } : {};
}
