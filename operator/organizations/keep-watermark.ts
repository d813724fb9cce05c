import { organizations as organizationType } from "../../crds/resources.ts";
import type { Organization } from "../../crds/types.ts";
import { type Cache, done, type Outcome, rfc3339, type StatusWriter } from "../../kubernetes/index.ts";
import type { SessionWatermarks } from "../../organizations/session-watermarks.ts";

export interface WatermarkDeps {
  readonly organizations: Pick<Cache<Organization>, "get" | "observe">;
  readonly watermarks: Pick<SessionWatermarks, "of">;
  /** A field manager of its own: what the others write must not wait for this, nor this for them. */
  readonly status: Pick<StatusWriter, "apply">;
}

const OWNED = { fields: ["sessions"], conditionTypes: [] };

/**
 * Keeps in the status which sessions of an organization have ended for good. It asks nobody else: Okta may be slow or
 * dead when somebody shortens `spec.sessions.maxAge` to put people out.
 */
export async function keepWatermark(
  key: string,
  { organizations, watermarks, status }: WatermarkDeps,
): Promise<Outcome> {
  const organization = organizations.get(key);
  if (!organization) return done;
  const before = watermarks.of(organization);
  const sessions = {
    maxAge: organization.spec.sessions.maxAge,
    ...(before > 0 ? { endedBefore: rfc3339(before) } : {}),
  };
  const written = await status.apply(organizationType, organization, { sessions }, OWNED);
  if (written) organizations.observe(written);
  return done;
}
