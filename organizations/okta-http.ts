import { LRUCache } from "lru-cache";
import type { Logger } from "pino";
import { Destinations } from "../okta/http/destinations.ts";
import { Http } from "../okta/http/http.ts";
import { proxyFrom } from "../okta/http/proxy.ts";
import { oktaAddresses, oktaHosts } from "./flags.ts";

/** How often the log says of a host why it isn't called, ms. */
const SAY_AGAIN_MS = 10 * 60_000;
/** Hosts that this is remembered of at once. */
const MOST = 1_000;

/**
 * What speaks with the Okta of every organization, within what the flags allow. Why a host isn't called stands in the
 * log alone: whoever writes an Organization chooses the host.
 * @param environment may name a proxy
 * @throws ProxyUrlError
 */
export function oktaHttp(
  flags: { readonly "okta-hosts": string; readonly "okta-addresses": string },
  environment: Readonly<Record<string, string | undefined>>,
  log: Logger,
): Http {
  const proxy = proxyFrom(environment);
  const hosts = oktaHosts(flags["okta-hosts"]);
  const addresses = oktaAddresses(flags["okta-addresses"]);
  if (proxy && !hosts)
    log.warn(
      "what goes to Okta takes HTTPS_PROXY, which looks names up itself: list the hosts in --okta-hosts",
    );
  const said = new LRUCache<string, true>({ max: MOST, ttl: SAY_AGAIN_MS });
  return new Http({
    proxy,
    destinations: new Destinations({ addresses, hosts }),
    onNoAddress: (host, why) => {
      if (said.has(host)) return;
      said.set(host, true);
      log.warn({ host, why, addresses }, "a host that an organization names isn't called");
    },
  });
}
