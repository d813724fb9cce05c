import { Dispatcher } from "undici";

/** One request as it was given to the connections, and what a server makes of it: what the test says. */
export class ScriptedExchange {
  readonly options: Dispatcher.DispatchOptions;
  /** Why it was given up from this side. */
  aborted: Error | undefined;
  paused = false;
  readonly #handler: Dispatcher.DispatchHandler;

  constructor(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) {
    this.options = options;
    this.#handler = handler;
  }

  readonly #controller = ((exchange: ScriptedExchange): Dispatcher.DispatchController => ({
    get aborted() {
      return exchange.aborted !== undefined;
    },
    get paused() {
      return exchange.paused;
    },
    get reason() {
      return exchange.aborted ?? null;
    },
    get rawHeaders() {
      return null;
    },
    get rawTrailers() {
      return null;
    },
    abort(reason: Error) {
      exchange.aborted ??= reason;
    },
    pause() {
      exchange.paused = true;
    },
    resume() {
      exchange.paused = false;
    },
  }))(this);

  /** It goes over a connection. */
  sends(): this {
    this.#handler.onRequestStart?.(this.#controller, undefined);
    return this;
  }

  /** The answer begins. */
  begins(status: number, headers: Record<string, string> = {}): this {
    this.#handler.onResponseStart?.(this.#controller, status, headers);
    return this;
  }

  /** A piece of its body comes. What the reader throws breaks the connection, as undici has it. */
  brings(text: string): this {
    try {
      this.#handler.onResponseData?.(this.#controller, Buffer.from(text));
    } catch (error) {
      this.breaks(error instanceof Error ? error : new Error(String(error)));
    }
    return this;
  }

  ends(): this {
    this.#handler.onResponseEnd?.(this.#controller, {});
    return this;
  }

  breaks(cause: Error): this {
    this.#handler.onResponseError?.(this.#controller, cause);
    return this;
  }
}

/** Connections to a server that does what the test says. */
export class ScriptedDispatcher extends Dispatcher {
  readonly exchanges: ScriptedExchange[] = [];

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    this.exchanges.push(new ScriptedExchange(options, handler));
    return true;
  }

  /** The request that came last. */
  get last(): ScriptedExchange {
    const last = this.exchanges.at(-1);
    if (!last) throw new Error("nothing was sent");
    return last;
  }
}
