import { LRUCache } from "lru-cache";
import type { Organization } from "../../crds/types.ts";
import { type BackoffOptions, backoff, keyOf } from "../../kubernetes/index.ts";
import type { Directory } from "../../okta/directory/directory.ts";

const AFTER_FAILURE: BackoffOptions = { baseMs: 10_000, maxMs: 5 * 60_000 };

/** Outages that are remembered at once: one that is forgotten costs a read. */
const MOST = 5_000;

interface Outage {
  /** What failed: with other settings or credentials it is another. Undefined where there were no credentials. */
  readonly directory: Directory | undefined;
  /** Of the organization: whoever edits it wants to know anew. */
  readonly generation: number | undefined;
  readonly error: unknown;
  /** In a row. */
  readonly failures: number;
  readonly endsAt: number;
}

/**
 * Directories that could not be read lately. Of an organization with a thousand mappings, one read finds out that it still
 * can't, and the others fail with it.
 */
export class DirectoryOutages {
  readonly #now: () => number;
  readonly #outages = new LRUCache<string, Outage>({ max: MOST });

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Why this directory isn't read now, and for how long, in ms. */
  of(organization: Organization, directory?: Directory): { error: unknown; againMs: number } | undefined {
    const outage = this.#outages.get(keyOf(organization));
    if (!outage || outage.endsAt <= this.#now()) return undefined;
    if (outage.directory !== directory || outage.generation !== organization.metadata.generation)
      return undefined;
    return { error: outage.error, againMs: outage.endsAt - this.#now() };
  }

  /** @returns when to try again, in ms */
  failed(organization: Organization, directory: Directory | undefined, error: unknown): number {
    const key = keyOf(organization);
    const known = this.#outages.get(key);
    // Those that were under way together are one failure.
    if (known && known.endsAt > this.#now() && known.directory === directory)
      return known.endsAt - this.#now();
    const failures = known && known.directory === directory ? known.failures + 1 : 1;
    const againMs = backoff(failures, AFTER_FAILURE);
    const { generation } = organization.metadata;
    this.#outages.set(key, { directory, generation, error, failures, endsAt: this.#now() + againMs });
    return againMs;
  }

  /** It can be read. @param organization "namespace/name" */
  over(organization: string): void {
    this.#outages.delete(organization);
  }
}
