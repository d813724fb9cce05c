import { type Flag, isPort, isPositive, programFlags } from "../kubernetes/index.ts";
import { isBaseURL, organizationFlags } from "../organizations/flags.ts";

/** The webhook's flags. */
export const webhookFlags = {
  ...programFlags,
  ...organizationFlags,
  "base-url": {
    value: "URL",
    description:
      "where browsers reach this, as in https://login.example.com; without it, http://localhost:PORT",
    check: isBaseURL,
  },
  port: {
    value: "PORT",
    description: "where people sign in; 0 for a free one",
    default: "8080",
    check: isPort,
  },
  host: { value: "ADDRESS", description: "the address to listen on; without it, all, IPv6 included" },
  "tls-cert": {
    value: "FILE",
    description:
      "a certificate in PEM, with those that it was signed by: --port then speaks TLS. Read again when it changes",
  },
  "tls-key": { value: "FILE", description: "its key, in PEM" },
  "health-port": {
    value: "PORT",
    description: "where /livez, /readyz and /metrics are served; 0 for a free one",
    default: "8082",
    check: isPort,
  },
  "health-host": {
    value: "ADDRESS",
    description: "the address to listen on for health and metrics; without it, all",
  },
  "session-secret": {
    value: "NAME",
    description: "the Secret with the keys of sessions, in the program's own namespace; made when missing",
    default: "okta-role-operator-session-keys",
  },
  "session-key-rotation": {
    value: "HOURS",
    description: "how often a new key is made",
    default: "24",
    check: isPositive,
  },
  "cookie-domain": {
    value: "DOMAIN",
    description:
      "whose hosts get the cookies of sessions, as in example.com, so that applications at other hosts than the base URL's " +
      "can be guarded; without it, that host alone",
    check: isDomain,
  },
  "application-hosts": {
    value: "LIST",
    description:
      "hosts of guarded applications, beside the base URL's, as in app.example.com: people come back to these after " +
      "signing in, and to no others",
    default: "",
    check: areHosts,
  },
  "max-staleness": {
    value: "SECONDS",
    description: "sessions are refused when the Kubernetes API has not been heard of for this long",
    default: "30",
    check: isPositive,
  },
  "trusted-proxies": {
    value: "LIST",
    description:
      "proxies whose X-Forwarded-For counts: how many there are, or their addresses and networks. Without it, " +
      "everybody behind a proxy is one client address to the limits below",
    default: "",
    check: isProxyList,
  },
  "login-rate": {
    value: "NUMBER",
    description: "sign-in requests of one client address in a minute",
    default: "600",
    check: isPositive,
  },
  "local-login-rate": {
    value: "NUMBER",
    description:
      "local sign-ins of one client address, or with one local account, that may fail in a minute before reasons aren't " +
      "told any more; a valid token is accepted however many have failed",
    default: "10",
    check: isPositive,
  },
  "api-rate": {
    value: "NUMBER",
    description: "requests of one program or person to the API for programs in a minute",
    default: "600",
    check: isPositive,
  },
  "logins-at-once": {
    value: "NUMBER",
    description:
      "sign-ins of one organization that may wait for Okta at once; four times as many wait up to 3 seconds for " +
      "their turn, and more are turned away",
    default: "64",
    check: isPositive,
  },
} as const satisfies Record<string, Flag>;

const HOSTNAME = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?";

function isDomain(value: string): string | undefined {
  return new RegExp(`^${HOSTNAME}(\\.${HOSTNAME})+$`).test(value)
    ? undefined
    : "has to be a domain in small letters, such as example.com.";
}

function areHosts(value: string): string | undefined {
  const host = new RegExp(`^${HOSTNAME}(\\.${HOSTNAME})*(:\\d{1,5})?$`);
  const wrong = hostsOf(value).find((one) => !host.test(one));
  return wrong === undefined ? undefined : `${wrong} is no host such as app.example.com.`;
}

/** What --application-hosts lists. */
export function hostsOf(value: string): string[] {
  return value
    .split(",")
    .map((host) => host.trim())
    .filter(Boolean);
}

function isProxyList(value: string): string | undefined {
  // A number alone is made of what addresses are made of.
  const known = /^(loopback|linklocal|uniquelocal|[0-9a-fA-F.:]+(\/\d{1,3})?)$/;
  if (value.trim() === "") return undefined;
  const wrong = value.split(",").find((part) => !known.test(part.trim()));
  return wrong === undefined ? undefined : `${wrong} is neither an address nor a network such as 10.0.0.0/8.`;
}
