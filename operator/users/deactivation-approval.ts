import { createHash } from "node:crypto";
import type { Organization } from "../../crds/types.ts";
import { heldCondition } from "../../organizations/policy-source.ts";

/** The annotation of an Organization by which somebody lets a held change of its policy go through. */
export const APPROVAL_ANNOTATION = "rolemapping.dev/approve-deactivations";

/** What the annotation says; undefined where there is none. */
export function approvalIn({ metadata }: Organization): string | undefined {
  return metadata.annotations?.[APPROVAL_ANNOTATION];
}

/**
 * What the annotation has to say to approve a hold: eight hex digits that follow from the policy and the issuer, and
 * differ from whatever approved something before.
 * @param saidBefore what the annotation said when the hold began
 */
export function approvalFor(
  { policyHash, issuer }: { policyHash: string; issuer: string },
  saidBefore: string,
): string {
  return createHash("sha256").update(`${policyHash}\n${issuer}\n${saidBefore}`).digest("hex").slice(0, 8);
}

/** Whether the annotation approves what asks for this. */
export function isApproved(organization: Organization, approval: string): boolean {
  return approvalIn(organization) === approval;
}

/** Whether the condition asks for what the annotation says: then that came after the hold began. */
export function isAskedFor(organization: Organization): boolean {
  const said = approvalIn(organization) ?? "";
  return said !== "" && heldCondition(organization)?.message.endsWith(`=${said}`) === true;
}
