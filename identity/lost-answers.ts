import { type PerhapsStored, StaleUserError, StoreError, UserExistsError } from "./store.ts";
import type { User } from "./user.ts";

/**
 * Decides and writes an account, again and again while others write first.
 *
 * Whatever ends it, what a lost answer has left open isn't forgotten: when a later attempt can't be read or written, or
 * there were too many, the error says what may be stored. So whoever catches it has everything that is to be recorded.
 *
 * @param attempt reads what there is, decides, writes. It gets what earlier attempts may have stored, and how many there were
 * @param limits how often it is tried, and what is said when that was too often
 * @throws StoreError, and what else the attempt throws but StaleUserError and UserExistsError
 */
export async function untilWritten<T>(
  attempt: (lost: PerhapsStored | undefined, earlier: number) => Promise<T>,
  { attempts, givenUp }: { readonly attempts: number; readonly givenUp: string },
): Promise<T> {
  let lost: PerhapsStored | undefined;
  for (let earlier = 0; earlier < attempts; earlier++) {
    try {
      return await attempt(lost, earlier);
    } catch (error) {
      if (error instanceof StoreError && lost)
        throw new StoreError(error.message, { cause: error, perhaps: sum(lost, error.perhaps) });
      if (!(error instanceof StaleUserError || error instanceof UserExistsError)) throw error;
      lost = sum(lost, error.perhaps);
    }
  }
  throw new StoreError(givenUp, { perhaps: lost });
}

/**
 * The account as it was before all that we may have written of it, where the last write took it from `before` to `after`.
 * What a write has changed whose answer was lost shows in no later one: better recorded twice than never.
 */
export function beforeLost<T extends User | undefined>(
  lost: PerhapsStored | undefined,
  { before, after }: { readonly before: T; readonly after: User },
): User | T {
  // One that was made anew under the same name is another.
  return lost?.before?.uid === after.uid ? lost.before : before;
}

function sum(first: PerhapsStored | undefined, last: PerhapsStored | undefined): PerhapsStored | undefined {
  return first && last ? { before: first.before, after: last.after } : (first ?? last);
}
