import { isActiveInOkta, type User } from "../../identity/index.ts";
import { type StoringDeps, storeStatus } from "./store-identity.ts";

// Accounts of an issuer that the organization had before. Who has one keeps it while that is held or paused, and all that the
// directory has to say of it is whether the person may still sign in: its groups give such an account nothing, and take nothing.

/** Whether an issuer is one of the authorization servers of the Okta that has this address. */
export function isOfOkta(issuer: string | undefined, url: string): boolean {
  const host = issuer === undefined ? undefined : URL.parse(issuer)?.host;
  return host !== undefined && host === URL.parse(url)?.host;
}

/**
 * Stores of active accounts of former issuers that the person may not sign in any more, where that is so.
 * @returns one that was written; undefined: none was
 * @throws StoreError
 */
export async function storeFormer(
  former: readonly User[],
  status: string,
  deps: StoringDeps,
): Promise<User | "overtaken" | undefined> {
  if (isActiveInOkta(status)) return undefined;
  let written: User | undefined;
  for (const user of former) {
    const changed = await storeStatus(user, status, deps);
    if (changed === undefined) return "overtaken";
    if (changed) written = user;
  }
  return written;
}
