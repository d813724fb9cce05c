import type { Logger } from "pino";
import { type IdentityStore, StaleUserError, type User } from "../../identity/index.ts";

export interface LoginTimesOptions {
  readonly store: Pick<IdentityStore, "read" | "fresh" | "update">;
  readonly log: Logger;
  /** ms since 1970 */
  readonly now?: () => number;
  /** How often it is looked what is due, in ms. */
  readonly lookMs?: number;
  /** People whose times wait at once. */
  readonly most?: number;
}

/** The time of a sign-in that isn't stored yet. */
interface Note {
  /** Of the account: one that is made anew under the same name is another. */
  readonly uid: string;
  /** All in ms since 1970. */
  readonly at: number;
  readonly dueAt: number;
}

/** At most one write of each account in this time. */
const EACH_MS = 60_000;
const LOOK_MS = 1_000;
/** Some 2 MB. */
const MOST = 10_000;
/** Writes at once: people who sign in come first. At the end of the process nobody does any more. */
const WRITERS = 4;
const LAST_WRITERS = 32;

/**
 * Stores when people have signed in who came back and got what they had: afterwards, so that nobody waits for it, and not
 * each time. It is only a time. One that was stored otherwise by then isn't written again; where the store doesn't answer,
 * it is tried again; what waits when the process is killed is lost, as is what comes when too many wait.
 */
export class LoginTimes {
  readonly #options: LoginTimesOptions;
  readonly #now: () => number;
  /** By ref. */
  readonly #notes = new Map<string, Note>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isClosing = false;

  constructor(options: LoginTimesOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** How many wait. */
  get size(): number {
    return this.#notes.size;
  }

  /** @param at when the user has signed in, in ms since 1970 */
  note({ ref, uid, lastLoginTime = 0 }: User, at: number): void {
    const known = this.#notes.get(ref);
    if (!known && this.#notes.size >= (this.#options.most ?? MOST)) return;
    // Another replica's clock may be ahead.
    const dueAt = Math.min(lastLoginTime, at) + EACH_MS;
    this.#notes.set(ref, { uid, at, dueAt: known?.uid === uid ? known.dueAt : dueAt });
    this.#lookLater();
  }

  /**
   * Writes what waits without further rest: for the end of the process.
   * @param withinMs what can't be written in this time is lost
   */
  async flush(withinMs: number): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#timer);
    const late = AbortSignal.timeout(withinMs);
    await this.#writing;
    await this.#write([...this.#notes.keys()], LAST_WRITERS, late);
    if (this.#notes.size > 0)
      this.#options.log.warn({ people: this.#notes.size }, "When people have signed in last was not stored.");
  }

  #lookLater(): void {
    if (this.#isClosing || this.#timer || this.#notes.size === 0) return;
    this.#timer = setTimeout(() => {
      const now = this.#now();
      const due = [...this.#notes].filter(([, { dueAt }]) => dueAt <= now).map(([ref]) => ref);
      this.#writing = this.#write(due, WRITERS).then(() => {
        this.#timer = undefined;
        this.#lookLater();
      });
    }, this.#options.lookMs ?? LOOK_MS).unref();
  }

  /** Never rejects: what fails waits on. */
  async #write(refs: readonly string[], writers: number, stop?: AbortSignal): Promise<void> {
    const left = refs.values();
    let failure: unknown;
    const write = async (): Promise<void> => {
      for (const ref of left) {
        if (stop?.aborted) return;
        const note = this.#notes.get(ref);
        if (!note) continue;
        try {
          await this.#store(ref, note);
          // Somebody who has signed in meanwhile waits anew.
          if (this.#notes.get(ref) === note) this.#notes.delete(ref);
          else this.#put(ref, this.#now() + EACH_MS);
        } catch (error) {
          failure = error;
          this.#put(ref, this.#now() + EACH_MS);
        }
      }
    };
    await Promise.all(Array.from({ length: writers }, write));
    if (failure !== undefined)
      this.#options.log.warn({ err: failure }, "When people have signed in last could not be stored.");
  }

  #put(ref: string, dueAt: number): void {
    const note = this.#notes.get(ref);
    if (note) this.#notes.set(ref, { ...note, dueAt });
  }

  /** @throws StaleUserError when others write all the time, StoreError */
  async #store(ref: string, { uid, at }: Note): Promise<void> {
    const { store } = this.#options;
    const isDue = (user: User | undefined): user is User =>
      user !== undefined && user.uid === uid && (user.lastLoginTime ?? 0) < Math.floor(at / 1000) * 1000;
    const known = await store.read(ref);
    if (!isDue(known)) return;
    try {
      await store.update(known, { signedInAt: at });
    } catch (error) {
      if (!(error instanceof StaleUserError)) throw error;
      const stored = await store.fresh(ref);
      if (isDue(stored)) await store.update(stored, { signedInAt: at });
    }
  }
}
