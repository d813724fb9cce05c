import { DirectoryRateLimitedError } from "../okta/directory/directory-errors.ts";
import type { OktaError } from "../okta/errors.ts";
import { HttpStatusError } from "../okta/http/http-errors.ts";

/** An error's code as a condition's reason: directory-rate-limited is DirectoryRateLimited. */
export function reasonOf({ code }: OktaError): string {
  return code
    .split("-")
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join("");
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether Okta would answer another time: that says nothing about what was asked. */
export function isRateLimited(error: unknown): boolean {
  if (error instanceof DirectoryRateLimitedError) return true;
  if (error instanceof HttpStatusError && error.status === 429) return true;
  return error instanceof Error && error.cause !== undefined && isRateLimited(error.cause);
}
