import { createHash } from "node:crypto";
import {
  type Client,
  ForbiddenError,
  KubernetesError,
  NotFoundError,
  type Secret,
  secrets,
} from "../kubernetes/index.ts";

/** Names one value: a Secret of the same namespace and a key in it. */
export interface SecretKeyRef {
  readonly name: string;
  readonly key: string;
}

/** The Secret, or the key in it, isn't there. */
export class SecretNotFoundError extends KubernetesError {
  readonly code = "secret-not-found";
}

/** The Secret is one that nobody may send anywhere, whoever refers to it. */
export class SecretForbiddenError extends KubernetesError {
  readonly code = "secret-forbidden";
}

/** The Secret could not be read, which says nothing about whether it is there. */
export class SecretUnreadableError extends KubernetesError {
  readonly code = "secret-unreadable";
}

interface Entry {
  readonly reading: Promise<Secret>;
  readonly at: number;
}

/**
 * Types of Secrets that are credentials of the cluster or of this product. Whoever may write a reference chooses
 * where its value is sent, so that a reference to one of these would give it away.
 */
const NEVER_READ: ReadonlySet<string> = new Set([
  "kubernetes.io/service-account-token",
  "bootstrap.kubernetes.io/token",
  "kubernetes.io/dockercfg",
  "kubernetes.io/dockerconfigjson",
  "helm.sh/release.v1",
]);

/** Secrets that are remembered at once. */
const MOST = 1000;

/**
 * Values of Secrets, read by name and remembered for a moment. Secrets are never listed or watched: the right
 * to do so would be the right to read all of them.
 */
export class SecretValues {
  readonly #client: Pick<Client, "get">;
  readonly #maxAgeMs: number;
  readonly #now: () => number;
  readonly #neverRead: ReadonlySet<string>;
  readonly #entries = new Map<string, Entry>();

  /**
   * @param maxAgeMs how long a value is used before it is read again. Default 60 s
   * @param neverRead more types of Secrets that are nobody's to refer to
   */
  constructor(options: {
    client: Pick<Client, "get">;
    maxAgeMs?: number;
    neverRead?: readonly string[];
    now?: () => number;
  }) {
    this.#client = options.client;
    this.#maxAgeMs = options.maxAgeMs ?? 60_000;
    this.#neverRead = NEVER_READ.union(new Set(options.neverRead ?? []));
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * One value as text, as it was within `maxAgeMs`; whoever asks while it is being read waits for the same answer.
   * @param options `fresh`: as it is from now on, in a request of one's own
   * @throws SecretNotFoundError, SecretUnreadableError, SecretForbiddenError
   */
  async read(namespace: string, { name, key }: SecretKeyRef, options?: { fresh?: boolean }): Promise<string> {
    const secret = await this.#secret(namespace, name, options?.fresh === true);
    const { data, type = "Opaque" } = secret;
    if (this.#neverRead.has(type))
      throw new SecretForbiddenError(
        `The Secret ${name} is of type ${type}, which no organization may use: put the value into one of its own.`,
      );
    const value = data !== undefined && Object.hasOwn(data, key) ? data[key] : undefined;
    if (value === undefined || value === "")
      throw new SecretNotFoundError(`The Secret ${name} has no value at the key ${key}: add it.`);
    return Buffer.from(value, "base64").toString("utf8").trim();
  }

  async #secret(namespace: string, name: string, fresh: boolean): Promise<Secret> {
    const key = `${namespace}/${name}`;
    const known = this.#entries.get(key);
    if (known && !fresh && this.#now() - known.at < this.#maxAgeMs) return known.reading;
    const reading = this.#get(key, name);
    this.#entries.delete(key);
    this.#entries.set(key, { reading, at: this.#now() });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MOST && oldest !== undefined) this.#entries.delete(oldest);
    // A failure isn't remembered: whoever asks next reads again.
    reading.catch(() => this.#forget(key, reading));
    return reading;
  }

  #forget(key: string, reading: Promise<Secret>): void {
    if (this.#entries.get(key)?.reading === reading) this.#entries.delete(key);
  }

  async #get(key: string, name: string): Promise<Secret> {
    try {
      return await this.#client.get(secrets, key);
    } catch (cause) {
      if (cause instanceof NotFoundError)
        throw new SecretNotFoundError(`There is no Secret ${name} in this namespace: create it.`, { cause });
      const why =
        cause instanceof ForbiddenError
          ? "the service account may not read it: name it in the chart's secretNames, or grant get on it"
          : "the Kubernetes API did not answer";
      throw new SecretUnreadableError(`The Secret ${name} can't be read: ${why}.`, { cause });
    }
  }
}

/** Tells two values apart without keeping either. */
export function fingerprint(value: string): string {
  return createHash("sha256").update(value).digest("base64url").slice(0, 16);
}
