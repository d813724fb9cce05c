import { setTimeout as sleep } from "node:timers/promises";
import { Agent, request } from "undici";

const TIMEOUT_MS = 60_000;

export interface ChecksOptions {
  readonly connections?: number;
  /** ms between an answer and the next question. */
  readonly pauseMs?: number;
}

/** One program that asks who somebody is: over one connection, and without a pause, unless said otherwise. */
export class SessionChecks {
  readonly #url: string;
  readonly #agent: Agent;
  readonly #pauseMs: number;

  constructor(baseURL: string, { connections = 1, pauseMs = 0 }: ChecksOptions = {}) {
    this.#url = `${baseURL}/session`;
    this.#agent = new Agent({ connections });
    this.#pauseMs = pauseMs;
  }

  async status(cookie: string): Promise<number> {
    const answer = await request(this.#url, { dispatcher: this.#agent, headers: { cookie } });
    await answer.body.dump();
    return answer.statusCode;
  }

  /** Resolves with the time (performance.now) of the first answer that is 401. */
  untilRefused(cookie: string): Promise<number> {
    return this.#until(401, cookie);
  }

  /** As `untilRefused`: of the first that is 200. */
  untilAdmitted(cookie: string): Promise<number> {
    return this.#until(200, cookie);
  }

  async #until(status: number, cookie: string): Promise<number> {
    const deadline = performance.now() + TIMEOUT_MS;
    while ((await this.status(cookie)) !== status) {
      if (performance.now() > deadline) throw new Error(`no answer was ever ${status}`);
      if (this.#pauseMs > 0) await sleep(this.#pauseMs);
    }
    return performance.now();
  }

  async close(): Promise<void> {
    await this.#agent.close();
  }
}
