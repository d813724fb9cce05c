import { createHash } from "node:crypto";

/** What one member of a set adds to its digest. Whoever keeps it needn't compute it again. */
export function digestOf(member: string): bigint {
  return createHash("sha256").update(member).digest().readBigUInt64BE();
}

/** Says what is in a set: a sum, which knows no order and follows each change at once, however large the set is. */
export class SetDigest {
  #sum = 0n;

  add(member: bigint): void {
    this.#sum = BigInt.asUintN(64, this.#sum + member);
  }

  remove(member: bigint): void {
    this.#sum = BigInt.asUintN(64, this.#sum - member);
  }

  toString(): string {
    return this.#sum.toString(16);
  }
}
