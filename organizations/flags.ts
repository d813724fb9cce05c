import type { Flag } from "../kubernetes/index.ts";

/** Which organizations are served, and at which address: both programs have to be told the same. */
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
} as const satisfies Record<string, Flag>;

/** A check for the URL that people's browsers reach the webhook at. */
export function isBaseURL(value: string): string | undefined {
  if (!URL.canParse(value)) return "is not a URL such as https://login.example.com.";
  const { protocol, hostname, search, hash, pathname } = new URL(value);
  if (search || hash || pathname !== "/")
    return "has a path or a query: the webhook is served at the root of its host.";
  if (protocol === "https:") return undefined;
  const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  return protocol === "http:" && loopback
    ? undefined
    : "has to start with https:// (http:// only for localhost).";
}

/** The namespaces to watch. @param own the program's own namespace */
export function watchedNamespaces(flag: string | undefined, own: string): readonly string[] | "all" {
  if (flag === undefined || flag.trim() === "") return [own];
  const names = flag.split(",").map((name) => name.trim());
  return names.includes("*") ? "all" : [...new Set(names.filter((name) => name !== ""))];
}
