import { createHash } from "node:crypto";
import type { LossCause } from "../../identity/index.ts";

/** Somebody who is to be deactivated, as the condition tells of them. */
export interface Pending {
  readonly cause: LossCause;
  /** The groups that they no longer are in. */
  readonly missing: readonly string[];
  readonly who: string;
}

interface Entry extends Pending {
  /** Those who come later have a higher one. */
  readonly number: number;
}

/**
 * Who is to be deactivated in an organization: those who wait for that to be allowed, and those of whom somebody has
 * approved it. Whoever leaves the set and comes again comes as somebody new.
 */
export class PendingSet {
  readonly #waiting = new Map<string, Entry>();
  readonly #approved = new Map<string, Entry>();
  #last = 0;
  #digest = 0n;

  /** How many wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** How many are approved. */
  get approved(): number {
    return this.#approved.size;
  }

  /** The number of who came last. */
  get last(): number {
    return this.#last;
  }

  /** Says who waits, in whatever order they came: the same after a restart. */
  get digest(): string {
    return `${this.#waiting.size}:${this.#digest.toString(16)}`;
  }

  /** Everybody's refs. */
  refs(): string[] {
    return [...this.#waiting.keys(), ...this.#approved.keys()];
  }

  waiting(): Iterable<Pending> {
    return this.#waiting.values();
  }

  isApproved(ref: string): boolean {
    return this.#approved.has(ref);
  }

  set(ref: string, pending: Pending): void {
    if (this.#approved.has(ref)) return;
    const known = this.#waiting.get(ref);
    if (!known) {
      this.#last++;
      this.#digest = sum(this.#digest, digestOf(ref));
    }
    this.#waiting.set(ref, { ...pending, number: known?.number ?? this.#last });
  }

  delete(ref: string): void {
    this.#approved.delete(ref);
    if (this.#waiting.delete(ref)) this.#digest = sum(this.#digest, -digestOf(ref));
  }

  /** Approves those who had come when this number was the last. */
  approve(upTo: number): void {
    for (const [ref, entry] of this.#waiting) {
      if (entry.number > upTo) continue;
      this.delete(ref);
      this.#approved.set(ref, entry);
    }
  }

  /** Takes approvals back that are not carried out: they were given for something else. */
  revoke(): void {
    const entries = [...this.#approved];
    this.#approved.clear();
    for (const [ref, entry] of entries) this.set(ref, entry);
  }
}

/** A sum knows no order, and follows each change at once. */
function sum(a: bigint, b: bigint): bigint {
  return BigInt.asUintN(64, a + b);
}

function digestOf(ref: string): bigint {
  return createHash("sha256").update(ref).digest().readBigUInt64BE();
}
