import { organizations as organizationType } from "../../crds/resources.ts";
import type { OktaHints, OktaRoleMapping, Organization } from "../../crds/types.ts";
import type { UserCounts } from "../../identity/index.ts";
import {
  again,
  type Cache,
  type DesiredCondition,
  done,
  type EventRecorder,
  type Outcome,
  rfc3339,
  type StatusWriter,
} from "../../kubernetes/index.ts";
import { groupsClaimVerdict } from "../../organizations/groups-claim.ts";
import { organizationPaused, PAUSED_TYPES } from "../paused.ts";
import { isChecking, knownCondition, PROGRESS_TYPES, progress } from "../progress.ts";
import { writeReady } from "../ready-events.ts";
import type { DirectorySync } from "../sync/directory-sync.ts";
import { directoryStatus, directorySynced, eventHookVerified } from "../sync/sync-conditions.ts";
import type { DeactivationHold } from "../users/deactivation-hold.ts";
import type { HeldPeople } from "../users/held-people.ts";
import type { PendingDeactivations } from "../users/pending-deactivations.ts";
import type { LoginPaths } from "./login-paths.ts";
import type { Looked, OktaChecks } from "./okta-checks.ts";
import { isOpen } from "./okta-verdicts.ts";
import {
  credentialsResolved,
  deactivationsWithinLimit,
  directoryReachable,
  issuerDiscovered,
  loginPathAccepted,
  organizationReady,
} from "./organization-conditions.ts";

export interface OrganizationDeps {
  readonly organizations: Cache<Organization>;
  readonly okta: OktaChecks;
  readonly sync: Pick<DirectorySync, "of" | "follow">;
  readonly hints: Pick<Cache<OktaHints>, "get">;
  readonly loginPaths: LoginPaths;
  readonly mappings: Pick<Cache<OktaRoleMapping>, "by">;
  readonly hold: DeactivationHold;
  readonly held: Pick<HeldPeople, "tell">;
  readonly pending: Pick<PendingDeactivations, "of">;
  readonly counts: Pick<UserCounts, "of">;
  /** Has users reconciled again, by their refs. */
  readonly lookAgain: (refs: Iterable<string>) => void;
  readonly status: StatusWriter;
  readonly events: EventRecorder;
  /** Where browsers reach the webhook, without a slash at the end. */
  readonly baseURL: string;
}

/** What this controller writes of an Organization's status. GroupsClaimReceived is the webhook's. */
export const OWNED_STATUS = {
  fields: [
    "observedGeneration",
    "loginURI",
    "callbackURI",
    "eventHookURI",
    "directory",
    "users",
    "deactivationsSettledTime",
  ],
  conditionTypes: [
    "Ready",
    "LoginPathAccepted",
    "CredentialsResolved",
    "IssuerDiscovered",
    "DirectoryReachable",
    "DirectorySynced",
    "EventHookVerified",
    "DeactivationsWithinLimit",
    ...PAUSED_TYPES,
    ...PROGRESS_TYPES,
  ],
};

/** How soon it is tried again to reserve a login path, ms. */
const RESERVE_AGAIN_MS = 5_000;

/**
 * Reconciles one Organization: checks everything that it says, and reports. Okta's answer isn't waited for: until it comes,
 * what is known without it is reported, and it comes again then.
 */
export async function reconcileOrganization(key: string, deps: OrganizationDeps): Promise<Outcome> {
  const { organizations, okta, loginPaths, hold, pending, counts, status, events, baseURL } = deps;
  // Also for one that is gone, whose path is kept from now on; and before Okta is asked, which may take a while.
  await loginPaths.settle();
  const organization = organizations.get(key);
  if (!organization) {
    deps.held.tell(key, undefined);
    okta.forget(key);
    deps.sync.follow(key);
    return done;
  }
  deps.sync.follow(key);

  const callbackURI = `${baseURL}/callback/${organization.spec.loginPath}`;
  const looked = okta.look(organization, callbackURI);
  const deactivations = hold.offer(key);
  if (!deactivations) return done; // it comes again when they are counted
  // Whoever was held may be so no longer, by a day that is over as well.
  const paused = organizationPaused(organization);
  if (!deactivations.held && !paused) deps.lookAgain(pending.of(key).refs());
  const { causes } = pending.of(key);
  deps.held.tell(key, deactivations.held ? causes : undefined);
  const withinLimit = deactivationsWithinLimit(organization, deactivations, pending.of(key), () =>
    deps.mappings.by("organization", key),
  );
  const settled = hold.settled(organization, key);
  const loginPath = loginPaths.of(organization);
  const followed = deps.sync.of(key);
  const heard = deps.hints.get(key);
  const accepted = loginPath.kind === "accepted";
  // Otherwise these addresses are another organization's, or may become one's: nobody is to be sent there.
  const eventHookURI = accepted ? `${baseURL}/hooks/okta/${organization.spec.loginPath}` : undefined;
  const hook = eventHookVerified(organization, eventHookURI, heard, looked.eventHook);
  const checks: DesiredCondition[] = [
    loginPathAccepted(organization, loginPath),
    ...ofOkta(organization, looked),
    directorySynced(organization, followed, heard),
    ...(hook ? [hook] : []),
    withinLimit,
  ];
  // An answer that comes in a moment saves a write.
  if (looked.patienceMs && checks.some(isChecking)) return again(looked.patienceMs);
  // What the webhook has said: where the claim is missing, nobody can sign in.
  const groupsClaim = groupsClaimVerdict(organization);
  const ready = organizationReady(groupsClaim ? [...checks, groupsClaim] : checks, paused);
  const found = {
    observedGeneration: organization.metadata.generation,
    conditions: [ready, ...progress(checks), ...(paused ? [paused] : []), ...checks],
    users: counts.of(key),
    ...(settled > 0 ? { deactivationsSettledTime: rfc3339(settled) } : {}),
    ...(accepted ? { loginURI: `${baseURL}/login/${organization.spec.loginPath}`, callbackURI } : {}),
    ...(hook && eventHookURI ? { eventHookURI } : {}),
    ...(followed ? { directory: directoryStatus(followed) } : {}),
  };
  const written = await writeReady({ events, before: organization, ready, also: [withinLimit] }, () =>
    status.apply(organizationType, organization, found, OWNED_STATUS),
  );
  if (written) organizations.observe(written);
  const { againMs = loginPath.kind === "unreserved" ? RESERVE_AGAIN_MS : undefined } = looked;
  if (againMs === undefined) return done; // it comes again when Okta has answered
  return again(loginPath.kind === "unreserved" ? Math.min(againMs, RESERVE_AGAIN_MS) : againMs);
}

/** What was said of the same generation stays until Okta says something else: also what another leader heard. */
function ofOkta(organization: Organization, { issuer, credentials, directory }: Looked): DesiredCondition[] {
  const said = [
    { check: issuer, condition: issuerDiscovered(issuer) },
    { check: credentials, condition: credentialsResolved(credentials) },
    { check: directory, condition: directoryReachable(directory) },
  ];
  return said.map(({ check, condition }) =>
    isOpen(check) ? (knownCondition(organization, condition.type) ?? condition) : condition,
  );
}
