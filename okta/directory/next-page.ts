import type { HttpAnswer } from "../http/answer.ts";
import { DirectoryInvalidAnswerError } from "./directory-errors.ts";

/**
 * The URL of the page after this one, from `Link: <...>; rel="next"` (RFC 8288; Okta, "Pagination"), or
 * undefined on the last page. The credentials go where the link says, so it has to stay on the same endpoint of
 * the same host.
 * @throws DirectoryInvalidAnswerError when the link leads elsewhere, or can't be understood
 */
export function nextPage({ headers }: Pick<HttpAnswer, "headers">, current: URL): URL | undefined {
  const { link } = headers;
  const links = (Array.isArray(link) ? link : [link ?? ""]).flatMap(splitLinks);
  const next = links.filter(({ rels }) => rels.includes("next"));
  const [only, another] = next;
  if (!only) return undefined;
  if (another) throw new DirectoryInvalidAnswerError("it has two next pages.");
  const url = URL.parse(only.target, current.href);
  if (!url) throw new DirectoryInvalidAnswerError("its next page isn't a URL.");
  if (url.origin !== current.origin || url.username !== "" || url.password !== "")
    throw new DirectoryInvalidAnswerError(
      `its next page is on another host (${url.host}), which gets no credentials.`,
    );
  if (url.pathname !== current.pathname)
    throw new DirectoryInvalidAnswerError(`its next page is another endpoint (${url.pathname}).`);
  return url;
}

function splitLinks(header: string): { target: string; rels: string[] }[] {
  return [...header.matchAll(/<([^>]*)>([^<]*)/g)].map(([, target = "", parameters = ""]) => {
    const rel = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i.exec(parameters);
    return { target, rels: (rel?.[1] ?? rel?.[2] ?? "").toLowerCase().split(/\s+/) };
  });
}
