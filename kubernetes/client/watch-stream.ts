import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import { ApiError, apiError } from "./errors.ts";
import { asError, connectionError, type Method, parseRetryAfter, subjectOf } from "./http-request.ts";
import { JsonLines } from "./json-lines.ts";
import { isKubernetesObject, isRecord, type KubernetesObject } from "./object.ts";
import { parseOr } from "./read-answer.ts";

/**
 * What a watch reports. A bookmark says: up to this resourceVersion you know everything. `listed`: this is the end of a
 * streaming list.
 */
export type WatchEvent<T extends KubernetesObject> =
  | ObjectEvent<T>
  | { type: "BOOKMARK"; resourceVersion: string; listed?: true };

/** What has happened to one object. */
export interface ObjectEvent<T extends KubernetesObject> {
  type: "ADDED" | "MODIFIED" | "DELETED";
  object: T;
}

export interface WatchRequest {
  origin: string;
  path: string;
  headers: string[];
  /** How long the answer's beginning may take, in milliseconds. */
  openTimeoutMs: number;
  /** How long the whole watch may take, in milliseconds: somewhat more than the server was asked for. */
  timeoutMs: number;
  signal: AbortSignal | undefined;
  /** Aborts when its connection is given up, with the cause. */
  broken?: AbortSignal;
}

const MAX_LINE_BYTES = 16 * 1024 * 1024;
const MAX_ERROR_BYTES = 1024 * 1024;
/** With so many events waiting for the reader, the server is made to wait. */
const MAX_WAITING = 1000;

/** The annotation of the bookmark that ends a streaming list. */
const LIST_ENDS = "k8s.io/initial-events-end";

const method: Method = "GET";

/**
 * One watch as an async iterable of its events. It ends when the server ends it.
 * @throws {ApiError} while opening, or on an ERROR event ({@link GoneError} for code 410)
 * @throws {ConnectionError} when the connection breaks, stalls, or sends what isn't a watch event
 */
export class WatchStream<T extends KubernetesObject> implements AsyncIterable<WatchEvent<T>> {
  readonly #request: WatchRequest;
  readonly #lines = new JsonLines(MAX_LINE_BYTES);
  readonly #opened = Promise.withResolvers<void>();
  readonly #errorBody: Buffer[] = [];
  #errorBytes = 0;
  #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #retryAfterMs: number | undefined;
  #waiting: WatchEvent<T>[] = [];
  #wake: (() => void) | undefined;
  #failure: unknown;
  #ended = false;

  constructor(dispatcher: Dispatcher, request: WatchRequest) {
    this.#request = request;
    this.#opened.promise.catch(() => {}); // reported by the iteration as well
    this.#timer = setTimeout(this.#timedOut, request.openTimeoutMs);
    request.signal?.addEventListener("abort", this.#aborted);
    request.broken?.addEventListener("abort", this.#broken);
    const { origin, path, headers } = request;
    try {
      request.signal?.throwIfAborted();
      dispatcher.dispatch(
        { method, origin, path, headers, headersTimeout: 0, bodyTimeout: 0 },
        this.#handler(),
      );
    } catch (error) {
      this.#end(error);
    }
  }

  /** Resolves when the server has accepted the watch; rejects with what the iteration throws. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WatchEvent<T>> {
    try {
      while (true) {
        if (this.#waiting.length > 0) {
          const batch = this.#waiting;
          this.#waiting = [];
          if (this.#controller?.paused) this.#controller.resume();
          yield* batch;
        } else if (this.#failure !== undefined) {
          throw this.#failure;
        } else if (this.#ended) {
          return;
        } else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      this.close();
    }
  }

  /** Ends the watch from this side. */
  close(): void {
    this.#end(undefined);
  }

  #handler(): Dispatcher.DispatchHandler {
    return {
      onRequestStart: (controller) => {
        this.#controller = controller;
        if (this.#ended) controller.abort(new Error("watch closed"));
      },
      onResponseStart: (_, status: number, headers: IncomingHttpHeaders) => {
        this.#status = status;
        this.#retryAfterMs = parseRetryAfter(headers["retry-after"]);
        if (status !== 200) return;
        clearTimeout(this.#timer);
        this.#timer = setTimeout(this.#timedOut, this.#request.timeoutMs);
        this.#opened.resolve();
      },
      onResponseData: (controller, chunk) => {
        if (this.#status === 200) {
          this.#read(controller, chunk);
          return;
        }
        this.#errorBytes += chunk.length;
        if (this.#errorBytes <= MAX_ERROR_BYTES) this.#errorBody.push(chunk);
      },
      onResponseEnd: () => {
        if (this.#status !== 200) this.#end(this.#refusal());
        else if (this.#lines.incomplete) this.#fail(new Error("the watch ended in the middle of an event"));
        else this.#end(undefined);
      },
      onResponseError: (_, cause) => this.#fail(cause),
    };
  }

  #read(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#ended) return;
    try {
      for (const value of this.#lines.push(chunk)) this.#waiting.push(readEvent<T>(value, this.#subject));
    } catch (error) {
      if (error instanceof ApiError) this.#end(error);
      else this.#fail(asError(error));
      return;
    }
    if (this.#waiting.length > MAX_WAITING) controller.pause();
    this.#wake?.();
  }

  #refusal(): ApiError {
    const text = Buffer.concat(this.#errorBody).toString();
    return apiError(this.#subject, this.#status, parseOr(text, undefined), {
      retryAfterMs: this.#retryAfterMs,
    });
  }

  #fail(cause: Error): void {
    this.#end(connectionError({ method, path: this.#request.path }, cause, true));
  }

  #timedOut = (): void => {
    const isOpen = this.#status === 200;
    const what = isOpen ? "the watch wasn't ended in time" : "the watch wasn't opened in time";
    // If this process was blocked, the answer may be waiting to be read.
    setImmediate(() => {
      if (isOpen || this.#status !== 200) this.#fail(new Error(what));
    });
  };

  #aborted = (): void => this.#end(this.#request.signal?.reason);

  #broken = (): void => this.#fail(asError(this.#request.broken?.reason));

  /** @param failure undefined for a regular end */
  #end(failure: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    clearTimeout(this.#timer);
    this.#request.signal?.removeEventListener("abort", this.#aborted);
    this.#request.broken?.removeEventListener("abort", this.#broken);
    if (failure === undefined) this.#opened.resolve();
    else this.#opened.reject(failure);
    if (this.#controller && !this.#controller.aborted) this.#controller.abort(new Error("watch closed"));
    this.#wake?.();
  }

  get #subject(): string {
    return subjectOf({ method: "WATCH", path: this.#request.path });
  }
}

/** Tells what one line of a watch says. Throws an ApiError for an ERROR event, and an Error for what isn't an event. */
function readEvent<T extends KubernetesObject>(line: unknown, subject: string): WatchEvent<T> {
  if (!isEvent(line)) throw new Error("the watch sent something that isn't a watch event");
  const { type, object } = line;
  switch (type) {
    case "ADDED":
    case "MODIFIED":
    case "DELETED":
      if (!isKubernetesObject<T>(object)) throw new Error("the watch sent an event without an object");
      return { type, object };
    case "BOOKMARK":
      if (!isKubernetesObject<T>(object) || !object.metadata.resourceVersion) {
        throw new Error("the watch sent a bookmark without a resourceVersion");
      }
      return {
        type,
        resourceVersion: object.metadata.resourceVersion,
        ...(object.metadata.annotations?.[LIST_ENDS] === "true" && { listed: true }),
      };
    case "ERROR":
      throw apiError(
        subject,
        isRecord(object) && typeof object.code === "number" ? object.code : 500,
        object,
      );
    default:
      throw new Error(`the watch sent an event of an unknown type "${type.slice(0, 40)}"`);
  }
}

function isEvent(value: unknown): value is { type: string; object: unknown } {
  return isRecord(value) && typeof value.type === "string" && "object" in value;
}
