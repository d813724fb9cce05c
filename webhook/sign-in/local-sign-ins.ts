import type { Logger } from "pino";
import {
  type AuditLog,
  auditChanges,
  decideStored,
  type EventSink,
  type IdentityStore,
  type Policies,
  StaleUserError,
  StoreError,
  type User,
} from "../../identity/index.ts";
import { splitKey } from "../../kubernetes/index.ts";

export interface LocalSignInsOptions {
  readonly store: Pick<IdentityStore, "findByServiceAccount" | "update" | "fresh">;
  readonly policies: Pick<Policies, "of">;
  readonly audit: Pick<AuditLog, "write">;
  readonly events: EventSink;
  readonly log: Logger;
  /** ms since 1970 */
  readonly now?: () => number;
}

/** Whose account a service account's token opens. */
export type LocalSignIn =
  | { readonly kind: "admitted"; readonly user: User }
  | { readonly kind: "refused"; readonly why: "no-account" | "several-accounts" };

/**
 * Signs local admins in without Okta. Their roles are what people wrote; the one thing that is stored is when
 * they came, and what follows from their spec if nobody has got round to that yet: this way in has to work when
 * the operator doesn't. Each use is recorded, since each is an emergency.
 */
export class LocalSignIns {
  readonly #options: LocalSignInsOptions;
  readonly #now: () => number;

  constructor(options: LocalSignInsOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /**
   * @param organization "namespace/name"
   * @throws StoreError when the account can't be written
   */
  async complete(organization: string, serviceAccountName: string): Promise<LocalSignIn> {
    const { store } = this.#options;
    const [user, ...others] = await store.findByServiceAccount(organization, serviceAccountName);
    if (!user) return { kind: "refused", why: "no-account" };
    if (others.length > 0) return { kind: "refused", why: "several-accounts" };
    const signedIn = await this.#store(user, serviceAccountName);
    if (!signedIn) return { kind: "refused", why: "no-account" };
    this.#record(signedIn, serviceAccountName);
    return { kind: "admitted", user: signedIn };
  }

  /** @returns undefined when the account has meanwhile ceased to be this service account's */
  async #store(known: User, serviceAccountName: string): Promise<User | undefined> {
    const { store, policies, audit } = this.#options;
    let user: User | undefined = known;
    for (let attempt = 0; attempt < 5; attempt++) {
      if (user?.source !== "Local" || user.serviceAccountName !== serviceAccountName) return undefined;
      const organization = policies.of(user.organization);
      // Anew, also where it was decided: what the operator has decided while there was no organization, it can't put
      // right while it is away.
      const access = organization || !user.decided ? decideStored(user, organization) : undefined;
      try {
        const after: User = await store.update(user, {
          signedInAt: this.#now(),
          ...(access ? { access } : {}),
        });
        const cause = { by: "local-account", detail: "The local account was written by people." } as const;
        audit.write(auditChanges(user, after, cause), after.uid);
        return after.access?.active === true ? after : undefined;
      } catch (error) {
        if (!(error instanceof StaleUserError)) throw error;
        user = await store.fresh(user.ref);
      }
    }
    throw new StoreError("The account is being changed all the time. Sign in again.");
  }

  #record(user: User, serviceAccount: string): void {
    const { log, events } = this.#options;
    const note = `Signed in without Okta, by a token of the service account ${serviceAccount}.`;
    log.warn(
      {
        audit: true,
        action: "local-sign-in",
        organization: user.organization,
        user: user.ref,
        serviceAccount,
      },
      note,
    );
    const { namespace, name } = splitKey(user.ref);
    events.record({
      regarding: {
        apiVersion: "rolemapping.dev/v1alpha1",
        kind: "OrganizationUser",
        metadata: { namespace, name, uid: user.uid },
      },
      type: "Warning",
      reason: "LocalSignIn",
      action: "SignIn",
      note,
    });
  }
}
