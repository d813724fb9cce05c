import { LRUCache } from "lru-cache";
import { Portions } from "../portions.ts";

/**
 * Look-ups at once. Node has half of its threads for them, which the image makes 64: the other eight are for whoever else looks
 * names up, such as the API server's.
 */
const PLACES = 24;
/** Those of them that are for domains that have been answered lately, whatever is asked of all others. */
const FOR_KNOWN = 8;
/** Look-ups of one domain's names at once, as long as they are answered. */
const MOST_OF_A_DOMAIN = 4;
/** The same where that isn't known: beside one that is slow, the next can show that it was the only one. */
const MOST_UNTIL_KNOWN = 2;
/** A name server that takes longer is about to be silent. */
const SLOW_MS = 2_000;
/** For how long it is remembered that a domain's names were looked up quickly, and of how many. */
const KNOWN_MS = 3_600_000;
const MOST_KNOWN = 5_000;

interface Domain {
  readonly waiting: Waiting[];
  asked: number;
}

interface Waiting {
  readonly owner: string | undefined;
  readonly begin: () => void;
}

/** Of what a name is looked up, and on whose behalf, where that is known. */
export interface LookupOf {
  readonly domain: string;
  readonly owner: string | undefined;
}

/**
 * Who may look up names, and who waits for others. A look-up has a thread until its name server has answered, or the
 * system gives up, whoever else has given up before. So the names of one domain, which have the same name servers, wait for
 * each other; and domains of which it isn't known that they are answered, however many somebody makes up, leave places to
 * those of which it is; and of the places of the others everybody has a portion: see `Portions`. Where many that were answered
 * fall silent together, that takes until the system has given up on them.
 */
export class LookupPlaces {
  /** Those that have look-ups under way, or waiting. Who has begun one last is the last. */
  readonly #domains = new Map<string, Domain>();
  /** Those whose name servers were quick when they were asked last. */
  readonly #known = new LRUCache<string, true>({ max: MOST_KNOWN, ttl: KNOWN_MS });
  #asked = 0;
  /** Of these, those of domains that weren't known when they were asked for, and those that are slow. */
  readonly #unsure = new Portions(PLACES - FOR_KNOWN + 1); // of what there is, one is never had

  /** Begins a look-up when there is a place for it. @param lookUp calls back when its thread is free */
  run({ domain: name, owner }: LookupOf, lookUp: (ended: () => void) => void): void {
    const domain = this.#domains.get(name) ?? { waiting: [], asked: 0 };
    this.#domains.set(name, domain);
    domain.waiting.push({ owner, begin: () => this.#begin(name, domain, owner, lookUp) });
    this.#next(name, domain);
  }

  /** Whether there is no place for it since its owner, or those of the same tenant, have all that there are for them. */
  isFullOf({ domain, owner }: LookupOf): boolean {
    return owner !== undefined && !this.#known.has(domain) && !this.#unsure.mayHave(owner, 1);
  }

  /** To be called when a place has become free. */
  #letIn(): void {
    // Who begins one is the last to have its turn again, which then comes in this loop.
    for (const [name, domain] of this.#domains) this.#next(name, domain);
  }

  #begin(name: string, domain: Domain, owner: string | undefined, lookUp: (ended: () => void) => void): void {
    let isSure = this.#known.has(name);
    let isSlow = false;
    this.#domains.delete(name);
    this.#domains.set(name, domain);
    domain.asked++;
    this.#asked++;
    if (!isSure) this.#unsure.add(owner, 1);
    const timer = setTimeout(() => {
      isSlow = true;
      this.#known.delete(name);
      if (isSure) this.#unsure.add(owner, 1);
      isSure = false;
    }, SLOW_MS).unref();
    lookUp(() => {
      clearTimeout(timer);
      domain.asked--;
      this.#asked--;
      if (!isSure) this.#unsure.add(owner, -1);
      if (!isSlow) this.#known.set(name, true);
      if (domain.asked === 0 && domain.waiting.length === 0) this.#domains.delete(name);
      this.#letIn();
    });
  }

  #next(name: string, domain: Domain): void {
    const first = domain.waiting.findIndex(({ owner }) => this.#has(name, domain, owner));
    const [next] = first < 0 ? [] : domain.waiting.splice(first, 1);
    next?.begin();
  }

  #has(name: string, { asked }: Domain, owner: string | undefined): boolean {
    const isKnown = this.#known.has(name);
    if (!isKnown && !this.#unsure.mayHave(owner, 1)) return false;
    const most = isKnown ? MOST_OF_A_DOMAIN : MOST_UNTIL_KNOWN;
    // As many as it leaves free, or those that fall silent together would have all.
    return asked < Math.min(most, PLACES - this.#asked);
  }
}
