import { LRUCache } from "lru-cache";
import type { SecretKeyRef } from "../crds/types.ts";
import {
  type Client,
  ForbiddenError,
  KubernetesError,
  NotFoundError,
  type Secret,
  secrets,
} from "../kubernetes/index.ts";

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
const MOST = 1_000;
/** How long a Secret is used before it is read again. */
const MAX_AGE_MS = 60_000;

/**
 * Values of Secrets, read by name and remembered for a moment. Secrets are never listed or watched: the right
 * to do so would be the right to read all of them.
 */
export class SecretValues {
  readonly #client: Pick<Client, "get">;
  readonly #neverRead: ReadonlySet<string>;
  readonly #readings = new LRUCache<string, Promise<Secret>>({ max: MOST, ttl: MAX_AGE_MS });

  /** @param neverRead more types of Secrets that are nobody's to refer to */
  constructor({ client, neverRead }: { client: Pick<Client, "get">; neverRead: readonly string[] }) {
    this.#client = client;
    this.#neverRead = NEVER_READ.union(new Set(neverRead));
  }

  /**
   * One value as text, as it was within the last minute; whoever asks while it is being read waits for the same answer.
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
    const known = this.#readings.get(key);
    if (known && !fresh) return known;
    const reading = this.#get(key, name);
    this.#readings.set(key, reading);
    // A failure isn't remembered: whoever asks next reads again.
    reading.catch(() => {
      if (this.#readings.peek(key) === reading) this.#readings.delete(key);
    });
    return reading;
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
