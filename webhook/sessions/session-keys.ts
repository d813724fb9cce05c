import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { SESSION_KEYS_TYPE } from "../../crds/resources.ts";
import {
  AlreadyExistsError,
  type Client,
  ConflictError,
  NotFoundError,
  type Secret,
  secrets,
} from "../../kubernetes/index.ts";
import { KeyRing, type SessionKey } from "./key-ring.ts";
import { type KeyTimes, rotated, usualTimes } from "./key-rotation.ts";
import { formatKeys, mendedKeys, newKey, parseKeys, type StoredKey } from "./stored-keys.ts";

const ENTRY = "keys";

export interface SessionKeysOptions {
  readonly client: Pick<Client, "get" | "create" | "replace">;
  /** Where the Secret is. */
  readonly secret: { readonly namespace: string; readonly name: string };
  readonly log: Logger;
  /** ms since 1970 */
  readonly now?: () => number;
  readonly times?: Partial<KeyTimes>;
  /** How often the Secret is read again, in ms. */
  readonly refreshMs?: number;
  /** At most this often is it read because a cookie names a key that isn't known, in ms. */
  readonly unknownKeyMs?: number;
}

/** No keys have been read yet: nobody can be signed in, and no session can be checked. */
export class KeysUnavailableError extends Error {
  readonly code = "session-keys-unavailable";
}

/** The Secret of that name is somebody else's. Choose another name with --session-secret. */
export class ForeignSecretError extends Error {
  readonly code = "session-secret-foreign";
}

/**
 * The keys of cookies, in a Secret that all replicas share: made when missing, rotated by whoever comes first,
 * and read again from time to time, because Secrets aren't watched. Deleting the Secret signs everybody out.
 */
export class SessionKeys {
  readonly #client: SessionKeysOptions["client"];
  readonly #secret: SessionKeysOptions["secret"];
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #times: KeyTimes;
  readonly #refreshMs: number;
  readonly #unknownKeyMs: number;
  readonly #firstRead = Promise.withResolvers<void>();
  #ring: KeyRing | undefined;
  /** As they were read, for whatever can't be read later. */
  #keys: readonly StoredKey[] = [];
  #text: string | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor({ client, secret, log, now = Date.now, ...options }: SessionKeysOptions) {
    this.#client = client;
    this.#secret = secret;
    this.#log = log;
    this.#now = now;
    this.#refreshMs = options.refreshMs ?? 30_000;
    this.#unknownKeyMs = options.unknownKeyMs ?? 2_000;
    this.#times = { ...usualTimes(this.#refreshMs), ...options.times };
  }

  /** Whether keys have been read. */
  get loaded(): boolean {
    return this.#ring !== undefined;
  }

  /** Resolves when keys have been read for the first time. `run` sees to it. */
  whenLoaded(): Promise<void> {
    return this.#firstRead.promise;
  }

  /** @throws KeysUnavailableError */
  current(): SessionKey {
    return this.#read().current(this.#now());
  }

  /**
   * The key that signs assertions, and all that applications have to know.
   * @throws KeysUnavailableError
   */
  assertionKeys(): ReturnType<KeyRing["assertionKeys"]> {
    return this.#read().assertionKeys(this.#now());
  }

  find(id: string): SessionKey | undefined {
    return this.#ring?.find(id);
  }

  /**
   * Looks for a key that isn't known: reads the Secret again unless that was just done.
   * @returns "gone" when the Secret, as it is now, doesn't hold it
   */
  async lookFor(id: string): Promise<"found" | "gone" | "not-looked"> {
    if (performance.now() - this.#readAt < this.#unknownKeyMs) return this.find(id) ? "found" : "not-looked";
    // A reading that is under way may have begun before the key was made.
    const begins = this.#reading === undefined;
    await this.refresh();
    if (this.find(id)) return "found";
    return begins ? "gone" : "not-looked";
  }

  /** Reads the Secret; makes it when it is missing, and rotates when that is due. Callers share one reading. */
  refresh(): Promise<void> {
    this.#reading ??= this.#readOrMake().finally(() => {
      this.#readAt = performance.now();
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** Refreshes until `signal` is aborted. A failure is logged, and what is known stays in use. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let wait = this.#refreshMs;
      try {
        await this.refresh();
      } catch (error) {
        this.#log.error({ err: error, secret: this.#secret.name }, "The keys of sessions could not be read.");
        wait = Math.min(wait, 2_000);
      }
      await sleep(wait, undefined, { signal }).catch(() => {}); // aborted: the loop ends
    }
  }

  #read(): KeyRing {
    if (!this.#ring) throw new KeysUnavailableError("The keys of sessions have not been read yet.");
    return this.#ring;
  }

  async #readOrMake(): Promise<void> {
    // Another replica may come first, at making the Secret as at changing it: then there is something to read.
    for (let attempt = 0; attempt < 5; attempt++) {
      try {
        return this.#use(await this.#readOnce());
      } catch (error) {
        if (!(error instanceof AlreadyExistsError || error instanceof ConflictError)) throw error;
      }
    }
    throw new KeysUnavailableError(`The Secret ${this.#secret.name} changes all the time.`);
  }

  async #readOnce(): Promise<readonly StoredKey[]> {
    const { namespace, name } = this.#secret;
    const secret = await this.#get();
    if (!secret) {
      const keys = [newKey(this.#now())];
      await this.#client.create(secrets, {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { namespace, name, labels: { "app.kubernetes.io/managed-by": "okta-role-operator" } },
        type: SESSION_KEYS_TYPE,
        data: encoded(keys),
      });
      return keys;
    }
    if (secret.type !== SESSION_KEYS_TYPE)
      throw new ForeignSecretError(
        `The Secret ${name} isn't of type ${SESSION_KEYS_TYPE}, so it is left alone: name another one with --session-secret.`,
      );
    const parsed = parseKeys(Buffer.from(secret.data?.[ENTRY] ?? "", "base64").toString("utf8"));
    const { broken } = parsed;
    const mended = mendedKeys(parsed, this.#keys);
    if (mended.length === 0)
      this.#log.warn({ secret: name }, "The Secret holds no keys that can be read: new ones are made.");
    const next = rotated(mended, this.#now(), this.#times);
    if (!next && broken.length === 0) return mended;
    const keys = next ?? mended;
    await this.#client.replace(secrets, { ...secret, data: encoded(keys) });
    if (mended.length > 0 && broken.length > 0) {
      const restored = mended.length - parsed.keys.length;
      const lost = broken === "all" ? 0 : broken.length - restored;
      this.#log.warn(
        { secret: name, restored, lost },
        "Keys of sessions in the Secret could not be read: those that this replica knew are back, and the others are taken out.",
      );
    }
    if (next) this.#log.info({ secret: name, keys: keys.length }, "A new key of sessions was made.");
    return keys;
  }

  async #get(): Promise<Secret | undefined> {
    try {
      return await this.#client.get(secrets, this.#secret);
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }

  #use(keys: readonly StoredKey[]): void {
    const text = formatKeys(keys);
    if (text === this.#text) return;
    const [oldest, ...younger] = keys;
    if (!oldest) throw new KeysUnavailableError("The Secret holds no key.");
    if (this.#ring && !keys.some(({ id }) => this.#ring?.find(id)))
      this.#log.warn(
        { secret: this.#secret.name },
        "The keys of sessions were replaced: all sessions have ended.",
      );
    this.#ring = new KeyRing([oldest, ...younger], this.#times.settleMs);
    this.#keys = keys;
    this.#text = text;
    this.#firstRead.resolve();
  }
}

function encoded(keys: readonly StoredKey[]): Record<string, string> {
  return { [ENTRY]: Buffer.from(formatKeys(keys)).toString("base64") };
}
