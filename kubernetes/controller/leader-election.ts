import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { Registry } from "prom-client";
import { type Lease, leases } from "../client/builtin-types.ts";
import type { CallOptions, Client } from "../client/client.ts";
import { AlreadyExistsError, ApiError, ConflictError, NotFoundError } from "../client/errors.ts";
import { microTime } from "../client/times.ts";
import { elapsedSince, type Moment, now } from "../clock.ts";
import { RuntimeMetrics } from "../metrics.ts";

export interface LeaderElectionOptions {
  /** Not a guarded one: it has to write the lease before it leads. */
  client: Pick<Client, "get" | "create" | "replace">;
  /** Of the Lease. */
  namespace: string;
  name: string;
  /** Who we are; no two replicas may have the same, nor one replica before and after a restart. */
  identity: string;
  /** Another replica takes over when it has seen no sign of the leader for so long; 15 s unless said otherwise. */
  leaseDurationMs?: number;
  /** A leader that couldn't renew for so long stops writing; 10 s unless said otherwise. */
  renewDeadlineMs?: number;
  /** How often a leader renews and the others look; 2 s unless said otherwise. */
  retryPeriodMs?: number;
  /**
   * Whether this replica knows enough to lead, such as that its caches are current. One that doesn't doesn't campaign;
   * a leader that doesn't for `blindMs` gives the lease back, so that another replica can take it.
   */
  isCurrent?: () => boolean;
  /** How long a leader may not be current; 15 s unless said otherwise. */
  blindMs?: number;
  log: Logger;
  metrics?: Registry;
}

/** A shutdown waits for it. */
const RELEASE_TIMEOUT_MS = 2_000;

/** Only a renewal of our own, or somebody's hand, is in the way of the first. */
const RELEASE_ATTEMPTS = 3;

/** A lease as we last saw it. Only what changes counts, and when we saw it: clocks of other machines are not trusted. */
interface Sighting {
  lease: Lease;
  since: Moment;
}

/**
 * Elects one leader among replicas by a Lease, so that only one writes.
 *
 * The rule that keeps two from writing at once: a leader may write until `renewDeadlineMs` after it *sent* its last
 * successful renewal; another replica may start `leaseDurationMs` after it *saw* that renewal, which is later. What lies
 * between the two is for writes under way: a client from {@link guard} gives up on them in nine tenths of it.
 */
export class LeaderElection {
  readonly #options: LeaderElectionOptions;
  readonly #leaseDurationMs: number;
  readonly #renewDeadlineMs: number;
  readonly #retryPeriodMs: number;
  readonly #isCurrent: () => boolean;
  readonly #blindMs: number;
  readonly #log: Logger;
  readonly #metrics: RuntimeMetrics;
  #seen: Sighting | undefined;
  /** The resourceVersion of the lease as this process wrote it last. */
  #written: string | undefined;
  /** Whether the API server may have carried out a write whose answer never came. */
  #isUnanswered = false;
  #isWaiting = false;
  /** When the last successful renewal was sent; undefined while somebody else leads. */
  #renewed: Moment | undefined;
  /** Writes of guarded clients that aren't over. */
  readonly #underWay = new Set<Promise<void>>();

  constructor(options: LeaderElectionOptions) {
    const { leaseDurationMs = 15_000, renewDeadlineMs = 10_000, retryPeriodMs = 2_000 } = options;
    if (!(retryPeriodMs < renewDeadlineMs && renewDeadlineMs < leaseDurationMs)) {
      throw new RangeError("A leader election needs retryPeriodMs < renewDeadlineMs < leaseDurationMs");
    }
    this.#options = options;
    this.#leaseDurationMs = leaseDurationMs;
    this.#renewDeadlineMs = renewDeadlineMs;
    this.#retryPeriodMs = retryPeriodMs;
    this.#isCurrent = options.isCurrent ?? (() => true);
    this.#blindMs = options.blindMs ?? 15_000;
    this.#log = options.log.child({ lease: options.name, identity: options.identity });
    this.#metrics = RuntimeMetrics.in(options.metrics ?? new Registry());
    this.#metrics.leader.set({ lease: options.name }, 0);
  }

  /** Whether this replica is the leader at this very moment; asks the clock, so that a stalled process is told no. */
  mayWrite = (): boolean => this.#remainingMs() > 0;

  /** The client, for writes of the leader only: see {@link Client.guardedBy}. */
  guard(client: Client): Client {
    return client.guardedBy(this.mayWrite, { writeTimeoutMs: this.#writeTimeoutMs, began: this.#began });
  }

  #began = (write: Promise<unknown>): void => {
    const end = () => void this.#underWay.delete(over);
    const over: Promise<void> = write.then(end, end);
    this.#underWay.add(over);
  };

  /** After so long an attempt to write is over, and another replica hasn't started. */
  get #writeTimeoutMs(): number {
    return (this.#leaseDurationMs - this.#renewDeadlineMs) * 0.9;
  }

  /** The identity of the current leader, as far as is known. */
  get leader(): string | undefined {
    return this.#seen?.lease.spec?.holderIdentity || undefined;
  }

  /**
   * Waits to become the leader, calls `lead`, and does so again when leadership was lost. `lead` has to end soon after
   * its signal aborts: on loss, and on shutdown. Resolves after a shutdown, with the lease released, so that another
   * replica can take over at once. Rejects with what `lead` rejects with.
   */
  async run(signal: AbortSignal, lead: (lost: AbortSignal) => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      if (this.#mayCampaign() && (await this.#tryAcquire(signal))) await this.#lead(signal, lead);
      else await this.#pause(signal);
    }
    if (this.#isUnanswered) await this.#release();
  }

  /** Whoever sees nothing would lead nobody, and keep those who see from it. */
  #mayCampaign(): boolean {
    const may = this.#isCurrent();
    if (!may && !this.#isWaiting) this.#log.info("not current: not campaigning for the lease until it is");
    this.#isWaiting = !may;
    return may;
  }

  async #lead(signal: AbortSignal, lead: (lost: AbortSignal) => Promise<void>): Promise<void> {
    const over = new AbortController();
    const stop = () => over.abort(signal.reason);
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    const ended = new AbortController();
    this.#log.info("leading");
    this.#metrics.leader.set({ lease: this.#options.name }, 1);
    try {
      const renewing = this.#keepRenewing(over, ended.signal);
      try {
        await lead(over.signal);
      } finally {
        // The lease is renewed until `lead` has ended, also during a shutdown: nobody else may start before.
        ended.abort();
        await renewing;
      }
    } finally {
      signal.removeEventListener("abort", stop);
      if (this.mayWrite()) await this.#release();
      this.#renewed = undefined;
      this.#metrics.leader.set({ lease: this.#options.name }, 0);
      this.#log.info("not leading any more");
    }
  }

  async #keepRenewing(over: AbortController, ended: AbortSignal): Promise<void> {
    let currentAt = now();
    const stopWaiting = this.#tellAtDeadline(over);
    while (!ended.aborted && this.mayWrite()) {
      if (this.#isCurrent()) currentAt = now();
      else if (elapsedSince(currentAt) > this.#blindMs && !over.signal.aborted) {
        this.#log.warn({ blindMs: this.#blindMs }, "not current for too long: another replica may lead");
        over.abort(new Error("not current for too long"));
      }
      await this.#pause(ended);
      if (!ended.aborted) await this.#renew(ended);
    }
    stopWaiting();
    if (!ended.aborted) this.#lost(over);
  }

  /** By a timer, since a renewal may hang until long after the deadline. @returns what ends that */
  #tellAtDeadline(over: AbortController): () => void {
    let timer: NodeJS.Timeout;
    // It was renewed since, or the timer came early: one does, by up to a millisecond or two.
    const look = (): void => {
      if (!this.mayWrite()) this.#lost(over);
      else timer = setTimeout(look, Math.max(1, this.#remainingMs()));
    };
    look();
    return () => clearTimeout(timer);
  }

  #lost(over: AbortController): void {
    if (this.mayWrite()) return;
    this.#renewed = undefined;
    if (!over.signal.aborted) this.#log.warn("the lease couldn't be renewed: leadership is lost");
    over.abort(new Error("leadership is lost"));
  }

  async #tryAcquire(signal: AbortSignal): Promise<boolean> {
    const { client, namespace, name } = this.#options;
    try {
      const lease = await client.get(leases, { namespace, name }, { signal, timeoutMs: this.#timeoutMs });
      this.#see(lease);
      if (!this.#isFree()) return false;
      await this.#write(lease, signal);
    } catch (error) {
      if (signal.aborted) return false;
      if (error instanceof NotFoundError) return this.#create(signal);
      if (error instanceof ConflictError) return false; // another replica was faster
      this.#log.warn({ err: error }, "can't read or take the lease, trying again");
      return false;
    }
    return this.mayWrite();
  }

  async #create(signal: AbortSignal): Promise<boolean> {
    const { client, namespace, name } = this.#options;
    const object = { metadata: { namespace, name }, spec: this.#spec(undefined) };
    try {
      await this.#hold((options) => client.create(leases, object, options), signal);
      return this.mayWrite();
    } catch (error) {
      if (!signal.aborted && !(error instanceof AlreadyExistsError)) {
        this.#log.warn({ err: error }, "can't create the lease, trying again");
      }
      return false;
    }
  }

  async #renew(signal: AbortSignal): Promise<void> {
    const { client, namespace, name, identity } = this.#options;
    try {
      if (this.#seen) await this.#write(this.#seen.lease, signal);
    } catch (error) {
      if (signal.aborted) return;
      this.#log.warn({ err: error }, "can't renew the lease, trying again");
      if (!(error instanceof ConflictError || error instanceof NotFoundError)) return;
      // Somebody has changed or deleted it. If another replica holds it, leadership is lost at once.
      try {
        const lease = await client.get(leases, { namespace, name }, { signal, timeoutMs: this.#timeoutMs });
        this.#see(lease);
        if (lease.spec?.holderIdentity !== identity) this.#renewed = undefined;
      } catch (again) {
        if (again instanceof NotFoundError) this.#renewed = undefined;
      }
    }
  }

  /** Takes or renews the lease, if it hasn't changed since it was read. */
  async #write(lease: Lease, signal: AbortSignal): Promise<void> {
    const mine = { ...lease, spec: this.#spec(lease) };
    await this.#hold((options) => this.#options.client.replace(leases, mine, options), signal);
  }

  /** Sends a write after which the lease is ours. */
  async #hold(write: (options: CallOptions) => Promise<Lease>, signal: AbortSignal): Promise<void> {
    // The answer may take its time, during which others have seen the renewal already.
    const sent = now();
    this.#isUnanswered = true;
    try {
      const lease = await write({ signal, timeoutMs: this.#timeoutMs });
      this.#see(lease);
      this.#written = lease.metadata.resourceVersion;
      this.#renewed = sent;
      this.#isUnanswered = false;
    } catch (error) {
      if (error instanceof ApiError && error.status < 500 && !error.repeated) this.#isUnanswered = false;
      throw error;
    }
  }

  /** Lets others know that they needn't wait; if that fails, they wait until the lease expires. */
  async #release(): Promise<void> {
    this.#renewed = undefined; // from here on we don't write, and nobody else may before what was sent is over
    try {
      await Promise.race([
        Promise.all(this.#underWay),
        sleep(this.#writeTimeoutMs, undefined, { ref: false }),
      ]);
      let lease = this.#isUnanswered ? await this.#read() : this.#seen?.lease;
      let attempt = 1;
      while (lease?.spec?.holderIdentity === this.#options.identity && !(await this.#giveBack(lease))) {
        if (attempt++ === RELEASE_ATTEMPTS) throw new Error("the lease is being changed all the time");
        lease = await this.#read();
      }
      this.#seen = undefined;
      this.#isUnanswered = false;
    } catch (error) {
      this.#log.warn({ err: error }, "can't release the lease: another replica has to wait until it expires");
    }
  }

  /** @returns false where it has changed since: a write of our own that nobody waits for any more may have come late */
  async #giveBack(lease: Lease): Promise<boolean> {
    const spec = { ...this.#spec(lease), holderIdentity: "", leaseDurationSeconds: 1 };
    try {
      await this.#options.client.replace(leases, { ...lease, spec }, { timeoutMs: RELEASE_TIMEOUT_MS });
      return true;
    } catch (error) {
      if (error instanceof ConflictError || error instanceof NotFoundError) return false;
      throw error;
    }
  }

  /** Of a shutdown. @returns undefined where there is none */
  async #read(): Promise<Lease | undefined> {
    const { client, namespace, name } = this.#options;
    try {
      return await client.get(leases, { namespace, name }, { timeoutMs: RELEASE_TIMEOUT_MS });
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }

  #spec(lease: Lease | undefined): NonNullable<Lease["spec"]> {
    const { identity } = this.#options;
    const before = lease?.spec;
    const time = microTime();
    const isOurs = before?.holderIdentity === identity;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.max(1, Math.ceil(this.#leaseDurationMs / 1000)),
      acquireTime: isOurs ? (before.acquireTime ?? time) : time,
      renewTime: time,
      leaseTransitions: (before?.leaseTransitions ?? 0) + (lease && !isOurs ? 1 : 0),
    };
  }

  #see(lease: Lease): void {
    const seen = this.#seen?.lease;
    // A store that was restored from a backup gives the same resourceVersions out once more.
    if (
      seen?.metadata.resourceVersion === lease.metadata.resourceVersion &&
      seen?.spec?.renewTime === lease.spec?.renewTime &&
      seen?.spec?.holderIdentity === lease.spec?.holderIdentity
    )
      return;
    this.#seen = { lease, since: now() };
  }

  /** Nobody holds the lease, or its holder hasn't been seen to renew it for its whole duration. */
  #isFree(): boolean {
    const spec = this.#seen?.lease.spec;
    if (!this.#seen || !spec?.holderIdentity) return true;
    // Our own, as we left it. One that we didn't leave so comes from a backup, or its answer was lost: somebody else may
    // have led since, and may still believe that they do.
    const isOurs = spec.holderIdentity === this.#options.identity;
    if (isOurs && this.#seen.lease.metadata.resourceVersion === this.#written) return true;
    const durationMs = Math.max(this.#leaseDurationMs, (spec.leaseDurationSeconds ?? 0) * 1000);
    return performance.now() - this.#seen.since.monotonic > durationMs;
  }

  /** Short, so that there is time for several attempts. */
  get #timeoutMs(): number {
    return Math.max(500, this.#renewDeadlineMs / 3);
  }

  #remainingMs(): number {
    return this.#renewed ? this.#renewDeadlineMs - elapsedSince(this.#renewed) : 0;
  }

  /** With jitter, so that replicas don't all ask at the same time. */
  async #pause(signal: AbortSignal): Promise<void> {
    const ms = this.#retryPeriodMs * (1 + Math.random() * 0.2);
    await sleep(ms, undefined, { signal }).catch(() => {}); // aborted: the caller looks at the signal
  }
}
