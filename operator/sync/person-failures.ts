import { StoreError } from "../../identity/index.ts";
import {
  DirectoryForbiddenError,
  DirectoryInvalidAnswerError,
  DirectoryNotFoundError,
  DirectoryUnreachableError,
} from "../../okta/directory/directory-errors.ts";
import { HttpStatusError } from "../../okta/http/http-errors.ts";

/**
 * What fails for so many people one after the other isn't about them. Each that isn't answered, or can't be stored, may take
 * seconds, so that few of those are enough. Whom Okta refuses to tell of are told at once; they stay among those who are asked
 * about, side by side, so that it takes more than there may be of them.
 */
const MOST_IN_A_ROW = { unanswered: 20, refused: 500 };

/** What has failed of people of whom one after the other is read or stored: nobody waits for those of whom it fails. */
export class PersonFailures {
  readonly #signal: AbortSignal;
  readonly #of = new Map<string, unknown>();
  #unanswered = 0;
  #refused = 0;
  #ofAll: unknown;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Of whom something has failed, and what: by Okta's ids, the first one first. */
  get people(): ReadonlyMap<string, unknown> {
    return this.#of;
  }

  /** What fails for everybody; undefined: nothing does. */
  get ofAll(): unknown {
    return this.#ofAll;
  }

  /** Whether it would fail for the others as well, so that nothing more is to be tried. */
  get areOfAll(): boolean {
    return this.#ofAll !== undefined;
  }

  /**
   * Does something for one person.
   * @param id Okta's, of the person
   * @returns undefined where it has failed
   * @throws the signal's reason
   */
  async of<T>(id: string, act: () => Promise<T>): Promise<T | undefined> {
    try {
      const done = await act();
      this.#unanswered = 0;
      this.#refused = 0;
      return done;
    } catch (error) {
      this.#signal.throwIfAborted();
      this.#of.set(id, error);
      if (isRefusal(error)) this.#refused++;
      else this.#unanswered++;
      if (
        !mayBeOfOne(error) ||
        this.#unanswered >= MOST_IN_A_ROW.unanswered ||
        this.#refused >= MOST_IN_A_ROW.refused
      )
        this.#ofAll = error;
      return undefined;
    }
  }
}

/** Whether others may be read and stored although somebody can't. Not where Okta isn't reached, or lets nothing be read now. */
export function mayBeOfOne(error: unknown): boolean {
  if (error instanceof DirectoryUnreachableError) return error.cause instanceof HttpStatusError;
  return error instanceof StoreError || isRefusal(error);
}

function isRefusal(error: unknown): boolean {
  return (
    error instanceof DirectoryForbiddenError ||
    error instanceof DirectoryNotFoundError ||
    error instanceof DirectoryInvalidAnswerError
  );
}
