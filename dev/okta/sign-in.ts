import { Agent, type Dispatcher, request } from "undici";
import { CookieJar } from "./cookie-jar.ts";

export interface SignInOptions {
  /** The browser's cookies, before and after. Default: a new browser. */
  cookies?: CookieJar;
  /** Default: the one that the stand-in knows. */
  password?: string;
  /** Goes on after the callback, until an answer is no redirect. */
  followToEnd?: boolean;
  /** Sent with every request to the product, not to Okta. */
  headers?: Record<string, string>;
  /** For a certificate authority of one's own, say. Default: one pool of connections for all sign-ins. */
  dispatcher?: Dispatcher;
  signal?: AbortSignal;
}

export interface Answer {
  url: string;
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export interface SignInResult {
  /** The last answer: of the callback (a redirect, as a rule), or the one that it ended with before or after. */
  response: Answer;
  /** The callback's answer; undefined when it didn't come to that. */
  callback: Answer | undefined;
  cookies: CookieJar;
  /** Every URL that was asked for, in order. */
  visited: string[];
}

/** The sign-in went nowhere: `code` and message say how. */
export class SignInError extends Error {
  readonly code: "too-many-redirects" | "no-password";

  constructor(code: SignInError["code"], message: string) {
    super(message);
    this.name = "SignInError";
    this.code = code;
  }
}

const mostSteps = 20;
/** One pool for all sign-ins. Idle connections don't keep a process alive. */
const pool = new Agent({ connections: 128 });

/**
 * Signs in as a person with a browser would, without a browser: follows the redirects from a login URL to Okta,
 * fills in the sign-in page (unless Okta knows the browser), and follows them back to the callback. A refusal is
 * an answer like any other: look at `response`.
 * @throws SignInError when it goes round in circles, or no password is known
 */
export async function signIn(
  okta: { url: string; passwordOf?: (username: string) => string | undefined },
  startUrl: string,
  username: string,
  options: SignInOptions = {},
): Promise<SignInResult> {
  const { cookies = new CookieJar(), followToEnd = false } = options;
  const oktaOrigin = new URL(okta.url).origin;
  const visited: string[] = [];
  let url = new URL(startUrl);
  let beenAtOkta = false;
  let callback: Answer | undefined;

  for (let step = 0; step < mostSteps; step++) {
    const atOkta = url.origin === oktaOrigin;
    const form =
      atOkta && url.pathname.startsWith("/signin/") ? signInForm(okta, username, options) : undefined;
    visited.push(url.href);
    const response = await ask(url, form, cookies, atOkta ? { ...options, headers: {} } : options);
    if (beenAtOkta && !atOkta) callback ??= response;
    beenAtOkta ||= atOkta;

    const location = response.headers.location;
    const isRedirect = response.status >= 300 && response.status < 400 && typeof location === "string";
    if (!isRedirect || (callback && !followToEnd)) return { response, callback, cookies, visited };
    url = new URL(location, url);
  }
  throw new SignInError("too-many-redirects", `More than ${mostSteps} redirects: ${visited.join(" -> ")}`);
}

function signInForm(
  okta: { passwordOf?: (username: string) => string | undefined },
  username: string,
  options: SignInOptions,
): string {
  const password = options.password ?? okta.passwordOf?.(username);
  if (password === undefined)
    throw new SignInError(
      "no-password",
      `The password of ${username} isn't known here. Give it in the options.`,
    );
  return new URLSearchParams({ username, password }).toString();
}

async function ask(
  url: URL,
  form: string | undefined,
  cookies: CookieJar,
  { dispatcher = pool, headers = {}, signal }: SignInOptions,
): Promise<Answer> {
  const cookie = cookies.header(url);
  const answer = await request(url, {
    dispatcher,
    ...(signal ? { signal } : {}),
    headers: {
      accept: "text/html",
      ...headers,
      ...(cookie === undefined ? {} : { cookie }),
      ...(form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
    },
    ...(form === undefined ? {} : { method: "POST", body: form }),
  });
  const setCookie = answer.headers["set-cookie"];
  if (setCookie) cookies.store(url, Array.isArray(setCookie) ? setCookie : [setCookie]);
  return {
    url: url.href,
    status: answer.statusCode,
    headers: answer.headers,
    body: await answer.body.text(),
  };
}
