import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** Every metric of this folder, registered once per Registry however many clients, caches and controllers share it. */
export class RuntimeMetrics {
  readonly requests: Counter<"verb" | "resource" | "code">;
  readonly requestSeconds: Histogram<"verb" | "resource">;
  readonly lists: Counter<"resource" | "result">;
  readonly watchRestarts: Counter<"resource" | "reason">;
  readonly cacheObjects: Gauge<"resource">;
  readonly cacheReadable: Gauge<"resource" | "watched_namespace">;
  readonly handlerErrors: Counter<"resource">;
  readonly reconciles: Counter<"controller" | "result">;
  readonly reconcileSeconds: Histogram<"controller">;
  readonly queueDepth: Gauge<"controller">;
  readonly queueSeconds: Histogram<"controller">;
  readonly leader: Gauge<"lease">;
  readonly statusWrites: Counter<"resource" | "result">;
  readonly eventsWritten: Counter<"result">;

  private constructor(registry: Registry, prefix: string) {
    const registers = [registry];
    const seconds = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
    this.requests = new Counter({
      name: "kubernetes_client_requests_total",
      help: "Requests to the Kubernetes API by verb, resource and HTTP status (or the kind of failure without one).",
      labelNames: ["verb", "resource", "code"],
      registers,
    });
    this.requestSeconds = new Histogram({
      name: "kubernetes_client_request_duration_seconds",
      help: "Duration of requests to the Kubernetes API, each attempt on its own, watches left out.",
      labelNames: ["verb", "resource"],
      buckets: seconds,
      registers,
    });
    this.lists = new Counter({
      name: `${prefix}cache_lists_total`,
      help: "Lists that a cache has read, by result: complete or failed.",
      labelNames: ["resource", "result"],
      registers,
    });
    this.watchRestarts = new Counter({
      name: `${prefix}cache_watch_restarts_total`,
      help: "Watches that ended, by reason: expired (the server's own time limit), gone (list again), refused or error.",
      labelNames: ["resource", "reason"],
      registers,
    });
    this.cacheObjects = new Gauge({
      name: `${prefix}cache_objects`,
      help: "Objects in a cache.",
      labelNames: ["resource"],
      registers,
    });
    this.cacheReadable = new Gauge({
      name: `${prefix}cache_readable`,
      help: "1 for each watched namespace (none when all are) whose objects a cache can read, 0 while the API server refuses.",
      labelNames: ["resource", "watched_namespace"],
      registers,
      collect: () => {
        this.cacheReadable.reset();
        for (const [resource, namespaces] of this.#caches)
          for (const { namespace, readable } of namespaces())
            this.cacheReadable.set({ resource, watched_namespace: namespace }, readable ? 1 : 0);
      },
    });
    this.handlerErrors = new Counter({
      name: `${prefix}cache_handler_errors_total`,
      help: "Changes that a subscriber of a cache failed to handle.",
      labelNames: ["resource"],
      registers,
    });
    this.reconciles = new Counter({
      name: `${prefix}reconciles_total`,
      help: "Reconciles by result: done, again, conflict, error or not_leader.",
      labelNames: ["controller", "result"],
      registers,
    });
    this.reconcileSeconds = new Histogram({
      name: `${prefix}reconcile_duration_seconds`,
      help: "Duration of reconciles.",
      labelNames: ["controller"],
      buckets: seconds,
      registers,
    });
    this.queueDepth = new Gauge({
      name: `${prefix}queue_depth`,
      help: "Keys that wait for a worker.",
      labelNames: ["controller"],
      registers,
      collect: () => {
        for (const [controller, { length }] of this.#queues) this.queueDepth.set({ controller }, length);
      },
    });
    this.queueSeconds = new Histogram({
      name: `${prefix}queue_wait_seconds`,
      help: "Time that keys waited for a worker.",
      labelNames: ["controller"],
      buckets: seconds,
      registers,
    });
    this.leader = new Gauge({
      name: `${prefix}leader`,
      help: "1 while this process holds the lease.",
      labelNames: ["lease"],
      registers,
    });
    this.statusWrites = new Counter({
      name: `${prefix}status_writes_total`,
      help: "Statuses that were written, unchanged (nothing to write), or of an object that is gone.",
      labelNames: ["resource", "result"],
      registers,
    });
    this.eventsWritten = new Counter({
      name: `${prefix}events_total`,
      help: "Events by result: created, merged (into a series), or dropped.",
      labelNames: ["result"],
      registers,
    });
  }

  readonly #queues = new Map<string, { readonly length: number }>();

  /** Reports the length of a controller's queue whenever the metrics are read. */
  watchQueue(controller: string, queue: { readonly length: number }): void {
    this.#queues.set(controller, queue);
  }

  readonly #caches = new Map<string, () => { namespace: string; readable: boolean }[]>();

  /** Reports which namespaces a cache can read whenever the metrics are read. */
  watchNamespaces(resource: string, namespaces: () => { namespace: string; readable: boolean }[]): void {
    this.#caches.set(resource, namespaces);
  }

  static #byRegistry = new WeakMap<Registry, RuntimeMetrics>();

  /**
   * The metrics in this registry; made on the first call.
   * @param prefix what their names begin with, those of the client left out: says the first who asks
   */
  static in(registry: Registry, prefix = "controller_"): RuntimeMetrics {
    let metrics = RuntimeMetrics.#byRegistry.get(registry);
    if (!metrics) {
      metrics = new RuntimeMetrics(registry, prefix);
      RuntimeMetrics.#byRegistry.set(registry, metrics);
    }
    return metrics;
  }
}
