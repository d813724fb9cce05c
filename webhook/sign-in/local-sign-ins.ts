import type { Logger } from "pino";
import {
  type AuditLog,
  auditChanges,
  type EventSink,
  type IdentityStore,
  LOCAL_ACCOUNT,
  type Policies,
  resolveStoredAccess,
  StaleUserError,
  StoreError,
  type User,
} from "../../identity/index.ts";
import { type Client, splitKey, tokenReviews } from "../../kubernetes/index.ts";

/** Longest token that is sent on, in characters. Those of service accounts have about a thousand. */
export const MAX_TOKEN_LENGTH = 16_000;

export interface LocalSignInsOptions {
  readonly client: Pick<Client, "create">;
  readonly store: Pick<IdentityStore, "findByServiceAccount" | "update" | "fresh">;
  readonly policies: Pick<Policies, "of">;
  readonly audit: Pick<AuditLog, "write">;
  readonly events: EventSink;
  readonly log: Logger;
}

/** Why a token signs nobody in. */
export type LocalRefusal =
  | "not-valid"
  | "not-a-service-account"
  | "other-namespace"
  | "no-account"
  | "several-accounts";

/** What comes of a pasted token: whose account it opens. */
export type LocalSignIn =
  | { readonly kind: "admitted"; readonly user: User; readonly serviceAccount: string }
  | { readonly kind: "refused"; readonly why: LocalRefusal };

/**
 * Signs local admins in without Okta. Their roles are what people wrote; the one thing that is stored is when
 * they came, and what follows from their spec if nobody has got round to that yet: this way in has to work when
 * the operator doesn't. Each use is recorded, since each is an emergency.
 */
export class LocalSignIns {
  readonly #options: LocalSignInsOptions;

  constructor(options: LocalSignInsOptions) {
    this.#options = options;
  }

  /**
   * @param organization "namespace/name"
   * @param audience the login URI: a token counts for this only, so that one made for anything else, and one that an
   *   application was given, sign nobody in here
   * @throws errors of the Kubernetes client when the token can't be checked, StoreError when the account can't be written
   */
  async complete(organization: string, token: string, audience: string): Promise<LocalSignIn> {
    const owner = await this.#ownerOf(token, audience);
    if (typeof owner === "string") return refused(owner);
    if (owner.namespace !== splitKey(organization).namespace) return refused("other-namespace");
    const serviceAccount = owner.name;
    const [user, ...others] = await this.#options.store.findByServiceAccount(organization, serviceAccount);
    if (!user) return refused("no-account");
    if (others.length > 0) return refused("several-accounts");
    const signedIn = await this.#store(user, serviceAccount);
    if (!signedIn) return refused("no-account");
    this.#record(signedIn, serviceAccount);
    return { kind: "admitted", user: signedIn, serviceAccount };
  }

  /** Asks the API server whose token this is: a service account's, or why it is none. */
  async #ownerOf(
    token: string,
    audience: string,
  ): Promise<{ namespace: string; name: string } | "not-valid" | "not-a-service-account"> {
    if (!/^[\w.~+/=-]+$/.test(token) || token.length > MAX_TOKEN_LENGTH) return "not-valid";
    const { status } = await this.#options.client.create(
      tokenReviews,
      {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenReview",
        metadata: {},
        spec: { token, audiences: [audience] },
      },
      { idempotent: true },
    );
    // An authenticator that knows nothing of audiences leaves them out (TokenReviewStatus.audiences).
    if (status?.authenticated !== true || !status.audiences?.includes(audience)) return "not-valid";
    const [, namespace, name] =
      /^system:serviceaccount:([^:]+):([^:]+)$/.exec(status.user?.username ?? "") ?? [];
    return namespace === undefined || name === undefined ? "not-a-service-account" : { namespace, name };
  }

  /** @returns undefined when the account has meanwhile ceased to be this service account's */
  async #store(known: User, serviceAccount: string): Promise<User | undefined> {
    const { store, policies, audit } = this.#options;
    let user: User | undefined = known;
    for (let attempt = 0; attempt < 5; attempt++) {
      if (user?.source !== "Local" || user.serviceAccountName !== serviceAccount) return undefined;
      const organization = policies.of(user.organization);
      // Anew, also where it was decided: what the operator has decided while there was no organization, it can't put
      // right while it is away.
      const access = organization || !user.decided ? resolveStoredAccess(user, organization) : undefined;
      try {
        const after: User = await store.update(user, {
          signedInAt: Date.now(),
          ...(access ? { access } : {}),
        });
        audit.write(auditChanges(user, after, LOCAL_ACCOUNT), after.uid);
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

function refused(why: LocalRefusal): LocalSignIn {
  return { kind: "refused", why };
}
