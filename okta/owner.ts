import { AsyncLocalStorage } from "node:async_hooks";

const owners = new AsyncLocalStorage<string>();

/**
 * What comes of `work` is on behalf of this owner: what is read from Okta then takes of the memory that the owner has for it, and
 * the names that are looked up of the owner's turns, however many hosts that is about.
 * @param owner an organization as "namespace/name": what is before the slash is the tenant, who has bounds of its own
 */
export function onBehalfOf<T>(owner: string, work: () => T): T {
  return owners.run(owner, work);
}

/** On whose behalf this is done; undefined where nobody has said. */
export function currentOwner(): string | undefined {
  return owners.getStore();
}

/** What an owner may have of something is taken. That says nothing of what there is for others. */
export class OwnersLimitError extends Error {}

/** Whether something has failed for want of what its owner may have. */
export function isOfOwner(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error instanceof OwnersLimitError || isOfOwner(error.cause);
}
