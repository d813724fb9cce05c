import type { MappingChange, OktaRoleMapping } from "../../crds/types.ts";
import { type IdentityStore, mappingsOf, type UserEvent } from "../../identity/index.ts";
import { type Cache, rfc3339, splitKey } from "../../kubernetes/index.ts";

/** How many people have come to hold something through a mapping, and how many have ceased to. */
interface Tally {
  readonly gained: number;
  readonly lost: number;
}

/** What is counted of a mapping and isn't in its status yet. */
interface Counted extends Tally {
  /** What was last written with it, of which nobody knows whether it is stored. */
  readonly tried?: { readonly status: MappingChange; readonly tally: Tally };
}

/** A spec that somebody has changed while this program ran: what came of it is told once, when it has come to rest. */
interface Untold {
  readonly generation: number;
  /** When somebody last gained or lost something; undefined: nobody has. ms since 1970 */
  countedAt?: number;
}

/** What there is to tell of a change, or when to ask again. */
export type Told =
  | { readonly kind: "told"; readonly note: string }
  | { readonly kind: "later"; readonly inMs: number };

/** When nobody has gained or lost anything for so long, what a change has done is told, in ms. */
const REST_MS = 10_000;

const NOTHING: Counted = { gained: 0, lost: 0 };

/**
 * Counts for each mapping who has come to hold something through it since its spec was last changed, and who has ceased
 * to, whatever by. The numbers are in the mapping's status, so that they survive this program; what isn't written yet when
 * another replica takes the lead is lost to them.
 */
export class LastChanges {
  readonly #now: () => number;
  /** Both by mapping, as "namespace/name". */
  readonly #counted = new Map<string, Counted>();
  readonly #untold = new Map<string, Untold>();

  /** Make it before the store and the cache have anything to tell. */
  constructor(
    {
      store,
      mappings,
    }: { store: Pick<IdentityStore, "subscribe">; mappings: Pick<Cache<OktaRoleMapping>, "subscribe"> },
    now: () => number = Date.now,
  ) {
    this.#now = now;
    store.subscribe((event) => this.#count(event));
    mappings.subscribe((change) => {
      const { key, object } = change;
      const { generation = 0 } = object.metadata;
      if (change.kind === "deleted") this.#forget(key);
      else if (change.kind === "added" ? isNew(object) : change.previous.metadata.generation !== generation) {
        this.#forget(key);
        this.#untold.set(key, { generation });
      }
    });
  }

  /** What others have counted is in the status: for the moment at which this replica takes the lead. */
  clear(): void {
    this.#counted.clear();
    this.#untold.clear();
  }

  /** What the status is to say; undefined where an earlier version has left it and nothing has changed since. */
  statusOf(key: string, { metadata, status }: OktaRoleMapping): MappingChange | undefined {
    const { generation = 0 } = metadata;
    const said = status?.lastChange;
    const counted = this.#counted.get(key);
    if (counted?.tried && isSame(counted.tried.status, said))
      this.#counted.set(key, less(counted, counted.tried.tally));
    const { gained, lost } = this.#counted.get(key) ?? NOTHING;
    const time = rfc3339(this.#now());
    if (said?.generation === generation)
      return { ...said, gained: said.gained + gained, lost: said.lost + lost };
    const isOfEarlierVersion = !said && status?.observedGeneration === generation;
    return isOfEarlierVersion && gained + lost === 0 ? undefined : { generation, time, gained, lost };
  }

  /**
   * Writes a status that says this.
   * @param write gives undefined when there was nothing to write
   * @throws what `write` throws
   */
  async written<T>(key: string, status: MappingChange | undefined, write: () => Promise<T>): Promise<T> {
    const { gained, lost } = this.#counted.get(key) ?? NOTHING;
    const tally = { gained, lost };
    if (status && gained + lost > 0) {
      this.#counted.set(key, { ...tally, tried: { status, tally } });
      const untold = this.#untold.get(key);
      if (untold) untold.countedAt = this.#now();
    }
    const written = await write();
    const counted = this.#counted.get(key);
    if (counted) this.#counted.set(key, less(counted, tally));
    return written;
  }

  /**
   * What a changed spec has done, once, when it has come to rest: to be told.
   * @returns undefined: there is nothing to tell
   */
  told(key: string, change: MappingChange | undefined): Told | undefined {
    const untold = this.#untold.get(key);
    if (untold?.countedAt === undefined || change?.generation !== untold.generation) return undefined;
    const inMs = untold.countedAt + REST_MS - this.#now();
    if (inMs > 0) return { kind: "later", inMs };
    this.#untold.delete(key);
    const { gained, lost } = change;
    return {
      kind: "told",
      note: `Since the mapping was changed, ${people(gained)} come to hold something through it, and ${people(lost)} ceased to.`,
    };
  }

  #count({ kind, user, previous }: UserEvent): void {
    if (kind !== "updated") return;
    const [before, after] = [mappingsOf(previous), mappingsOf(user)];
    const { namespace } = splitKey(user.ref);
    for (const mapping of before.symmetricDifference(after)) {
      const key = `${namespace}/${mapping}`;
      const counted = this.#counted.get(key) ?? NOTHING;
      const isGained = after.has(mapping);
      this.#counted.set(key, {
        ...counted,
        gained: counted.gained + (isGained ? 1 : 0),
        lost: counted.lost + (isGained ? 0 : 1),
      });
    }
  }

  #forget(key: string): void {
    this.#counted.delete(key);
    this.#untold.delete(key);
  }
}

function less(counted: Tally, by: Tally): Counted {
  return { gained: counted.gained - by.gained, lost: counted.lost - by.lost };
}

function isSame(a: MappingChange, b: MappingChange | undefined): boolean {
  return a.generation === b?.generation && a.gained === b.gained && a.lost === b.lost;
}

function people(count: number): string {
  if (count === 0) return "nobody has";
  return count === 1 ? "1 person has" : `${count} people have`;
}

/** Whether nobody has looked at it yet. */
function isNew({ status }: OktaRoleMapping): boolean {
  return status?.observedGeneration === undefined || status.observedGeneration < 0;
}
