/** Longest URL that is carried through a sign-in, as it is written: it travels in a cookie, which may have 4 KiB. */
const MAX_LENGTH = 1024;

/** Routes that make no sense as a place to go after signing in. */
const OWN_ROUTES = /^\/(login|callback|logout)(\/|$)/;

/** Where to go after signing in, as somebody asked for it in a link. */
export type ReturnTo = { readonly kind: "path"; readonly url: string } | { readonly kind: "refused" };

/**
 * Reads `return_to`: a path of this origin and nothing else. Whoever could send people elsewhere after a real
 * sign-in at Okta would have the best phishing page there is.
 *
 * The answer is a whole URL, not a path: `/.//evil.example` is a path of this origin, and would be another host
 * once it is written as a relative reference.
 *
 * @param value the parameter as it came; undefined means the start page
 * @param baseURL this origin, such as https://login.example.com
 */
export function readReturnTo(value: unknown, baseURL: string): ReturnTo {
  if (value === undefined || value === "") return { kind: "path", url: new URL("/", baseURL).href };
  if (typeof value !== "string") return { kind: "refused" };
  // Browsers read a backslash as a slash and drop tabs and line breaks (WHATWG URL, basic URL parser).
  if (!value.startsWith("/") || /^\/[/\\]|\\|[\p{C}\p{Z}]/u.test(value)) return { kind: "refused" };
  const url = URL.parse(value, baseURL);
  if (!url || url.origin !== new URL(baseURL).origin || url.username !== "" || url.password !== "")
    return { kind: "refused" };
  if (OWN_ROUTES.test(url.pathname) || url.href.length > MAX_LENGTH) return { kind: "refused" };
  return { kind: "path", url: url.href };
}
