import { Agent, request } from "undici";

export interface OutboundCall {
  method: "GET" | "POST";
  url: string;
  headers: Record<string, string>;
  body?: string;
}

/** One try of a call: the status of the answer, or why there was none. */
export interface Attempt {
  /** When it began, in milliseconds since 1970, and how long it took. */
  readonly time: number;
  readonly tookMs: number;
  readonly outcome: number | "timeout" | "no-answer";
  readonly body: string;
  /** What went wrong when there was no answer. */
  readonly cause?: unknown;
}

/** Calls of services outside of Okta: a time-out, one retry unless the answer was 4xx, no redirects followed. */
export class OutboundCalls {
  readonly #timeoutMs: () => number;
  readonly #agent = new Agent();
  readonly #stopped = new AbortController();

  constructor(timeoutMs: () => number) {
    this.#timeoutMs = timeoutMs;
  }

  get stopped(): boolean {
    return this.#stopped.signal.aborted;
  }

  /** @returns the last attempt. `each` is told of every one. */
  async call(call: OutboundCall, each: (attempt: Attempt) => void = () => {}): Promise<Attempt> {
    const first = await this.#try(call);
    each(first);
    if (succeeded(first) || isCallersFault(first) || this.stopped) return first;
    const second = await this.#try(call);
    each(second);
    return second;
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#agent.destroy();
  }

  async #try({ method, url, headers, body }: OutboundCall): Promise<Attempt> {
    const time = Date.now();
    const timeout = AbortSignal.timeout(this.#timeoutMs());
    const made = (outcome: Attempt["outcome"], other: { body?: string; cause?: unknown }): Attempt => ({
      time,
      tookMs: Date.now() - time,
      outcome,
      body: "",
      ...other,
    });
    try {
      const answer = await request(url, {
        method,
        headers,
        dispatcher: this.#agent,
        signal: AbortSignal.any([timeout, this.#stopped.signal]),
        ...(body === undefined ? {} : { body }),
      });
      return made(answer.statusCode, { body: await answer.body.text() });
    } catch (cause) {
      return made(timeout.aborted ? "timeout" : "no-answer", { cause });
    }
  }
}

export function succeeded({ outcome }: Attempt): boolean {
  return typeof outcome === "number" && outcome >= 200 && outcome < 300;
}

/** In words, for the system log and whoever verifies. */
export function reasonOf({ outcome, cause }: Attempt): string {
  switch (outcome) {
    case "timeout":
      return "No answer within the time-out";
    case "no-answer":
      return `No answer: ${cause instanceof Error ? cause.message : cause}`;
    default:
      return `HTTP status ${outcome}`;
  }
}

function isCallersFault({ outcome }: Attempt): boolean {
  return typeof outcome === "number" && outcome >= 400 && outcome < 500;
}
