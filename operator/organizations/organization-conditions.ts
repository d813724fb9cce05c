import { APPROVAL_ANNOTATION, pauseWords } from "../../crds/annotations.ts";
import type { Organization } from "../../crds/types.ts";
import type { LossCause } from "../../identity/index.ts";
import {
  conditionFalse,
  conditionTrue,
  conditionUnknown,
  type DesiredCondition,
  rfc3339,
} from "../../kubernetes/index.ts";
import type { AuthenticationKind } from "../../okta/oidc/login-errors.ts";
import { BEING_ASKED, CHECKING, isChecking } from "../progress.ts";
import { type Deactivations, LAST_ADMIN_HELD } from "../users/deactivation-hold.ts";
import type { PendingSet } from "../users/pending-set.ts";
import type { LoginPathVerdict } from "./login-paths.ts";
import { type MappingSays, missingGroup } from "./missing-groups.ts";
import type { CredentialsCheck, DirectoryCheck, IssuerCheck } from "./okta-verdicts.ts";

export function loginPathAccepted(
  { metadata, spec }: Organization,
  verdict: LoginPathVerdict,
): DesiredCondition {
  const type = "LoginPathAccepted";
  const path = spec.loginPath;
  switch (verdict.kind) {
    case "accepted":
      return conditionTrue(type, "Accepted", `People sign in at /login/${path}.`);
    case "taken":
      return conditionFalse(
        type,
        "LoginPathTaken",
        verdict.until === undefined
          ? `The login path ${path} belongs to the organization ${verdict.by}: choose another spec.loginPath.`
          : `The login path ${path} is kept for the organization ${verdict.by}, which doesn't use it now, until ` +
              `${rfc3339(verdict.until)}: choose another spec.loginPath, or ` +
              "ask whoever runs this operator to free it.",
      );
    case "not-allowed":
      return conditionFalse(
        type,
        "LoginPathNotAllowed",
        verdict.prefixes.length > 0
          ? `Login paths of the namespace ${metadata.namespace} begin with ${verdict.prefixes.join(" or ")}, and ` +
              `${path} doesn't: choose another spec.loginPath.`
          : `A login path that begins as ${path} does is kept for other namespaces: choose another spec.loginPath.`,
      );
    case "no-room":
      return conditionFalse(
        type,
        "LoginPathLimit",
        verdict.in === "namespace"
          ? `The namespace ${metadata.namespace} has ${verdict.perNamespace} login paths already, those included that ` +
              "were left lately, which is the limit: delete an organization that isn't needed, or ask whoever runs " +
              "this operator for a higher limit or to free a path."
          : "There is no room for another login path in this operator: ask whoever runs it to free some.",
      );
    case "unreadable":
      return conditionFalse(
        type,
        "LoginPathUnreadable",
        `Who holds the login path ${path} can't be read: whoever runs this operator has to correct the entry ` +
          `${path} of the ConfigMap ${verdict.object}.`,
      );
    case "unreserved":
      return conditionUnknown(
        type,
        "LoginPathUnreserved",
        `The login path ${path} isn't reserved yet, so that nobody can sign in: ${verdict.why}.`,
      );
  }
}

const WITH: Readonly<Record<AuthenticationKind, string>> = {
  secret: "and its secret",
  "private-key": "and its private key",
  none: "without a secret",
};
const FOUND: Readonly<Record<AuthenticationKind, string>> = {
  secret: "The client secret was found.",
  "private-key": "The private key was found.",
  none: "A public client has no secret.",
};

export function credentialsResolved(check: CredentialsCheck): DesiredCondition {
  switch (check.kind) {
    case "resolved":
      return check.accepted
        ? conditionTrue("CredentialsResolved", "Accepted", `Okta accepts the client ID ${WITH[check.by]}.`)
        : conditionTrue("CredentialsResolved", "Found", `${FOUND[check.by]} ${check.note}`);
    case "missing":
      return conditionFalse("CredentialsResolved", "SecretNotFound", check.message);
    case "forbidden":
      return conditionFalse("CredentialsResolved", "SecretForbidden", check.message);
    case "invalid":
      return conditionFalse("CredentialsResolved", "PrivateKeyInvalid", check.message);
    case "rejected":
      return conditionFalse("CredentialsResolved", "ClientRejected", check.message);
    case "unreadable":
      return conditionUnknown("CredentialsResolved", "SecretUnreadable", check.message);
    case "checking":
      return conditionUnknown("CredentialsResolved", CHECKING, BEING_ASKED);
  }
}

export function issuerDiscovered(check: IssuerCheck): DesiredCondition {
  switch (check.kind) {
    case "discovered":
      return conditionTrue(
        "IssuerDiscovered",
        "Discovered",
        "The issuer's metadata was read and names the issuer.",
      );
    case "wrong":
      return conditionFalse("IssuerDiscovered", "WrongIssuer", check.message);
    case "unreachable":
      return conditionFalse("IssuerDiscovered", "IssuerUnreachable", check.message);
    case "unread":
      return conditionUnknown("IssuerDiscovered", check.reason, check.message);
    case "checking":
      return conditionUnknown("IssuerDiscovered", CHECKING, BEING_ASKED);
  }
}

export function directoryReachable(check: DirectoryCheck): DesiredCondition {
  switch (check.kind) {
    case "none":
      return conditionUnknown("DirectoryReachable", "NoDirectory", "No okta.directory is set up.");
    case "reachable":
      return conditionTrue(
        "DirectoryReachable",
        "Reachable",
        "Okta's directory answers with these credentials.",
      );
    case "failed":
      return conditionFalse("DirectoryReachable", check.reason, check.message);
    case "unread":
      return conditionUnknown("DirectoryReachable", check.reason, check.message);
    case "unreadable":
      return conditionUnknown("DirectoryReachable", "SecretUnreadable", check.message);
    case "checking":
      return conditionUnknown("DirectoryReachable", CHECKING, BEING_ASKED);
  }
}

/** What is told of those who are pending. */
type Waiting = Pick<PendingSet, "size" | "causes" | "missing" | "some" | "losingRole">;

export function deactivationsWithinLimit(
  organization: Organization,
  deactivations: Deactivations,
  waiting: Waiting,
  mappings: () => readonly MappingSays[],
): DesiredCondition {
  const type = "DeactivationsWithinLimit";
  const { exceeds, lastAdminRoles, held, approval } = deactivations;
  if (!held) return conditionTrue(type, "WithinLimit", "Nobody's deactivation waits for approval.");
  const { name, namespace } = organization.metadata;
  const what = [
    ...(exceeds ? [tooMany(deactivations)] : []),
    ...lastAdminRoles.map((role) => lastAdmins(role, waiting)),
  ];
  const orElse = lastAdminRoles.length === 0 ? "" : ", somebody else can administer the organization";
  return conditionFalse(
    type,
    exceeds ? "DeactivationsHeld" : LAST_ADMIN_HELD,
    `${what.join(" ")} ${whyAndWho(waiting, mappings)} They keep their access until the cause is put right${orElse} or ` +
      (pauseWords(organization) === undefined
        ? `somebody approves within the hour: kubectl annotate --overwrite oktaorg ${name} -n ${namespace} ${APPROVAL_ANNOTATION}=${approval}`
        : "somebody approves when the pause is over."),
  );
}

function tooMany({ pending, recent, active }: Deactivations): string {
  const before = recent === 0 ? "" : ` (${recent} more were deactivated already)`;
  return (
    `What is known now would deactivate ${pending} of ${active} active users from Okta, more than safeguards.maxDeactivations ` +
    `allows within 24 hours${before}.`
  );
}

function lastAdmins(role: string, waiting: Waiting): string {
  const [people, count] = waiting.losingRole(role, NAMED_PEOPLE);
  return (
    `What is known now would take the admin role ${role} from the last who hold it (${named(people, count)}), and no ` +
    "local admin could get in instead."
  );
}

/** People and groups that are named; of the others, the number. */
const NAMED_PEOPLE = 10;
const NAMED_GROUPS = 3;

function whyAndWho(waiting: Waiting, mappings: () => readonly MappingSays[]): string {
  const most = [...waiting.missing]
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, NAMED_GROUPS);
  const words: Record<LossCause, string> = {
    MappingsChanged: "a mapping or the roles were changed",
    GroupsGone: `their groups are no longer received from Okta${most.length === 0 ? "" : `, most often ${most.map(([group]) => missingGroup(group, mappings())).join(", ")}`}`,
    ClaimMissing: "the groups claim no longer arrives",
    IssuerChanged: "the issuer was changed",
  };
  const why = [...waiting.causes]
    .sort(([, x], [, y]) => y - x)
    .map(([cause, count]) => `${count}: ${words[cause]}`)
    .join("; ");
  return `Why: ${why}. Who: ${named(waiting.some(NAMED_PEOPLE), waiting.size)}.`;
}

/** Some people, and how many more there are. */
export function named(people: readonly string[], all: number): string {
  return all > people.length ? `${people.join(", ")} and ${all - people.length} more` : people.join(", ");
}

/** Conditions whose being Unknown doesn't hinder anybody from signing in. */
const OPTIONAL: ReadonlySet<string> = new Set([
  "DirectoryReachable",
  "DirectorySynced",
  "EventHookVerified",
  "GroupsClaimReceived",
]);

/**
 * All checks in one. The first that fails is the reason; a required one that is Unknown leaves Ready Unknown.
 * @param checks in order of importance
 * @param paused says that the organization is paused
 */
export function organizationReady(
  checks: readonly DesiredCondition[],
  paused: DesiredCondition | undefined,
): DesiredCondition {
  const failed = checks.find(({ status }) => status === "False");
  if (failed) return conditionFalse("Ready", failed.reason, failed.message);
  const unknown =
    checks.find(isChecking) ?? checks.find(({ type, status }) => status === "Unknown" && !OPTIONAL.has(type));
  if (unknown) return conditionUnknown("Ready", unknown.reason, unknown.message);
  if (paused)
    return conditionTrue("Ready", paused.reason, `People who have access can sign in. ${paused.message}`);
  return conditionTrue("Ready", "Ready", "People can sign in.");
}
