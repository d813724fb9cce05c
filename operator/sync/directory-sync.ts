import type { Logger } from "pino";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { OktaRoleMapping, Organization } from "../../crds/types.ts";
import type { AuditLog, IdentityStore, Policies } from "../../identity/index.ts";
import type { Cache } from "../../kubernetes/index.ts";
import type { Hint } from "../../okta/events/hint.ts";
import type { DirectoryClients } from "../../organizations/directory-clients.ts";
import { dropSeries } from "../../organizations/gone-series.ts";
import type { UnfinishedSignIns } from "../users/unfinished-sign-ins.ts";
import { OrganizationSync } from "./organization-sync.ts";
import type { SyncState } from "./sync-state.ts";
import type { HeardHints } from "./taken-hints.ts";

export interface DirectorySyncDeps {
  readonly organizations: Pick<Cache<Organization>, "get">;
  readonly mappings: Pick<Cache<OktaRoleMapping>, "by">;
  readonly hints: HeardHints;
  /** Those of some hints that are about anybody or anything of an organization. */
  readonly concerned: (organization: Organization, hints: readonly Hint[]) => Promise<readonly Hint[]>;
  readonly store: IdentityStore;
  readonly policies: Pick<Policies, "of">;
  readonly unfinished: Pick<UnfinishedSignIns, "isComplete">;
  readonly audit: Pick<AuditLog, "write">;
  /** What reads for whoever waits for a change, and what has time. */
  readonly directories: Pick<DirectoryClients, "of">;
  readonly sweeps: Pick<DirectoryClients, "of">;
  /** Whether this replica may act for an organization, and knows all that there is of it. */
  readonly isReady: (organization: string) => boolean;
  /** Has a user reconciled. */
  readonly decide: (ref: string) => void;
  /** Has groups looked up anew of those of an organization's mappings that may mean these: see `OrganizationSyncDeps`. */
  readonly lookUpGroups: (organization: string, ids: readonly string[], names?: readonly string[]) => void;
  /** Has the organization's status written. */
  readonly changed: (organization: string) => void;
  readonly metrics: SyncMetrics;
  readonly log: Logger;
  /** Nothing is followed any more when it has aborted. */
  readonly signal: AbortSignal;
}

interface Followed {
  readonly sync: OrganizationSync;
  /** What of the organization it depends on: another directory is followed anew. */
  readonly of: string;
  readonly end: AbortController;
}

/** Follows the directories of organizations, each by itself: what one of them suffers delays no other. */
export class DirectorySync {
  readonly #deps: DirectorySyncDeps;
  readonly #followed = new Map<string, Followed>();

  constructor(deps: DirectorySyncDeps) {
    this.#deps = deps;
    const unsubscribe = deps.store.subscribe((event) =>
      this.#followed.get(event.user.organization)?.sync.told(event),
    );
    deps.signal.addEventListener("abort", unsubscribe, { once: true });
    deps.metrics.read(
      (organization) => this.of(organization),
      () => this.#followed.keys(),
    );
  }

  /** Begins to follow an organization's directory, goes on, or ends. Something about it may have changed. */
  follow(key: string): void {
    const organization = this.#deps.organizations.get(key);
    const { directory, issuer } = organization?.spec.okta ?? {};
    const known = this.#followed.get(key);
    const of = directory && JSON.stringify([organization?.metadata.uid, directory.url, issuer]);
    if (known && known.of === of) {
      known.sync.wake();
      return;
    }
    known?.end.abort();
    this.#followed.delete(key);
    if (of !== undefined && !this.#deps.signal.aborted) this.#begin(key, of, { isAnew: known !== undefined });
    if (!organization) void this.#deps.metrics.forgets(key, () => !this.#deps.organizations.get(key));
  }

  /** Undefined where it isn't followed. */
  of(organization: string): SyncState | undefined {
    return this.#followed.get(organization)?.sync.state();
  }

  /** Whether the directory has answered lately. */
  isAnswering(organization: string, withinMs: number): boolean {
    return this.#followed.get(organization)?.sync.isAnswering(withinMs) === true;
  }

  /** @param isAnew it was another directory, or another issuer's, until now: what the status says of it is of that one */
  #begin(key: string, of: string, { isAnew }: { readonly isAnew: boolean }): void {
    const { organizations, mappings, directories, sweeps, metrics, ...deps } = this.#deps;
    const end = new AbortController();
    const organization = () => organizations.get(key);
    const sync = new OrganizationSync(
      {
        ...deps,
        organization,
        isAnew,
        mappings: () => mappings.by("organization", key),
        directory: async (lane, how) => {
          const now = organization();
          return now && (lane === "passes" ? sweeps : directories).of(now, how);
        },
        isReady: () => deps.isReady(key),
        lookUpGroups: (ids, names) => deps.lookUpGroups(key, ids, names),
        changed: () => deps.changed(key),
        onDelay: (ms) => metrics.delay.observe({ organization: key }, ms / 1000),
        onFailure: (part, reason) => metrics.failures.inc({ organization: key, part, reason }),
        onHeard: (source, count) => metrics.heard.inc({ organization: key, source }, count),
      },
      AbortSignal.any([end.signal, deps.signal]),
    );
    this.#followed.set(key, { sync, of, end });
    void sync.run();
  }
}

/** How organizations' directories are followed. Labels are bounded by the number of Organizations. */
export class SyncMetrics {
  readonly delay: Histogram<"organization">;
  readonly failures: Counter<"organization" | "part" | "reason">;
  readonly heard: Counter<"organization" | "source">;
  #stateOf: (organization: string) => SyncState | undefined = () => undefined;
  #organizations: () => Iterable<string> = () => [];

  constructor(metrics: Registry) {
    const registers = [metrics];
    this.delay = new Histogram({
      name: "okta_role_sync_delay_seconds",
      help: "From the time that Okta names of a change to its being in force, by organization.",
      labelNames: ["organization"],
      buckets: [0.1, 0.25, 0.5, 1, 1.5, 2.5, 5, 10, 31, 60, 300],
      registers,
    });
    this.failures = new Counter({
      name: "okta_role_sync_failures_total",
      help: "Times that a directory couldn't be followed, by organization, part (look, pass, poll) and reason.",
      labelNames: ["organization", "part", "reason"],
      registers,
    });
    this.heard = new Counter({
      name: "okta_role_sync_heard_total",
      help: "What Okta was asked for, and said that had changed, of whom or what concerns the organization, by source (log, groups).",
      labelNames: ["organization", "source"],
      registers,
    });
    const gauge = (name: string, help: string, value: (state: SyncState) => number | undefined): void => {
      const [stateOf, organizations] = [(key: string) => this.#stateOf(key), () => this.#organizations()];
      new Gauge({
        name,
        help,
        labelNames: ["organization"],
        registers,
        collect() {
          this.reset();
          for (const organization of organizations()) {
            const state = stateOf(organization);
            const found = state && value(state);
            if (found !== undefined) this.set({ organization }, found);
          }
        },
      });
    };
    gauge(
      "okta_role_sync_hints_waiting",
      "People and groups that are to be looked at in Okta.",
      ({ waiting }) => waiting,
    );
    gauge(
      "okta_role_sync_failing_since_seconds",
      "Since when a directory can't be followed, in seconds since 1970; 0 while it can.",
      ({ failure }) => (failure ? failure.since / 1000 : 0),
    );
    gauge(
      "okta_role_sync_last_full_sync_seconds",
      "When the members of all mapped groups were last read, in seconds since 1970.",
      ({ lastFullSync }) => (lastFullSync === undefined ? undefined : lastFullSync / 1000),
    );
    gauge(
      "okta_role_sync_last_change_seconds",
      "When Okta last said that something had changed, in seconds since 1970.",
      ({ lastChange }) => (lastChange === undefined ? undefined : lastChange / 1000),
    );
    gauge(
      "okta_role_sync_people_not_shown",
      "Accounts that Okta doesn't show to the app.",
      ({ notShown }) => notShown.length,
    );
  }

  /** From now on the gauges say this. */
  read(
    stateOf: (organization: string) => SyncState | undefined,
    organizations: () => Iterable<string>,
  ): void {
    this.#stateOf = stateOf;
    this.#organizations = organizations;
  }

  /** When it is deleted. @param isGone whether it still is */
  forgets(organization: string, isGone: () => boolean): Promise<void> {
    return dropSeries([this.failures, this.heard], [this.delay], organization, isGone);
  }
}
