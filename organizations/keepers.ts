import type { Organization } from "../crds/types.ts";
import type { Cache } from "../kubernetes/index.ts";
import { PATIENCE, type Patience, type Tenure, tenureAfter } from "./tenure.ts";

/** That another release has taken an organization from us, who kept it. */
export interface Contest {
  readonly by: string;
  /** ms since 1970 */
  readonly at: number;
}

/** The name of a release: its Lease's, which no other release has. */
export function releaseName(namespace: string, lease: string): string {
  return `${namespace}/${lease}`;
}

/**
 * Which release keeps which organization. Two releases that watch the same namespace would write against each other, and
 * send people to two addresses: the one whose name stands in `status.controller` keeps an organization with its mappings
 * and users, and the other leaves it alone.
 */
export class Keepers {
  readonly release: string;
  readonly patience: Patience;
  /** ms since 1970 */
  readonly startedAt = Date.now();
  readonly #now: () => number;
  /** By uid. */
  readonly #tenures = new Map<string, Tenure>();
  readonly #contests = new Map<string, Contest>();

  /**
   * @param options.release the name of this one
   * @param options.now ms, by a clock that nobody sets
   */
  constructor({
    organizations,
    release,
    patience = PATIENCE,
    now = () => performance.now(),
  }: {
    organizations: Pick<Cache<Organization>, "subscribe">;
    release: string;
    patience?: Patience | undefined;
    now?: () => number;
  }) {
    this.release = release;
    this.patience = patience;
    this.#now = now;
    organizations.subscribe(({ kind, object }) => {
      const { uid = "" } = object.metadata;
      if (kind !== "deleted") return this.#see(uid, object.status?.controller);
      this.#tenures.delete(uid);
      this.#contests.delete(uid);
    });
  }

  /** Who keeps it; undefined: nobody has said so yet. */
  tenureOf({ metadata }: Organization): Tenure | undefined {
    return this.#tenures.get(metadata.uid ?? "");
  }

  /** Whether this release may write what follows from it. */
  isOurs(organization: Organization): boolean {
    return this.untilOursMs(organization) === 0;
  }

  /** How long until this release may write what follows from it, ms; undefined where it isn't ours. */
  untilOursMs(organization: Organization): number | undefined {
    const tenure = this.tenureOf(organization);
    return tenure?.kind === "ours" ? Math.max(0, tenure.settledAt - this.#now()) : undefined;
  }

  /** How long until this release's name is to be written over another's, ms; undefined where that isn't the case. */
  untilDueMs(organization: Organization): number | undefined {
    const tenure = this.tenureOf(organization);
    return tenure?.kind === "theirs" ? Math.max(0, tenure.dueAt - this.#now()) : undefined;
  }

  /** Whether another release serves it. What was taken from us a moment ago is about to be taken back. */
  isOthers(organization: Organization): boolean {
    const tenure = this.tenureOf(organization);
    if (tenure?.kind !== "theirs") return false;
    return !tenure.isTakenFromUs || this.#now() - tenure.since >= this.patience.undoneMs;
  }

  /** The last time that another release has taken it from us, in the life of this program. */
  contestOf({ metadata }: Organization): Contest | undefined {
    return this.#contests.get(metadata.uid ?? "");
  }

  #see(uid: string, name: string | undefined): void {
    const before = this.#tenures.get(uid);
    const { release, patience } = this;
    const after = tenureAfter(before, name, { release, patience, now: this.#now() });
    if (after === before) return;
    if (after) this.#tenures.set(uid, after);
    else this.#tenures.delete(uid);
    if (before?.kind === "ours" && after?.kind === "theirs" && after.isTakenFromUs)
      this.#contests.set(uid, { by: after.by, at: Date.now() });
  }
}
