import { HostNotListedError, UrlNotAllowedError } from "../http/http-errors.ts";
import { oneLine } from "../one-line.ts";
import { WrongIssuerError } from "./issuer-errors.ts";

/**
 * Looks at an issuer's URL before anything is sent.
 * @param allowed throws a UrlNotAllowedError or a HostNotListedError for what may not be called
 * @throws WrongIssuerError when the URL can't be an issuer
 */
export function checkIssuerUrl(issuer: string, allowed: (url: URL) => URL): URL {
  const url = URL.parse(issuer);
  const more = url === null ? "" : `${url.search}${url.hash}${url.username}${url.password}`;
  if (!url || more !== "") {
    throw new WrongIssuerError(issuer, {
      mistake: "not-a-url",
      advice:
        "The issuer has to be a URL such as https://acme.okta.com or https://acme.okta.com/oauth2/default.",
    });
  }
  try {
    allowed(url);
  } catch (error) {
    if (error instanceof HostNotListedError)
      throw new WrongIssuerError(
        issuer,
        { mistake: "host-not-listed", advice: error.message },
        { cause: error },
      );
    if (!(error instanceof UrlNotAllowedError)) throw error;
    const suggestion = url.protocol === "http:" ? `https${issuer.trim().slice("http".length)}` : undefined;
    throw new WrongIssuerError(issuer, {
      mistake: "not-https",
      advice: `The issuer has to be an https URL${suggestion ? `: write ${oneLine(suggestion)}` : ""}.`,
      suggestion,
    });
  }
  const admin = /(.+)-admin(\.(?:okta|oktapreview|okta-emea|okta-gov)\.com)$/.exec(url.hostname);
  if (admin) {
    const suggestion = issuer.replace(url.hostname, `${admin[1]}${admin[2]}`);
    throw new WrongIssuerError(issuer, {
      mistake: "admin-domain",
      advice: `${url.hostname} is the admin console's domain; write ${oneLine(suggestion)}.`,
      suggestion,
    });
  }
  const wellKnown = url.pathname.indexOf("/.well-known/");
  if (wellKnown >= 0) {
    const suggestion = `${url.origin}${url.pathname.slice(0, wellKnown)}`;
    throw new WrongIssuerError(issuer, {
      mistake: "discovery-url",
      advice: `That is the address of the issuer's metadata; the issuer is ${oneLine(suggestion)}.`,
      suggestion,
    });
  }
  const endpoint = /^(\/oauth2(?:\/(?!v1\/)[^/]+)?)\/v1(?:\/|$)/.exec(url.pathname);
  if (endpoint) {
    const suggestion = endpoint[1] === "/oauth2" ? url.origin : `${url.origin}${endpoint[1]}`;
    throw new WrongIssuerError(issuer, {
      mistake: "endpoint-url",
      advice: `That is the address of one endpoint; the issuer is ${oneLine(suggestion)}.`,
      suggestion,
    });
  }
  return url;
}

/** The metadata names another issuer than the one that was asked. */
export function mismatch(issuer: string, named: string): WrongIssuerError {
  const suggestion = oneLine(named);
  if (named.endsWith("/")) {
    const advice = `The server at ${oneLine(issuer)} calls itself ${suggestion}, and no issuer of Okta's has a slash at the end: check the domain, and whether it is Okta's.`;
    return new WrongIssuerError(issuer, { mistake: "issuer-mismatch", advice });
  }
  if (withoutSlash(issuer) === named) {
    return new WrongIssuerError(issuer, {
      mistake: "trailing-slash",
      advice: `Write the issuer exactly as Okta does, without the slash at the end: ${suggestion}`,
      suggestion: named,
    });
  }
  return new WrongIssuerError(issuer, {
    mistake: "issuer-mismatch",
    advice: `The server at ${oneLine(issuer)} calls itself ${suggestion}; if that is the one you mean, write it as the issuer.`,
    suggestion: named,
  });
}

/** Where to look for what was likely meant when there is no metadata at an issuer. */
export function alternative(url: URL): string {
  return isOrgServer(url) ? `${url.origin}/oauth2/default` : url.origin;
}

/** There is no metadata at an issuer; `found` is the `alternative` where that is one. */
export function notThere(
  issuer: string,
  url: URL,
  found: string | undefined,
  cause: Error,
): WrongIssuerError {
  const options = { cause };
  if (found === undefined) {
    const advice = `There is no OpenID Connect issuer at ${oneLine(issuer)}: check the domain, and whether it is Okta's.`;
    return new WrongIssuerError(issuer, { mistake: "not-an-issuer", advice }, options);
  }
  if (isOrgServer(url)) {
    const advice = `There is no issuer at the bare domain, but there is a custom authorization server: write ${found}.`;
    return new WrongIssuerError(
      issuer,
      { mistake: "custom-server-meant", advice, suggestion: found },
      options,
    );
  }
  const isDefault = url.pathname === "/oauth2/default";
  const advice =
    `This Okta org has no authorization server at ${oneLine(url.pathname, 80)}: ` +
    `${isDefault ? "not every org has one called default; " : ""}take the issuer from Security > API > ` +
    `Authorization Servers in Okta's admin console, or write ${found} for the org's own server.`;
  const mistake = isDefault ? "no-default-server" : "no-such-server";
  return new WrongIssuerError(issuer, { mistake, advice, suggestion: found }, options);
}

/**
 * Whether an issuer's URL names the org authorization server, whose issuer is the bare domain, as against a custom
 * one at `/oauth2/<id>`, of which `default` is one that many orgs have (Okta, "Authorization servers").
 */
function isOrgServer({ pathname }: URL): boolean {
  return pathname === "/";
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
