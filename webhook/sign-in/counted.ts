import type { Organization } from "../../crds/types.ts";
import { keyOf } from "../../kubernetes/index.ts";
import { problemOf } from "../http/problem-of-error.ts";
import type { WebhookMetrics } from "../metrics.ts";

/**
 * Does a part of a sign-in. Where that fails by our fault or something else's that we depend on, the sign-in is counted as
 * failed; whoever answers the request tells of it.
 * @throws what the part throws
 */
export async function counted<T>(
  metrics: WebhookMetrics,
  organization: Organization,
  part: () => Promise<T>,
): Promise<T> {
  try {
    return await part();
  } catch (error) {
    const { status, code } = problemOf(error, organization);
    if (status >= 500) metrics.login(keyOf(organization), "failed", code);
    throw error;
  }
}
