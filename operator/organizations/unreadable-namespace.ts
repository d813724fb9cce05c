import { organizations as organizationType } from "../../crds/resources.ts";
import type { Organization } from "../../crds/types.ts";
import { type Cache, conditionFalse, type StatusWriter } from "../../kubernetes/index.ts";
import { PROGRESS_TYPES } from "../progress.ts";
import { OWNED_STATUS } from "./reconcile-organization.ts";

/**
 * Tells an Organization that something beside it can't be read, so that nothing is decided in its namespace. What was
 * said before of the same spec stays: it isn't known to be otherwise.
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
  const others = (before?.conditions ?? []).filter(
    ({ type, observedGeneration }) =>
      type !== "Ready" &&
      !PROGRESS_TYPES.includes(type) &&
      observedGeneration === metadata.generation &&
      OWNED_STATUS.conditionTypes.includes(type),
  );
  const { loginURI, callbackURI, eventHookURI, directory, users, deactivationsSettledTime } = before ?? {};
  const kept = { loginURI, callbackURI, eventHookURI, directory, users, deactivationsSettledTime };
  const written = await status.apply(
    organizationType,
    organization,
    { ...kept, conditions: [ready, ...others] },
    OWNED_STATUS,
  );
  if (written) organizations.observe(written);
}
