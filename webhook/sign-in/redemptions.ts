import { LRUCache } from "lru-cache";
import { CodeRejectedError } from "../../okta/oidc/login-errors.ts";

/** Sign-ins that are remembered as over: some 10 MB. */
const REMEMBERED = 20_000;

/**
 * Sees to it that what Okta gives once is redeemed once here: a browser may call the callback twice, as at a double click,
 * and whoever redeems a code a second time makes Okta take back what the first one got (RFC 6749, section 4.1.2).
 */
export class Redemptions<T> {
  readonly #underWay = new Map<string, Promise<T>>();
  readonly #over = new LRUCache<string, true>({ max: REMEMBERED });

  /**
   * What comes of a sign-in. Who calls while it is redeemed gets the same; undefined when that is over.
   * @param state unguessable, and brought by the browser that has begun the sign-in
   */
  async redeem(
    state: string,
    redeem: () => Promise<T>,
  ): Promise<{ readonly result: T; readonly isFirst: boolean } | undefined> {
    const underWay = this.#underWay.get(state);
    if (underWay) return { result: await underWay, isFirst: false };
    if (this.#over.has(state)) return undefined;
    const redeeming = redeem();
    this.#underWay.set(state, redeeming);
    try {
      const result = await redeeming;
      this.#over.set(state, true);
      return { result, isFirst: true };
    } catch (error) {
      // Anything else may pass: Okta doesn't answer, say, and the code is still good.
      if (error instanceof CodeRejectedError) this.#over.set(state, true);
      throw error;
    } finally {
      this.#underWay.delete(state);
    }
  }
}
