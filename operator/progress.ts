import {
  type Condition,
  conditionTrue,
  type DesiredCondition,
  type ObjectMeta,
} from "../kubernetes/index.ts";

/** The reason while Okta has yet to answer, and nothing is known of this generation. */
export const CHECKING = "Checking";
export const BEING_ASKED = "Okta is being asked.";

/** So long Okta's answer is waited for before a status says that it is: most are there sooner, and one write does. */
export const PATIENCE_MS = 300;

/** Who goes by what kstatus knows beside Ready has to own both. */
export const PROGRESS_TYPES = ["Reconciling", "Stalled"];

/**
 * What can't hold until somebody changes what was written, or what Okta has been told. Not what an organization puts right
 * that is applied together with its mappings, and may be seen a moment later: a role, a directory. Whoever waits for both
 * would be told that they have failed.
 */
const STALLING: ReadonlySet<string> = new Set([
  "LoginPathTaken",
  "LoginPathNotAllowed",
  "LoginPathLimit",
  "WrongIssuer",
  "SecretForbidden",
  "PrivateKeyInvalid",
  "ClientRejected",
  "DirectoryUnauthorized",
  "DirectoryForbidden",
  "GroupNameDiffers",
]);

/**
 * The conditions of kstatus beside Ready ("Conditions" in its README): Stalled where going on doesn't help, Reconciling
 * while Okta is being asked, neither otherwise.
 */
export function progress(checks: readonly DesiredCondition[]): DesiredCondition[] {
  const stalled = checks.find(({ status, reason }) => status === "False" && STALLING.has(reason));
  if (stalled) return [conditionTrue("Stalled", stalled.reason, stalled.message)];
  const checking = checks.find(isChecking);
  return checking ? [conditionTrue("Reconciling", checking.reason, checking.message)] : [];
}

export function isChecking({ reason }: DesiredCondition): boolean {
  return reason === CHECKING;
}

/** What was said of an object's present generation. */
export function knownCondition(
  object: {
    readonly metadata: ObjectMeta;
    readonly status?: { readonly conditions?: readonly Condition[] };
  },
  type: string,
): Condition | undefined {
  const known = object.status?.conditions?.find((condition) => condition.type === type);
  return known?.observedGeneration === object.metadata.generation && known?.reason !== CHECKING
    ? known
    : undefined;
}
