import type { LookupFunction } from "node:net";
import type { CustomFetch } from "openid-client";
import { Agent, type Dispatcher, EnvHttpProxyAgent, Pool } from "undici";
import { NoRoomError, Room, type Share } from "../room.ts";
import { type HttpAnswer, parseJson } from "./answer.ts";
import { Destinations } from "./destinations.ts";
import { checkedLookup, hostLookup, NoAddressError } from "./host-lookup.ts";
import {
  HttpConnectionError,
  HttpStatusError,
  HttpTimeoutError,
  ResponseTooLargeError,
} from "./http-errors.ts";
import type { OutboundProxy } from "./proxy.ts";
import { retryAfter } from "./retry-after.ts";

const USER_AGENT = "okta-role-operator";

export interface HttpOptions {
  /** From the call to the last byte of the answer, waiting for a connection included. ms, default 10,000 */
  timeoutMs?: number;
  /** ms, default 5,000 */
  connectTimeoutMs?: number;
  /** Longest answer, default 1 MiB */
  maxBytes?: number;
  /** Default 32. Each origin has its own connections, so that a slow one holds up nobody else. */
  connectionsPerOrigin?: number;
  /** What requests over https go through; directly without it. A proxy looks names up itself. */
  proxy?: OutboundProxy | undefined;
  /** What may be called. Default: public addresses */
  destinations?: Destinations;
  /** How host names are looked up. Default: by the system */
  lookup?: LookupFunction;
  /** What answers that are being read have of memory, shared by those for whom they are read. Default 48 MiB */
  room?: Room;
  /** Told why no address was found for a host that may be connected to: the error doesn't say. */
  onNoAddress?: (host: string, why: string) => void;
}

type Settings = Required<Omit<HttpOptions, "proxy" | "lookup" | "onNoAddress">> &
  Pick<HttpOptions, "proxy" | "onNoAddress">;

export interface HttpRequest {
  method?: "GET" | "POST";
  headers?: Record<string, string>;
  body?: string | undefined;
  /** Longest answer, where another than usual is expected. */
  maxBytes?: number;
}

/**
 * Outbound HTTP with bounds on everything: time, size, connections, hosts. Redirects are never followed.
 * One per process; connections are shared by everything that speaks with the same origin.
 */
export class Http {
  readonly #options: Settings;
  readonly #dispatcher: Dispatcher;
  /**
   * For answers while they are being read, and for what is kept of several until all of them have come. By those on whose
   * behalf they are read, otherwise by origin.
   */
  readonly room: Room;

  constructor(options: HttpOptions = {}) {
    this.#options = {
      timeoutMs: 10_000,
      connectTimeoutMs: 5_000,
      maxBytes: 1024 * 1024,
      connectionsPerOrigin: 32,
      destinations: new Destinations(),
      room: new Room(48 * 1024 * 1024),
      ...options,
    };
    this.room = this.#options.room;
    const { connectionsPerOrigin: connections, connectTimeoutMs, destinations } = this.#options;
    const lookup = hostLookup(options.lookup);
    const checked = checkedLookup(lookup, { destinations, timeoutMs: connectTimeoutMs * 0.8 });
    const connect = { timeout: connectTimeoutMs, lookup: checked };
    // Where HTTP/2 is possible, all who ask a host wait until the first connection shows whether it is: on whosever behalf.
    const allowH2 = false;
    this.#dispatcher = options.proxy
      ? new EnvHttpProxyAgent({
          httpProxy: "",
          httpsProxy: options.proxy.url,
          noProxy: options.proxy.noProxy,
          connections,
          connect,
          allowH2,
          connectTimeout: connectTimeoutMs,
          // Where the proxy is, no organization says.
          proxyTls: { timeout: connectTimeoutMs, lookup },
          requestTls: { timeout: connectTimeoutMs },
          // A proxy that takes connections and doesn't answer would hold them for undici's five minutes.
          clientFactory: (origin, client) =>
            new Pool(origin, { ...client, headersTimeout: connectTimeoutMs }),
        })
      : new Agent({ connections, connect, allowH2 });
  }

  /**
   * A URL that may be called, as far as that can be said before its host is looked up.
   * @throws UrlNotAllowedError, HostNotListedError
   */
  allowed(url: string | URL): URL {
    return this.#options.destinations.url(url);
  }

  /**
   * Sends a request and reads the whole answer, whatever its status.
   * @throws HttpError other than `HttpStatusError` and `NotJsonError`
   */
  async request(url: string | URL, request: HttpRequest = {}): Promise<HttpAnswer> {
    const checked = this.allowed(url);
    const where = `${checked.origin}${checked.pathname}`;
    const address = Destinations.addressIn(checked);
    if (address !== undefined && !this.#options.destinations.allow(address))
      throw this.#noAddress(where, new NoAddressError(checked.hostname, "nothing may be called there"));
    const { timeoutMs } = this.#options;
    const maxBytes = request.maxBytes ?? this.#options.maxBytes;
    using share = this.room.share(checked.host);
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), timeoutMs);
    try {
      const answer = await this.#dispatcher.request({
        origin: checked.origin,
        path: `${checked.pathname}${checked.search}`,
        method: request.method ?? "GET",
        headers: { "user-agent": USER_AGENT, ...request.headers },
        body: request.body ?? null,
        signal: abort.signal,
      });
      const body = await readBody(answer, { maxBytes, where, share });
      return { where, status: answer.statusCode, headers: answer.headers, body };
    } catch (error) {
      if (error instanceof ResponseTooLargeError) throw error;
      if (error instanceof NoAddressError) throw this.#noAddress(where, error);
      if (abort.signal.aborted) throw new HttpTimeoutError(where, timeoutMs, { cause: error });
      throw new HttpConnectionError(where, this.#describe(error, checked), { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Reads JSON from an answer with status 200.
   * @throws HttpError
   */
  async json(url: string | URL, request: HttpRequest = {}): Promise<unknown> {
    const answer = await this.request(url, {
      ...request,
      headers: { accept: "application/json", ...request.headers },
    });
    if (answer.status !== 200) throw new HttpStatusError(answer.where, answer.status, retryAfter(answer));
    return parseJson(answer);
  }

  /**
   * This as openid-client's `customFetch`. Throws `HttpStatusError` for redirects, 429 and 5xx, since these
   * say nothing about the request; everything else is for openid-client to judge.
   */
  readonly fetch: CustomFetch = async (url, { method, headers, body }) => {
    if (method !== "GET" && method !== "POST") throw new TypeError(`${method} isn't sent to Okta`);
    const text = body instanceof URLSearchParams ? body.toString() : (body ?? undefined);
    if (text !== undefined && typeof text !== "string") throw new TypeError("only text is sent to Okta");
    const answer = await this.request(url, { method, headers, body: text });
    if (isRedirect(answer.status) || answer.status === 429 || answer.status >= 500)
      throw new HttpStatusError(answer.where, answer.status, retryAfter(answer));
    return toResponse(answer);
  };

  /** Closes the connections. What is under way fails: whoever it was for isn't waiting any more. */
  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }

  /** Says the same of a name that leads nowhere, of one that leads where nothing may be called, and of an address. */
  #noAddress(where: string, cause: NoAddressError): HttpConnectionError {
    this.#options.onNoAddress?.(cause.host, cause.message);
    return new HttpConnectionError(where, NO_ADDRESS, { cause });
  }

  #describe(error: unknown, { protocol }: URL): string {
    const why = describe(error);
    return this.#options.proxy && protocol === "https:" && !(error instanceof NoRoomError)
      ? `${why} (it goes through HTTPS_PROXY, unless NO_PROXY names it: it may be the proxy that fails)`
      : why;
  }
}

async function readBody(
  answer: Dispatcher.ResponseData,
  { maxBytes, where, share }: { maxBytes: number; where: string; share: Share },
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer.body) {
    size += chunk.length;
    // Leaving the loop destroys the body and with it the connection.
    if (size > maxBytes) throw new ResponseTooLargeError(where, maxBytes);
    if (!share.take(chunk.length)) throw new NoRoomError();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function toResponse({ status, headers, body }: HttpAnswer): Response {
  const pairs: [string, string][] = [];
  for (const [name, value] of Object.entries(headers)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) pairs.push([name, one]);
  }
  const empty = status === 204 || status === 205;
  return new Response(empty ? null : new Uint8Array(body), { status, headers: pairs });
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

const NO_ADDRESS =
  "no address was found for it that organizations may use here (check the name; whoever runs this operator finds the " +
  "reason in its log)";

const REASONS: ReadonlyMap<string, string> = new Map([
  ["ENOTFOUND", "there is no host of that name"],
  ["EAI_AGAIN", "the name server doesn't answer"],
  ["ECONNREFUSED", "nobody listens there"],
  ["UND_ERR_CONNECT_TIMEOUT", "it doesn't take the connection"],
  ["UND_ERR_SOCKET", "it closed the connection"],
  ["ECONNRESET", "it closed the connection"],
  ["no-turn", "so many other names are being looked up that it had no turn"],
  ["no-room", "so much is being read at the same time that there is no memory for more"],
]);

/** Why a connection failed, in words and by the system's code. */
function describe(error: unknown): string {
  // undici has no code for it, but these words.
  const [, refusal] = /^Proxy response \((\d{3})\)/.exec(error instanceof Error ? error.message : "") ?? [];
  if (refusal !== undefined) return `the proxy refuses to connect to it (${refusal})`;
  const code =
    error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
  if (code === undefined) return error instanceof Error ? error.name : "unknown";
  const reason = REASONS.get(code);
  return reason === undefined ? code : `${reason} (${code})`;
}
