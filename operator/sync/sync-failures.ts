import {
  DirectoryForbiddenError,
  DirectoryUnauthorizedError,
} from "../../okta/directory/directory-errors.ts";
import { mayBeOfOne } from "./person-failures.ts";
import type { Failure } from "./sync-state.ts";

/** What is done side by side: looking at people, reading members, asking for changes. */
export type Part = "look" | "pass" | "poll";

/** What can fail: a part of it all, noting what is done, groups for which there is no memory, or a look at one person. */
export type Failing = Part | "noting" | "large groups" | `${typeof LOOK}${string}`;

const LOOK = "look at ";

/** What ends sooner by itself isn't told. */
const TOLD_AFTER_MS = 20_000;

/** @param id Okta's, of the person */
export function lookAt(id: string): Failing {
  return `${LOOK}${id}`;
}

/** What fails of following a directory, each since when. */
export class SyncFailures {
  readonly #failures = new Map<Failing, Failure>();

  has(what: Failing): boolean {
    return this.#failures.has(what);
  }

  failed(what: Failing, error: unknown): void {
    this.#failures.set(what, { since: this.#failures.get(what)?.since ?? Date.now(), error });
  }

  /** @returns whether it failed before */
  succeeded(what: Failing): boolean {
    return this.#failures.delete(what);
  }

  /** Looks at people who aren't to be looked at any more. */
  *looksLeft(looks: { has(id: string): boolean }): Generator<Failing> {
    for (const what of this.#failures.keys())
      if (what.startsWith(LOOK) && !looks.has(what.slice(LOOK.length))) yield what;
  }

  /** The eldest; what is about the directory comes before what is about some groups, and that before some people. */
  get told(): Failure | undefined {
    const told = [...this.#failures].filter(([, failure]) => isWorthTelling(failure));
    told.sort(([, a], [, b]) => a.since - b.since);
    const people = told.filter(isOfPerson);
    const others = told.filter((each) => !isOfPerson(each));
    const ofAll = others.find(([what]) => what !== "large groups") ?? others[0];
    const [first] = people;
    if (ofAll || !first) return ofAll?.[1];
    return { ...first[1], people: people.map(([what]) => what.slice(LOOK.length)) };
  }
}

function isOfPerson([what, { error }]: [Failing, Failure]): boolean {
  return what.startsWith(LOOK) && mayBeOfOne(error);
}

/** What Okta refuses, people have to put right; what ends by itself in a moment is nothing to tell. */
function isWorthTelling({ since, error }: Failure): boolean {
  const isRefused = error instanceof DirectoryUnauthorizedError || error instanceof DirectoryForbiddenError;
  return isRefused || Date.now() - since >= TOLD_AFTER_MS;
}
