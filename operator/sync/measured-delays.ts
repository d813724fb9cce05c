/** Delays that are remembered: the last so many. */
const MOST = 200;

export interface Percentiles {
  /** ms */
  readonly p50: number;
  readonly p99: number;
}

/** How long the last changes took from the time that Okta names to being in force. */
export class MeasuredDelays {
  readonly #delays: number[] = [];

  /** @param ms negative where Okta's clock is ahead of ours */
  add(ms: number): void {
    this.#delays.push(Math.max(0, ms));
    if (this.#delays.length > MOST) this.#delays.shift();
  }

  percentiles(): Percentiles | undefined {
    if (this.#delays.length === 0) return undefined;
    const sorted = this.#delays.toSorted((a, b) => a - b);
    const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
    return { p50: at(0.5), p99: at(0.99) };
  }
}
