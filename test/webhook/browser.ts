import { request } from "undici";
import { CookieJar } from "../../dev/okta/index.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

/** A copy of what a browser would send to this URL, as somebody may have taken one. */
export function copyOf(cookies: CookieJar, url: string): CookieJar {
  const copy = new CookieJar();
  const at = new URL(url);
  copy.store(at, (cookies.header(at) ?? "").split("; "));
  return copy;
}

/** The session cookies that a browser would send to this URL. */
export function sessionsIn(cookies: CookieJar, url: string): string[] {
  const pairs = (cookies.header(new URL(url)) ?? "").split("; ");
  return pairs.filter((pair) => pair.startsWith("okta-role-session"));
}

/** Requests to one webhook with the cookies of one browser. Redirects are answers, not followed. */
export class Browser {
  readonly cookies: CookieJar;
  readonly #url: string;

  constructor(url: string, cookies = new CookieJar()) {
    this.#url = url;
    this.cookies = cookies;
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.#send("GET", path, headers);
  }

  /** Sends a form as a page of this very site would, unless the headers say something else. */
  post(path: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> {
    const form = {
      "content-type": "application/x-www-form-urlencoded",
      "sec-fetch-site": "same-origin",
      ...headers,
    };
    return this.#send("POST", path, form, new URLSearchParams(fields).toString());
  }

  async #send(
    method: "GET" | "POST",
    path: string,
    headers: Record<string, string>,
    body?: string,
  ): Promise<Answer> {
    const url = new URL(path, this.#url);
    const cookie = this.cookies.header(url);
    const answer = await request(url, {
      method,
      headers: { accept: "text/html", ...headers, ...(cookie === undefined ? {} : { cookie }) },
      ...(body === undefined ? {} : { body }),
    });
    const set = answer.headers["set-cookie"];
    if (set) this.cookies.store(url, Array.isArray(set) ? set : [set]);
    return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
  }
}
