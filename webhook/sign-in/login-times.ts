import type { Logger } from "pino";
import { type IdentityStore, type NotedSignIn, StaleUserError, type User } from "../../identity/index.ts";
import { Shares, splitKey } from "../../kubernetes/index.ts";

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
/** Writes at once of one namespace, and of how many: people who sign in come first. */
const WRITERS = 2;
const NAMESPACES = 8;
/** At the end of the process nobody does any more: of all namespaces, if they aren't more. */
const LAST_WRITERS = 32;

/** Of one account: those that come before them in a minute aren't looked for by anybody. */
const MOST_OF_ONE = 10;

/**
 * Stores when people have signed in who came back and got what they had, or were refused and lost nothing: afterwards, so
 * that nobody waits for it, and not each time. It is only a time. One that was stored otherwise by then isn't written again;
 * where the store doesn't answer, it is tried again; what waits when the process is killed is lost. When too many wait, the
 * namespace loses some that has the most. None waits for what another's takes.
 */
export class LoginTimes {
  readonly #options: LoginTimesOptions;
  readonly #now: () => number;
  /** By namespace, by ref. None is empty. */
  readonly #notes = new Map<string, Map<string, Note>>();
  /** How many each namespace has. */
  readonly #sizes = new Shares();
  #timer: NodeJS.Timeout | undefined;
  /** By namespace, what is being written. */
  readonly #writing = new Map<string, Promise<void>>();
  #isClosing = false;

  constructor(options: LoginTimesOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** How many wait. */
  get size(): number {
    return this.#sizes.total;
  }

  /** @param user who has signed in, or has been refused, just now */
  note({ ref, uid, lastLoginTime = 0, signIns = [] }: User, signIn: NotedSignIn): void {
    const { namespace } = splitKey(ref);
    const entry = this.#notes.get(namespace)?.get(ref);
    if (!entry && !this.#makeRoom(namespace)) return;
    const known = entry?.uid === uid ? entry : undefined;
    // Another replica's clock may be ahead.
    const dueAt = Math.min(Math.max(lastLoginTime, signIns[0]?.at ?? 0), signIn.at) + EACH_MS;
    if (!entry) this.#sizes.add(namespace);
    const notes = this.#notes.get(namespace) ?? new Map<string, Note>();
    this.#notes.set(namespace, notes);
    notes.set(ref, {
      uid,
      signIns: [signIn, ...(known?.signIns ?? [])].slice(0, MOST_OF_ONE),
      dueAt: known?.dueAt ?? dueAt,
    });
    this.#lookLater();
  }

  /**
   * Writes what waits without further rest: for the end of the process.
   * @param withinMs what can't be begun in this time is lost
   */
  async flush(withinMs: number): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#timer);
    const late = AbortSignal.timeout(withinMs);
    const writers = Math.max(1, Math.floor(LAST_WRITERS / this.#notes.size));
    await Promise.all(
      [...this.#notes].map(async ([namespace, notes]) => {
        await this.#writing.get(namespace); // the last that were begun
        await this.#write(namespace, [...notes.keys()], writers, late);
      }),
    );
    const people = this.size;
    if (people > 0) this.#options.log.warn({ people }, "When people have signed in last was not stored.");
  }

  /** @returns whether there is room for one more of this namespace, which may have taken it from the one that has the most */
  #makeRoom(namespace: string): boolean {
    if (this.size < (this.#options.most ?? MOST)) return true;
    const { most, largest = "" } = this.#sizes;
    if (this.#sizes.of(namespace) + 1 >= most) return false;
    const [oldest = ""] = this.#notes.get(largest)?.keys() ?? [];
    this.#delete(largest, oldest);
    return true;
  }

  #delete(namespace: string, ref: string): void {
    const notes = this.#notes.get(namespace);
    if (notes?.delete(ref)) this.#sizes.remove(namespace);
    if (notes?.size === 0) this.#notes.delete(namespace);
  }

  #lookLater(): void {
    if (this.#isClosing || this.#timer || this.#notes.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#look();
      this.#lookLater();
    }, this.#options.lookMs ?? LOOK_MS).unref();
  }

  #look(): void {
    const now = this.#now();
    for (const [namespace, notes] of this.#notes) {
      if (this.#writing.size >= NAMESPACES) return;
      if (this.#writing.has(namespace)) continue;
      const due = [...notes].filter(([, { dueAt }]) => dueAt <= now).map(([ref]) => ref);
      if (due.length === 0) continue;
      const writing = this.#write(namespace, due, WRITERS).then(() => {
        this.#writing.delete(namespace);
      });
      this.#writing.set(namespace, writing);
      // The last to have its turn again.
      this.#notes.delete(namespace);
      this.#notes.set(namespace, notes);
    }
  }

  /** Never rejects: what fails waits on. @param last of the process: when to stop. Without it, it gives way to the last. */
  async #write(
    namespace: string,
    refs: readonly string[],
    writers: number,
    last?: AbortSignal,
  ): Promise<void> {
    const left = refs.values();
    let failure: unknown;
    const write = async (): Promise<void> => {
      for (const ref of left) {
        if (last ? last.aborted : this.#isClosing) return;
        const note = this.#notes.get(namespace)?.get(ref);
        if (!note) continue;
        try {
          await this.#store(ref, note);
          // Somebody who has signed in meanwhile waits anew, with what is stored by now: that is no news then.
          if (this.#notes.get(namespace)?.get(ref) === note) this.#delete(namespace, ref);
          else this.#put(namespace, ref, this.#now() + EACH_MS);
        } catch (error) {
          failure = error;
          this.#put(namespace, ref, this.#now() + EACH_MS);
        }
      }
    };
    await Promise.all(Array.from({ length: writers }, write));
    if (failure !== undefined)
      this.#options.log.warn(
        { err: failure, namespace },
        "When people have signed in last could not be stored.",
      );
  }

  #put(namespace: string, ref: string, dueAt: number): void {
    const notes = this.#notes.get(namespace);
    const note = notes?.get(ref);
    if (note) notes?.set(ref, { ...note, dueAt });
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
