/**
 * The value below which this share of the samples lies (nearest rank, so it is always one of the samples).
 * @param share 0.5 is the median, 0.99 the 99th percentile
 * @throws RangeError without samples
 */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new RangeError("There are no samples: nothing was measured.");
  return value;
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/**
 * The median over repetitions of how one thing compares with another that was measured right before or after it: what
 * else the machine was doing at the time hit both.
 * @throws RangeError when the two weren't measured equally often
 */
export function pairedRatio(ours: readonly number[], theirs: readonly number[]): number {
  if (ours.length !== theirs.length)
    throw new RangeError(`${ours.length} against ${theirs.length} samples: measure them in pairs.`);
  return median(ours.map((value, i) => value / (theirs[i] ?? Number.NaN)));
}
