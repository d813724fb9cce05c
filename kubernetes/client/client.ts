import type { Logger } from "pino";
import type { Registry } from "prom-client";
import type { KubernetesObject, ObjectKey, ObjectMeta, ObjectName } from "./object.ts";
import type { ResourceType } from "./resource-type.ts";
import type { WatchEvent } from "./watch-stream.ts";

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
  /** Only if the object hasn't changed since; else ConflictError. */
  resourceVersion?: string;
}

/** What else is to be said of a client that asks before it writes: see {@link Client.guardedBy}. */
export interface GuardOptions {
  /** The most that one attempt to write may take, in milliseconds, whatever the call says; 15 s unless said otherwise. */
  writeTimeoutMs?: number;
  /** Given each write when it begins; it settles when the write is over, whatever has come of it. */
  began?: (write: Promise<unknown>) => void;
}

export interface ListOptions extends CallOptions {
  /** One namespace; without it, all of them. */
  namespace?: string | undefined;
  /** The object of this name alone: a right to it by name is enough. */
  name?: string | undefined;
  /** Only objects in which these fields have these values; fields that the type's CRD has as selectable. */
  fields?: Readonly<Record<string, string>>;
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
  /** As for a list. */
  name?: string | undefined;
  /**
   * Events after this one. Undefined: first an ADDED for each object that there is, then a bookmark with `listed`, then
   * what happens (a streaming list: Kubernetes API Concepts, "Streaming lists"; InvalidError from a server that can't).
   */
  resourceVersion: string | undefined;
  /** How long the server keeps the watch open. */
  timeoutSeconds: number;
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

  /** A connection for watches and their heartbeat. */
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

  /**
   * The public keys that tokens of service accounts are signed with, as a JWK set (Kubernetes, "Service account issuer
   * discovery"). Every service account may read them, unless somebody has taken that away: then ForbiddenError.
   */
  serviceAccountKeys(options?: CallOptions): Promise<unknown>;

  /**
   * The same client, except that every write first asks `mayWrite`, also before a retry, and throws NotLeaderError when
   * the answer is no. `writeTimeoutMs` is the most that an attempt to write may take, whatever the call says, so that
   * none is under way when another leader starts; `began` is given each write, which settles when it is over.
   */
  guardedBy(mayWrite: () => boolean, options?: GuardOptions): Client;

  /**
   * What time it is by the API server's clock, in ms since 1970, to the second: for what is decided by times that other replicas
   * have noted, whose clocks may be wrong, as ours may. Our own clock's before the first answer.
   */
  serverTime(): number;

  /** Closes the connections when what is running has ended. Call it once, on the client that createClient gave. */
  close(): Promise<void>;
}

/** Watches that share a connection with a heartbeat. */
export interface WatchConnection {
  /**
   * Resolves when the server has accepted the watch: events until the server ends it, or a GoneError when the
   * resourceVersion is too old.
   */
  watch<T extends KubernetesObject>(
    type: ResourceType<T>,
    options: WatchOptions,
  ): Promise<AsyncIterable<WatchEvent<T>> & { close(): void }>;
  /**
   * A light consistent read over the same connection: the server, its store and the connection are alive.
   * @returns the store's present resourceVersion
   */
  heartbeat(
    type: ResourceType,
    options: { namespace?: string | undefined; name?: string | undefined } & CallOptions,
  ): Promise<string>;
  /** Breaks the connection; its watches end with a ConnectionError. */
  reset(cause: Error): void;
}

export interface ClientOptions {
  /** Path of a kubeconfig. Without it: KUBECONFIG, ~/.kube/config, or the pod's service account, in this order. */
  kubeconfig?: string | undefined;
  /** A context of the kubeconfig; without it, the current one. */
  context?: string | undefined;
  userAgent: string;
  /** Connections for calls, 64 unless said otherwise: so many calls run at a time, and for one namespace half of them. */
  connections?: number;
  metrics?: Registry;
  log: Logger;
}
