import { Places } from "../places.ts";
import { connectionError } from "./http-request.ts";

/** What is to be known of a call before it is sent. */
export interface WaitingCall {
  method: string;
  path: string;
  /** The namespace for which it is; undefined: the program's own, which waits for nobody. */
  tenant?: string | undefined;
  timeoutMs: number;
  signal: AbortSignal | undefined;
}

/**
 * The calls that are under way, and those that wait for that. However many calls for one namespace aren't answered, those for
 * the others find a connection (see Places). Namespaces that wait take turns, each with its calls in their order.
 */
export class CallLine {
  readonly #places: Places;
  /** By namespace, those who wait. No line is empty. */
  readonly #lines = new Map<string, Set<() => void>>();

  /** @param places how many calls for namespaces are under way at once */
  constructor(places: number) {
    this.#places = new Places(places);
  }

  /**
   * Sends a call as soon as there is a place for it.
   * @param send told how much of the time is left, in ms
   * @throws ConnectionError when the time is over before; the signal's reason when it aborts
   */
  async run<T>(call: WaitingCall, send: (leftMs: number) => Promise<T>): Promise<T> {
    const { tenant, timeoutMs } = call;
    if (tenant === undefined) return send(timeoutMs);
    let leftMs = timeoutMs;
    if (this.#places.has(tenant)) this.#places.take(tenant);
    else leftMs -= await this.#turn(tenant, call);
    try {
      return await send(leftMs);
    } finally {
      this.#places.leave(tenant);
      this.#letIn();
    }
  }

  /** Resolves with the time that it took, in ms, when a place has been taken. */
  async #turn(tenant: string, { signal, timeoutMs, ...call }: WaitingCall): Promise<number> {
    signal?.throwIfAborted();
    const start = performance.now();
    const line = this.#lines.get(tenant) ?? new Set();
    this.#lines.set(tenant, line);
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", aborted);
        line.delete(goIn);
        if (line.size === 0) this.#lines.delete(tenant);
      };
      const goIn = (): void => {
        leave();
        resolve(performance.now() - start);
      };
      const aborted = (): void => {
        leave();
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        leave();
        const cause = new Error(`other calls for ${tenant} took its connections for ${timeoutMs} ms`);
        reject(connectionError(call, cause, false));
      }, timeoutMs);
      signal?.addEventListener("abort", aborted);
      line.add(goIn);
    });
  }

  /** To be called when a place has become free. */
  #letIn(): void {
    for (const [tenant, line] of this.#lines) {
      if (this.#places.isFull) return;
      const [first] = line;
      if (!first || !this.#places.has(tenant)) continue;
      this.#places.take(tenant);
      // The last to have its turn again, which then comes in this loop.
      this.#lines.delete(tenant);
      if (line.size > 1) this.#lines.set(tenant, line);
      first();
    }
  }
}
