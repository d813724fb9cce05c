import { type LookupAddress, type LookupOptions, lookup as systemLookup } from "node:dns";
import type { LookupFunction } from "node:net";
import { currentOwner, OwnersLimitError } from "../owner.ts";
import type { Destinations } from "./destinations.ts";
import { LookupPlaces } from "./lookup-places.ts";

/**
 * No address was found for a host that may be connected to. Why is for the log alone: whoever chooses the host must not
 * learn what its name leads to, nor whether it leads anywhere.
 */
export class NoAddressError extends Error {
  readonly code = "no-address";
  readonly host: string;

  constructor(host: string, why: string, options?: ErrorOptions) {
    super(why, options);
    this.name = new.target.name;
    this.host = host;
  }
}

/**
 * A look-up of host names that has turns.
 * @returns whether it has waited for others of the same owner until now, or nearly, so that it says nothing of the name server
 */
export type HostLookup = (
  hostname: string,
  options: LookupOptions,
  callback: Parameters<LookupFunction>[2],
) => () => boolean;

interface Pending {
  readonly callbacks: Parameters<LookupFunction>[2][];
  /** Whether its owner's others had all turns that there are for them. */
  readonly isOwners: boolean;
  turnAt: number;
}

/** A name server has had less time than this to answer. */
const JUST_NOW_MS = 1_000;

/**
 * A look-up of host names that asks the system once for all who ask at the same time on behalf of the same owner, and within
 * what there is of its threads: see `LookupPlaces`.
 */
export function hostLookup(ask: LookupFunction = systemLookup): HostLookup {
  const pending = new Map<string, Pending>();
  const places = new LookupPlaces();
  const begin = (key: string, ...[hostname, options, callback]: Parameters<HostLookup>): Pending => {
    const of = { domain: domainOf(hostname), owner: currentOwner() };
    const begun: Pending = {
      callbacks: [callback],
      isOwners: places.isFullOf(of),
      turnAt: Number.POSITIVE_INFINITY,
    };
    pending.set(key, begun);
    places.run(of, (ended) => {
      begun.turnAt = performance.now();
      ask(hostname, options, (error, address, family) => {
        pending.delete(key);
        ended();
        for (const callback of begun.callbacks) callback(error, address, family);
      });
    });
    return begun;
  };
  return (hostname, options, callback) => {
    const { all, family, hints, order } = options;
    // Nobody's look-up waits for another's turn.
    const key = JSON.stringify([currentOwner(), hostname, all, family, hints, order]);
    const begun = pending.get(key);
    begun?.callbacks.push(callback);
    const its = begun ?? begin(key, hostname, options, callback);
    return () => its.isOwners && performance.now() - its.turnAt < JUST_NOW_MS;
  };
}

/** What names are given out below in a country, as in co.uk, com.au, or.jp. */
const GIVEN_OUT_BELOW = new Set(
  "ac co com edu gob gov go gv id ltd me mil ne net nom or org plc sch web".split(" "),
);

/**
 * Whose a name is, as good as can be told from it: its last two parts, or three where names are given out below co.uk and
 * the like. Any other short name is somebody's, who may have as many names below it as they like.
 */
function domainOf(hostname: string): string {
  const parts = hostname.toLowerCase().split(".").filter(Boolean);
  const [below = "", top = ""] = parts.slice(-2);
  return parts.slice(top.length === 2 && GIVEN_OUT_BELOW.has(below) ? -3 : -2).join(".");
}

/**
 * A look-up that finds nothing but addresses that may be connected to: what it answers with is what is connected to, so
 * that a name can't lead elsewhere a moment later. Fails with a NoAddressError when there is none, and where hosts
 * aren't listed also when the name can't be looked up.
 * @param timeoutMs less than a connection may take, or a name server that is silent would show as something else
 */
export function checkedLookup(
  lookup: HostLookup,
  { destinations, timeoutMs }: { destinations: Destinations; timeoutMs: number },
): LookupFunction {
  return (hostname, options, callback) => {
    const fail = (error: Error): void =>
      callback(
        destinations.areListed ? error : new NoAddressError(hostname, error.message, { cause: error }),
        "",
        0,
      );
    let hadNoTurn = (): boolean => false;
    const timer = setTimeout(() => {
      over = true;
      fail(hadNoTurn() ? new NoTurnError() : new SilentNameServerError(hostname));
    }, timeoutMs);
    let over = false;
    const answered: Parameters<LookupFunction>[2] = (error, found) => {
      clearTimeout(timer);
      if (over) return;
      if (error) {
        fail(error);
        return;
      }
      const addresses = asList(found);
      const allowed = addresses.filter(({ address }) => destinations.allow(address));
      const [first] = allowed;
      if (!first) {
        const all = addresses.map(({ address }) => address).join(", ");
        callback(new NoAddressError(hostname, `it is at ${all}, where nothing may be called`), "", 0);
      } else if (options.all) callback(null, allowed);
      else callback(null, first.address, first.family);
    };
    hadNoTurn = lookup(hostname, { ...options, all: true }, answered);
  };
}

/** Others that are being looked up for the same owner have had all turns that there are for them. */
class NoTurnError extends OwnersLimitError {
  readonly code = "no-turn";

  constructor() {
    super("so many other names are being looked up that it had no turn");
  }
}

/** As the system says it, which takes longer. */
class SilentNameServerError extends Error {
  readonly code = "EAI_AGAIN";

  constructor(hostname: string) {
    super(`getaddrinfo EAI_AGAIN ${hostname}`);
  }
}

function asList(found: string | LookupAddress[]): LookupAddress[] {
  return typeof found === "string" ? [{ address: found, family: 0 }] : found;
}
