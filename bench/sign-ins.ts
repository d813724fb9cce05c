import { Agent, type Dispatcher, request } from "undici";
import { inParallel } from "./in-parallel.ts";
import type { Provider } from "./provider.ts";

/** A sign-in for which all is ready but the callback itself. */
export interface PreparedCallback {
  /** The whole URL. */
  readonly url: string;
  /** The Cookie header of the browser. */
  readonly cookie: string;
}

/** Where one signs in. */
export interface LoginRoutes {
  readonly baseURL: string;
  /** Begins a sign-in: redirects to the provider. */
  readonly login: string;
}

export class UnexpectedAnswerError extends Error {
  readonly code = "unexpected-answer";
}

/** Browsers at once. */
const AT_ONCE = 8;

/** Signs people in without the provider's pages: it begins the sign-in, has the token signed, and knows the code. */
export class SignIns {
  readonly #provider: Provider;
  readonly #routes: LoginRoutes;
  readonly #agent = new Agent({ connections: AT_ONCE, keepAliveTimeout: 60_000 });

  constructor(provider: Provider, routes: LoginRoutes) {
    this.#provider = provider;
    this.#routes = routes;
  }

  /** Begins a sign-in for each person. */
  async prepare(
    people: readonly { subject: string; groups: readonly string[] }[],
  ): Promise<PreparedCallback[]> {
    const begun: { redirect: URL; cookie: string }[] = [];
    await inParallel(people.keys(), AT_ONCE, async (i) => {
      const answer = await this.#get(new URL(this.#routes.login, this.#routes.baseURL), "");
      begun[i] = { redirect: new URL(answer.location, this.#routes.baseURL), cookie: answer.cookie };
    });
    const codes = await this.#provider.codes(
      people.map(({ subject, groups }, i) => {
        const nonce = begun[i]?.redirect.searchParams.get("nonce") ?? undefined;
        return { subject, groups, ...(nonce === undefined ? {} : { nonce }) };
      }),
    );
    return begun.map(({ redirect, cookie }, i) => {
      const url = new URL(redirect.searchParams.get("redirect_uri") ?? "");
      url.searchParams.set("code", codes[i] ?? "");
      url.searchParams.set("state", redirect.searchParams.get("state") ?? "");
      return { url: url.href, cookie };
    });
  }

  /** Finishes the sign-ins, some at once. @returns the cookies that each browser got, in order */
  async finish(prepared: readonly PreparedCallback[]): Promise<string[]> {
    const cookies: string[] = [];
    await inParallel(prepared.entries(), AT_ONCE, async ([i, { url, cookie }]) => {
      cookies[i] = (await this.#get(new URL(url), cookie)).cookie;
    });
    return cookies;
  }

  /** Signs one person in. @returns the Cookie header of their session */
  async signIn(subject: string, groups: readonly string[]): Promise<string> {
    const [cookie = ""] = await this.finish(await this.prepare([{ subject, groups }]));
    return cookie;
  }

  async close(): Promise<void> {
    await this.#agent.close();
  }

  /** Sends a request that has to end in a redirect. */
  async #get(url: URL, cookie: string): Promise<{ location: string; cookie: string }> {
    const answer = await request(url, {
      dispatcher: this.#agent,
      headers: { accept: "text/html", ...(cookie === "" ? {} : { cookie }) },
    });
    const { location } = answer.headers;
    if (answer.statusCode < 300 || answer.statusCode > 399 || typeof location !== "string")
      throw new UnexpectedAnswerError(
        `GET ${url.pathname} answered ${answer.statusCode} where a redirect was due: ${(await answer.body.text()).slice(0, 500)}`,
      );
    await answer.body.dump();
    return { location, cookie: cookieHeader(answer.headers["set-cookie"]) };
  }
}

/** What a browser sends back of these Set-Cookie headers: not those of one path, such as the callback's. */
function cookieHeader(headers: Dispatcher.ResponseData["headers"]["set-cookie"]): string {
  const all = typeof headers === "string" ? [headers] : (headers ?? []);
  return all
    .filter((header) => !/;\s*Path=\/\w/i.test(header))
    .map((header) => header.split(";", 1)[0] ?? "")
    .filter((pair) => !/^[^=]*=$/.test(pair)) // it is taken away
    .join("; ");
}
