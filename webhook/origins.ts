/** Applications that sessions don't reach: people would be sent to sign in again and again. */
export class OutOfReachError extends Error {
  readonly code = "application-out-of-reach";
}

/**
 * Whether the cookies of sessions get to the applications.
 * @param baseURL where browsers reach this webhook
 * @throws OutOfReachError
 */
export function checkReach(
  baseURL: string,
  {
    applicationHosts,
    cookieDomain,
  }: { applicationHosts: readonly string[]; cookieDomain: string | undefined },
): void {
  const { hostname: own, protocol } = new URL(baseURL);
  if (cookieDomain !== undefined && !isWithin(own, cookieDomain))
    throw new OutOfReachError(
      `--cookie-domain ${cookieDomain} isn't one of the base URL's host: browsers refuse its cookies. Name a domain that ${own} is in.`,
    );
  const beyond = applicationHosts.find((host) => {
    const { hostname } = new URL(`${protocol}//${host}`);
    return hostname !== own && (cookieDomain === undefined || !isWithin(hostname, cookieDomain));
  });
  if (beyond !== undefined)
    throw new OutOfReachError(
      `Sessions don't reach ${beyond} of --application-hosts: name a --cookie-domain that both it and ${own} are in.`,
    );
}

function isWithin(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`);
}

/** Where people may be led: this webhook's own origin, and those of applications that its sessions reach. */
export class Origins {
  /** As in https://login.example.com. */
  readonly own: string;
  readonly #all: ReadonlySet<string>;
  readonly #protocol: string;

  /**
   * @param baseURL where browsers reach this webhook
   * @param hosts those of applications, as in app.example.com
   */
  constructor(baseURL: string, hosts: readonly string[] = []) {
    const { origin, protocol } = new URL(baseURL);
    this.own = origin;
    this.#protocol = protocol;
    // Of the same protocol: a session that is kept from plain http is of no use to an application there.
    this.#all = new Set([origin, ...hosts.map((host) => new URL(`${protocol}//${host}`).origin)]);
  }

  /** @param host as a request names it, with a port unless it is the usual one */
  ofHost(host: string): string | undefined {
    return /^[\w.-]+(:\d{1,5})?$/.test(host) ? this.find(`${this.#protocol}//${host}`) : undefined;
  }

  /** An origin as browsers write it, if it is one of these. */
  find(origin: string): string | undefined {
    const written = URL.parse(origin)?.origin;
    return written !== undefined && this.#all.has(written) ? written : undefined;
  }
}
