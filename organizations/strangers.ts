import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { Organization } from "../crds/types.ts";
import type { IdentityStore, UserEvent } from "../identity/index.ts";
import { backoff, FairMemory, isNotLeader, keyOf } from "../kubernetes/index.ts";
import type { Hint, PersonHint } from "../okta/events/hint.ts";
import type { HintsWriter } from "./hints-writer.ts";

export interface StrangersDeps {
  readonly store: Pick<IdentityStore, "subscribe">;
  /** The organization of this key, "namespace/name". */
  readonly organization: (key: string) => Organization | undefined;
  readonly hints: Pick<HintsWriter, "heard">;
  readonly log: Logger;
  /** A clock that never goes back, ms. */
  readonly now?: () => number;
}

/** How long after something was heard of somebody a first sign-in may still be stored by what was so before. */
const REMEMBERED_MS = 2 * 60_000;
/** Whom nobody knows, there are very many. */
const MOST = 20_000;
const AFTER_FAILURE = { baseMs: 1_000, maxMs: 15_000 };

interface Heard {
  /** When it happened, by Okta's clock. */
  readonly eventTime: string;
  /** When it was heard, by the clock. */
  readonly at: number;
}

/**
 * Of whom it was heard lately that something was taken from them, and who have no account. That is nobody's, unless one of
 * them is just signing in for the first time: what is stored then may be what Okta said a moment before. So once there is an
 * account, it is noted that they are to be looked at, after all.
 *
 * What was said isn't kept, since anybody may say very much of whom nobody knows: without it, a look is believed as it is, and
 * another one 5 and 30 s later.
 */
export class Strangers {
  readonly #deps: StrangersDeps;
  readonly #now: () => number;
  readonly #heard = new FairMemory<Heard>(MOST);

  constructor(deps: StrangersDeps) {
    this.#deps = deps;
    this.#now = deps.now ?? (() => performance.now());
    deps.store.subscribe((event) => this.#told(event));
  }

  /** @param organization "namespace/name" */
  remember(organization: string, { id, left = [], active, eventTime }: PersonHint): void {
    if (left.length === 0 && active !== false) return;
    this.#heard.set(organization, id, { eventTime, at: this.#now() });
  }

  #told({ kind, user, previous }: UserEvent): void {
    const { organization: key, subject } = user;
    // A local account may become somebody's of Okta.
    if (subject === undefined || kind === "deleted" || previous?.subject === subject) return;
    const heard = this.#heard.get(key, subject);
    if (!heard) return;
    this.#heard.delete(key, subject, heard);
    void this.#note(key, { kind: "person", id: subject, eventTime: heard.eventTime }, heard.at);
  }

  async #note(key: string, hint: Hint, heardAt: number): Promise<void> {
    for (let failures = 0; this.#now() - heardAt < REMEMBERED_MS; ) {
      const organization = this.#deps.organization(key);
      if (!organization?.spec.okta.directory) return;
      try {
        await this.#deps.hints.heard(organization, { hints: [hint] });
        return;
      } catch (error) {
        if (isNotLeader(error)) return;
        failures++;
        this.#deps.log.warn(
          { err: error, organization: keyOf(organization), subject: hint.id, failures },
          "It could not be noted that somebody is to be looked at in Okta, who signed in while something was taken from them; it is tried again.",
        );
        await sleep(backoff(failures, AFTER_FAILURE), undefined, { ref: false });
      }
    }
  }
}
