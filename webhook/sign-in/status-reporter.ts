import type { Logger } from "pino";
import { oktaRoleMappings, organizations as organizationType } from "../../crds/resources.ts";
import type { OktaRoleMapping, Organization } from "../../crds/types.ts";
import { type Grant, type Identity, roleNames, type User } from "../../identity/index.ts";
import {
  type Cache,
  Coalescer,
  ConflictError,
  conditionFalse,
  conditionTrue,
  type DesiredCondition,
  keyOf,
  rfc3339,
  type StatusWriter,
  splitKey,
} from "../../kubernetes/index.ts";
import { oneLine } from "../../okta/one-line.ts";
import { isSameSource, isSource } from "../../organizations/groups-claim.ts";
import type { GroupsClaimStatus } from "./groups-claim-condition.ts";

export interface StatusReporterOptions {
  readonly mappings: Pick<Cache<OktaRoleMapping>, "get" | "observe">;
  readonly organizations: Pick<Cache<Organization>, "get" | "observe">;
  /** Writes as the field manager `okta-role-webhook`. */
  readonly status: Pick<StatusWriter, "apply">;
  readonly log: Logger;
  readonly onCoalesced?: () => void;
}

/** At most one write of each object in this time. */
const INTERVAL_MS = 1_000;
/** Writes at once: a burst of sign-ins must not take the API server from those who sign in. */
const CONCURRENCY = 8;

/** What a sign-in has shown, of an object as it was then. */
interface Shown<T> {
  readonly value: T;
  readonly of: { readonly uid?: string; readonly generation?: number };
}

const PROVISIONED = { fields: [], conditionTypes: ["UsersProvisioned"] };
const CLAIM = { fields: ["groupsClaim", "groupsClaimChecked"], conditionTypes: ["GroupsClaimReceived"] };

/**
 * Writes what sign-ins have shown into the statuses of mappings and organizations: never more than one write of
 * each in a second, whatever the rate of sign-ins, and nobody waits for it.
 */
export class StatusReporter {
  readonly #options: StatusReporterOptions;
  readonly #mappings: Coalescer<Shown<DesiredCondition>>;
  readonly #organizations: Coalescer<Shown<GroupsClaimStatus>>;

  constructor(options: StatusReporterOptions) {
    this.#options = options;
    const shared = {
      intervalMs: INTERVAL_MS,
      concurrency: CONCURRENCY,
      onOvertaken: () => options.onCoalesced?.(),
      onFailure: (key: string, error: unknown) => {
        // Others write the same object; what they wrote is about to be heard of.
        const level = error instanceof ConflictError ? "debug" : "warn";
        options.log[level]({ err: error, key }, "A status could not be written; it is tried again.");
      },
    };
    this.#mappings = new Coalescer({
      ...shared,
      write: (key, shown) => this.#writeMapping(key, shown),
    });
    this.#organizations = new Coalescer({
      ...shared,
      write: (key, shown) => this.#writeOrganization(key, shown),
      outlasts: (waiting, later) => waiting.of.uid === later.of.uid && knowsMore(waiting.value, later.value),
    });
  }

  /**
   * Somebody has signed in, and holds what they hold through these mappings.
   * @param at ms since 1970
   */
  signedIn(user: User, at: number): void {
    const who = oneLine(user.email ?? user.name ?? user.ref);
    for (const [mapping, grants] of byMapping(user.access?.grants ?? [])) {
      const roles = roleNames(grants);
      this.#reportMapping(
        `${splitKey(user.organization).namespace}/${mapping}`,
        conditionTrue(
          "UsersProvisioned",
          "SignedIn",
          `${who} signed in at ${rfc3339(at)} and holds ${list(roles)}.`,
        ),
      );
    }
  }

  /**
   * Somebody would have got these grants, and their account could not be written.
   * @param organization "namespace/name"
   * @param at ms since 1970
   */
  failed(organization: string, identity: Identity, grants: readonly Grant[], error: Error, at: number): void {
    const who = oneLine(identity.email ?? identity.name ?? identity.subject);
    for (const mapping of byMapping(grants).keys()) {
      this.#reportMapping(
        `${splitKey(organization).namespace}/${mapping}`,
        conditionFalse(
          "UsersProvisioned",
          "StoreUnavailable",
          `The account of ${who} could not be written at ${rfc3339(at)}: ${oneLine(reason(error))}`,
        ),
      );
    }
  }

  /** What a sign-in has shown of an organization's groups claim. */
  groupsClaim(organization: Organization, claim: GroupsClaimStatus): void {
    this.#organizations.report(keyOf(organization), { value: claim, of: organization.metadata });
  }

  /** Writes what has not been written yet: for the end of the process. */
  async flush(): Promise<void> {
    await Promise.all([this.#mappings.flush(), this.#organizations.flush()]);
  }

  #reportMapping(key: string, value: DesiredCondition): void {
    const mapping = this.#options.mappings.get(key);
    if (mapping) this.#mappings.report(key, { value, of: mapping.metadata });
  }

  async #writeMapping(key: string, { value, of }: Shown<DesiredCondition>): Promise<void> {
    const { mappings, status } = this.#options;
    const mapping = mappings.get(key);
    if (mapping?.metadata.uid !== of.uid || !mapping) return; // deleted meanwhile
    const { generation } = of; // an edit since then is another matter
    const written = await status.apply(oktaRoleMappings, mapping, { conditions: [value] }, PROVISIONED, {
      generation,
    });
    if (written) mappings.observe(written);
  }

  async #writeOrganization(key: string, { value, of }: Shown<GroupsClaimStatus>): Promise<void> {
    const { organizations, status } = this.#options;
    const { condition, evidence, checked } = value;
    const organization = organizations.get(key);
    if (organization?.metadata.uid !== of.uid || !organization) return; // deleted meanwhile
    if (!isSameSource(checked, organization)) return; // of an issuer that isn't this organization's any more
    const knowsOfClaim = isSameSource(evidence, organization);
    // As of another report that waits: see `knowsMore`.
    if (!knowsOfClaim && isSameSource(organization.status?.groupsClaim, organization)) return;
    const written = await status.apply(
      organizationType,
      organization,
      {
        conditions: [condition],
        groupsClaimChecked: checked,
        ...(evidence ? { groupsClaim: evidence } : {}),
      },
      CLAIM,
      { generation: of.generation, onlyIfUnchanged: !knowsOfClaim },
    );
    if (written) organizations.observe(written);
  }
}

/** Whoever didn't know that the claim has been received says nothing against somebody who has received it. */
function knowsMore({ evidence }: GroupsClaimStatus, later: GroupsClaimStatus): boolean {
  return isSource(evidence, later.checked) && !isSource(later.evidence, later.checked);
}

function byMapping(grants: readonly Grant[]): Map<string, Grant[]> {
  const found = new Map<string, Grant[]>();
  for (const grant of grants) {
    if (grant.mapping === undefined) continue;
    const known = found.get(grant.mapping);
    if (known) known.push(grant);
    else found.set(grant.mapping, [grant]);
  }
  return found;
}

function list(names: readonly string[]): string {
  const last = names.at(-1) ?? "nothing";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}

/** What the API server said is under the store's own words. */
function reason(error: Error): string {
  return error.cause instanceof Error ? `${error.message} ${error.cause.message}` : error.message;
}
