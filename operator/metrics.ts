import { Gauge, type Registry } from "prom-client";
import type { Organization } from "../crds/types.ts";
import type { UserCounts } from "../identity/index.ts";
import { type Cache, keyOf } from "../kubernetes/index.ts";
import type { HeldPeople } from "./users/held-people.ts";

/**
 * What there is, as gauges that are read when they are asked for. Labels are bounded by the number of Organizations
 * and their conditions.
 */
export function registerMetrics(
  metrics: Registry,
  {
    organizations,
    counts,
    held,
  }: {
    organizations: Pick<Cache<Organization>, "list">;
    counts: Pick<UserCounts, "of">;
    held: Pick<HeldPeople, "counts">;
  },
): void {
  new Gauge({
    name: "okta_role_people_held",
    help:
      "People who would lose their access or an admin role while that waits for approval, by organization and cause " +
      "(mapping edited, groups gone, claim lost, issuer changed).",
    labelNames: ["organization", "cause"],
    registers: [metrics],
    collect() {
      this.reset();
      for (const { organization, cause, people } of held.counts()) this.set({ organization, cause }, people);
    },
  });
  new Gauge({
    name: "okta_role_users",
    help: "Accounts by organization and state (active, deactivated).",
    labelNames: ["organization", "state"],
    registers: [metrics],
    collect() {
      this.reset();
      for (const organization of organizations.list().map(keyOf)) {
        const { registered, active } = counts.of(organization);
        this.set({ organization, state: "active" }, active);
        this.set({ organization, state: "deactivated" }, registered - active);
      }
    },
  });
  new Gauge({
    name: "okta_role_organization_condition",
    help: "1 for the status that each condition of each organization has (True, False, Unknown), else 0.",
    labelNames: ["organization", "type", "status"],
    registers: [metrics],
    collect() {
      this.reset();
      for (const organization of organizations.list()) {
        for (const { type, status } of organization.status?.conditions ?? []) {
          for (const each of ["True", "False", "Unknown"])
            this.set({ organization: keyOf(organization), type, status: each }, status === each ? 1 : 0);
        }
      }
    },
  });
}
