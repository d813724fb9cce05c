import { isIP } from "node:net";
import { kindOf } from "./address-kinds.ts";
import { HostNotListedError, UrlNotAllowedError } from "./http-errors.ts";

/** Kinds of addresses that may be called where somebody says so. */
export const CALLABLE = ["public", "private", "loopback"] as const;
export type CallableKind = (typeof CALLABLE)[number];

export interface DestinationsOptions {
  /** Default: public ones alone */
  addresses?: readonly CallableKind[];
  /** Hosts that may be called, as in acme.okta.com or *.okta.com, and no others. Default: any */
  hosts?: readonly string[] | undefined;
}

/** What may be called: URLs by their scheme and host before anything is looked up, addresses once they are known. */
export class Destinations {
  readonly #addresses: ReadonlySet<string>;
  readonly #hosts: readonly string[] | undefined;

  constructor({ addresses = ["public"], hosts }: DestinationsOptions = {}) {
    this.#addresses = new Set(addresses);
    this.#hosts = hosts;
  }

  /** Whether somebody has said which hosts may be called. */
  get areListed(): boolean {
    return this.#hosts !== undefined;
  }

  /**
   * A URL that may be called, as far as that can be said of a name.
   * @throws UrlNotAllowedError, HostNotListedError
   */
  url(url: string | URL): URL {
    const parsed = URL.parse(String(url));
    if (!parsed) throw new UrlNotAllowedError("Something that isn't a URL");
    const { protocol, hostname, host, username, password } = parsed;
    const allowed = protocol === "https:" || (protocol === "http:" && this.#inTheClear(hostname));
    if (!allowed || username !== "" || password !== "")
      throw new UrlNotAllowedError(`${protocol}//${host}`, { loopback: this.#addresses.has("loopback") });
    if (this.#hosts && !this.#hosts.some((listed) => covers(listed, nameOf(hostname))))
      throw new HostNotListedError(host);
    return parsed;
  }

  /** Whether an address may be connected to. */
  allow(address: string): boolean {
    return this.#addresses.has(kindOf(address));
  }

  /** The address that a URL's host is itself, where it is one: that one is never looked up. */
  static addressIn({ hostname }: URL): string | undefined {
    const address = hostname.replace(/[[\]]/g, "");
    if (isIP(address) !== 0) return address;
    // RFC 6761, section 6.3: whatever a name server or a proxy says of it.
    return /(^|\.)localhost$/.test(nameOf(hostname)) ? "127.0.0.1" : undefined;
  }

  #inTheClear(hostname: string): boolean {
    return this.#addresses.has("loopback") && isLoopback(hostname);
  }
}

/** Whether a host of the list is this one: the same, or `*.` and what it ends in. */
function covers(listed: string, hostname: string): boolean {
  return listed.startsWith("*.") ? hostname.endsWith(listed.slice(1)) : hostname === listed;
}

/** A host's name as lists have it: the dot at its end says only that it is complete. */
function nameOf(hostname: string): string {
  return hostname.replace(/\.$/, "");
}

/** Whether a URL's host name is this machine itself. */
function isLoopback(hostname: string): boolean {
  const isIPv4 = isIP(hostname) === 4;
  return hostname === "localhost" || hostname === "[::1]" || (isIPv4 && hostname.startsWith("127."));
}
