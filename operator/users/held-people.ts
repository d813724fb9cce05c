import type { LossCause } from "../../identity/index.ts";

/** Why something is held, in words for metrics. */
const CAUSES: Readonly<Record<LossCause, string>> = {
  MappingsChanged: "mapping edited",
  GroupsGone: "groups gone",
  ClaimMissing: "claim lost",
  IssuerChanged: "issuer changed",
};

/** How many people are held in each organization, and why: as its condition says it. */
export class HeldPeople {
  readonly #held = new Map<string, ReadonlyMap<LossCause, number>>();

  /** @param causes of those who wait; undefined: nothing is held */
  tell(organization: string, causes: ReadonlyMap<LossCause, number> | undefined): void {
    if (causes) this.#held.set(organization, new Map(causes));
    else this.#held.delete(organization);
  }

  /** Of organizations in which nothing is held, nothing. */
  *counts(): Iterable<{ readonly organization: string; readonly cause: string; readonly people: number }> {
    for (const [organization, causes] of this.#held)
      for (const [cause, people] of causes) yield { organization, cause: CAUSES[cause], people };
  }

  /** Another replica tells of them now. */
  clear(): void {
    this.#held.clear();
  }
}
