import { setTimeout as sleep } from "node:timers/promises";
import { Registry } from "prom-client";
import type { Dispatcher } from "undici";
import { OthersClock } from "../clock.ts";
import { RuntimeMetrics } from "../metrics.ts";
import { CallLine } from "./call-line.ts";
import { callPool, watchPool } from "./connections.ts";
import { type Access, type Credentials, isSame } from "./credentials.ts";
import { ApiError, ConnectionError, UnauthorizedError } from "./errors.ts";
import { type Answer, asError, type Method, sendRequest } from "./http-request.ts";
import type { KubernetesObject } from "./object.ts";
import { retryDelay } from "./retry.ts";
import { WatchStream } from "./watch-stream.ts";

/** A request as the client's verbs see it: everything but where the API server is and who we are. */
export interface Call {
  method: Method;
  /** With query. */
  path: string;
  /** The namespace for which it is, among which the connections are shared out. Undefined: the program's own. */
  tenant?: string | undefined;
  contentType?: string;
  accept?: string;
  body?: string | undefined;
  /** Sending it twice has the effect of sending it once. */
  idempotent: boolean;
  /** For each attempt, with the wait for a connection. */
  timeoutMs: number;
  maxBytes: number;
  signal: AbortSignal | undefined;
  /** Called before each attempt, also at the moment of sending; throws when the request must not be sent (any more). */
  guard?: (() => void) | undefined;
  /** Labels for metrics, of a bounded set. */
  verb: string;
  resource: string;
}

export interface TransportOptions {
  credentials: Credentials;
  userAgent: string;
  /** Connections for calls; more calls at a time wait for one. Those for one namespace have half of them at most. */
  connections: number;
  metrics?: Registry | undefined;
}

/** Connections that no namespace's calls take: so many are always there for the lease, and for what concerns all. */
const OWN_CONNECTIONS = 4;

/** Sends requests to the API server: credentials, connections, retries and metrics. */
export class Transport {
  readonly #credentials: Credentials;
  readonly #userAgent: string;
  readonly #connections: number;
  readonly #metrics: RuntimeMetrics;
  readonly #line: CallLine;
  readonly #serversClock = new OthersClock();
  #pool: { dispatcher: Dispatcher; fingerprint: string } | undefined;
  #headers: { of: Access; names: string[] } | undefined;

  constructor({ credentials, userAgent, connections, metrics }: TransportOptions) {
    this.#credentials = credentials;
    this.#userAgent = userAgent;
    this.#connections = connections;
    this.#line = new CallLine(Math.max(1, connections - OWN_CONNECTIONS));
    this.#metrics = RuntimeMetrics.in(metrics ?? new Registry());
  }

  /** Sends a call on the shared connections; see {@link retryDelay} for when it is sent again. */
  send(call: Call): Promise<Answer> {
    return this.#send(call, (access) => this.#dispatcher(access));
  }

  /** Sends a call on a given connection, once. */
  sendOn(connection: WatchConnections, call: Call): Promise<Answer> {
    return this.#attempt(call, (access) => connection.pool(access).dispatcher);
  }

  /** Opens a watch; the promise resolves once the server has accepted it. */
  async watch<T extends KubernetesObject>(
    connection: WatchConnections,
    call: Call,
    openTimeoutMs: number,
  ): Promise<WatchStream<T>> {
    let access = await this.#credentials.current();
    for (let refreshed = false; ; refreshed = true) {
      const { dispatcher, broken } = connection.pool(access);
      const stream = new WatchStream<T>(dispatcher, {
        origin: access.origin,
        path: access.basePath + call.path,
        headers: this.#headersFor(access, call),
        openTimeoutMs,
        timeoutMs: call.timeoutMs,
        signal: call.signal,
        broken: broken.signal,
      });
      try {
        await stream.opened;
        this.#count(call, 200);
        return stream;
      } catch (error) {
        this.#count(call, error instanceof ApiError ? error.status : "error");
        const isRefused =
          error instanceof UnauthorizedError || (isDistrust(error) && (await this.#trustsOthersNow(access)));
        if (!isRefused || refreshed) throw error;
        const fresh = await this.#credentials.refresh(access);
        if (isSame(fresh, access)) throw error;
        access = fresh;
      }
    }
  }

  /** See {@link Client.serverTime}. */
  serverTime(): number {
    return this.#serversClock.now();
  }

  /** Closes the shared connections when what is running has ended. */
  async close(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.dispatcher.close();
  }

  async #send(call: Call, pick: (access: Access) => Dispatcher): Promise<Answer> {
    let repeated = false;
    for (let attempt = 1; ; attempt++) {
      const attempted = this.#line.run(call, (leftMs) => this.#attempt({ ...call, timeoutMs: leftMs }, pick));
      const outcome = await attempted.catch((error: unknown) => {
        if (error instanceof ConnectionError) return error;
        throw repeated && !call.signal?.aborted ? sentBefore(error) : error;
      });
      const wait = retryDelay(outcome, { idempotent: call.idempotent, attempt });
      if (wait === undefined) {
        if (!(outcome instanceof ConnectionError)) return repeated ? { ...outcome, repeated } : outcome;
        throw repeated && !outcome.sent ? sentBefore(outcome) : outcome;
      }
      repeated ||= outcome instanceof ConnectionError ? outcome.sent : outcome.status >= 500;
      await sleep(wait, undefined, call.signal ? { signal: call.signal } : {}).catch(() => {
        call.signal?.throwIfAborted();
      });
    }
  }

  /**
   * One attempt, or two when the first was refused with 401, or the server's certificate isn't signed by whom we trust,
   * and there are other credentials by now.
   */
  async #attempt(call: Call, pick: (access: Access) => Dispatcher): Promise<Answer> {
    const current = this.#credentials.current();
    const access = current instanceof Promise ? await current : current;
    try {
      const answer = await this.#sendAs(access, call, pick);
      if (answer.status !== 401 || isSame(await this.#credentials.refresh(access), access)) return answer;
    } catch (error) {
      if (!isDistrust(error) || !(await this.#trustsOthersNow(access))) throw error;
    }
    return this.#sendAs(await this.#credentials.refresh(access), call, pick);
  }

  async #trustsOthersNow(access: Access): Promise<boolean> {
    return (await this.#credentials.refresh(access)).fingerprint !== access.fingerprint;
  }

  async #sendAs(access: Access, call: Call, pick: (access: Access) => Dispatcher): Promise<Answer> {
    call.guard?.();
    const start = performance.now();
    const { method, body, timeoutMs, maxBytes, signal, guard } = call;
    const dispatcher = pick(access);
    try {
      const answer = await sendRequest(dispatcher, {
        method,
        origin: access.origin,
        path: access.basePath + call.path,
        headers: this.#headersFor(access, call),
        body,
        timeoutMs,
        maxBytes,
        signal,
        guard,
      });
      this.#count(call, answer.status);
      if (answer.serverTime !== undefined) this.#serversClock.told(answer.serverTime);
      return answer;
    } catch (error) {
      this.#count(call, "error");
      if (isTimeout(error)) this.#suspect(dispatcher);
      throw error;
    } finally {
      this.#metrics.requestSeconds.observe(
        { verb: call.verb, resource: call.resource },
        (performance.now() - start) / 1000,
      );
    }
  }

  #count({ verb, resource }: Call, code: number | "error"): void {
    this.#metrics.requests.inc({ verb, resource, code });
  }

  #headersFor(access: Access, { accept = "application/json", contentType }: Call): string[] {
    if (this.#headers?.of !== access) {
      this.#headers = { of: access, names: ["User-Agent", this.#userAgent, ...access.headers] };
    }
    const headers = [...this.#headers.names, "Accept", accept];
    if (contentType) headers.push("Content-Type", contentType);
    return headers;
  }

  #dispatcher(access: Access): Dispatcher {
    if (this.#pool?.fingerprint !== access.fingerprint) {
      this.#suspect(this.#pool?.dispatcher);
      this.#pool = {
        dispatcher: callPool(access, this.#connections),
        fingerprint: access.fingerprint,
      };
    }
    return this.#pool.dispatcher;
  }

  /**
   * New connections for what comes next: the others may be dead without saying so. What runs on them may finish. Nothing
   * is said against a pool that another call has taken instead meanwhile, nor by a heartbeat, which has its own.
   */
  #suspect(dispatcher: Dispatcher | undefined): void {
    if (!dispatcher || this.#pool?.dispatcher !== dispatcher) return;
    this.#pool = undefined;
    dispatcher.close().catch(() => {}); // it was to be given up anyway
  }
}

interface WatchPool {
  readonly dispatcher: Dispatcher;
  /** Aborts when they are broken from this side. */
  readonly broken: AbortController;
  readonly fingerprint: string;
}

/** The connections of some watches. */
export class WatchConnections {
  #pool: WatchPool | undefined;

  pool(access: Access): WatchPool {
    if (this.#pool?.fingerprint !== access.fingerprint) {
      this.reset(new Error("the credentials have changed"));
      // A server that goes away lets running watches finish on the old connection, while a heartbeat would take a new
      // one and prove nothing about them: begin anew together. (Every other disconnect ends the watches by itself.)
      const dispatcher = watchPool(access, (error) => {
        if (this.#pool?.dispatcher === dispatcher) this.reset(error);
      });
      this.#pool = { dispatcher, broken: new AbortController(), fingerprint: access.fingerprint };
    }
    return this.#pool;
  }

  /** Breaks the connections: every watch on them ends with a ConnectionError that has this cause. */
  reset(cause: unknown): void {
    const pool = this.#pool;
    this.#pool = undefined;
    // The pool doesn't know any more of a connection whose server goes away, so that it wouldn't end its watches.
    pool?.broken.abort(asError(cause));
    pool?.dispatcher.destroy(asError(cause)).catch(() => {}); // nothing is left to close
  }
}

/** What ended a call of which an earlier attempt was sent, and never answered as it should: that one may have been done. */
function sentBefore(cause: unknown): ConnectionError {
  const { message } = asError(cause);
  return new ConnectionError(message, { sent: true, cause });
}

function isTimeout(error: unknown): boolean {
  return (
    error instanceof ConnectionError && error.cause instanceof Error && error.cause.name === "TimeoutError"
  );
}

/** What OpenSSL calls a certificate whose signer isn't among those that are trusted (X509_verify_cert_error_string). */
const UNTRUSTED = new Set([
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "CERT_SIGNATURE_FAILURE",
]);

/** The server's authority may have been rotated, and we know the one before. */
function isDistrust(error: unknown): boolean {
  if (!(error instanceof ConnectionError) || !(error.cause instanceof Error)) return false;
  return "code" in error.cause && typeof error.cause.code === "string" && UNTRUSTED.has(error.cause.code);
}
