import { organizationOf } from "../../crds/organization-key.ts";
import { oktaRoleMappings } from "../../crds/resources.ts";
import type { MappingSummary, OktaRoleMapping, Organization } from "../../crds/types.ts";
import { type MappingCounts, namesSummary } from "../../identity/index.ts";
import {
  again,
  type Cache,
  type DesiredCondition,
  done,
  type EventRecorder,
  type Outcome,
  type StatusWriter,
} from "../../kubernetes/index.ts";
import { mappingPaused, PAUSED_TYPES } from "../paused.ts";
import { isChecking, PROGRESS_TYPES, progress } from "../progress.ts";
import { writeReady } from "../ready-events.ts";
import type { GroupLookup } from "./group-lookup.ts";
import type { LastChanges } from "./last-changes.ts";
import {
  type FoundGroup,
  groupsResolved,
  mappingReady,
  organizationResolved,
  rolesResolved,
} from "./mapping-conditions.ts";

export interface MappingDeps {
  readonly mappings: Cache<OktaRoleMapping>;
  readonly organizations: Cache<Organization>;
  readonly assigned: Pick<MappingCounts, "of">;
  readonly changes: Pick<LastChanges, "statusOf" | "written" | "told">;
  readonly groups: GroupLookup;
  readonly status: StatusWriter;
  readonly events: EventRecorder;
}

/** What this controller writes of a mapping's status. UsersProvisioned is the webhook's. */
const OWNED = {
  fields: ["observedGeneration", "summary", "groups", "users", "lastChange"],
  conditionTypes: [
    "Ready",
    "OrganizationResolved",
    "RolesResolved",
    "GroupsResolved",
    ...PAUSED_TYPES,
    ...PROGRESS_TYPES,
  ],
};

/**
 * Reconciles one OktaRoleMapping: checks it and reports. The policy follows the cache by itself. Okta's answer isn't waited
 * for: until it comes, what is known without it is reported, and the mapping comes again then.
 */
export async function reconcileMapping(
  key: string,
  { mappings, organizations, assigned, changes, groups, status, events }: MappingDeps,
): Promise<Outcome> {
  const mapping = mappings.get(key);
  if (!mapping) {
    groups.forget(key);
    return done;
  }

  const organization = organizations.get(organizationOf(mapping));
  const looked = groups.lookUp(mapping, organization);
  const checks = [
    organizationResolved(mapping, organization),
    rolesResolved(mapping, organization),
    groupsResolved(looked.check, mapping),
  ];
  // An answer that comes in a moment saves a write.
  if (looked.patienceMs && checks.some(isChecking)) return again(looked.patienceMs);
  const paused = mappingPaused(mapping, organization);
  const ready = mappingReady(checks, paused);

  const lastChange = changes.statusOf(key, mapping);
  const found = {
    observedGeneration: mapping.metadata.generation,
    conditions: [ready, ...progress(checks), ...(paused ? [paused] : []), ...checks],
    summary: summaryOf(mapping, looked.groups),
    users: { assigned: assigned.of(organizationOf(mapping), mapping.metadata.name) },
    ...(lastChange ? { lastChange } : {}),
    ...(looked.groups.length > 0 ? { groups: looked.groups } : {}),
  };
  // Nobody keeps what has no organization: another release, of another version, may say the same in other words.
  if (!organization && saysAlready(mapping, found.conditions)) return done;
  const written = await changes.written(key, lastChange, () =>
    writeReady({ events, before: mapping, ready }, () =>
      status.apply(oktaRoleMappings, mapping, found, OWNED),
    ),
  );
  if (written) mappings.observe(written);
  const told = changes.told(key, lastChange);
  if (told?.kind === "told") events.record(changeEvent(mapping, told.note));
  const waits = [looked.againMs, told?.kind === "later" ? told.inMs : undefined];
  const wait = Math.min(...waits.filter((ms) => ms !== undefined));
  return Number.isFinite(wait) ? again(wait) : done;
}

function changeEvent(regarding: OktaRoleMapping, note: string): Parameters<EventRecorder["record"]>[0] {
  return { regarding, type: "Normal", reason: "AccessChanged", action: "Reconcile", note };
}

/** Whether the status says this of the present spec, in whatever words. */
function saysAlready({ metadata, status }: OktaRoleMapping, desired: readonly DesiredCondition[]): boolean {
  const said = (status?.conditions ?? []).filter(({ type }) => OWNED.conditionTypes.includes(type));
  const isSaid = ({ type, status, reason }: DesiredCondition): boolean =>
    said.some(
      (each) =>
        each.type === type &&
        each.status === status &&
        each.reason === reason &&
        each.observedGeneration === metadata.generation,
    );
  return said.length === desired.length && desired.every(isSaid);
}

/** What the columns of a list show: a group by its name, where that is known. */
function summaryOf({ spec }: OktaRoleMapping, found: readonly FoundGroup[]): MappingSummary {
  const names = new Map(found.map(({ id, name }) => [id, name]));
  return {
    groups: namesSummary(spec.groups.map(({ name, id = "" }) => name ?? names.get(id) ?? id)),
    roles: namesSummary(spec.roles),
  };
}
