import type { Flag, FlagValues } from "../kubernetes/index.ts";
import { CALLABLE, type CallableKind } from "../okta/http/destinations.ts";
import { releaseName } from "./keepers.ts";
import { LoginPathPrefixes } from "./login-path-prefixes.ts";

/** Which organizations are served, at which address, with which Okta: both programs have to be told the same. */
export const organizationFlags = {
  "watch-namespaces": {
    value: "LIST",
    description: "namespaces to watch, separated by commas, or * for all; without it, the program's own",
  },
  "base-url": {
    value: "URL",
    description: "where browsers reach the login webhook, as in https://login.example.com",
    default: "http://localhost:8080",
    check: isBaseURL,
  },
  lease: {
    value: "NAME",
    description:
      "the Lease by which the operator's replicas elect one that leads, in the program's own namespace; it is the " +
      "release's name among those that watch the same organizations",
    default: "okta-role-operator",
  },
  "login-paths": {
    value: "NAME",
    description:
      "the ConfigMap that says which login path is whose, in the program's own namespace; made when missing",
    default: "okta-role-operator-login-paths",
  },
  "login-path-prefixes": {
    value: "LIST",
    description:
      "login paths that belong to namespaces, by what they begin with, as in team-a=a-,team-b=b-: these namespaces' " +
      "organizations use no others, and nobody else uses these",
    default: "",
    check: arePrefixes,
  },
  "okta-hosts": {
    value: "LIST",
    description:
      "hosts that organizations may have as issuer or directory, separated by commas, as in *.okta.com; without it, any",
    default: "",
    check: areHosts,
  },
  "okta-addresses": {
    value: "LIST",
    description:
      "kinds of addresses that these hosts may be at, separated by commas: public, private, loopback (this machine)",
    default: "public",
    check: areAddressKinds,
  },
  "token-reviews": {
    value: "ANSWER",
    description:
      "yes or no: whether the login webhook may have tokens reviewed; without that no local admin can sign in, and none counts as " +
      "one who gets in when the last admin would lose their role",
    default: "yes",
    check: (value) => (["yes", "no"].includes(value) ? undefined : "is neither yes nor no."),
  },
  "trusted-certificates": {
    value: "FILE",
    description:
      "certificates in PEM that an Okta's may be signed by, beside the public ones; read again when it changes",
  },
} as const satisfies Record<string, Flag>;

/** A check for the URL that people's browsers reach the webhook at. */
export function isBaseURL(value: string): string | undefined {
  if (!URL.canParse(value)) return "is not a URL such as https://login.example.com.";
  const { protocol, hostname, search, hash, pathname } = new URL(value);
  if (search || hash || pathname !== "/")
    return "has a path or a query: the webhook is served at the root of its host.";
  if (protocol === "https:") return undefined;
  const loopback = /^((.+\.)?localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  return protocol === "http:" && loopback
    ? undefined
    : "has to start with https:// (http:// only for localhost).";
}

/** What the flags of both programs say of organizations, as they take it. @param own the program's own namespace */
export function organizationSettings(
  flags: Pick<
    FlagValues<typeof organizationFlags>,
    "lease" | "watch-namespaces" | "login-paths" | "login-path-prefixes" | "token-reviews"
  >,
  own: string,
) {
  return {
    release: releaseName(own, flags.lease),
    namespaces: watchedNamespaces(flags["watch-namespaces"], own),
    loginPaths: {
      object: { namespace: own, name: flags["login-paths"] },
      prefixes: loginPathPrefixes(flags["login-path-prefixes"]),
    },
    tokenReviews: flags["token-reviews"] === "yes",
  };
}

/**
 * The namespaces to watch.
 * @param own the program's own namespace
 * @internal
 */
export function watchedNamespaces(flag: string | undefined, own: string): readonly string[] | "all" {
  if (flag === undefined || flag.trim() === "") return [own];
  const names = listed(flag);
  return names.includes("*") ? "all" : [...new Set(names)];
}

/**
 * Which namespaces may use which login paths.
 * @internal
 */
export function loginPathPrefixes(flag: string): LoginPathPrefixes {
  return new LoginPathPrefixes(
    listed(flag).map((pair) => {
      const [namespace = "", prefix = ""] = pair.split("=").map((part) => part.trim());
      return [namespace, prefix];
    }),
  );
}

function arePrefixes(value: string): string | undefined {
  const pair = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?\s*=\s*[a-z0-9][-a-z0-9]{0,62}$/;
  const wrong = listed(value).find((part) => !pair.test(part));
  return wrong === undefined
    ? undefined
    : `${wrong} is not a namespace and a beginning of login paths, as in team-a=a-.`;
}

/** The hosts that organizations may use; undefined for any. */
export function oktaHosts(flag: string): readonly string[] | undefined {
  const hosts = listed(flag).map((host) => host.toLowerCase());
  return hosts.length === 0 ? undefined : hosts;
}

/** The kinds of addresses that they may be at. */
export function oktaAddresses(flag: string): readonly CallableKind[] {
  return CALLABLE.filter((kind) => listed(flag).includes(kind));
}

function areHosts(value: string): string | undefined {
  const label = "[a-z0-9_]([-a-z0-9_]*[a-z0-9_])?";
  const host = new RegExp(`^(\\*\\.)?${label}(\\.${label})*$|^\\[[0-9a-f:.]+\\]$`, "i");
  const wrong = listed(value).find((part) => !host.test(part));
  return wrong === undefined
    ? undefined
    : `${wrong} is not a host such as acme.okta.com or *.okta.com (no scheme, no port; in ASCII).`;
}

function areAddressKinds(value: string): string | undefined {
  const kinds = listed(value);
  const wrong = kinds.find((kind) => !CALLABLE.some((known) => known === kind));
  if (wrong !== undefined) return `${wrong} is none of ${CALLABLE.join(", ")}.`;
  return kinds.length === 0 ? `is empty: write one or more of ${CALLABLE.join(", ")}.` : undefined;
}

function listed(value: string): string[] {
  return value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
