import type { Policy } from "../policy.ts";
import type { IdentityStore, UserEvent } from "../store.ts";
import type { User } from "../user.ts";
import { isAdminRole } from "./admin-roles.ts";

/** Who can administer an organization without Okta: local accounts that a service account opens. */
export class LocalAdmins {
  /** By organization and ref. */
  readonly #accounts = new Map<string, Map<string, User>>();

  /** Make it before the store has anything to tell. */
  constructor(store: Pick<IdentityStore, "subscribe">) {
    store.subscribe((event) => this.#changed(event));
  }

  /**
   * Whether one of them has an admin role, and gets in: where two accounts name one service account, neither does.
   * @param organization "namespace/name"
   */
  canGetIn(organization: string, catalogue: Pick<Policy, "roles">): boolean {
    const accounts = [...(this.#accounts.get(organization)?.values() ?? [])];
    return accounts.some(
      (account) =>
        account.localRoles.some((role) => isAdminRole(role, catalogue)) &&
        accounts.filter((other) => opener(other) === opener(account)).length === 1,
    );
  }

  #changed({ kind, user, previous }: UserEvent): void {
    this.#drop(previous ?? user);
    if (kind === "deleted" || user.source !== "Local" || user.serviceAccountName === undefined) return;
    const accounts = this.#accounts.get(user.organization) ?? new Map<string, User>();
    this.#accounts.set(user.organization, accounts.set(user.ref, user));
  }

  #drop({ organization, ref }: User): void {
    const accounts = this.#accounts.get(organization);
    accounts?.delete(ref);
    if (accounts?.size === 0) this.#accounts.delete(organization);
  }
}

function opener({ serviceAccountNamespace = "", serviceAccountName = "" }: User): string {
  return `${serviceAccountNamespace}/${serviceAccountName}`;
}
