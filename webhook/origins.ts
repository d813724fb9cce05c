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
