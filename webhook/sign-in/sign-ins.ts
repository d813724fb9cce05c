import type { Organization } from "../../crds/types.ts";
import {
  type AuditLog,
  auditChanges,
  type Cause,
  type DirectoryAnswer,
  decideSignIn,
  type GroupsClaim,
  type GroupsRefusal,
  type GroupsVerdict,
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
} from "../../identity/index.ts";
import type { SignedIn } from "../../okta/oidc/oidc.ts";
import type { DirectoryClients } from "../../organizations/directory-clients.ts";
import type { LoginOutcome, WebhookMetrics } from "../metrics.ts";
import { UnknownOrganizationError } from "../organizations.ts";
import type { ClaimLoss, Passage } from "./claim-loss.ts";
import { groupsInDirectory } from "./directory-groups.ts";
import { evidenceOf, groupsClaimStatus } from "./groups-claim-condition.ts";
import type { StatusReporter } from "./status-reporter.ts";

/** What becomes of a person whom Okta has signed in. */
export type SignInResult =
  | { readonly kind: "admitted"; readonly user: User }
  /** Okta's groups give them nothing. */
  | {
      readonly kind: "refused";
      readonly reason: string;
      readonly message: string;
      readonly groups: readonly ReceivedGroup[];
    }
  /** Nothing can be decided, and nothing was changed. */
  | { readonly kind: "undecided"; readonly reason: GroupsRefusal; readonly why: string };

export interface SignInsOptions {
  readonly store: IdentityStore;
  /** By "namespace/name". */
  readonly organization: (key: string) => Organization | undefined;
  readonly policies: Pick<Policies, "of">;
  readonly directories: Pick<DirectoryClients, "ask">;
  readonly claimLoss: ClaimLoss;
  readonly audit: Pick<AuditLog, "write">;
  readonly reporter: Pick<StatusReporter, "signedIn" | "failed" | "groupsClaim">;
  readonly metrics: Pick<WebhookMetrics, "provisioningSeconds">;
  /** ms since 1970 */
  readonly now?: () => number;
}

type Found = NonNullable<ReturnType<Policies["of"]>> & { readonly organization: Organization };

type Judgement =
  | { readonly kind: "undecided"; readonly verdict: Extract<GroupsVerdict, { kind: "refuse" }> }
  | {
      readonly kind: "decided";
      readonly verdict: GroupsVerdict;
      readonly identity: Identity;
      readonly passage?: Passage;
    };

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
    const { policies, directories, reporter } = this.#options;
    const [organization, inForce] = [this.#options.organization(key), policies.of(key)];
    if (!organization || !inForce) throw new UnknownOrganizationError("The organization was deleted.");
    const found = { ...inForce, organization };

    const directory =
      needsDirectory(claim) || (await this.#namesAreNotEnough(key, found, person, claim))
        ? await groupsInDirectory(directories, organization, person.subject)
        : ({ kind: "none" } as const);
    const judgement = await this.#judge(key, found, person, claim, directory);
    const at = this.#now();
    const claimStatus = groupsClaimStatus(organization, claim, directory, judgement.verdict, at);
    if (claimStatus) reporter.groupsClaim(organization, claimStatus);
    if (judgement.kind === "undecided") {
      const { reason, why } = judgement.verdict;
      return { kind: "undecided", reason, why };
    }

    const { identity, passage } = judgement;
    try {
      return this.#record(await this.#provision(key, identity, at, found), identity, at);
    } finally {
      passage?.end();
    }
  }

  /**
   * Where mappings name groups by id, a group that was renamed just now looks like one that the person has left. So
   * whoever would be refused by the names in the claim is looked up before that.
   */
  async #namesAreNotEnough(
    key: string,
    found: Found,
    person: SignedIn["person"],
    claim: GroupsClaim,
  ): Promise<boolean> {
    const { organization, policy } = found;
    if (claim.kind !== "groups" || !organization.spec.okta.directory || !policy.namesByID) return false;
    const groups = claim.names.map((name) => ({ name }));
    const identity: Identity = { ...person, groups, groupsFrom: "Claim" };
    return decideSignIn(identity, await this.#options.store.find(key, person), found).kind !== "admit";
  }

  /** What Okta says of the person, if it can be relied upon. */
  async #judge(
    key: string,
    organization: Found,
    person: SignedIn["person"],
    claim: GroupsClaim,
    directory: DirectoryAnswer,
  ): Promise<Judgement> {
    const verdict = judgeGroups(claim, directory, evidenceOf(organization.organization));
    if (verdict.kind === "refuse") return { kind: "undecided", verdict };
    const { groups, from: groupsFrom, status } = verdict;
    const identity = { ...person, groups, groupsFrom, ...(status === undefined ? {} : { status }) };
    if (groupsFrom !== "MissingClaim") return { kind: "decided", verdict, identity };
    const passage = await this.#options.claimLoss.enter(key, organization, identity);
    if (passage) return { kind: "decided", verdict, identity, passage };
    const why = "The groups claim has stopped arriving from Okta.";
    return { kind: "undecided", verdict: { kind: "refuse", reason: "ClaimLost", why } };
  }

  async #provision(key: string, identity: Identity, at: number, organization: Found): Promise<SignInOutcome> {
    const { store, reporter, metrics } = this.#options;
    const start = performance.now();
    let ended: LoginOutcome = "failed";
    try {
      const outcome = await provisionSignIn(store, { organization: key, identity, at }, organization);
      ended = outcome.kind;
      return outcome;
    } catch (error) {
      if (error instanceof StoreError) {
        // Where it can't be read either, what the groups give is all there is to say.
        const user = await store.find(key, identity).catch(() => undefined);
        const { access } = decideSignIn(identity, user, organization);
        reporter.failed(key, identity, access.grants, error, at);
      }
      throw error;
    } finally {
      metrics.provisioningSeconds.observe({ outcome: ended }, (performance.now() - start) / 1000);
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

function causeOf({ groupsFrom }: Identity): Cause {
  const detail = {
    Claim: "A sign-in with Okta; the groups are those of the groups claim.",
    MissingClaim: "A sign-in with Okta without the groups claim, which means no groups.",
    Directory: "A sign-in with Okta; the groups were read from the directory.",
  }[groupsFrom];
  return { by: "sign-in", detail };
}
