import { isIP } from "node:net";
import type { Request, RequestHandler } from "express";
import { ipKeyGenerator, rateLimit } from "express-rate-limit";
import { clientAddress } from "./client-address.ts";
import { RateLimitedError } from "./request-errors.ts";

const WINDOW_MS = 60_000;

/**
 * Bounds requests of one client address: so many a minute. Generous, because a whole office may be one address:
 * it is there for floods, and guessing is hopeless anyway.
 */
export function perAddress(requestsPerMinute: number): RequestHandler {
  return perMinute(requestsPerMinute, clientNetwork, () => new RateLimitedError(WINDOW_MS / 1000));
}

/**
 * Bounds requests to one path of those that the route has, whoever sends them, so that those to another have room. For
 * paths that are known to be right.
 * @param refusal what to tell those that are too many
 */
export function perPath(requestsPerMinute: number, refusal: () => Error): RequestHandler {
  return perMinute(requestsPerMinute, ({ path }) => path, refusal);
}

function perMinute(
  limit: number,
  keyGenerator: (req: Request) => string,
  refusal: () => Error,
): RequestHandler {
  return rateLimit({
    windowMs: WINDOW_MS,
    limit,
    standardHeaders: false,
    legacyHeaders: false,
    // Whether proxies are trusted is said by --trusted-proxies; what others send is ignored, and needs no warning.
    validate: false,
    keyGenerator,
    handler: (_req, _res, next) => next(refusal()),
  });
}

/** Whom limits count. IPv6 counts by network: everybody has millions of addresses. */
export function clientNetwork(req: Request): string {
  const address = clientAddress(req);
  return isIP(address) === 6 ? ipKeyGenerator(address) : address;
}

/** `--trusted-proxies` as express takes it: a number of hops, or addresses and networks. */
export function trustedProxies(flag: string): number | string[] | false {
  if (flag.trim() === "") return false;
  if (/^\d+$/.test(flag.trim())) return Number(flag);
  return flag.split(",").map((part) => part.trim());
}
