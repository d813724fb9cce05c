import type { DirectoryStatus, OktaHints, Organization } from "../../crds/types.ts";
import { quotedNames, StoreError } from "../../identity/index.ts";
import {
  conditionFalse,
  conditionTrue,
  conditionUnknown,
  type DesiredCondition,
  rfc3339,
} from "../../kubernetes/index.ts";
import { DirectoryRateLimitedError } from "../../okta/directory/directory-errors.ts";
import { OktaError } from "../../okta/errors.ts";
import { messageOf, reasonOf } from "../okta-reason.ts";
import type { HookCheck } from "../organizations/okta-verdicts.ts";
import { named } from "../organizations/organization-conditions.ts";
import type { Failure, SyncState } from "./sync-state.ts";

const SYNCED = "DirectorySynced";
const HOOK = "EventHookVerified";
/** People who are named; of the others, the number. */
const NAMED = 10;

/**
 * How soon what changes in Okta is in force.
 * @param sync undefined: it isn't followed yet
 */
export function directorySynced(
  organization: Organization,
  sync: SyncState | undefined,
  heard: OktaHints | undefined,
): DesiredCondition {
  const { directory } = organization.spec.okta;
  if (!directory)
    return conditionUnknown(
      SYNCED,
      "NoDirectory",
      "Changes in Okta reach an account at the person's next sign-in: okta.directory isn't set up.",
    );
  if (sync?.failure) return notFollowed(sync.failure);
  if (!sync || sync.lastFullSync === undefined)
    return conditionUnknown(
      SYNCED,
      "Reading",
      "The members of all mapped groups are being read for the first time; until then changes in Okta are known in part.",
    );
  const { notShown, groupsNotShown } = sync;
  const bound = boundOf(directory.pollInterval, sync, verifiedHere(organization, heard) !== undefined);
  if (notShown.length === 0 && groupsNotShown.length === 0) return conditionTrue(SYNCED, "Synced", bound);
  const sentences = [bound];
  if (notShown.length > 0) {
    const some = notShown.slice(0, NAMED).map(({ email, ref }) => email ?? ref);
    sentences.push(
      `Okta doesn't show ${named(some, notShown.length)} to these credentials, so that what changes of them isn't ` +
        "known: give the app's admin role these people, or delete their accounts.",
    );
  }
  if (groupsNotShown.length > 0) {
    sentences.push(
      `Okta doesn't show the groups ${quotedNames(groupsNotShown, { most: NAMED })} to these credentials, and its System Log doesn't ` +
        "say that they were deleted, so that who is known to be in them stays: give the app's admin role these groups.",
    );
  }
  return conditionTrue(SYNCED, "SyncedInPart", sentences.join(" "));
}

function notFollowed({ since, error, people }: Failure): DesiredCondition {
  const reason = error instanceof OktaError ? reasonOf(error) : "DirectoryUnreadable";
  if (people)
    return conditionFalse(
      SYNCED,
      error instanceof StoreError ? "AccountNotStored" : reason,
      `What Okta says since ${rfc3339(since)} of ${quotedNames(people, { most: NAMED })} (by their ids in Okta) can't be read ` +
        `or stored: ${messageOf(error)} What is stored of them stays, and it is tried again every minute. Everybody else is ` +
        "followed.",
    );
  const message =
    `What has changed in Okta since ${rfc3339(since)} may not be known: ${messageOf(error)} What is stored stays, and it is ` +
    "tried again until it is caught up with.";
  return error instanceof DirectoryRateLimitedError
    ? conditionUnknown(SYNCED, reason, message)
    : conditionFalse(SYNCED, reason, message);
}

/** The bound that is in force, in words. */
function boundOf(interval: string, { isLogReadable }: SyncState, isHookVerified: boolean): string {
  const asked = isLogReadable
    ? `at worst after ${interval} (okta.directory.pollInterval)`
    : `at worst after ${interval} (okta.directory.pollInterval), and whoever is suspended or deactivated without leaving a group ` +
      "at the next complete read: grant the app okta.logs.read";
  return isHookVerified
    ? `What changes in Okta is in force within about 1 s, by the event hook; ${asked}.`
    : `What changes in Okta is in force ${asked}.`;
}

/** When the event hook was verified at the address that it has now. Until it is called again, older notes name none. */
function verifiedHere({ spec }: Organization, heard: OktaHints | undefined): string | undefined {
  const { verifiedTime, loginPath = spec.loginPath } = heard?.spec.eventHook ?? {};
  return loginPath === spec.loginPath ? verifiedTime : undefined;
}

/** What the status shows of it. Delays are told to a tenth of a second, so that it isn't written for less. */
export function directoryStatus({
  lastFullSync,
  lastRequest,
  lastReadFor,
  lastChange,
  delay,
}: SyncState): DirectoryStatus {
  return {
    ...(lastFullSync === undefined ? {} : { lastFullSyncTime: rfc3339(lastFullSync) }),
    ...(lastRequest === undefined ? {} : { lastFullSyncRequest: lastRequest }),
    ...(lastReadFor === undefined
      ? {}
      : { lastFullSyncIssuer: lastReadFor.issuer, lastFullSyncProvision: lastReadFor.provision }),
    ...(lastChange === undefined ? {} : { lastChangeTime: rfc3339(lastChange) }),
    ...(delay === undefined ? {} : { delay: { p50: seconds(delay.p50), p99: seconds(delay.p99) } }),
  };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)}s`;
}

/**
 * Undefined where no event hook is set up.
 * @param eventHookURI undefined while the login path isn't this organization's: there, Okta would call another's hook
 * @param secret whether the secret is there that Okta has to send: where it isn't, no call can be right
 */
export function eventHookVerified(
  organization: Organization,
  eventHookURI: string | undefined,
  heard: OktaHints | undefined,
  secret: HookCheck,
): DesiredCondition | undefined {
  if (!organization.spec.okta.eventHook) return undefined;
  switch (secret.kind) {
    case "missing":
      return conditionFalse(HOOK, "EventHookSecretMissing", secret.message);
    case "forbidden":
      return conditionFalse(HOOK, "SecretForbidden", secret.message);
    case "unreadable":
      return conditionUnknown(HOOK, "SecretUnreadable", secret.message);
    case "none":
    case "found":
    case "checking":
  }
  const { refusedTime, loginPath } = heard?.spec.eventHook ?? {};
  const verifiedTime = verifiedHere(organization, heard);
  if (refusedTime !== undefined && (verifiedTime === undefined || refusedTime > verifiedTime))
    // Anybody may call it: that is no proof that Okta has another secret.
    return conditionUnknown(
      HOOK,
      "SecretDiffers",
      "Somebody has called it with another secret than okta.eventHook.secretRef has: if that was Okta, make both the same.",
    );
  if (verifiedTime !== undefined)
    return conditionTrue(HOOK, "Verified", "Okta's event hook calls with the right secret.");
  if (eventHookURI === undefined)
    return conditionUnknown(
      HOOK,
      "NotVerified",
      "There is no address yet for Okta's event hook to call: see the condition LoginPathAccepted.",
    );
  return conditionUnknown(
    HOOK,
    "NotVerified",
    loginPath !== undefined && loginPath !== organization.spec.loginPath
      ? `Okta has called the address of the login path ${loginPath}: have its event hook call ${eventHookURI} now, and verify it there.`
      : `Okta hasn't called yet: make an event hook in Okta that calls ${eventHookURI}, and verify it there.`,
  );
}
