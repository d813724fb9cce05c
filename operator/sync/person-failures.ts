import { StoreError } from "../../identity/index.ts";
import {
  DirectoryForbiddenError,
  DirectoryInvalidAnswerError,
  DirectoryNotFoundError,
  DirectoryUnreachableError,
} from "../../okta/directory/directory-errors.ts";
import { HttpStatusError } from "../../okta/http/http-errors.ts";

/** What fails for so many people one after the other isn't about them. */
const MOST_IN_A_ROW = 20;

/** What has failed of people of whom one after the other is read or stored: nobody waits for those of whom it fails. */
export class PersonFailures {
  readonly #signal: AbortSignal;
  #first: unknown;
  #inARow = 0;
  #areOfAll = false;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** The first failure; undefined: there was none. */
  get first(): unknown {
    return this.#first;
  }

  /** Whether it would fail for the others as well, so that nothing more is to be tried. */
  get areOfAll(): boolean {
    return this.#areOfAll;
  }

  /**
   * Does something for one person.
   * @returns undefined where it has failed
   * @throws the signal's reason
   */
  async of<T>(act: () => Promise<T>): Promise<T | undefined> {
    try {
      const done = await act();
      this.#inARow = 0;
      return done;
    } catch (error) {
      this.#signal.throwIfAborted();
      this.#first ??= error;
      this.#inARow++;
      this.#areOfAll ||= !mayBeOfOne(error) || this.#inARow >= MOST_IN_A_ROW;
      return undefined;
    }
  }
}

/** Whether others may be read and stored although somebody can't. Not where Okta isn't reached, or lets nothing be read now. */
function mayBeOfOne(error: unknown): boolean {
  if (error instanceof DirectoryUnreachableError) return error.cause instanceof HttpStatusError;
  return (
    error instanceof DirectoryForbiddenError ||
    error instanceof DirectoryNotFoundError ||
    error instanceof DirectoryInvalidAnswerError ||
    error instanceof StoreError
  );
}
