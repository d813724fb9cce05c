import { organizationOf } from "../../crds/organization-key.ts";
import type { OktaRoleMapping, Organization, ResolvedGroup } from "../../crds/types.ts";
import {
  type Access,
  type AuditLog,
  auditChanges,
  auditPerhaps,
  CLAIM_LOST,
  type DirectoryAnswer,
  directoryNeed,
  explainNoAccess,
  type GroupsClaim,
  type GroupsRefusal,
  type GroupsSource,
  type GroupsVerdict,
  groupsToStore,
  groupsVerdict,
  type Identity,
  type IdentityStore,
  isOneOf,
  type KeptReason,
  LIST_MAY_BE_CUT,
  type LossDecision,
  mayBeCut,
  mayDependOnIDs,
  type NoAccessExplanation,
  type NotedSignIn,
  type Policies,
  provisionSignIn,
  type ReceivedGroup,
  resolveSignIn,
  type SignInOutcome,
  StoreError,
  signInCause,
  type User,
} from "../../identity/index.ts";
import { KubernetesError, keyOf } from "../../kubernetes/index.ts";
import { OktaError } from "../../okta/errors.ts";
import type { Person } from "../../okta/oidc/claims.ts";
import type { SignedIn } from "../../okta/oidc/oidc.ts";
import type { DirectoryClients } from "../../organizations/directory-clients.ts";
import type { LoginOutcome, WebhookMetrics } from "../metrics.ts";
import { UnknownOrganizationError } from "../organizations.ts";
import { evidenceOf, groupsClaimStatus } from "./groups-claim-condition.ts";
import type { LoginTimes } from "./login-times.ts";
import type { SignInLosses } from "./sign-in-losses.ts";
import type { StatusReporter } from "./status-reporter.ts";

/** What becomes of a person whom Okta has signed in. */
export type SignInResult =
  | Extract<SignInOutcome, { kind: "admitted" }>
  /** Refused, by these groups. */
  | (Extract<SignInOutcome, { kind: "refused" }> & {
      readonly groups: readonly ReceivedGroup[];
      readonly explanation: NoAccessExplanation;
    })
  /** Which groups they are in can't be relied upon, or what follows waits for people. Their access is as it was. */
  | { readonly kind: "undecided"; readonly reason: UndecidedReason; readonly why: string };

/** Why a sign-in wasn't decided. */
export type UndecidedReason = GroupsRefusal | KeptReason;

export interface OktaSignInsOptions {
  readonly store: IdentityStore;
  /** By "namespace/name". */
  readonly organization: (key: string) => Organization | undefined;
  readonly policies: Pick<Policies, "of">;
  readonly directories: Pick<DirectoryClients, "ask">;
  /** The organization's mappings of groups that the directory shows to nobody: see `notShownIndex`. */
  readonly mappingsNotShown: (key: string) => readonly Pick<OktaRoleMapping, "status">[];
  readonly losses: Pick<SignInLosses, "allow">;
  readonly audit: Pick<AuditLog, "write">;
  readonly reporter: Pick<StatusReporter, "signedIn" | "failed" | "groupsClaim">;
  readonly times: Pick<LoginTimes, "note">;
  readonly metrics: Pick<WebhookMetrics, "provisioningSeconds">;
}

/** The index that a cache of OktaRoleMappings needs for this. */
export const notShownIndex = {
  notShown: (mapping: OktaRoleMapping): string[] =>
    mapping.status?.groups?.some(isNotShown) ? [organizationOf(mapping)] : [],
};

function isNotShown({ shown }: ResolvedGroup): boolean {
  return shown === false;
}

type InForce = NonNullable<ReturnType<Policies["of"]>>;

/** A person is waiting: a rate limit that lasts longer than this fails the sign-in. In ms. */
export const DIRECTORY_WAIT_MS = 2_000;

/** The sign-ins of people who come back from Okta: from what Okta says of them to an account that follows from it. */
export class OktaSignIns {
  readonly #options: OktaSignInsOptions;

  constructor(options: OktaSignInsOptions) {
    this.#options = options;
  }

  /**
   * Everything that happens to a person whom Okta has just signed in.
   *
   * @param key the organization as "namespace/name"
   * @throws UnknownOrganizationError when it was deleted meanwhile
   * @throws StoreError when the account can't be read or written; then nobody is signed in
   */
  async complete(key: string, signedIn: SignedIn): Promise<SignInResult> {
    const { policies, losses, reporter } = this.#options;
    const organization = this.#options.organization(key);
    const inForce = policies.of(key);
    if (!organization || !inForce) throw new UnknownOrganizationError("The organization was deleted.");

    const { groups: claim } = signedIn;
    const person = signedIn.unread ? await this.#withStored(key, signedIn.person) : signedIn.person;

    // Their groups: of the claim, and of the directory where the claim doesn't say enough.
    const directory = await this.#directory(claim, person, organization, inForce);
    const at = Date.now();
    const reportClaim = (verdict: GroupsVerdict): void => {
      const status = groupsClaimStatus(organization, claim, directory, verdict, at);
      if (status) reporter.groupsClaim(organization, status);
    };

    // Which of them count, or why none do: then stored access stays as it is.
    const verdict = groupsVerdict(claim, directory, evidenceOf(organization));
    if (verdict.kind === "refuse") {
      reportClaim(verdict);
      await this.#noteRefused(key, person, verdict.reason, at);
      return { kind: "undecided", reason: verdict.reason, why: verdict.why };
    }
    const { from: groupsFrom, status } = verdict;
    const received =
      groupsFrom === "Directory" ? await this.#withNotShown(key, person, verdict.groups) : verdict.groups;
    const groups = groupsToStore(received, inForce.policy);
    const identity: Identity = { ...person, groups, groupsFrom, ...(status === undefined ? {} : { status }) };

    // A claim that has stopped coming looks like a person without groups: only so many may lose their access by that,
    // and only so many by whatever else.
    using allowance = await losses.allow(key, organization, inForce, identity);
    if (!allowance) {
      reportClaim(CLAIM_LOST);
      await this.#noteRefused(key, person, CLAIM_LOST.reason, at);
      return { kind: "undecided", reason: CLAIM_LOST.reason, why: CLAIM_LOST.why };
    }
    if (!mayBeCut(identity)) reportClaim(verdict);

    // The account: decided by identity/, and stored where anything of it is new.
    const outcome = await this.#provision(key, identity, at, inForce, (user, access) =>
      allowance.decide(user, access),
    );
    if (mayBeCut(identity)) reportClaim(isRefusedAsCut(outcome) ? LIST_MAY_BE_CUT : verdict);
    this.#record(outcome, groupsFrom, at);
    if (outcome.kind === "kept") return { kind: "undecided", reason: outcome.reason, why: outcome.why };
    if (outcome.kind === "admitted") return outcome;
    return { ...outcome, groups, explanation: explainNoAccess({ identity }, { inForce }) };
  }

  /** Somebody whose attributes couldn't be read, with those that are stored. */
  async #withStored(key: string, person: Person): Promise<Person> {
    const stored = await this.#options.store.find(key, person);
    const { email = stored?.email, name = stored?.name } = person;
    return { ...person, ...(email === undefined ? {} : { email }), ...(name === undefined ? {} : { name }) };
  }

  /**
   * What the directory says of the person, where it has to be asked. When it can't be read, and was asked only because a
   * mapping names groups by id, those whom that can't concern don't wait for it.
   */
  async #directory(
    claim: GroupsClaim,
    person: Person,
    organization: Organization,
    { policy }: InForce,
  ): Promise<DirectoryAnswer> {
    const { store, directories } = this.#options;
    const need = directoryNeed(claim, policy);
    if (need === undefined || (need === "ids" && !organization.spec.okta.directory)) return { kind: "none" };
    const answer = await groupsInDirectory(directories, organization, person.subject);
    if (answer.kind !== "failed" || need !== "ids" || claim.kind !== "groups") return answer;
    const user = await store.find(keyOf(organization), person);
    return mayDependOnIDs(claim.names, user?.access?.grants ?? [], policy) ? answer : { kind: "none" };
  }

  /**
   * Groups that were read from the directory, with those that are stored of the person and that the directory shows to
   * nobody: as the operator has found them, there are some that its credentials aren't allowed to see. Who is in them isn't
   * known, so that it stays as it is.
   */
  async #withNotShown(
    key: string,
    person: Person,
    groups: readonly ReceivedGroup[],
  ): Promise<readonly ReceivedGroup[]> {
    const mappings = this.#options.mappingsNotShown(key);
    if (mappings.length === 0) return groups;
    const notShown = mappings.flatMap(({ status }) => status?.groups?.filter(isNotShown) ?? []);
    const stored = (await this.#options.store.find(key, person))?.groups ?? [];
    return [...groups, ...stored.filter((group) => isOneOf(group, notShown) && !isOneOf(group, groups))];
  }

  async #provision(
    key: string,
    identity: Identity,
    at: number,
    inForce: InForce,
    mayTake: (user: User, access: Access) => LossDecision,
  ): Promise<SignInOutcome> {
    const { store, audit, reporter, metrics } = this.#options;
    const start = performance.now();
    let ended: LoginOutcome = "failed";
    try {
      const outcome = await provisionSignIn(store, { organization: key, identity, at }, inForce, mayTake);
      ended = outcome.kind === "admitted" ? "admitted" : "refused";
      return outcome;
    } catch (error) {
      if (error instanceof StoreError) {
        const { perhaps } = error;
        if (perhaps) audit.write(auditPerhaps(perhaps, signInCause(identity.groupsFrom)), perhaps.after.uid);
        // Where it can't be read either, what the groups give is all there is to say.
        const user = await store.find(key, identity).catch(() => undefined);
        const { access } = resolveSignIn(identity, user, inForce);
        reporter.failed(key, identity, access.grants, error, at);
      }
      throw error;
    } finally {
      metrics.provisioningSeconds.observe({ outcome: ended }, (performance.now() - start) / 1000);
    }
  }

  #record(outcome: SignInOutcome, groupsFrom: GroupsSource, at: number): void {
    const { audit, reporter, times } = this.#options;
    const { user, before, lost } = outcome;
    const cause = signInCause(groupsFrom);
    if (lost) audit.write(auditPerhaps(lost, cause), lost.after.uid);
    if (user) audit.write(auditChanges(before, user, cause), user.uid);
    if (user && !outcome.isNoted) times.note(user, notedSignIn(outcome, at));
    if (outcome.kind === "admitted") reporter.signedIn(outcome.user, at);
  }

  /** Of somebody who has an account, where it wasn't looked at. */
  async #noteRefused(key: string, person: Person, reason: string, at: number): Promise<void> {
    const user = await this.#options.store.find(key, person);
    if (user) this.#options.times.note(user, { at, outcome: "Refused", reason });
  }
}

function notedSignIn(outcome: SignInOutcome, at: number): NotedSignIn {
  switch (outcome.kind) {
    case "admitted":
      return { at, outcome: "Admitted", reason: outcome.user.access?.reason ?? "" };
    case "refused":
      return { at, outcome: "Refused", reason: outcome.access.reason };
    case "kept":
      return { at, outcome: "Refused", reason: outcome.reason };
  }
}

function isRefusedAsCut(outcome: SignInOutcome): boolean {
  return outcome.kind === "kept" && outcome.reason === LIST_MAY_BE_CUT.reason;
}

/**
 * A person's groups and status as Okta's directory has them. A failure of Okta's or of the cluster's is an answer, too.
 * @internal
 */
export async function groupsInDirectory(
  directories: Pick<DirectoryClients, "ask">,
  organization: Organization,
  subject: string,
): Promise<DirectoryAnswer> {
  try {
    const answer = await directories.ask(organization, async (directory): Promise<DirectoryAnswer> => {
      const [user, groups] = await Promise.all([directory.user(subject), directory.userGroups(subject)]);
      // Okta takes logins for ids: what it says of somebody else's login must not count, neither must a missing status.
      if (user === undefined)
        return { kind: "failed", why: "Okta's directory has no user with the ID that the token names." };
      return { kind: "groups", groups: groups.map(({ id, name }) => ({ id, name })), status: user.status };
    });
    return answer ?? { kind: "none" };
  } catch (error) {
    if (error instanceof OktaError || error instanceof KubernetesError)
      return { kind: "failed", why: error.message };
    throw error;
  }
}
