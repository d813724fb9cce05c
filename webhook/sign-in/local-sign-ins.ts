import type { Logger } from "pino";
import {
  type AuditLog,
  auditChanges,
  auditPerhaps,
  beforeLost,
  type EventSink,
  type IdentityStore,
  LOCAL_ACCOUNT,
  type PerhapsStored,
  type Policies,
  resolveStoredAccess,
  StoreError,
  type User,
  untilWritten,
} from "../../identity/index.ts";
import { type Client, keyOf, splitKey } from "../../kubernetes/index.ts";
import type { ServiceAccountKeys } from "../tokens/service-account-keys.ts";
import { readToken, type ServiceAccount, type TokenClaims } from "../tokens/token-claims.ts";
import { reviewToken } from "../tokens/token-reviews.ts";
import { ConcurrencyLimit } from "./concurrency-limit.ts";
import { FailureLimit } from "./failure-limit.ts";

export interface LocalSignInsOptions {
  readonly client: Pick<Client, "create">;
  readonly keys: Pick<ServiceAccountKeys, "verify">;
  readonly store: Pick<IdentityStore, "findByServiceAccount" | "update" | "fresh">;
  readonly policies: Pick<Policies, "of">;
  readonly audit: Pick<AuditLog, "write">;
  readonly events: EventSink;
  readonly log: Logger;
  /** The program's own namespace: service accounts are of this one, unless an account names another. */
  readonly namespace: string;
  /** Failures of one client address, and of one account, in a minute; what comes after them isn't recorded. */
  readonly failuresPerMinute: number;
}

/** Why a token signs nobody in. */
export type LocalRefusal =
  | { readonly why: "not-valid" | "not-a-service-account" | "pod-token" | "no-account" | "several-accounts" }
  /** The token is a true one. The account wants one of a service account of the same name elsewhere. */
  | {
      readonly why: "other-namespace";
      readonly token: ServiceAccount;
      readonly wanted: string;
      readonly user: string;
    }
  /** It failed as well, after many others did. */
  | { readonly why: "too-many-failures" };

/** What comes of a pasted token: whose account it opens. */
export type LocalSignIn =
  | { readonly kind: "admitted"; readonly user: User }
  | ({ readonly kind: "refused" } & LocalRefusal);

/** Tokens of one organization that are asked about at once, and how long and in which numbers others wait. */
const REVIEWS_AT_ONCE = 4;
const REVIEWS_WAITING = { waitMs: 10_000, waitingForEach: 50 };

/**
 * Signs local admins in without Okta. Their roles are what people wrote; the one thing that is stored is when
 * they came, and what follows from their spec if nobody has got round to that yet: this way in has to work when
 * the operator doesn't. Each use is recorded, since each is an emergency.
 *
 * Anybody can send tokens here, and nobody may keep a local admin out by that: what fails costs little and asks nobody,
 * what waits does so apart from true tokens, and failures are counted but stand in no true token's way.
 */
export class LocalSignIns {
  readonly #options: LocalSignInsOptions;
  readonly #failures: FailureLimit;
  readonly #reviews = {
    signed: new ConcurrencyLimit(REVIEWS_AT_ONCE, REVIEWS_WAITING),
    unknown: new ConcurrencyLimit(REVIEWS_AT_ONCE, REVIEWS_WAITING),
  };

  constructor(options: LocalSignInsOptions) {
    this.#options = options;
    this.#failures = new FailureLimit(options.failuresPerMinute);
  }

  /**
   * @param organization "namespace/name"
   * @param request `audience`: the login URI: a token counts for this only, so that one made for anything else, and one
   *   that an application was given, sign nobody in here; `address`: the client's, as limits know it
   * @throws errors of the Kubernetes client when the token can't be checked, BusyError when too many wait for that,
   *   StoreError when the account can't be written
   */
  async complete(
    organization: string,
    token: string,
    { audience, address }: { audience: string; address: string },
  ): Promise<LocalSignIn> {
    const claims = readToken(token, { audience, now: Date.now() });
    const named = claims.kind === "service-account" ? claims.serviceAccount : undefined;
    const accounts = named ? await this.#options.store.findByServiceAccount(organization, named.name) : [];
    const result = await this.#decide(organization, token, audience, claims, accounts);
    if (result.kind === "admitted") return result;
    const keys = [`address ${address}`, ...accounts.map(({ ref }) => `account ${ref}`)];
    if (this.#failures.isTooMany(keys)) return { kind: "refused", why: "too-many-failures" };
    const serviceAccount = named && keyOf(named);
    this.#options.log.info(
      { organization, reason: result.why, serviceAccount },
      "A local sign-in was refused.",
    );
    return result;
  }

  async #decide(
    organization: string,
    token: string,
    audience: string,
    claims: TokenClaims,
    accounts: readonly User[],
  ): Promise<LocalSignIn> {
    if (claims.kind !== "service-account") return { kind: "refused", why: claims.kind };
    if (claims.ofPod) return { kind: "refused", why: "pod-token" };
    // Nobody learns which service accounts there are accounts of, unless by a true token.
    if (accounts.length === 0) return { kind: "refused", why: "not-valid" };
    const signed = await this.#options.keys.verify(token);
    if (signed === "forged") return { kind: "refused", why: "not-valid" };
    // Whoever runs a namespace has true tokens of service accounts of any name: they don't queue with the right one's.
    const { serviceAccount } = claims;
    if (signed === "signed" && !accounts.some((account) => this.#isOf(account, serviceAccount)))
      return this.#elsewhere(serviceAccount, accounts);
    const owner = await this.#reviews[signed].run(organization, () => this.#ownerOf(token, audience));
    if (typeof owner === "string") return { kind: "refused", why: owner };

    const [user, ...others] = accounts.filter((account) => this.#isOf(account, owner));
    if (others.length > 0) return { kind: "refused", why: "several-accounts" };
    if (!user) return this.#elsewhere(owner, accounts);
    const signedIn = await this.#store(user, owner);
    if (!signedIn) return { kind: "refused", why: "no-account" };
    this.#record(signedIn, owner);
    return { kind: "admitted", user: signedIn };
  }

  #elsewhere(token: ServiceAccount, accounts: readonly User[]): LocalSignIn {
    const account = accounts.find(({ serviceAccountName }) => serviceAccountName === token.name);
    if (!account) return { kind: "refused", why: "no-account" };
    const wanted = account.serviceAccountNamespace ?? this.#options.namespace;
    return { kind: "refused", why: "other-namespace", token, wanted, user: account.ref };
  }

  /** Whether a local account is opened by this service account. */
  #isOf(user: User | undefined, { namespace, name }: ServiceAccount): user is User {
    return (
      user?.source === "Local" &&
      user.serviceAccountName === name &&
      (user.serviceAccountNamespace ?? this.#options.namespace) === namespace
    );
  }

  /** Whose token this is: a service account's, or why it is none that signs anybody in. */
  async #ownerOf(
    token: string,
    audience: string,
  ): Promise<ServiceAccount | "not-valid" | "not-a-service-account" | "pod-token"> {
    const reviewed = await reviewToken(this.#options.client, token, audience);
    if (reviewed.kind !== "service-account") return reviewed.kind;
    return reviewed.ofPod ? "pod-token" : reviewed.serviceAccount;
  }

  /** @returns undefined when the account has meanwhile ceased to be this service account's */
  async #store(known: User, owner: ServiceAccount): Promise<User | undefined> {
    const { store, policies, audit } = this.#options;
    const write = async (lost: PerhapsStored | undefined, earlier: number): Promise<User | undefined> => {
      const user = earlier > 0 ? await store.fresh(known.ref) : known;
      if (!this.#isOf(user, owner)) {
        audit.write(auditPerhaps(lost, LOCAL_ACCOUNT), known.uid);
        return undefined;
      }
      const organization = policies.of(user.organization);
      // Anew, also where it was decided: what the operator has decided while there was no organization, it can't put
      // right while it is away.
      const access = organization || !user.decided ? resolveStoredAccess(user, organization) : undefined;
      const given = access ?? user.access;
      const outcome = given?.active === true ? "Admitted" : "Refused";
      const after = await store.update(user, {
        signIns: [{ at: Date.now(), outcome, reason: given?.reason ?? "LocalAccount" }],
        ...(access ? { access, cause: LOCAL_ACCOUNT } : {}),
      });
      const before = beforeLost(lost, { before: user, after });
      audit.write(auditChanges(before, after, LOCAL_ACCOUNT), after.uid);
      return after.access?.active === true ? after : undefined;
    };
    try {
      const givenUp = "The account is being changed all the time. Sign in again.";
      return await untilWritten(write, { attempts: 5, givenUp });
    } catch (error) {
      if (error instanceof StoreError) audit.write(auditPerhaps(error.perhaps, LOCAL_ACCOUNT), known.uid);
      throw error;
    }
  }

  #record(user: User, owner: ServiceAccount): void {
    const { log, events } = this.#options;
    const serviceAccount = keyOf(owner);
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
