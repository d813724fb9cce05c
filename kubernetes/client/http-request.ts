import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import { ApiError, ConnectionError } from "./errors.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** A request as it goes over the wire. */
export interface HttpRequest {
  method: Method;
  origin: string;
  path: string;
  /** Names and values in turn. */
  headers: string[];
  body: string | undefined;
  /** For all of it: waiting for a connection, connecting, sending, and the whole answer. */
  timeoutMs: number;
  /** A longer answer is an error. */
  maxBytes: number;
  signal: AbortSignal | undefined;
  /** Called at the moment of sending, after any wait for a connection; what it throws is the outcome. */
  guard?: (() => void) | undefined;
}

/** A complete answer, whatever its status. read-answer.ts tells what is in it. */
export interface Answer {
  status: number;
  body: string;
  retryAfterMs: number | undefined;
  /** What time it was by the server's clock, in ms since 1970, where it says. */
  serverTime?: number;
  /** It was sent before, without an answer that tells whether it was carried out. */
  repeated?: true;
}

/**
 * Sends a request, once, on undici's lowest level: no streams and no copies, 40 % less CPU than fetch.
 * @throws {ConnectionError} when there is no complete answer in time; the signal's reason when it aborts
 */
export function sendRequest(dispatcher: Dispatcher, request: HttpRequest): Promise<Answer> {
  const { method, origin, path, headers, body = null, signal } = request;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const handler = new AnswerHandler(request, resolve, reject);
    try {
      dispatcher.dispatch(
        { method, origin, path, headers, body, headersTimeout: 0, bodyTimeout: 0 },
        handler,
      );
    } catch (cause) {
      handler.fail(asError(cause));
    }
  });
}

class AnswerHandler implements Dispatcher.DispatchHandler {
  readonly #request: HttpRequest;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (error: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #settled = false;
  #status = 0;
  #retryAfterMs: number | undefined;
  #serverTime: number | undefined;
  #bytes = 0;

  constructor(request: HttpRequest, resolve: (answer: Answer) => void, reject: (error: unknown) => void) {
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
    // One more turn of the event loop: if this process was blocked, the answer may be waiting to be read.
    this.#timer = setTimeout(() => setImmediate(this.#timedOut), request.timeoutMs);
    request.signal?.addEventListener("abort", this.#aborted);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#settled) {
      controller.abort(new Error("given up before it was sent"));
      return;
    }
    try {
      this.#request.guard?.();
      this.#controller = controller;
    } catch (error) {
      this.#giveUp(error);
      controller.abort(asError(error));
    }
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#retryAfterMs = parseRetryAfter(headers["retry-after"]);
    this.#serverTime = parseDate(headers.date);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#request.maxBytes) {
      const message = `${subjectOf(this.#request)}: the answer is longer than ${this.#request.maxBytes} bytes`;
      // It would be as long if it were asked for again.
      this.#giveUp(new ApiError(message, { status: this.#status, reason: "TooLong" }));
      controller.abort(new Error(message));
      return;
    }
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (!this.#settle()) return;
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks, this.#bytes);
    this.#resolve({
      status: this.#status,
      body: body.toString(),
      retryAfterMs: this.#retryAfterMs,
      ...(this.#serverTime === undefined ? {} : { serverTime: this.#serverTime }),
    });
  }

  onResponseError(_: Dispatcher.DispatchController, cause: Error): void {
    this.fail(cause);
  }

  fail(cause: Error): void {
    this.#giveUp(connectionError(this.#request, cause, this.#controller !== undefined));
  }

  #timedOut = (): void => {
    const cause = new Error(`no complete answer within ${this.#request.timeoutMs} ms`);
    cause.name = "TimeoutError";
    this.fail(cause);
  };

  #aborted = (): void => {
    this.#giveUp(this.#request.signal?.reason);
  };

  #giveUp(reason: unknown): void {
    if (!this.#settle()) return;
    this.#reject(reason);
    this.#controller?.abort(asError(reason));
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#request.signal?.removeEventListener("abort", this.#aborted);
    return true;
  }
}

/** What was asked, for messages: without the query, which may be long. */
export function subjectOf({ method, path }: { method: string; path: string }): string {
  return `${method} ${path.split("?", 1)[0]}`;
}

/** Says in one sentence what failed on the way to or from the API server. */
export function connectionError(request: { method: string; path: string }, cause: Error, sent: boolean) {
  return new ConnectionError(
    `${subjectOf(request)}: no answer from the API server: ${cause.message || cause.name}`,
    {
      sent,
      cause,
    },
  );
}

/** Retry-After in seconds or as a date (RFC 9110 section 10.2.3); undefined when missing or unreadable. */
export function parseRetryAfter(header: string | string[] | undefined, now = Date.now()): number | undefined {
  const value = (Array.isArray(header) ? header[0] : header) ?? "";
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = parseDate(value);
  return date === undefined ? undefined : Math.max(0, date - now);
}

/** A date of HTTP (RFC 9110 section 5.6.7) in ms since 1970; undefined when missing or unreadable. */
function parseDate(value = ""): number | undefined {
  // A date has a time of day; Date.parse makes one of "1.5", too.
  const date = value.includes(":") ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : date;
}

export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
