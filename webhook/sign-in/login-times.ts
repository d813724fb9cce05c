import type { Logger } from "pino";
import { type IdentityStore, type NotedSignIn, StaleUserError, type User } from "../../identity/index.ts";

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

/** Sign-ins of one account that aren't stored yet. */
interface Note {
  /** Of the account: one that is made anew under the same name is another. */
  readonly uid: string;
  /** The newest first. */
  readonly signIns: readonly NotedSignIn[];
  /** ms since 1970 */
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

/** Of one account: those that come before them in a minute aren't looked for by anybody. */
const MOST_OF_ONE = 10;

/**
 * Stores when people have signed in who came back and got what they had, or were refused and lost nothing: afterwards, so
 * that nobody waits for it, and not each time. It is only a time. One that was stored otherwise by then isn't written again; where the store doesn't answer,
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

  /** @param user who has signed in, or has been refused, just now */
  note({ ref, uid, lastLoginTime = 0, signIns = [] }: User, signIn: NotedSignIn): void {
    const entry = this.#notes.get(ref);
    if (!entry && this.#notes.size >= (this.#options.most ?? MOST)) return;
    const known = entry?.uid === uid ? entry : undefined;
    // Another replica's clock may be ahead.
    const dueAt = Math.min(Math.max(lastLoginTime, signIns[0]?.at ?? 0), signIn.at) + EACH_MS;
    this.#notes.set(ref, {
      uid,
      signIns: [signIn, ...(known?.signIns ?? [])].slice(0, MOST_OF_ONE),
      dueAt: known?.dueAt ?? dueAt,
    });
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
          // Somebody who has signed in meanwhile waits anew, with what is stored by now: that is no news then.
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
  async #store(ref: string, { uid, signIns }: Note): Promise<void> {
    const { store } = this.#options;
    const known = await store.read(ref);
    if (known?.uid !== uid) return;
    try {
      await store.update(known, { signIns });
    } catch (error) {
      if (!(error instanceof StaleUserError)) throw error;
      const stored = await store.fresh(ref);
      if (stored?.uid === uid) await store.update(stored, { signIns });
    }
  }
}
