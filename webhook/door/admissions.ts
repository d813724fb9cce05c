import type { WebhookMetrics } from "../metrics.ts";
import type { Answer } from "./session-answers.ts";
import type { Admitted } from "./verdicts.ts";

const NO_BODY = Buffer.alloc(0);

/** What a proxy is told of somebody who may come in: headers alone, since proxies drop all else. Made once. */
export class Admissions {
  readonly #made = new WeakMap<Admitted, Answer>();
  readonly #tally: { count: number };

  constructor(metrics: WebhookMetrics) {
    this.#tally = metrics.sessionChecks("signed-in");
  }

  of(admitted: Admitted): Answer {
    let made = this.#made.get(admitted);
    if (!made) {
      const headers = { "Content-Length": 0, "Cache-Control": "no-store", ...admitted.headers };
      made = { status: 200, headers, body: NO_BODY, tally: this.#tally };
      this.#made.set(admitted, made);
    }
    return made;
  }
}
