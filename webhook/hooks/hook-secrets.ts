import type { OktaEventHook, Organization } from "../../crds/types.ts";
import { keyOf } from "../../kubernetes/index.ts";
import { isSecret } from "../../okta/events/event-hook.ts";
import { SecretNotFoundError, type SecretValues } from "../../organizations/secret-values.ts";

/** How often the Secrets of one organization are read anew at the most, because somebody sent another secret. */
const READ_ANEW_MS = 5_000;

/** The secrets that Okta may send along with an event hook: one, and during a rotation the one before it. */
export class HookSecrets {
  readonly #secrets: Pick<SecretValues, "read">;
  readonly #now: () => number;
  /** By organization. */
  readonly #readAnew = new Map<string, number>();

  /** @param now a clock that never goes back, ms */
  constructor(secrets: Pick<SecretValues, "read">, now: () => number = () => performance.now()) {
    this.#secrets = secrets;
    this.#now = now;
  }

  /**
   * Whether a header `Authorization` is right. A secret that was replaced a moment ago counts as it is now.
   * @throws what reading a Secret throws
   */
  async accept(
    organization: Organization,
    hook: OktaEventHook,
    authorization: string | undefined,
  ): Promise<boolean> {
    if (isSecret(authorization, await this.#read(organization, hook, false))) return true;
    const key = keyOf(organization);
    const now = this.#now();
    if (now - (this.#readAnew.get(key) ?? Number.NEGATIVE_INFINITY) < READ_ANEW_MS) return false;
    this.#readAnew.set(key, now);
    return isSecret(authorization, await this.#read(organization, hook, true));
  }

  async #read({ metadata }: Organization, hook: OktaEventHook, fresh: boolean): Promise<string[]> {
    const { secretRef, previousSecretRef } = hook;
    const { namespace = "" } = metadata;
    const present = this.#secrets.read(namespace, secretRef, { fresh });
    if (!previousSecretRef) return [await present];
    const previous = this.#secrets.read(namespace, previousSecretRef, { fresh }).catch(whereThereIsOne);
    return Promise.all([present, previous]);
  }
}

/** After a rotation the previous secret is deleted, and the reference to it perhaps later. */
function whereThereIsOne(error: unknown): string {
  if (error instanceof SecretNotFoundError) return "";
  throw error;
}
