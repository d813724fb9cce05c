import type { Logger } from "pino";
import { organizations as organizationType } from "../../crds/resources.ts";
import type { Organization } from "../../crds/types.ts";
import {
  again,
  type Cache,
  conditionTrue,
  type DesiredCondition,
  done,
  type EventRecorder,
  type Outcome,
  rfc3339,
  type StatusWriter,
} from "../../kubernetes/index.ts";
import type { Contest, Keepers } from "../../organizations/keepers.ts";

export interface KeepDeps {
  readonly organizations: Pick<Cache<Organization>, "get" | "observe">;
  readonly keepers: Keepers;
  /** A field manager of its own: the rest of a status waits for Okta, and for who may write it. */
  readonly status: Pick<StatusWriter, "apply">;
  readonly events: Pick<EventRecorder, "record">;
  readonly log: Logger;
  /** Has everything looked at that hangs on an organization and was turned away. */
  readonly onOurs: (organization: string) => void;
}

const OWNED = { fields: ["controller"], conditionTypes: ["Contested"] };

/**
 * Says in an Organization that this release keeps it: where nobody does, where the one that does seems to be gone, and
 * where another has taken it from us. Every write is decided on what is stored, so that of two releases one comes first.
 */
export async function keepOrganization(key: string, deps: KeepDeps): Promise<Outcome> {
  const { organizations, keepers, status, onOurs } = deps;
  const organization = organizations.get(key);
  if (!organization) {
    onOurs(key); // what hung on it is nobody's now
    return done;
  }
  const wait = keepers.untilDueMs(organization) ?? 0;
  if (wait > 0) return again(wait);

  const tenure = keepers.tenureOf(organization);
  const contested = contestedNow(organization, keepers);
  const desired = { controller: keepers.release, conditions: contested ? [contested.condition] : [] };
  const written = await status.apply(organizationType, organization, desired, OWNED, {
    onlyIfUnchanged: true,
  });
  if (tenure?.kind === "theirs")
    tell(organization, tenure.by, tenure.isTakenFromUs ? contested?.condition : undefined, deps);
  if (written) organizations.observe(written);

  const current = written ?? organization;
  const unsettled = keepers.untilOursMs(current);
  if (unsettled === 0) onOurs(key);
  const waits = [unsettled ?? 0, contested?.endsMs ?? 0].filter((ms) => ms > 0);
  return waits.length === 0 ? done : again(Math.min(...waits));
}

/** What is said of a contest, and for how long, ms; undefined where there has been none lately. */
function contestedNow(
  organization: Organization,
  keepers: Keepers,
): { condition: DesiredCondition; endsMs: number } | undefined {
  const contest = keepers.contestOf(organization);
  // What was said before this program has started may have been said a moment ago.
  const said = organization.status?.conditions?.find(({ type }) => type === "Contested");
  const condition = contest ? contestedBy(contest, organization) : said;
  const endsMs = (contest?.at ?? keepers.startedAt) + keepers.patience.contestedMs - Date.now();
  return condition && endsMs > 0 ? { condition, endsMs } : undefined;
}

function contestedBy({ by, at }: Contest, { metadata }: Organization): DesiredCondition {
  return conditionTrue(
    "Contested",
    "AnotherRelease",
    `The release ${by} took this organization over at ${rfc3339(at)}, and it was taken back: let one release alone watch ` +
      `the namespace ${metadata.namespace} (watchNamespaces), or uninstall the other.`,
  );
}

function tell(
  organization: Organization,
  by: string,
  contested: DesiredCondition | undefined,
  { events, keepers, log }: KeepDeps,
): void {
  const { name, namespace } = organization.metadata;
  const fields = { organization: `${namespace}/${name}`, release: keepers.release, other: by };
  if (!contested) {
    log.warn(fields, "an organization is taken over from another release, which may be gone");
    return;
  }
  log.warn(fields, "another release has taken an organization over, and it is taken back");
  events.record({
    regarding: organization,
    type: "Warning",
    reason: "Contested",
    action: "Reconcile",
    note: contested.message,
  });
}
