import { isIP } from "node:net";
import type { Request, RequestHandler } from "express";
import { ipKeyGenerator, type Options, rateLimit } from "express-rate-limit";
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

/**
 * Bounds requests of one caller, whatever address they come from, and says in headers what is left
 * (draft-ietf-httpapi-ratelimit-headers).
 * @param caller whom a request counts for
 * @param refusal what to tell those that are too many: in so many seconds there is room again
 */
export function perCaller(
  requestsPerMinute: number,
  caller: (req: Request) => string,
  refusal: (req: Request, retryAfterS: number) => Error,
): RequestHandler {
  return perMinute(requestsPerMinute, caller, refusal, { standardHeaders: "draft-8", identifier: "caller" });
}

function perMinute(
  limit: number,
  keyGenerator: (req: Request) => string,
  refusal: (req: Request, retryAfterS: number) => Error,
  headers: Partial<Options> = { standardHeaders: false },
): RequestHandler {
  return rateLimit({
    ...headers,
    windowMs: WINDOW_MS,
    limit,
    legacyHeaders: false,
    // Whether proxies are trusted is said by --trusted-proxies; what others send is ignored, and needs no warning.
    validate: false,
    keyGenerator,
    handler: (req, res, next) => next(refusal(req, Number(res.getHeader("Retry-After") ?? WINDOW_MS / 1000))),
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
