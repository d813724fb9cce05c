import type { Policy } from "../policy.ts";
import type { IdentityStore, UserEvent } from "../store.ts";
import type { User } from "../user.ts";
import { isAdminRole } from "./admin-roles.ts";

/** Who can administer an organization without Okta: local accounts that a service account opens. */
export class LocalAdmins {
  /** By organization and ref. */
  readonly #accounts = new Map<string, Map<string, User>>();

  readonly #namespace: string;
  readonly #areLetIn: boolean;

  /**
   * Make it before the store has anything to tell.
   * @param namespace of service accounts of which an account doesn't say where they are: the login webhook's own
   * @param areLetIn whether the login webhook can check their tokens at all
   */
  constructor(
    store: Pick<IdentityStore, "subscribe">,
    namespace: string,
    { areLetIn = true }: { areLetIn?: boolean } = {},
  ) {
    this.#namespace = namespace;
    this.#areLetIn = areLetIn;
    store.subscribe((event) => this.#changed(event));
  }

  /**
   * Whether one of them has an admin role, and gets in: where two accounts name one service account, neither does.
   * @param organization "namespace/name"
   */
  canGetIn(organization: string, catalogue: Pick<Policy, "roles">): boolean {
    if (!this.#areLetIn) return false;
    const accounts = [...(this.#accounts.get(organization)?.values() ?? [])];
    return accounts.some(
      (account) =>
        account.localRoles.some((role) => isAdminRole(role, catalogue)) &&
        accounts.filter((other) => this.#opener(other) === this.#opener(account)).length === 1,
    );
  }

  #opener({ serviceAccountNamespace = this.#namespace, serviceAccountName = "" }: User): string {
    return `${serviceAccountNamespace}/${serviceAccountName}`;
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
