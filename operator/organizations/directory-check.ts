import type { Organization } from "../../crds/types.ts";
import { DirectoryRateLimitedError } from "../../okta/directory/directory-errors.ts";
import { OktaError } from "../../okta/errors.ts";
import type { DirectoryClients } from "../../organizations/directory-clients.ts";
import { reasonOf } from "../okta-reason.ts";

/** Whether the directory, where there is one, answers. */
export type DirectoryCheck =
  | { readonly kind: "none" }
  | { readonly kind: "reachable" }
  | { readonly kind: "failed"; readonly reason: string; readonly message: string }
  /** Nothing can be said at the moment, as when the rate limit is used up: that is no fault of the directory. */
  | { readonly kind: "unread"; readonly reason: string; readonly message: string };

/** Whether an organization's directory, where it has one, can be read with its credentials. Never throws. */
export async function checkDirectory(
  directories: DirectoryClients,
  organization: Organization,
): Promise<DirectoryCheck> {
  try {
    const directory = await directories.of(organization, { fresh: true });
    if (!directory) return { kind: "none" };
    await directory.check();
    return { kind: "reachable" };
  } catch (error) {
    const reason = error instanceof OktaError ? reasonOf(error) : "DirectorySecretMissing";
    const kind = error instanceof DirectoryRateLimitedError ? "unread" : "failed";
    return { kind, reason, message: error instanceof Error ? error.message : String(error) };
  }
}
