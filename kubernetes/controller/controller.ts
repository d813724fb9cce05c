import type { Logger } from "pino";
import { Registry } from "prom-client";
import type { BackoffOptions } from "../backoff.ts";
import { ApiError, ConflictError, isNotLeader } from "../client/errors.ts";
import type { ObjectKey } from "../client/object.ts";
import { letOthersRun } from "../event-loop.ts";
import { RuntimeMetrics } from "../metrics.ts";
import { type FirstKeys, type KeysOf, type Source, Wiring } from "./wiring.ts";
import { WorkQueue } from "./work-queue.ts";

/** What a reconcile comes to, unless it throws. Make one with {@link done} or {@link again}. */
export type Outcome = { readonly kind: "done" } | { readonly kind: "again"; readonly afterMs: number };

/** Nothing more to do until something changes. */
export const done: Outcome = Object.freeze({ kind: "done" });

/** Done for now; look at it again after so many milliseconds. */
export function again(afterMs: number): Outcome {
  return { kind: "again", afterMs };
}

export interface ReconcileContext {
  /** Aborts at the deadline, and when a shutdown can't wait any longer. */
  readonly signal: AbortSignal;
  readonly log: Logger;
}

export interface ControllerOptions {
  /** For logs and metrics. */
  name: string;
  /** Brings the world into line with the object of this key; it may be gone. Throws to be called again later. */
  reconcile: (key: ObjectKey, context: ReconcileContext) => Promise<Outcome>;
  /** How many keys are worked on at a time; of one namespace half of that at most (see WorkQueue). */
  workers: number;
  /** For each reconcile, in milliseconds; a minute unless said otherwise. */
  deadlineMs?: number;
  /** How long a shutdown waits for running reconciles, in milliseconds; 7 s unless said otherwise. */
  graceMs?: number;
  backoff?: BackoffOptions;
  log: Logger;
  metrics?: Registry;
}

type Result = "done" | "again" | "conflict" | "error" | "not_leader";

/** Calls `reconcile` for keys whose objects, or what they depend on, have changed. */
export class Controller {
  readonly name: string;
  readonly queue: WorkQueue;
  readonly #options: ControllerOptions;
  readonly #deadlineMs: number;
  readonly #graceMs: number;
  readonly #log: Logger;
  readonly #metrics: RuntimeMetrics;
  readonly #wiring: Wiring;
  /** Keys being worked on, with the time since when. */
  readonly #running = new Map<ObjectKey, number>();

  constructor(options: ControllerOptions) {
    const { name, workers, backoff, deadlineMs = 60_000, graceMs = 7_000, metrics } = options;
    this.name = name;
    this.#options = options;
    this.#deadlineMs = deadlineMs;
    this.#graceMs = graceMs;
    this.#log = options.log.child({ controller: name });
    this.#metrics = RuntimeMetrics.in(metrics ?? new Registry());
    this.queue = new WorkQueue({
      workers,
      ...(backoff && { backoff }),
      waited: (ms) => this.#metrics.queueSeconds.observe({ controller: name }, ms / 1000),
    });
    this.#wiring = new Wiring(this.queue);
    this.#metrics.watchQueue(name, this.queue);
  }

  /** Looks at each object of a cache: those that there are, and whenever one changes. */
  follow(cache: Source<{ readonly key: ObjectKey }>): this {
    return this.enqueueOn(cache, ({ key }) => [key]);
  }

  /**
   * Looks at the keys that `keys` gives for each change, and for what there is already where the source can tell.
   * `keys` is called, and its keys are in the queue, in the turn of the event loop in which the source tells of the
   * change, so that whatever it takes note of is known before anything is done about it.
   * @param options.afterMs looks at them so much later: many changes of that time are one
   */
  enqueueOn<C>(source: Source<C>, keys: KeysOf<C>, options: { afterMs?: number } = {}): this {
    this.#wiring.on(source, keys, options);
    return this;
  }

  /**
   * Looks at these when it starts: `keys` is called when the sources are in sync. It can be a generator that takes note
   * of what it meets, one by one, since others run in between; no controller of {@link runTogether} begins before its
   * end.
   */
  enqueueFirst(keys: FirstKeys): this {
    this.#wiring.first(keys);
    return this;
  }

  /**
   * Works until the signal aborts; then takes nothing new, lets what is running finish, and resolves. What isn't
   * finished after `graceMs` is told to stop, and no longer waited for: it may be waiting for somebody who never answers,
   * and what it would write then, a guarded client refuses. A controller runs once: make a new one for the next time.
   */
  run(signal: AbortSignal): Promise<void> {
    return Controller.runTogether([this], signal);
  }

  /**
   * Runs controllers that rely on what the others have taken note of. All of them hear of every change from now on;
   * what there is is looked at for all of them; only then they begin to work.
   */
  static async runTogether(controllers: readonly Controller[], signal: AbortSignal): Promise<void> {
    const stop = () => {
      for (const { queue } of controllers) queue.shutDown();
    };
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop);
    const wirings = controllers.map((controller) => controller.#wiring);
    try {
      for (const wiring of wirings) wiring.connect();
      await untilAborted(Promise.all(wirings.map((wiring) => wiring.synced())), signal);
      for (const wiring of wirings) await wiring.addFirst(signal);
      await Promise.all(controllers.map((controller) => controller.#workAll(signal)));
    } finally {
      signal.removeEventListener("abort", stop);
      for (const wiring of wirings) wiring.disconnect();
    }
  }

  /** A check for {@link HealthServer}: a reconcile that goes on long after its deadline won't come back. */
  check = (): string | undefined => {
    for (const [key, since] of this.#running) {
      const ms = performance.now() - since;
      if (ms > 2 * this.#deadlineMs) {
        return `${this.name}: the reconcile of ${key} has been running for ${Math.round(ms / 1000)} s`;
      }
    }
    return undefined;
  };

  async #workAll(signal: AbortSignal): Promise<void> {
    await Promise.all(Array.from({ length: this.#options.workers }, () => this.#work(signal)));
  }

  async #work(signal: AbortSignal): Promise<void> {
    for (let key = await this.queue.next(); key !== undefined; key = await this.queue.next()) {
      await this.#reconcile(key, signal);
      this.queue.done(key);
      await letOthersRun();
    }
  }

  async #reconcile(key: ObjectKey, stopping: AbortSignal): Promise<void> {
    const start = performance.now();
    const abort = new AbortController();
    const late = () => abort.abort(new DeadlineError(`not done within ${this.#deadlineMs / 1000} s`));
    const deadline = setTimeout(late, this.#deadlineMs);
    let grace: NodeJS.Timeout | undefined;
    const given = Promise.withResolvers<never>();
    const stop = () => {
      grace = setTimeout(() => {
        abort.abort(stopping.reason);
        setImmediate(() => given.reject(stopping.reason)); // whoever listens to the signal ends first, and says how
      }, this.#graceMs);
    };
    stopping.addEventListener("abort", stop);
    if (stopping.aborted) stop();
    this.#running.set(key, start);
    let result: Result;
    try {
      const reconciling = this.#options.reconcile(key, this.#context(key, abort.signal));
      result = this.#settle(key, await Promise.race([reconciling, given.promise]));
    } catch (error) {
      result = this.#fail(key, error);
    } finally {
      clearTimeout(deadline);
      clearTimeout(grace);
      stopping.removeEventListener("abort", stop);
      this.#running.delete(key);
    }
    const controller = this.name;
    const ms = performance.now() - start;
    this.#metrics.reconciles.inc({ controller, result });
    this.#metrics.reconcileSeconds.observe({ controller }, ms / 1000);
    this.#log.debug({ key, result, ms: Math.round(ms) }, "reconciled");
  }

  #context(key: ObjectKey, signal: AbortSignal): ReconcileContext {
    const parent = this.#log;
    let log: Logger | undefined;
    return {
      signal,
      // Most reconciles log nothing, and a child log for each costs more than they do.
      get log() {
        log ??= parent.child({ key });
        return log;
      },
    };
  }

  #settle(key: ObjectKey, outcome: Outcome): Result {
    this.queue.forget(key);
    if (outcome.kind === "again") this.queue.addAfter(key, outcome.afterMs);
    return outcome.kind;
  }

  #fail(key: ObjectKey, error: unknown): Result {
    const askedMs = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
    this.queue.retry(key, Math.min(askedMs, LONGEST_ASKED_MS));
    const failures = this.queue.failures(key);
    if (isNotLeader(error)) {
      this.#log.info({ key, err: error }, "reconcile stopped: not the leader");
      return "not_leader";
    }
    // Somebody else has written the object: our cache is about to learn of it. Normal, unless it goes on.
    if (error instanceof ConflictError && failures < 5) {
      this.#log.debug({ key, err: error, failures }, "reconcile met a conflict, trying again");
      return "conflict";
    }
    this.#log.warn({ key, err: error, failures }, "reconcile failed, trying again");
    return "error";
  }
}

/** The most that a server's Retry-After puts an object off, in ms: it may be a date, by a clock that is wrong. */
const LONGEST_ASKED_MS = 60_000;

class DeadlineError extends Error {
  override readonly name = "TimeoutError";
}

async function untilAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<void>();
  const stop = () => aborted.resolve();
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop);
  try {
    await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
