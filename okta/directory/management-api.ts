import { z } from "zod";
import { OktaError } from "../errors.ts";
import type { HttpAnswer } from "../http/answer.ts";
import type { Http } from "../http/http.ts";
import { HostNotListedError, UrlNotAllowedError } from "../http/http-errors.ts";
import { onBehalfOf } from "../owner.ts";
import { NoRoomError } from "../room.ts";
import {
  directoryError,
  IS_IT_OKTA,
  MOST_WITHOUT_LIMIT,
  refusal,
  tryAgainMs,
  understand,
} from "./answers.ts";
import { ApiToken, type Authorizer, type DirectoryCredentials } from "./credentials.ts";
import {
  DirectoryInvalidAnswerError,
  DirectoryRateLimitedError,
  DirectoryUnreachableError,
} from "./directory-errors.ts";
import type { Endpoint } from "./endpoints.ts";
import { nextPage } from "./next-page.ts";
import { type Call, type Lane, RateBudget } from "./rate-budget.ts";
import { Semaphore, SemaphoreTimeoutError } from "./semaphore.ts";
import { ServiceApp } from "./service-app.ts";

export interface ManagementApiOptions {
  /** The org's URL, as in https://acme.okta.com. */
  url: string;
  credentials: DirectoryCredentials;
  http: Http;
  /** On whose behalf it is read. Without it, that is for each call to say. */
  owner?: string;
  /** For whom it is read, default "background". */
  lane?: Lane;
  /**
   * How long after its start a request may still be held back for the rate limit, or tried again. ms, default
   * 5,000. A sync that has time takes more, so that it gets through many pages; a sign-in, less.
   */
  maxWaitMs?: number;
  /** Calls at once: Okta limits those as well. Default 8 for people, 4 in the background, 2 for a sweep */
  maxConcurrent?: number;
  /** Pages of one list, default 2,000 */
  maxPages?: number;
  wait?: (ms: number) => Promise<void>;
  /** A clock that never goes back, ms */
  now?: () => number;
}

/** One page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Where the list goes on, as Okta says it. */
  readonly next: URL | undefined;
  /** As it came. */
  readonly bytes: number;
}

/** Most bytes of a page: 200 users with long profiles are more than the usual bound. */
const MAX_PAGE_BYTES = 8 * 1024 * 1024;
/** The most that is kept of a list that is read as a whole, such as the groups of somebody who is signing in. */
const MOST_KEPT = 10_000;
/**
 * How long a list may take, whatever each of its pages does, ms. What somebody waits for at a sign-in has seconds; the members
 * of a group may be hundreds of thousands, at the few pages a minute that a small org allows.
 */
const LIST_MS: Readonly<Record<Lane, number>> = { people: 15_000, background: 300_000, sweep: 7_200_000 };
/** How long a request waits for those before it. */
const MAX_IN_LINE_MS = 5_000;
/** Calls at once. The smallest orgs have 35 for everybody (Okta, "Concurrent rate limits"). */
const CONCURRENT: Readonly<Record<Lane, number>> = { people: 8, background: 4, sweep: 2 };
/** Tries of one request before its error is the answer. */
const MAX_ATTEMPTS = 4;

/** Reads Okta's Management API, within its rate limits, or fails saying why. */
export class ManagementApi {
  readonly #base: URL;
  readonly #http: Http;
  readonly #owner: string | undefined;
  readonly #authorizer: Authorizer;
  readonly #budget: RateBudget;
  readonly #semaphore: Semaphore;
  readonly #maxWaitMs: number;
  readonly #maxPages: number;
  readonly #listMs: number;
  readonly #now: () => number;
  readonly #wait: (ms: number) => Promise<void>;

  /**
   * @throws DirectoryUnauthorizedError, DirectoryInvalidAnswerError when the credentials or the URL can't be used
   * @throws DirectoryUnreachableError when the URL's host may not be called
   */
  constructor(options: ManagementApiOptions) {
    this.#http = options.http;
    this.#base = orgURL(options.url, this.#http);
    this.#owner = options.owner;
    this.#now = options.now ?? (() => performance.now());
    const { credentials, lane = "background" } = options;
    this.#authorizer =
      credentials.kind === "api-token"
        ? new ApiToken(credentials.token)
        : new ServiceApp(credentials, { url: this.#base, http: options.http, now: this.#now });
    this.#budget = new RateBudget({ now: this.#now, lane });
    this.#semaphore = new Semaphore(options.maxConcurrent ?? CONCURRENT[lane]);
    this.#maxWaitMs = options.maxWaitMs ?? 5_000;
    this.#maxPages = options.maxPages ?? 2_000;
    this.#listMs = LIST_MS[lane];
    this.#wait = options.wait ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms)));
  }

  /**
   * Reads one thing.
   * @throws DirectoryError
   */
  async get<T>(
    endpoint: Endpoint,
    path: string,
    schema: z.ZodType<T>,
    query: Record<string, string> = {},
  ): Promise<T> {
    const answer = await this.#send(endpoint, this.#url(path, query), { deadline: this.#deadline() });
    return understand(endpoint, answer, schema, mostOf(query));
  }

  /**
   * Reads a list to its end. It is complete or it fails: a page that can't be read fails the whole list, and so does more
   * than can be kept of it.
   * @param isKept the others are nothing to whoever asks
   * @throws DirectoryError
   */
  async list<T>(
    endpoint: Endpoint,
    path: string,
    schema: z.ZodType<T>,
    query: Record<string, string> = {},
    isKept: (item: T) => boolean = () => true,
  ): Promise<T[]> {
    const items: T[] = [];
    using share = this.#owned(() => this.#http.room.share(this.#base.host));
    for await (const page of this.#pages(endpoint, path, schema, query)) {
      const before = items.length;
      for (const item of page.items) if (isKept(item)) items.push(item);
      if (items.length > before && !share.take(page.bytes))
        throw new DirectoryUnreachableError(new NoRoomError());
      if (items.length > MOST_KEPT)
        throw new DirectoryInvalidAnswerError(
          `${endpoint.what}: it has more than ${MOST_KEPT} entries. ${IS_IT_OKTA}`,
        );
    }
    return items;
  }

  /**
   * Reads a list page by page: whoever comes to the end has seen all of it, and a page that can't be read throws.
   * @throws DirectoryError
   */
  async *pages<T>(
    endpoint: Endpoint,
    path: string,
    schema: z.ZodType<T>,
    query: Record<string, string> = {},
  ): AsyncGenerator<readonly T[], void, undefined> {
    for await (const { items } of this.#pages(endpoint, path, schema, query)) yield items;
  }

  async *#pages<T>(
    endpoint: Endpoint,
    path: string,
    schema: z.ZodType<T>,
    query: Record<string, string>,
  ): AsyncGenerator<Page<T>, void, undefined> {
    const seen = new Set<string>();
    const endsAt = this.#now() + this.#listMs;
    for (let url: URL | undefined = this.#url(path, query); url; ) {
      if (seen.has(url.href)) throw new DirectoryInvalidAnswerError("its pages go in a circle.");
      if (seen.size >= this.#maxPages)
        throw new DirectoryInvalidAnswerError(`it has more than ${this.#maxPages} pages.`);
      if (this.#now() >= endsAt) throw new DirectoryUnreachableError(new ListTimeoutError(this.#listMs));
      seen.add(url.href);
      const deadline = Math.min(endsAt, this.#deadline());
      const page: Page<T> = await this.#page(endpoint, url, schema, { most: mostOf(query), deadline });
      yield page;
      url = page.next;
    }
  }

  /**
   * Reads one page of a list.
   * @throws DirectoryError
   */
  async page<T>(
    endpoint: Endpoint,
    path: string,
    schema: z.ZodType<T>,
    query: Record<string, string> = {},
  ): Promise<Page<T>> {
    const bounds = { most: mostOf(query), deadline: this.#deadline() };
    return this.#page(endpoint, this.#url(path, query), schema, bounds);
  }

  async #page<T>(
    endpoint: Endpoint,
    url: URL,
    schema: z.ZodType<T>,
    { most, deadline }: { most: number; deadline: number },
  ): Promise<Page<T>> {
    const answer = await this.#send(endpoint, url, { deadline, maxBytes: MAX_PAGE_BYTES });
    const items = understand(endpoint, answer, z.array(schema), most);
    return { items, next: nextPage(answer, url), bytes: answer.body.length };
  }

  /** Until when a request that begins now may be held back, or tried again. */
  #deadline(): number {
    return this.#now() + this.#maxWaitMs;
  }

  #url(path: string, query: Record<string, string>): URL {
    const url = new URL(path, this.#base);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  }

  async #send(
    endpoint: Endpoint,
    url: URL,
    { deadline, maxBytes }: { deadline: number; maxBytes?: number },
  ): Promise<HttpAnswer> {
    let rejections = 0;
    for (let attempt = 1; ; attempt++) {
      const call = await this.#take(endpoint, deadline);
      const { answer, authorization } = await this.#try(endpoint, url, call, maxBytes);
      if (!(answer instanceof OktaError)) {
        if (answer.status === 200) return answer;
        // A token may have to be renewed, and then its nonce be learned.
        if (answer.status === 401 && rejections++ < 2 && this.#authorizer.rejected(answer, authorization))
          continue;
      }
      const error =
        answer instanceof OktaError
          ? directoryError(answer, attempt)
          : refusal(endpoint, answer, attempt, this.#authorizer);
      const againMs = tryAgainMs(error, attempt);
      if (againMs === undefined || attempt >= MAX_ATTEMPTS || this.#now() + againMs > deadline) throw error;
      await this.#pause(againMs);
    }
  }

  /** Takes one request out of the budget, when there is one. */
  async #take({ bucket }: Endpoint, deadline: number): Promise<Call> {
    for (;;) {
      const taken = this.#budget.take(bucket);
      if (!("until" in taken)) return taken;
      if (taken.until === "answer") {
        await withinTime(taken.answer, deadline - this.#now());
        continue;
      }
      if (this.#now() + taken.ms > deadline) throw new DirectoryRateLimitedError(taken.ms);
      await this.#pause(taken.ms);
    }
  }

  async #try(
    { scope }: Endpoint,
    url: URL,
    call: Call,
    maxBytes: number | undefined,
  ): Promise<{ answer: HttpAnswer | OktaError; authorization: Record<string, string> }> {
    let answer: HttpAnswer | undefined;
    let authorization: Record<string, string> = {};
    try {
      const request = async (): Promise<HttpAnswer> => {
        authorization = await this.#authorizer.authorize("GET", url, scope);
        const headers = { accept: "application/json", ...authorization };
        return await this.#http.request(url, { headers, ...(maxBytes === undefined ? {} : { maxBytes }) });
      };
      answer = await this.#semaphore.run(() => this.#owned(request), MAX_IN_LINE_MS);
      return { answer, authorization };
    } catch (error) {
      if (error instanceof OktaError) return { answer: error, authorization };
      if (error instanceof SemaphoreTimeoutError)
        return { answer: new DirectoryUnreachableError(error), authorization };
      throw error;
    } finally {
      call.ended(answer);
    }
  }

  #owned<T>(work: () => T): T {
    return this.#owner === undefined ? work() : onBehalfOf(this.#owner, work);
  }

  /** Waits a little longer than that, so that not all who wait for the same moment come at once. */
  #pause(ms: number): Promise<void> {
    return this.#wait(ms + Math.random() * Math.min(ms / 4, 1_000));
  }
}

/** A list that takes longer than whoever reads it can wait. */
class ListTimeoutError extends Error {
  readonly code = "list-timeout";

  constructor(ms: number) {
    super(
      `it answers so slowly, or with so many pages, that a list isn't read to its end within ${ms / 1000} s`,
    );
  }
}

/** How many a page is asked to hold. */
function mostOf({ limit }: Readonly<Record<string, string>>): number {
  return limit === undefined ? MOST_WITHOUT_LIMIT : Number(limit);
}

/** @throws DirectoryUnreachableError when the time is over before the other call's answer has come */
async function withinTime(answer: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_resolve, reject) => {
    const giveUp = () => reject(new DirectoryUnreachableError(new SemaphoreTimeoutError()));
    timer = setTimeout(giveUp, Math.max(0, ms));
  });
  try {
    await Promise.race([answer, over]);
  } finally {
    clearTimeout(timer);
  }
}

function orgURL(url: string, http: Http): URL {
  try {
    const { origin } = http.allowed(url);
    return new URL(origin);
  } catch (error) {
    if (error instanceof HostNotListedError) throw new DirectoryUnreachableError(error);
    if (!(error instanceof UrlNotAllowedError)) throw error;
    throw new DirectoryInvalidAnswerError(
      "the directory's url has to be https, such as https://acme.okta.com.",
      {
        cause: error,
      },
    );
  }
}
