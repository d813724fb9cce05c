import type { OktaError } from "../okta/errors.ts";

/** An error's code as a condition's reason: directory-rate-limited is DirectoryRateLimited. */
export function reasonOf({ code }: OktaError): string {
  return code
    .split("-")
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join("");
}
