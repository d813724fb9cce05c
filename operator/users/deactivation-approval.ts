import { createHash } from "node:crypto";
import { APPROVAL_ANNOTATION } from "../../crds/annotations.ts";
import type { Organization } from "../../crds/types.ts";
import { heldCondition } from "../../organizations/policy-source.ts";

/** What the annotation says; undefined where there is none. */
export function approvalIn({ metadata }: Organization): string | undefined {
  return metadata.annotations?.[APPROVAL_ANNOTATION];
}

/** What an approval is for. */
export interface Approved {
  /** Of the Organization: another one of its name asks anew. */
  readonly uid: string;
  readonly policyHash: string;
  readonly issuer: string;
  /** Says who would be deactivated. */
  readonly people: string;
  /** Hours that it has been held for. */
  readonly hour: number;
}

/**
 * What the annotation has to say to approve a hold: eight hex digits that follow from what is approved, and differ from
 * whatever approved something before.
 * @param saidBefore what the annotation said when the hold began
 */
export function approvalFor({ uid, policyHash, issuer, people, hour }: Approved, saidBefore: string): string {
  const text = [uid, policyHash, issuer, people, hour, saidBefore].join("\n");
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}

/** Whether the condition asks for what the annotation says: then that came after the hold began. */
export function isAskedFor(organization: Organization): boolean {
  const said = approvalIn(organization) ?? "";
  return said !== "" && heldCondition(organization)?.message.endsWith(`=${said}`) === true;
}
