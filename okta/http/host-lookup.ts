import { type LookupAddress, lookup as systemLookup } from "node:dns";
import type { LookupFunction } from "node:net";
import type { Destinations } from "./destinations.ts";

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
 * A look-up of host names that asks the system once for all who ask at the same time.
 *
 * Node looks names up on a small pool of threads that the whole process shares. A name server that doesn't
 * answer for one organization's host would, with one look-up for each of its connections, take all of them. For many
 * such hosts at once the image has a larger pool.
 */
export function hostLookup(ask: LookupFunction = systemLookup): LookupFunction {
  const pending = new Map<string, Parameters<LookupFunction>[2][]>();
  return (hostname, options, callback) => {
    const key = JSON.stringify([hostname, options.all, options.family, options.hints, options.order]);
    const waiting = pending.get(key);
    if (waiting) {
      waiting.push(callback);
      return;
    }
    const callbacks = [callback];
    pending.set(key, callbacks);
    ask(hostname, options, (error, address, family) => {
      pending.delete(key);
      for (const answer of callbacks) answer(error, address, family);
    });
  };
}

/**
 * A look-up that finds nothing but addresses that may be connected to: what it answers with is what is connected to, so
 * that a name can't lead elsewhere a moment later. Fails with a NoAddressError when there is none, and where hosts
 * aren't listed also when the name can't be looked up.
 * @param timeoutMs less than a connection may take, or a name server that is silent would show as something else
 */
export function checkedLookup(
  lookup: LookupFunction,
  { destinations, timeoutMs }: { destinations: Destinations; timeoutMs: number },
): LookupFunction {
  return (hostname, options, callback) => {
    const fail = (error: Error): void =>
      callback(destinations.areListed ? error : new NoAddressError(hostname, error.message), "", 0);
    const timer = setTimeout(() => {
      over = true;
      fail(new SilentNameServerError(hostname));
    }, timeoutMs);
    let over = false;
    lookup(hostname, { ...options, all: true }, (error, found) => {
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
    });
  };
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
