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

/** What an answer said. A Secret that is gone is remembered as that, so that no older answer brings it back. */
interface Known {
  readonly secret: Secret | undefined;
  /** When it was asked for, on a clock that never goes back. */
  readonly askedAt: number;
}

/**
 * Values of Secrets, read by name and remembered for a moment. Secrets are never listed or watched: the right
 * to do so would be the right to read all of them.
 */
export class SecretValues {
  readonly #client: Pick<Client, "get">;
  readonly #neverRead: ReadonlySet<string>;
  readonly #known = new LRUCache<string, Known>({ max: MOST, ttl: MAX_AGE_MS });
  readonly #underWay = new Map<string, Promise<Secret>>();

  /** @param neverRead more types of Secrets that are nobody's to refer to */
  constructor({ client, neverRead }: { client: Pick<Client, "get">; neverRead: readonly string[] }) {
    this.#client = client;
    this.#neverRead = NEVER_READ.union(new Set(neverRead));
  }

  /**
   * One value as text, as it was within the last minute; who doesn't know it waits for an answer that is under way.
   * @param options `fresh`: as it is from now on, in a request of one's own. Where that fails, others keep what is known
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
    if (!fresh) {
      const known = this.#known.get(key)?.secret ?? this.#underWay.get(key);
      if (known) return known;
    }
    const reading = this.#ask(key, name).finally(() => {
      if (this.#underWay.get(key) === reading) this.#underWay.delete(key);
    });
    this.#underWay.set(key, reading);
    return reading;
  }

  /** Asks, and remembers what is certain: no failure, and nothing that is older than what is known. */
  async #ask(key: string, name: string): Promise<Secret> {
    const askedAt = performance.now();
    const remember = (secret: Secret | undefined): void => {
      const known = this.#known.peek(key);
      if (!known || known.askedAt <= askedAt) this.#known.set(key, { secret, askedAt }, { start: askedAt });
    };
    try {
      const secret = await this.#get(key, name);
      remember(secret);
      return secret;
    } catch (error) {
      if (error instanceof SecretNotFoundError) remember(undefined);
      throw error;
    }
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
