import { lookup as systemLookup } from "node:dns";
import type { LookupFunction } from "node:net";

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
