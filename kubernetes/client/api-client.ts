import { leases } from "./builtin-types.ts";
import type {
  ApplyOptions,
  CallOptions,
  Client,
  ClientOptions,
  CreateOptions,
  DeleteOptions,
  Draft,
  GuardOptions,
  Intent,
  ListOptions,
  Page,
  WatchConnection,
  WriteOptions,
} from "./client.ts";
import { Credentials } from "./credentials.ts";
import { NotLeaderError } from "./errors.ts";
import type { Answer, Method } from "./http-request.ts";
import { type KubernetesObject, type ObjectKey, type ObjectName, splitKey } from "./object.ts";
import { readJSON, readList, readObject } from "./read-answer.ts";
import { collectionPath, objectPath, type ResourceType } from "./resource-type.ts";
import { type Call, Transport, WatchConnections } from "./transport.ts";

/** A client with its own connections. Throws a KubeConfigError when there is no usable configuration. */
export async function createClient(options: ClientOptions): Promise<Client> {
  const credentials = await Credentials.load(options);
  const { userAgent, connections = 64, metrics } = options;
  const transport = new Transport({ credentials, userAgent, connections, metrics });
  return new ApiClient(transport, credentials.namespace, undefined);
}

const MiB = 1024 * 1024;
const CALL_TIMEOUT_MS = 15_000;
const PAGE_TIMEOUT_MS = 30_000;
const OPEN_WATCH_TIMEOUT_MS = 10_000;
/** The server ends a watch at its time limit; some time after that we do. */
const WATCH_MARGIN_MS = 15_000;
const HEARTBEAT_TIMEOUT_MS = 5_000;
const METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

/** What is called. */
interface Target {
  /** With query. */
  path: string;
  /** The one that the path is in. */
  namespace: string | undefined;
}

/** Whether writes are allowed, and how long they may take. */
interface Guard {
  mayWrite: () => boolean;
  writeTimeoutMs: number;
  began: (write: Promise<unknown>) => void;
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
    return this.#object(this.#read("get", type, targetOf(type, nameOf(name)), options));
  }

  async *pages<T extends KubernetesObject>(
    type: ResourceType<T>,
    options: ListOptions = {},
  ): AsyncGenerator<Page<T>> {
    const { namespace, limit = 500, timeoutMs = PAGE_TIMEOUT_MS, signal } = options;
    let continueToken: string | undefined;
    do {
      const query = new URLSearchParams({
        limit: String(limit),
        ...selected(options),
        ...(continueToken && { continue: continueToken }),
      });
      const path = `${collectionPath(type, namespace)}?${query}`;
      const call = this.#read("list", type, { path, namespace }, { timeoutMs, signal });
      const list = readList<T>(call, await this.#json(call));
      // Objects in a list carry neither; those in a watch do.
      const { apiVersion, kind } = type;
      const items = list.items.map((item) => ({ apiVersion, kind, ...item }));
      yield { items, resourceVersion: list.resourceVersion };
      continueToken = list.continueToken;
    } while (continueToken);
  }

  watchConnection(): WatchConnection {
    const connections = new WatchConnections();
    return {
      watch: (type, options) => {
        const { namespace, name, resourceVersion, timeoutSeconds, signal } = options;
        const query = new URLSearchParams({
          watch: "true",
          allowWatchBookmarks: "true",
          timeoutSeconds: String(timeoutSeconds),
          ...named(name),
          ...(resourceVersion === undefined
            ? { sendInitialEvents: "true", resourceVersionMatch: "NotOlderThan" }
            : { resourceVersion }),
        });
        const timeoutMs = timeoutSeconds * 1000 + WATCH_MARGIN_MS;
        const path = `${collectionPath(type, namespace)}?${query}`;
        const call = this.#read("watch", type, { path, namespace }, { timeoutMs, signal });
        return this.#transport.watch(connections, call, OPEN_WATCH_TIMEOUT_MS);
      },
      heartbeat: async (type, { namespace, name, timeoutMs = HEARTBEAT_TIMEOUT_MS, signal }) => {
        const query = new URLSearchParams({ limit: "1", ...named(name) });
        const path = `${collectionPath(type, namespace)}?${query}`;
        const call = this.#read("heartbeat", type, { path, namespace }, { timeoutMs, signal });
        const answer = await this.#transport.sendOn(connections, { ...call, accept: METADATA_ONLY });
        return readList(call, readJSON(call, answer)).resourceVersion;
      },
      reset: (cause) => connections.reset(cause),
    };
  }

  async create<T extends KubernetesObject>(
    type: ResourceType<T>,
    object: Draft<T>,
    { idempotent = false, ...options }: CreateOptions = {},
  ): Promise<T> {
    const { namespace } = object.metadata;
    if (type.namespaced && !namespace) throw new TypeError(`A ${type.kind} needs a namespace`);
    const target = { path: collectionPath(type, namespace), namespace };
    return this.#object(
      this.#write("create", "POST", type, target, typed(type, object), { idempotent, ...options }),
    );
  }

  async replace<T extends KubernetesObject>(
    type: ResourceType<T>,
    object: T,
    { subresource, ...options }: WriteOptions = {},
  ): Promise<T> {
    const target = targetOf(type, object.metadata, subresource);
    const idempotent = object.metadata.resourceVersion !== undefined;
    return this.#object(
      this.#write("update", "PUT", type, target, typed(type, object), { idempotent, ...options }),
    );
  }

  async apply<T extends KubernetesObject>(
    type: ResourceType<T>,
    object: Intent,
    { fieldManager, subresource, force, ...options }: ApplyOptions,
  ): Promise<T> {
    const query = new URLSearchParams({ fieldManager, ...(force && { force: "true" }) });
    const { path, namespace } = targetOf(type, object.metadata, subresource);
    const target = { path: `${path}?${query}`, namespace };
    const call = this.#write("apply", "PATCH", type, target, typed(type, object), {
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
    const target = targetOf(type, nameOf(name), subresource);
    const call = this.#write("patch", "PATCH", type, target, patch, { idempotent: true, ...options });
    return this.#object({ ...call, contentType: "application/merge-patch+json" });
  }

  async delete(
    type: ResourceType,
    name: ObjectKey | ObjectName,
    { uid, resourceVersion, ...options }: DeleteOptions = {},
  ): Promise<void> {
    // An empty one is nobody's: it refuses, and isn't left out.
    const preconditions = { ...(uid !== undefined && { uid }), ...(resourceVersion && { resourceVersion }) };
    const body = { apiVersion: "meta.k8s.io/v1", kind: "DeleteOptions", preconditions };
    const target = targetOf(type, nameOf(name));
    // Twice is not once: the second answer would be NotFound, or the deletion of a later object of the same name.
    const idempotent = uid !== undefined;
    await this.#json(this.#write("delete", "DELETE", type, target, body, { idempotent, ...options }));
  }

  async serviceAccountKeys({ timeoutMs = CALL_TIMEOUT_MS, signal }: CallOptions = {}): Promise<unknown> {
    return this.#json({
      method: "GET",
      path: "/openid/v1/jwks",
      // The API server offers nothing else: with application/json alone it answers 406.
      accept: "application/jwk-set+json",
      idempotent: true,
      timeoutMs,
      maxBytes: MiB,
      signal,
      verb: "get",
      resource: "serviceaccountkeys",
    });
  }

  guardedBy(mayWrite: () => boolean, { writeTimeoutMs = CALL_TIMEOUT_MS, began }: GuardOptions = {}): Client {
    const outer = this.#guard;
    return new ApiClient(this.#transport, this.namespace, {
      mayWrite: outer ? () => outer.mayWrite() && mayWrite() : mayWrite,
      writeTimeoutMs: this.#writeTimeout(writeTimeoutMs),
      began: (write) => {
        outer?.began(write);
        began?.(write);
      },
    });
  }

  serverTime(): number {
    return this.#transport.serverTime();
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

  #read(verb: string, type: ResourceType, { path, namespace }: Target, options: CallOptions): Call {
    const { timeoutMs = CALL_TIMEOUT_MS, signal } = options;
    return {
      method: "GET",
      path,
      tenant: tenantOf(type, namespace),
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
    { path, namespace }: Target,
    body: object,
    { timeoutMs = CALL_TIMEOUT_MS, signal, idempotent = false }: CreateOptions,
  ): Call {
    return {
      method,
      path,
      tenant: tenantOf(type, namespace),
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
    return readJSON(call, await this.#send(call));
  }

  async #object<T extends KubernetesObject>(call: Call): Promise<T> {
    return readObject(call, await this.#send(call));
  }

  #send(call: Call): Promise<Answer> {
    const sending = this.#transport.send(call);
    if (call.guard) this.#guard?.began(sending);
    return sending;
  }
}

/** The object with its apiVersion and kind, which the API server wants in a body. */
function typed(type: ResourceType, object: object): object {
  return { ...object, apiVersion: type.apiVersion, kind: type.kind };
}

/** What limits a list or a watch to one object. RBAC takes it for a request about the object of this name. */
function named(name: string | undefined): Record<string, string> {
  return name === undefined ? {} : { fieldSelector: `metadata.name=${name}` };
}

/** The same, and what else limits a list. */
function selected({ name, fields = {} }: ListOptions): Record<string, string> {
  const wanted = Object.entries({ ...(name !== undefined && { "metadata.name": name }), ...fields });
  if (wanted.length === 0) return {};
  const escaped = (value: string): string => value.replace(/[\\,=]/g, "\\$&");
  return { fieldSelector: wanted.map(([field, value]) => `${field}=${escaped(value)}`).join(",") };
}

/** An object, or a subresource of it. */
function targetOf(type: ResourceType, object: ObjectName, subresource?: string): Target {
  return { path: objectPath(type, object, subresource), namespace: object.namespace };
}

function nameOf(name: ObjectKey | ObjectName): ObjectName {
  return typeof name === "string" ? splitKey(name) : name;
}

/** A Lease is the program's own, wherever it is: who leads doesn't depend on how the calls for its namespace fare. */
function tenantOf(type: ResourceType, namespace = ""): string | undefined {
  return namespace === "" || labelOf(type) === labelOf(leases) ? undefined : namespace;
}

function labelOf({ group, plural }: ResourceType): string {
  return group ? `${plural}.${group}` : plural;
}
