import { LRUCache } from "lru-cache";
import type { OktaEventHook, Organization, SecretKeyRef } from "../../crds/types.ts";
import { KubernetesError, keyOf } from "../../kubernetes/index.ts";
import { isSecret } from "../../okta/events/event-hook.ts";
import { SecretNotFoundError, type SecretValues } from "../../organizations/secret-values.ts";

/** How often the Secrets of one organization are read anew at the most, because somebody sent another secret. */
const READ_ANEW_MS = 5_000;
/** How long nobody asks again for what couldn't be read: anybody can call, and each would ask. */
const UNREADABLE_MS = 1_000;
const MOST_UNREADABLE = 1_000;

/** The secrets that Okta may send along with an event hook: one, and during a rotation the one before it. */
export class HookSecrets {
  readonly #secrets: Pick<SecretValues, "read">;
  readonly #now: () => number;
  /** By organization. */
  readonly #readAnew = new Map<string, number>();
  /** By what couldn't be read. */
  readonly #unreadable = new LRUCache<string, { readonly error: KubernetesError; readonly at: number }>({
    max: MOST_UNREADABLE,
  });

  /** @param now a clock that never goes back, ms */
  constructor(secrets: Pick<SecretValues, "read">, now: () => number = () => performance.now()) {
    this.#secrets = secrets;
    this.#now = now;
  }

  /**
   * Whether a header `Authorization` is right. A secret that was replaced a moment ago counts as it is now.
   * @throws what reading a Secret throws, where nobody can say without it: the previous one isn't missed by who sends the
   *   present one
   */
  async accept(
    organization: Organization,
    hook: OktaEventHook,
    authorization: string | undefined,
  ): Promise<boolean> {
    const known = await this.#compare(organization, hook, authorization, false);
    if (known === "right") return true;
    const key = keyOf(organization);
    const now = this.#now();
    const isTooSoon = now - (this.#readAnew.get(key) ?? Number.NEGATIVE_INFINITY) < READ_ANEW_MS;
    if (!isTooSoon) this.#readAnew.set(key, now);
    const found = isTooSoon ? known : await this.#compare(organization, hook, authorization, true);
    if (found instanceof KubernetesError) throw found;
    return found === "right";
  }

  /**
   * @returns why the previous one can't be read, where it could be that
   * @throws what reading the present one throws
   */
  async #compare(
    { metadata }: Organization,
    { secretRef, previousSecretRef }: OktaEventHook,
    authorization: string | undefined,
    fresh: boolean,
  ): Promise<"right" | "wrong" | KubernetesError> {
    const { namespace = "" } = metadata;
    if (isSecret(authorization, await this.#read(namespace, secretRef, fresh))) return "right";
    if (!previousSecretRef) return "wrong";
    try {
      return isSecret(authorization, await this.#read(namespace, previousSecretRef, fresh))
        ? "right"
        : "wrong";
    } catch (error) {
      // After a rotation the previous secret is deleted, and the reference to it perhaps later.
      if (error instanceof SecretNotFoundError) return "wrong";
      if (error instanceof KubernetesError) return error;
      throw error;
    }
  }

  async #read(namespace: string, ref: SecretKeyRef, fresh: boolean): Promise<string> {
    // Apart from a look that was made because of a guess: what is known stays known when that fails.
    const what = [fresh ? "fresh" : "known", namespace, ref.name, ref.key].join("/");
    const earlier = this.#unreadable.get(what);
    if (earlier && this.#now() - earlier.at < UNREADABLE_MS) throw earlier.error;
    try {
      return await this.#secrets.read(namespace, ref, { fresh });
    } catch (error) {
      if (error instanceof KubernetesError) this.#unreadable.set(what, { error, at: this.#now() });
      throw error;
    }
  }
}
