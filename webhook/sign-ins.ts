import {
  type AuditLog,
  auditChanges,
  type Cause,
  decideSignIn,
  type GroupsRefusal,
  type Identity,
  type IdentityStore,
  judgeGroups,
  needsDirectory,
  type Policies,
  provisionSignIn,
  type ReceivedGroup,
  type SignInOutcome,
  StoreError,
  type User,
} from "../identity/index.ts";
import type { SignedIn } from "../okta/oidc.ts";
import { UnknownOrganizationError } from "./organizations.ts";
import type { ClaimLoss } from "./claim-loss.ts";
import type { Directories } from "./directories.ts";
import { evidenceOf, groupsClaimStatus } from "./groups-claim.ts";
import type { StatusReporter } from "./status-reporter.ts";

/** What becomes of a person whom Okta has signed in. */
export type SignInResult =
  | { readonly kind: "admitted"; readonly user: User }
  /** Okta's groups give them nothing. */
  | { readonly kind: "refused"; readonly reason: string; readonly message: string; readonly groups: readonly ReceivedGroup[] }
  /** Nothing can be decided, and nothing was changed. */
  | { readonly kind: "undecided"; readonly reason: GroupsRefusal };

export interface SignInsOptions {
  readonly store: IdentityStore;
  readonly policies: Pick<Policies, "of">;
  readonly directories: Pick<Directories, "groupsOf">;
  readonly claimLoss: ClaimLoss;
  readonly audit: Pick<AuditLog, "write">;
  readonly reporter: Pick<StatusReporter, "signedIn" | "failed" | "groupsClaim">;
  /** ms since 1970 */
  readonly now?: () => number;
}

/** Turns what Okta says of a person into an account: judges their groups, decides, stores, records and reports. */
export class SignIns {
  readonly #options: SignInsOptions;
  readonly #now: () => number;

  constructor(options: SignInsOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /**
   * @param key the organization as "namespace/name"
   * @throws UnknownOrganizationError when it was deleted meanwhile
   * @throws StoreError when the account can't be written; then nobody is signed in
   */
  async complete(key: string, { person, groups: claim }: SignedIn): Promise<SignInResult> {
    const { policies, directories, claimLoss, reporter } = this.#options;
    const found = policies.of(key);
    if (!found) throw new UnknownOrganizationError("The organization was deleted.");
    const { organization } = found;

    const directory = needsDirectory(claim)
      ? await directories.groupsOf(organization, person.subject)
      : ({ kind: "none" } as const);
    const at = this.#now();
    let verdict = judgeGroups(claim, directory, evidenceOf(organization));
    const identity = verdict.kind === "decide" ? identityOf(person, verdict) : undefined;
    const passage =
      identity?.groupsFrom === "MissingClaim" ? claimLoss.enter(key, found, identity) : { end() {} };
    if (!passage) verdict = { kind: "refuse", reason: "ClaimLost", why: "The groups claim has stopped arriving." };

    const claimStatus = groupsClaimStatus(organization, claim, directory, verdict, at);
    if (claimStatus) reporter.groupsClaim(organization, claimStatus);
    if (verdict.kind === "refuse") return { kind: "undecided", reason: verdict.reason };
    if (!identity) throw new TypeError("A decision needs an identity.");
    try {
      return this.#record(await this.#provision(key, identity, at, found), identity, at);
    } finally {
      passage?.end();
    }
  }

  async #provision(
    key: string,
    identity: Identity,
    at: number,
    organization: NonNullable<ReturnType<Policies["of"]>>,
  ): Promise<SignInOutcome> {
    const { store, reporter } = this.#options;
    try {
      return await provisionSignIn(store, { organization: key, identity, at }, organization);
    } catch (error) {
      if (error instanceof StoreError) {
        const { access } = decideSignIn(identity, store.find(key, identity), organization);
        reporter.failed(key, identity, access.grants, error, at);
      }
      throw error;
    }
  }

  #record(outcome: SignInOutcome, identity: Identity, at: number): SignInResult {
    const { audit, reporter } = this.#options;
    const { user, before } = outcome;
    if (user) audit.write(auditChanges(before, user, causeOf(identity)), user.uid);
    if (outcome.kind === "admitted") {
      reporter.signedIn(outcome.user, at);
      return { kind: "admitted", user: outcome.user };
    }
    const { reason, message } = outcome.access;
    return { kind: "refused", reason, message, groups: identity.groups };
  }
}

function identityOf(
  person: SignedIn["person"],
  { groups, from, status }: { groups: readonly ReceivedGroup[]; from: Identity["groupsFrom"]; status?: string },
): Identity {
  return { ...person, groups, groupsFrom: from, ...(status === undefined ? {} : { status }) };
}

function causeOf({ groupsFrom }: Identity): Cause {
  const detail = {
    Claim: "A sign-in with Okta; the groups are those of the groups claim.",
    MissingClaim: "A sign-in with Okta without the groups claim, which means no groups.",
    Directory: "A sign-in with Okta; the groups were read from the directory.",
  }[groupsFrom];
  return { by: "sign-in", detail };
}
