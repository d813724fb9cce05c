import type { Logger } from "pino";
import type { Registry } from "prom-client";
import { Credentials } from "./credentials.ts";
import { ApiError, apiError, NotLeaderError } from "./errors.ts";
import type { Answer, Method } from "./exchange.ts";
import {
  type KubernetesObject,
  type ObjectKey,
  type ObjectMeta,
  type ObjectName,
  splitKey,
} from "./object.ts";
import { collectionPath, objectPath, type ResourceType } from "./resource-type.ts";
import { type Call, Transport, WatchConnections } from "./transport.ts";
import { parseOr, type WatchEvent } from "./watch-stream.ts";

export interface CallOptions {
  /** Gives up; the call then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** For each attempt, in milliseconds; 15 s by default, 30 s for a page of a list. */
  timeoutMs?: number;
}

export interface CreateOptions extends CallOptions {
  /**
   * Also retry when the answer was lost. Off by default: the first request may have created the object, and the second
   * one then fails with AlreadyExistsError. Right for reviews, which store nothing.
   */
  idempotent?: boolean;
}

export interface WriteOptions extends CallOptions {
  subresource?: string;
}

export interface ApplyOptions extends WriteOptions {
  fieldManager: string;
  /** Take over fields that another manager holds, instead of failing with ConflictError. */
  force?: boolean;
}

export interface DeleteOptions extends CallOptions {
  /** Only this very object, not a later one of the same name; else ConflictError. */
  uid?: string;
  /** Only if it hasn't changed since; else ConflictError. */
  resourceVersion?: string;
}

export interface ListOptions extends CallOptions {
  /** One namespace; without it, all of them. */
  namespace?: string | undefined;
  labelSelector?: string;
  fieldSelector?: string;
  /** Objects per page; 500 unless said otherwise. */
  limit?: number;
}

export interface Page<T> {
  items: T[];
  /** That of the whole list: watch from here. The same on every page. */
  resourceVersion: string;
}

export interface WatchOptions {
  namespace?: string | undefined;
  /** Events after this one. */
  resourceVersion: string;
  /** How long the server keeps the watch open. */
  timeoutSeconds: number;
  labelSelector?: string;
  fieldSelector?: string;
  signal?: AbortSignal | undefined;
}

/** What `apply` takes: the fields that this field manager wants, and no others. */
export type Intent = { metadata: ObjectMeta } & { [field: string]: unknown };

/** What `create` takes: metadata needn't be complete, and status is the server's. */
export type Draft<T extends KubernetesObject> = Omit<T, "metadata" | "status"> & {
  metadata: Partial<ObjectMeta>;
  status?: unknown;
};

/**
 * Calls to the Kubernetes API. Every call throws an {@link ApiError} (see its subclasses) for an error of the API
 * server, and a {@link ConnectionError} when there is no answer. Requests that can be sent twice without harm are
 * retried a few times; so is everything that the server turned away with 429.
 */
export interface Client {
  /** The namespace of the kubeconfig's context, or of the pod. */
  readonly namespace: string | undefined;

  /** Throws NotFoundError when there is none. */
  get<T extends KubernetesObject>(
    type: ResourceType<T>,
    name: ObjectKey | ObjectName,
    options?: CallOptions,
  ): Promise<T>;

  /** Reads a list page by page: all pages are of one moment. Throws GoneError when that moment is too long ago. */
  pages<T extends KubernetesObject>(type: ResourceType<T>, options?: ListOptions): AsyncIterable<Page<T>>;

  /** Events until the server ends the watch. Throws GoneError when the resourceVersion is too old. */
  watch<T extends KubernetesObject>(
    type: ResourceType<T>,
    options: WatchOptions,
  ): AsyncIterable<WatchEvent<T>>;

  /** A connection for several watches and a heartbeat. */
  watchConnection(): WatchConnection;

  /** Throws AlreadyExistsError. */
  create<T extends KubernetesObject>(
    type: ResourceType<T>,
    object: Draft<T>,
    options?: CreateOptions,
  ): Promise<T>;

  /** PUT. With `metadata.resourceVersion`, only if the object hasn't changed since; else ConflictError. */
  replace<T extends KubernetesObject>(type: ResourceType<T>, object: T, options?: WriteOptions): Promise<T>;

  /** Server-side apply: creates the object or changes the fields that are in `object`. */
  apply<T extends KubernetesObject>(type: ResourceType<T>, object: Intent, options: ApplyOptions): Promise<T>;

  /** JSON merge patch (RFC 7386); with `metadata.resourceVersion` in the patch, only if unchanged since. */
  mergePatch<T extends KubernetesObject>(
    type: ResourceType<T>,
    name: ObjectKey | ObjectName,
    patch: object,
    options?: WriteOptions,
  ): Promise<T>;

  /** Throws NotFoundError when there is none. */
  delete(type: ResourceType, name: ObjectKey | ObjectName, options?: DeleteOptions): Promise<void>;

  /** Any other request; the answer is its parsed JSON, or its text if it isn't JSON. */
  request(
    request: { method: Method; path: string; body?: unknown; contentType?: string } & CallOptions,
  ): Promise<unknown>;

  /**
   * The same client, except that every write first asks `mayWrite`, also before a retry, and throws NotLeaderError when
   * the answer is no. Its writes have a short time-out (4.5 s for each attempt unless said otherwise), so that none is
   * under way when another leader starts.
   */
  guardedBy(mayWrite: () => boolean, options?: { writeTimeoutMs?: number }): Client;

  /** Closes the connections when what is running has ended. Call it once, on the client that createClient gave. */
  close(): Promise<void>;
}

/** Watches that share a connection with a heartbeat. */
export interface WatchConnection {
  /** Resolves when the server has accepted the watch. */
  watch<T extends KubernetesObject>(
    type: ResourceType<T>,
    options: WatchOptions,
  ): Promise<AsyncIterable<WatchEvent<T>> & { close(): void }>;
  /** A light consistent read over the same connection: the server, its store and the connection are alive. */
  heartbeat(type: ResourceType, options: { namespace?: string | undefined } & CallOptions): Promise<void>;
  /** Breaks the connection; its watches end with a ConnectionError. */
  reset(cause: Error): void;
}

export interface ClientOptions {
  /** Path of a kubeconfig. Without it: KUBECONFIG, the pod's service account, or ~/.kube/config, in this order. */
  kubeconfig?: string | undefined;
  /** A context of the kubeconfig; without it, the current one. */
  context?: string | undefined;
  userAgent: string;
  /** Connections for calls, 32 unless said otherwise: so many calls run at a time. */
  connections?: number;
  metrics?: Registry;
  log: Logger;
}

/** A client with its own connections. Throws a KubeConfigError when there is no usable configuration. */
export async function createClient(options: ClientOptions): Promise<Client> {
  const credentials = await Credentials.load(options);
  const { userAgent, connections = 32, metrics } = options;
  const transport = new Transport({ credentials, userAgent, connections, metrics });
  return new ApiClient(transport, credentials.namespace, undefined);
}

const MiB = 1024 * 1024;
const CALL_TIMEOUT_MS = 15_000;
const PAGE_TIMEOUT_MS = 30_000;
/** Less than what lies between a leader's renew deadline and its lease's end: see leader-election.ts. */
const GUARDED_WRITE_TIMEOUT_MS = 4_500;
const OPEN_WATCH_TIMEOUT_MS = 10_000;
/** The server ends a watch at its time limit; some time after that we do. */
const WATCH_MARGIN_MS = 15_000;
const HEARTBEAT_TIMEOUT_MS = 5_000;
const METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

/** Whether writes are allowed, and how long they may take. */
interface Guard {
  mayWrite: () => boolean;
  writeTimeoutMs: number;
}

class ApiClient implements Client {
  readonly namespace: string | undefined;
  readonly #transport: Transport;
  readonly #guard: Guard | undefined;

  constructor(transport: Transport, namespace: string | undefined, guard: Guard | undefined) {
    this.#transport = transport;
    this.namespace = namespace;
    this.#guard = guard;
  }

  async get<T extends KubernetesObject>(
    type: ResourceType<T>,
    name: ObjectKey | ObjectName,
    options: CallOptions = {},
  ): Promise<T> {
    return this.#object(this.#read("get", type, objectPath(type, nameOf(name)), options));
  }

  async *pages<T extends KubernetesObject>(
    type: ResourceType<T>,
    options: ListOptions = {},
  ): AsyncGenerator<Page<T>> {
    const { limit = 500, timeoutMs = PAGE_TIMEOUT_MS, signal } = options;
    let continueToken: string | undefined;
    do {
      const query = selectors(options, {
        limit: String(limit),
        ...(continueToken && { continue: continueToken }),
      });
      const path = `${collectionPath(type, options.namespace)}?${query}`;
      const call = this.#read("list", type, path, { timeoutMs, signal });
      const list = readList<T>(call, await this.#json(call));
      // Objects in a list carry neither; those in a watch do.
      for (const item of list.items) Object.assign(item, { apiVersion: type.apiVersion, kind: type.kind });
      yield { items: list.items, resourceVersion: list.resourceVersion };
      continueToken = list.continueToken;
    } while (continueToken);
  }

  async *watch<T extends KubernetesObject>(
    type: ResourceType<T>,
    options: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>> {
    const connection = this.watchConnection();
    try {
      yield* await connection.watch(type, options);
    } finally {
      connection.reset(new Error("the watch is over"));
    }
  }

  watchConnection(): WatchConnection {
    const connections = new WatchConnections();
    return {
      watch: (type, options) => {
        const { namespace, resourceVersion, timeoutSeconds, signal } = options;
        const query = selectors(options, {
          watch: "true",
          allowWatchBookmarks: "true",
          timeoutSeconds: String(timeoutSeconds),
          resourceVersion,
        });
        const timeoutMs = timeoutSeconds * 1000 + WATCH_MARGIN_MS;
        const path = `${collectionPath(type, namespace)}?${query}`;
        const call = this.#read("watch", type, path, { timeoutMs, signal });
        return this.#transport.watch(connections, call, OPEN_WATCH_TIMEOUT_MS);
      },
      heartbeat: async (type, { namespace, timeoutMs = HEARTBEAT_TIMEOUT_MS, signal }) => {
        const path = `${collectionPath(type, namespace)}?limit=1`;
        const call = this.#read("heartbeat", type, path, { timeoutMs, signal });
        accept(call, await this.#transport.sendOn(connections, { ...call, accept: METADATA_ONLY }));
      },
      reset: (cause) => connections.reset(cause),
    };
  }

  async create<T extends KubernetesObject>(
    type: ResourceType<T>,
    object: Draft<T>,
    { idempotent = false, ...options }: CreateOptions = {},
  ): Promise<T> {
    const path = collectionPath(type, object.metadata.namespace);
    if (type.namespaced && !object.metadata.namespace)
      throw new TypeError(`A ${type.kind} needs a namespace`);
    return this.#object(
      this.#write("create", "POST", type, path, typed(type, object), { idempotent, ...options }),
    );
  }

  async replace<T extends KubernetesObject>(
    type: ResourceType<T>,
    object: T,
    { subresource, ...options }: WriteOptions = {},
  ): Promise<T> {
    const path = objectPath(type, object.metadata, subresource);
    const idempotent = object.metadata.resourceVersion !== undefined;
    return this.#object(
      this.#write("update", "PUT", type, path, typed(type, object), { idempotent, ...options }),
    );
  }

  async apply<T extends KubernetesObject>(
    type: ResourceType<T>,
    object: Intent,
    { fieldManager, subresource, force, ...options }: ApplyOptions,
  ): Promise<T> {
    const query = new URLSearchParams({ fieldManager, ...(force && { force: "true" }) });
    const path = `${objectPath(type, object.metadata, subresource)}?${query}`;
    const call = this.#write("apply", "PATCH", type, path, typed(type, object), {
      idempotent: true,
      ...options,
    });
    return this.#object({ ...call, contentType: "application/apply-patch+yaml" });
  }

  async mergePatch<T extends KubernetesObject>(
    type: ResourceType<T>,
    name: ObjectKey | ObjectName,
    patch: object,
    { subresource, ...options }: WriteOptions = {},
  ): Promise<T> {
    const path = objectPath(type, nameOf(name), subresource);
    const call = this.#write("patch", "PATCH", type, path, patch, { idempotent: true, ...options });
    return this.#object({ ...call, contentType: "application/merge-patch+json" });
  }

  async delete(
    type: ResourceType,
    name: ObjectKey | ObjectName,
    { uid, resourceVersion, ...options }: DeleteOptions = {},
  ): Promise<void> {
    const preconditions = { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) };
    const body = { apiVersion: "meta.k8s.io/v1", kind: "DeleteOptions", preconditions };
    const path = objectPath(type, nameOf(name));
    // Twice is not once: the second answer would be NotFound, or the deletion of a later object of the same name.
    const idempotent = uid !== undefined;
    await this.#json(this.#write("delete", "DELETE", type, path, body, { idempotent, ...options }));
  }

  async request({
    method,
    path,
    body,
    contentType = "application/json",
    timeoutMs = CALL_TIMEOUT_MS,
    signal,
  }: Parameters<Client["request"]>[0]): Promise<unknown> {
    const writes = method !== "GET";
    const call: Call = {
      method,
      path,
      ...(body !== undefined && {
        contentType,
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
      accept: "application/json, */*",
      idempotent: !writes,
      timeoutMs: writes ? this.#writeTimeout(timeoutMs) : timeoutMs,
      maxBytes: 64 * MiB,
      signal,
      guard: writes ? this.#refuseUnlessLeader : undefined,
      verb: method.toLowerCase(),
      resource: "raw",
    };
    const { body: text } = accept(call, await this.#transport.send(call));
    return parseOr(text, text);
  }

  guardedBy(mayWrite: () => boolean, options: { writeTimeoutMs?: number } = {}): Client {
    const outer = this.#guard;
    return new ApiClient(this.#transport, this.namespace, {
      mayWrite: outer ? () => outer.mayWrite() && mayWrite() : mayWrite,
      writeTimeoutMs: this.#writeTimeout(options.writeTimeoutMs ?? GUARDED_WRITE_TIMEOUT_MS),
    });
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  #refuseUnlessLeader = (): void => {
    if (this.#guard && !this.#guard.mayWrite()) {
      throw new NotLeaderError("This replica isn't the leader (any more), so it doesn't write");
    }
  };

  #writeTimeout(ms: number): number {
    return Math.min(ms, this.#guard?.writeTimeoutMs ?? ms);
  }

  #read(verb: string, type: ResourceType, path: string, options: CallOptions): Call {
    const { timeoutMs = CALL_TIMEOUT_MS, signal } = options;
    return {
      method: "GET",
      path,
      idempotent: true,
      timeoutMs,
      maxBytes: verb === "list" ? 256 * MiB : 16 * MiB,
      signal,
      verb,
      resource: labelOf(type),
    };
  }

  #write(
    verb: string,
    method: Method,
    type: ResourceType,
    path: string,
    body: object,
    { timeoutMs = CALL_TIMEOUT_MS, signal, idempotent = false }: CreateOptions,
  ): Call {
    return {
      method,
      path,
      contentType: "application/json",
      body: JSON.stringify(body),
      idempotent,
      timeoutMs: this.#writeTimeout(timeoutMs),
      maxBytes: 16 * MiB,
      signal,
      guard: this.#guard ? this.#refuseUnlessLeader : undefined,
      verb,
      resource: labelOf(type),
    };
  }

  async #json(call: Call): Promise<unknown> {
    const { status, body } = accept(call, await this.#transport.send(call));
    const value = parseOr(body, undefined);
    if (typeof value !== "object" || value === null) {
      throw new ApiError(`${subjectOf(call)}: the answer isn't JSON: is this a Kubernetes API server?`, {
        status,
        reason: "NotJSON",
      });
    }
    return value;
  }

  /**
   * The object in the answer. That it has the type's shape is the API server's word: it has checked the object against
   * the type's schema, and checking it again here would cost more than the call.
   */
  async #object<T extends KubernetesObject>(call: Call): Promise<T> {
    const value = await this.#json(call);
    return value as T;
  }
}

/** Throws an ApiError unless the answer is a success. */
function accept(call: Call, answer: Answer): Answer {
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw apiError(subjectOf(call), answer.status, parseOr(answer.body, undefined), answer.retryAfterMs);
}

function readList<T extends KubernetesObject>(call: Call, list: unknown) {
  const { items, metadata } = list as { items?: T[] | null; metadata?: Record<string, unknown> };
  const { resourceVersion, continue: next } = metadata ?? {};
  if (typeof resourceVersion !== "string" || (items && !Array.isArray(items))) {
    throw new ApiError(`${subjectOf(call)}: the answer isn't a list`, { status: 200, reason: "NotAList" });
  }
  const continueToken = typeof next === "string" && next !== "" ? next : undefined;
  return { items: items ?? [], resourceVersion, continueToken };
}

function selectors(
  { labelSelector, fieldSelector }: { labelSelector?: string; fieldSelector?: string },
  others: Record<string, string>,
): URLSearchParams {
  return new URLSearchParams({
    ...others,
    ...(labelSelector && { labelSelector }),
    ...(fieldSelector && { fieldSelector }),
  });
}

/** The object with its apiVersion and kind, which the API server wants in a body. */
function typed(type: ResourceType, object: object): object {
  return { ...object, apiVersion: type.apiVersion, kind: type.kind };
}

function nameOf(name: ObjectKey | ObjectName): ObjectName {
  return typeof name === "string" ? splitKey(name) : name;
}

function labelOf({ group, plural }: ResourceType): string {
  return group ? `${plural}.${group}` : plural;
}

/** For messages: without the query, which may be long. */
function subjectOf({ method, path }: Call): string {
  return `${method} ${path.split("?", 1)[0]}`;
}
