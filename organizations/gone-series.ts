import type { Counter, Histogram } from "prom-client";

/**
 * Takes what was counted of an organization out of the metrics when it is gone: else there are the series of all that ever
 * were, as long as the process runs.
 *
 * @param organization "namespace/name": the label `organization`
 * @param isGone asked right before: it may have been made again
 */
export async function dropSeries(
  counters: readonly Counter<"organization">[],
  histograms: readonly Histogram<"organization">[],
  organization: string,
  isGone: () => boolean,
): Promise<void> {
  const counted = await Promise.all(counters.map(async (counter) => ({ counter, ...(await counter.get()) })));
  if (!isGone()) return;
  for (const { counter, values } of counted)
    for (const { labels } of values) if (labels.organization === organization) counter.remove(labels);
  for (const histogram of histograms) histogram.remove({ organization });
}
