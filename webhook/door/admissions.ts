import { FairMemory } from "../../kubernetes/index.ts";
import type { WebhookMetrics } from "../metrics.ts";
import type { SessionKeys } from "../sessions/session-keys.ts";
import { assertion } from "./assertion.ts";
import type { Answer } from "./session-answers.ts";
import type { Admitted } from "./verdicts.ts";

/** After this time an answer is signed anew, in ms: what is good for a minute is good for half of one when it is sent. */
const REUSED_MS = 30_000;

/** Answers that are remembered, of 1 KiB each and seldom more than 3. */
const REMEMBERED = 25_000;

const NO_BODY = Buffer.alloc(0);

export interface AdmissionsOptions {
  readonly keys: Pick<SessionKeys, "assertionKeys">;
  readonly metrics: WebhookMetrics;
  /** This webhook, as in https://login.example.com. */
  readonly issuer: string;
  /** ms since 1970 */
  readonly now?: () => number;
  /** Answers that are remembered. */
  readonly remembered?: number;
}

interface Made {
  readonly host: string;
  /** ms since 1970 */
  readonly until: number;
  readonly answer: Answer;
}

/**
 * What a proxy is told of somebody who may come in: headers alone, since proxies drop all else, with an assertion that is
 * signed once in half a minute and not for each request.
 */
export class Admissions {
  readonly #options: AdmissionsOptions;
  readonly #now: () => number;
  /** By organization and person, for each host that they are at. */
  readonly #made: FairMemory<readonly Made[], Admitted>;
  readonly #tally: { count: number };

  constructor(options: AdmissionsOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#made = new FairMemory(options.remembered ?? REMEMBERED);
    this.#tally = options.metrics.sessionChecks("signed-in");
  }

  /** @param host the application's */
  of(admitted: Admitted, host: string): Answer {
    const now = this.#now();
    const { uid = "" } = admitted.organization.metadata;
    const known = this.#made.get(uid, admitted) ?? [];
    const made = known.find((one) => one.host === host);
    // A clock that was put back keeps nothing for longer than it is good.
    if (made && now < made.until && made.until - now <= REUSED_MS) return made.answer;
    const answer = this.#answer(admitted, host, now);
    const others = known.filter((one) => one.host !== host && now < one.until);
    this.#made.set(uid, admitted, [{ host, until: now + REUSED_MS, answer }, ...others]);
    return answer;
  }

  #answer(admitted: Admitted, host: string, now: number): Answer {
    const { keys, issuer } = this.#options;
    const key = keys.assertionKeys().current;
    const headers = {
      "Content-Length": 0,
      "Cache-Control": "no-store",
      ...admitted.headers,
      "X-Auth-Request-Assertion": assertion(admitted, { issuer, host, key, now }),
    };
    return { status: 200, headers, body: NO_BODY, tally: this.#tally };
  }
}
