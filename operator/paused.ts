import { PAUSE_ANNOTATION, pauseWords } from "../crds/annotations.ts";
import type { OktaRoleMapping, Organization } from "../crds/types.ts";
import { shownName } from "../identity/index.ts";
import { conditionTrue, type DesiredCondition } from "../kubernetes/index.ts";

/** Condition types by which an object says that it is paused; there only while it is. Since when, its time says. */
export const PAUSED_TYPES = ["Paused"];

/** Characters that are repeated of what somebody has written. */
const MOST = 200;

export function organizationPaused(organization: Organization): DesiredCondition | undefined {
  const words = pauseWords(organization);
  if (words === undefined) return undefined;
  return conditionTrue(
    "Paused",
    "Paused",
    `Somebody has paused it${why(words)}. Nobody's access changes, but for people whom Okta says to be inactive, and ` +
      `nobody gets an account. ${goOn("oktaorg", organization)}`,
  );
}

/** @param organization the mapping's, which may be paused as a whole */
export function mappingPaused(
  mapping: OktaRoleMapping,
  organization: Organization | undefined,
): DesiredCondition | undefined {
  const words = pauseWords(mapping);
  if (words !== undefined)
    return conditionTrue(
      "Paused",
      "Paused",
      `Somebody has paused it${why(words)}. Whoever holds a role through it keeps that, and nobody else gets one. ` +
        goOn("orm", mapping),
    );
  if (!organization || pauseWords(organization) === undefined) return undefined;
  const { name } = organization.metadata;
  return conditionTrue(
    "Paused",
    "OrganizationPaused",
    `The organization ${name} is paused: see its condition Paused.`,
  );
}

function why(words: string): string {
  const shown = [...shownName(words).trim()];
  if (shown.length === 0) return "";
  const text = shown.length > MOST ? `${shown.slice(0, MOST - 1).join("")}…` : shown.join("");
  return `: "${text}"`;
}

function goOn(kind: "oktaorg" | "orm", { metadata }: Organization | OktaRoleMapping): string {
  const { name, namespace } = metadata;
  return `To go on: kubectl annotate ${kind} ${name} -n ${namespace} ${PAUSE_ANNOTATION}-`;
}
