import type { Origins } from "../origins.ts";

/**
 * Longest address that is carried through a sign-in, in characters. What servers take of a request line is 8 kB, and
 * no answer of ours may have headers above 3.5 kB.
 */
export const MAX_ADDRESS = 2_048;

/** Routes that make no sense as a place to go after signing in. */
const OWN_ROUTES = /^\/(login|callback|logout)(\/|$)/;

/** An organization's pages, which stand among them. */
const PAGES = /^\/login\/[^/]+\/(me|users|users\.csv|mappings|settings|why)(\/|$)/;

/** Where to go after signing in. */
export type Way =
  /**
   * A path of this origin with its query, in the very characters that were asked for; at another origin that people may be
   * led to, that origin stands before it.
   */
  | { readonly kind: "address"; readonly path: string }
  /** Somewhere that isn't gone to, or can't be: the start page says so. */
  | { readonly kind: "none" };

/** What is asked of `/login/:path`. */
export interface LoginQuery {
  readonly way: Way;
  /** Okta is to ask for the account anew. */
  readonly anew: boolean;
}

export const NO_WAY: Way = { kind: "none" };

/** The query by which `/login/:path` is told that the address was lost: it is none. */
const LOST = "none";

const START: Way = { kind: "address", path: "/" };

/**
 * Reads the query of `/login/:path`. `return_to` is a path of this origin, or an address of another that people may be led
 * to, in one of two forms:
 *
 * - as it stands, and then last: all that follows `return_to=` is the address, whatever is in it. That is what proxies
 *   can write that don't know how to escape (`return_to=$request_uri`);
 * - percent-encoded as a whole, from its first slash on (`return_to=%2Fsearch%3Fq%3Da%252Bb`), anywhere in the query.
 *   A plus sign is one there.
 *
 * @param url a request's target
 */
export function readLoginQuery(url: string, origins: Origins): LoginQuery {
  const at = url.indexOf("?");
  const pairs = at < 0 ? [] : url.slice(at + 1).split("&");
  const ways: Way[] = [];
  let anew = false;
  for (const [i, pair] of pairs.entries()) {
    if (pair === "prompt=login") anew = true;
    if (!pair.startsWith(RETURN_TO)) continue;
    const value = pair.slice(RETURN_TO.length);
    if (/^(https?:\/)?\//.test(value)) {
      // As it stands: what follows belongs to it.
      ways.push(readAddress(escaped(pairs.slice(i).join("&").slice(RETURN_TO.length)), origins));
      break;
    }
    ways.push(value === "" ? START : readAddress(decoded(value), origins));
  }
  const [way = START, another] = ways;
  return { way: another ? NO_WAY : way, anew };
}

const RETURN_TO = "return_to=";

/**
 * Whether an address is one that people may be led to: then it is gone to, and exactly to it. Whoever could send people
 * elsewhere after a real sign-in at Okta would have the best phishing page there is.
 */
export function readAddress(value: string | undefined, origins: Origins): Way {
  const [, written, rest = ""] = /^(https?:\/\/[\w.-]+(?::\d{1,5})?)?(.*)$/s.exec(value ?? "") ?? [];
  const origin = written === undefined ? origins.own : origins.find(written);
  // Browsers read a backslash as a slash and drop tabs and line breaks (WHATWG URL, basic URL parser).
  if (origin === undefined || !/^\/(?![/\\])[^\\\p{C}\p{Z}]*$/u.test(rest)) return NO_WAY;
  const path = rest.replace(/[^\x21-\x7e]+/gu, encodeURIComponent);
  const url = URL.parse(path, origin);
  if (url?.origin !== origin || url.username !== "" || url.password !== "") return NO_WAY;
  const isOurs = origin === origins.own;
  const address = isOurs ? path : `${origin}${path}`;
  const isRoute = isOurs && OWN_ROUTES.test(url.pathname) && !PAGES.test(url.pathname);
  if (isRoute || address.length > MAX_ADDRESS) return NO_WAY;
  return { kind: "address", path: address };
}

/**
 * An address with its origin in front, for a `Location`: `/.//evil.example` is a path of this origin, and would be another
 * host once it is written as a relative reference.
 */
export function absolute(path: string, { own }: Origins): string {
  return path.startsWith("/") ? `${own}${path}` : path;
}

/** The query by which `/login/:path` is told of an address again. */
export function returnToQuery(way: Way | undefined): string {
  return way?.kind === "address" && way.path !== "/" ? `?${RETURN_TO}${encodeURIComponent(way.path)}` : "";
}

/** Characters of an address in a `Location` of ours, whose headers have 3.5 kB in all. */
const MAX_WRITTEN = 2_600;

/**
 * The same for a `Location`: as it stands, which is shorter, unless a browser would write it otherwise in a query (WHATWG
 * URL, special-query percent-encode set). Without an address it leads to the start page, which says so.
 */
export function locationReturnToQuery(way: Way): string {
  if (way.kind === "none") return `?${RETURN_TO}${LOST}`;
  const written = /["'<>#]/.test(way.path) ? encodeURIComponent(way.path) : way.path;
  return `?${RETURN_TO}${written.length > MAX_WRITTEN ? LOST : written}`;
}

function decoded(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/** Bytes above ASCII, as Node hands them on, in the form in which they belong into an address. */
export function escaped(value: string): string {
  return value.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
}
