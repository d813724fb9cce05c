import { type Dispatcher, request } from "undici";
import { z } from "zod";
import { CookieJar } from "../../../dev/okta/cookie-jar.ts";
import { signIn } from "../../../dev/okta/sign-in.ts";

export interface Places {
  /** Where browsers reach the webhook. */
  readonly login: URL;
  readonly okta: URL;
}

/** What somebody sees at the end of a sign-in. */
export interface Page {
  readonly status: number;
  readonly title: string;
  readonly body: string;
}

/** What a program is told of a session. */
export interface SessionAnswer {
  readonly status: number;
  /** Of the person; undefined unless the status is 200. */
  readonly roles?: readonly string[];
}

const Session = z.object({ roles: z.array(z.object({ name: z.string() })) });

/** The people of dev/okta/acme.yaml, each with a browser that stays open. */
export class People {
  readonly #places: Places;
  readonly #dispatcher: Dispatcher;
  readonly #cookies = new Map<string, CookieJar>();

  constructor(places: Places, dispatcher: Dispatcher) {
    this.#places = places;
    this.#dispatcher = dispatcher;
  }

  /** Signs somebody in, in their browser, or in one that is only for this. @param name such as "ada" */
  async signIn(name: string, cookies = this.#cookiesOf(name)): Promise<Page> {
    const { okta, login } = this.#places;
    const passwordOf = (): string => `${name}-password`;
    const { response } = await signIn(
      { url: okta.origin, passwordOf },
      new URL("/login/acme", login).href,
      `${name}@acme.example`,
      { cookies, dispatcher: this.#dispatcher, followToEnd: true, signal: AbortSignal.timeout(20_000) },
    );
    const [, title = ""] = /<title>(.*?)<\/title>/.exec(response.body) ?? [];
    return { status: response.status, title, body: response.body };
  }

  /** Signs somebody in, in a browser that knows nothing. */
  signInAnew(name: string): Promise<Page> {
    return this.signIn(name, new CookieJar());
  }

  /**
   * Asks who somebody's browser is signed in as.
   *
   * @param at another address of the webhook, such as a pod's
   */
  async session(name: string, at: URL = this.#places.login): Promise<SessionAnswer> {
    const cookie = this.#cookiesOf(name).header(this.#places.login);
    const answer = await request(new URL("/session", at), {
      dispatcher: this.#dispatcher,
      headers: cookie === undefined ? {} : { cookie },
      signal: AbortSignal.timeout(10_000),
    });
    const body = await answer.body.text();
    if (answer.statusCode !== 200) return { status: answer.statusCode };
    const { roles } = Session.parse(JSON.parse(body));
    return { status: 200, roles: [...new Set(roles.map((role) => role.name))].sort() };
  }

  #cookiesOf(name: string): CookieJar {
    const cookies = this.#cookies.get(name) ?? new CookieJar();
    this.#cookies.set(name, cookies);
    return cookies;
  }
}
