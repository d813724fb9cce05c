import type { ExecutionContext } from "ava";
import { Registry } from "prom-client";
import { ApiError, ConnectionError, ForbiddenError, GoneError } from "../../../kubernetes/client/errors.ts";
import {
  Cache,
  type CacheOptions,
  type KubernetesObject,
  type Page,
  resourceType,
  type WatchEvent,
  type WatchOptions,
} from "../../../kubernetes/index.ts";
import { logLines } from "../../log-lines.ts";
import { sample } from "../api-server.ts";
import type { fakeClock } from "../fake-clock.ts";

export interface Box extends KubernetesObject {
  value?: string;
}

export const boxes = resourceType<Box>({ group: "example.com", version: "v1", kind: "Box", plural: "boxes" });

export const box = (name: string, resourceVersion: number, value = "", namespace = "team"): Box => ({
  metadata: { namespace, name, uid: name, resourceVersion: String(resourceVersion) },
  value,
});

export const LISTED = (resourceVersion: number): WatchEvent<Box> => ({
  type: "BOOKMARK",
  resourceVersion: String(resourceVersion),
  listed: true,
});
export const BOOKMARK = (resourceVersion: number): WatchEvent<Box> => ({
  type: "BOOKMARK",
  resourceVersion: String(resourceVersion),
});

/** A watch that tells what the test says. */
class ScriptedWatch implements AsyncIterable<WatchEvent<Box>> {
  readonly asked: WatchOptions;
  closed = false;
  readonly #waiting: WatchEvent<Box>[] = [];
  #over: { failure?: unknown } | undefined;
  #wake = () => {};

  constructor(asked: WatchOptions) {
    this.asked = asked;
    asked.signal?.addEventListener("abort", () => this.fail(asked.signal?.reason), { once: true });
  }

  tell(...events: WatchEvent<Box>[]): void {
    this.#waiting.push(...events);
    this.#wake();
  }

  end(): void {
    this.#over ??= {};
    this.#wake();
  }

  fail(failure: unknown): void {
    this.#over ??= { failure };
    this.#wake();
  }

  close(): void {
    this.closed = true;
    this.end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WatchEvent<Box>> {
    while (true) {
      const event = this.#waiting.shift();
      if (event) yield event;
      else if (this.#over?.failure !== undefined) throw this.#over.failure;
      else if (this.#over) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}

export const lost = () => new ConnectionError("lost", { sent: true });
export const gone = () => new GoneError("too old", { status: 410, reason: "Expired" });
export const forbidden = () => new ForbiddenError("no right", { status: 403, reason: "Forbidden" });
export const broken = (retryAfterMs?: number) =>
  new ApiError("oh no", { status: 500, reason: "InternalError", retryAfterMs });
export const cannotStream = (status: number) => new ApiError("no such thing", { status, reason: "Invalid" });

/** A cache of a server that does what the test says. By itself it streams lists, and its store stays at version 5. */
export function cacheOfScript(
  t: ExecutionContext,
  clock: ReturnType<typeof fakeClock>,
  options: Partial<CacheOptions<Box>> = {},
) {
  const watches: ScriptedWatch[] = [];
  /** When a watch was asked for, and by which list. */
  const opens: { at: number; asked: WatchOptions }[] = [];
  const pageCalls: { at: number; namespace: string | undefined; name: string | undefined }[] = [];
  const heartbeats: { at: number; namespace: string | undefined; timeoutMs: number | undefined }[] = [];
  const resets: string[] = [];
  const start = Date.now();
  const at = () => Date.now() - start;
  const server = {
    open: (_asked: WatchOptions): Promise<void> | void => {},
    heartbeat: (_namespace: string | undefined): Promise<string> | string => "5",
    pages: (_namespace: string | undefined): Page<Box>[] | Promise<Page<Box>[]> => [
      { items: [], resourceVersion: "5" },
    ],
  };
  const connection = {
    watch: async (_type: unknown, asked: WatchOptions) => {
      opens.push({ at: at(), asked });
      await undefined; // the test has still to say what the server does
      await server.open(asked);
      const watch = new ScriptedWatch(asked);
      watches.push(watch);
      return watch;
    },
    heartbeat: async (
      _type: unknown,
      { namespace, timeoutMs }: { namespace?: string; timeoutMs?: number },
    ) => {
      heartbeats.push({ at: at(), namespace, timeoutMs });
      return server.heartbeat(namespace);
    },
    reset: (cause: Error) => {
      resets.push(cause.message);
      for (const watch of watches) watch.fail(lost());
    },
  };
  const client = {
    watchConnection: () => connection,
    async *pages(_type: unknown, { namespace, name }: { namespace?: string; name?: string }) {
      pageCalls.push({ at: at(), namespace, name });
      yield* await server.pages(namespace);
    },
  } as unknown as CacheOptions<Box>["client"]; // generic in the type of the object
  const { log, lines } = logLines();
  const metrics = new Registry();
  const cache = new Cache<Box>({ type: boxes, client, namespaces: ["team"], log, metrics, ...options });
  const told: string[] = [];
  cache.subscribe(({ kind, object }) => told.push(`${kind} ${object.metadata.name} ${object.value}`));
  const stop = new AbortController();
  const running = cache.run(stop.signal);
  const end = async () => {
    stop.abort(new Error("the test is over"));
    await clock.pass(1_000);
    await running;
  };
  t.teardown(end);
  const watch = (): ScriptedWatch => {
    const last = watches.at(-1);
    if (!last) throw new Error("there is no watch");
    return last;
  };
  return {
    cache,
    server,
    watches,
    opens,
    pageCalls,
    heartbeats,
    resets,
    told,
    watch,
    end,
    metrics,
    lines,
    said: () => lines.splice(0).map(({ msg }) => String(msg)),
    lists: (result: string) => sample(metrics, "controller_cache_lists_total", { resource: "boxes", result }),
    restarts: (reason: string) =>
      sample(metrics, "controller_cache_watch_restarts_total", { resource: "boxes", reason }),
    /** It knows what there is. */
    listed: async (...objects: Box[]) => {
      await clock.pass(0);
      watch().tell(...objects.map((object) => ({ type: "ADDED" as const, object })), LISTED(5));
      await clock.pass(0);
    },
  };
}
