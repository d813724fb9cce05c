/** The proxy that requests to Okta take. */
export interface OutboundProxy {
  /** http or https, with a user name and password where it wants them. */
  readonly url: string;
  /** Hosts that are asked directly: names and domains with commas, as in NO_PROXY. */
  readonly noProxy: string;
}

/** The environment names a proxy that can't be used. The message doesn't hold it: it may have a password. */
export class ProxyUrlError extends Error {
  readonly code = "proxy-url-invalid";
}

/**
 * The proxy that the environment names, in the variables that most programs know: HTTPS_PROXY and NO_PROXY, in small
 * letters too. Only https goes through it: plain http is for this machine itself.
 * @throws ProxyUrlError
 */
export function proxyFrom(
  environment: Readonly<Record<string, string | undefined>>,
): OutboundProxy | undefined {
  const url = environment.HTTPS_PROXY || environment.https_proxy;
  if (!url) return undefined;
  const { protocol } = URL.parse(url) ?? {};
  if (protocol !== "http:" && protocol !== "https:")
    throw new ProxyUrlError(
      "HTTPS_PROXY has to be an http or https URL, such as http://proxy.example.com:3128.",
    );
  return { url, noProxy: environment.NO_PROXY || environment.no_proxy || "" };
}
