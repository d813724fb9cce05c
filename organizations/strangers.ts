import type { Logger } from "pino";
import type { Organization } from "../crds/types.ts";
import type { IdentityStore, User, UserEvent } from "../identity/index.ts";
import { FairMemory, keyOf } from "../kubernetes/index.ts";
import type { Hint, PersonHint } from "../okta/events/hint.ts";
import { mergeHints } from "../okta/events/merged-hints.ts";
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

interface Heard {
  readonly hint: Hint;
  /** When it was heard last, by the clock. */
  readonly at: number;
}

/**
 * What was heard lately of people who have no account. It is nobody's, unless one of them is just signing in for the first
 * time: what is stored then may be what Okta said a moment before. So once there is an account, it is noted after all.
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
  remember(organization: string, hint: PersonHint): void {
    const known = this.#lately(organization, hint.id);
    for (const merged of mergeHints(known ? [known.hint, hint] : [hint]))
      this.#heard.set(organization, hint.id, { hint: merged, at: this.#now() });
  }

  #told({ kind, user }: UserEvent): void {
    if (kind !== "added" || user.subject === undefined) return;
    const heard = this.#lately(user.organization, user.subject);
    const organization = this.#deps.organization(user.organization);
    if (!heard || !organization?.spec.okta.directory) return;
    this.#heard.delete(user.organization, user.subject, heard);
    void this.#note(organization, heard.hint, user);
  }

  async #note(organization: Organization, hint: Hint, { ref }: User): Promise<void> {
    try {
      await this.#deps.hints.heard(organization, { hints: [hint] });
    } catch (error) {
      this.#deps.log.warn(
        { err: error, organization: keyOf(organization), user: ref },
        "It could not be noted that somebody is to be looked at in Okta, who signed in while something was heard of them.",
      );
    }
  }

  #lately(organization: string, id: string): Heard | undefined {
    const heard = this.#heard.get(organization, id);
    return heard && this.#now() - heard.at < REMEMBERED_MS ? heard : undefined;
  }
}
