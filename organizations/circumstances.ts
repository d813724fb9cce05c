import type { Organization } from "../crds/types.ts";
import type { Circumstances, Policies } from "../identity/index.ts";
import { keyOf } from "../kubernetes/index.ts";
import { groupsRefusal } from "./groups-claim.ts";

/** What access in an organization is explained by at this moment: see `explain`. */
export function circumstancesOf(organization: Organization, policies: Pick<Policies, "of">): Circumstances {
  return { inForce: policies.of(keyOf(organization)), claim: groupsRefusal(organization) };
}
