import { createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import { type AssertionKey, assertionKey, SEED_BYTES } from "./assertion-key.ts";
import { keyInUse, published } from "./key-rotation.ts";
import type { StoredKey } from "./stored-keys.ts";

/** A key as it is used: one derived key for each purpose, so that nothing made for one passes for another. */
export interface SessionKey {
  readonly id: string;
  readonly createdAt: number;
  /** Signs session cookies. */
  readonly signing: KeyObject;
  /** Encrypts what a sign-in under way has to remember. */
  readonly sealing: KeyObject;
  /** Binds a sign-in to the browser that began it. */
  readonly binding: KeyObject;
  /** Tells applications who somebody is. */
  readonly assertion: AssertionKey;
}

/** The keys, derived and ready for use. Immutable: a change of the Secret makes a new ring. */
export class KeyRing {
  readonly #keys: readonly [SessionKey, ...SessionKey[]];
  readonly #byID: ReadonlyMap<string, SessionKey>;
  readonly #settleMs: number;

  /** @param stored at least one, oldest first */
  constructor([oldest, ...younger]: readonly [StoredKey, ...StoredKey[]], settleMs: number) {
    this.#keys = [derived(oldest), ...younger.map(derived)];
    this.#byID = new Map(this.#keys.map((key) => [key.id, key]));
    this.#settleMs = settleMs;
  }

  find(id: string): SessionKey | undefined {
    return this.#byID.get(id);
  }

  /** The key to sign and seal with. @param now ms since 1970 */
  current(now: number): SessionKey {
    return keyInUse(this.#keys, now, { settleMs: this.#settleMs });
  }

  /** The key to sign assertions with, and the others that applications have to know. @param now ms since 1970 */
  assertionKeys(now: number): { readonly current: SessionKey; readonly published: readonly SessionKey[] } {
    return published(this.#keys, now);
  }
}

function derived({ id, key, createdAt }: StoredKey): SessionKey {
  const secret = Buffer.from(key, "base64url");
  // A KeyObject is several times faster than the same bytes.
  const bytes = (purpose: string, length: number): Buffer =>
    Buffer.from(hkdfSync("sha256", secret, "", `okta-role-operator ${purpose} v1`, length));
  const derive = (purpose: string): KeyObject => createSecretKey(bytes(purpose, 32));
  return {
    id,
    createdAt,
    signing: derive("session"),
    sealing: derive("login"),
    binding: derive("login-binding"),
    assertion: assertionKey(id, bytes("assertion", SEED_BYTES)),
  };
}
