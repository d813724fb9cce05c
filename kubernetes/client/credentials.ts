import { createHash } from "node:crypto";
import { validateHeaderValue } from "node:http";
import type { RequestOptions } from "node:https";
import { type ConnectionOptions, createSecureContext } from "node:tls";
import type { KubeConfig } from "@kubernetes/client-node";
import type { Logger } from "pino";
import { KubeConfigError } from "./errors.ts";
import { asError } from "./http-request.ts";
import type { KubeConfigSource } from "./kubeconfig.ts";

/** How to reach the API server, at this moment. */
export interface Access {
  /** "https://host:port" */
  origin: string;
  /** The path of the server's URL, "" for most. */
  basePath: string;
  /** Authorization and the like, as a flat list of names and values. */
  headers: string[];
  tls: TlsMaterial;
  proxyUrl: string | undefined;
  /** Changes whenever connections have to be made anew. */
  fingerprint: string;
}

export type TlsMaterial = Pick<
  ConnectionOptions,
  "ca" | "cert" | "key" | "servername" | "rejectUnauthorized"
>;

export interface CredentialsOptions extends KubeConfigSource {
  log: Logger;
  /** For tests: ms, of a clock that can't be set back. */
  now?: () => number;
}

/** Certificates and tokens are read again this often: they are rotated in place. */
const MAX_AGE_MS = 10_000;
/** A refusal makes us read them at once; but when that brought nothing new, not again for some time. */
const FRUITLESS_PAUSE_MS = 1_000;
const PLUGIN_TIMEOUT_MS = 30_000;

/**
 * Keeps the {@link Access} current. client-node does the work for every kind of kubeconfig (certificates, exec plugins,
 * OIDC, and, with what kubeconfig.ts adds, token files). What it does too seldom, reading a token file again, is done
 * here; and what nobody could connect with isn't taken for what was known.
 */
export class Credentials {
  readonly #load: () => Promise<KubeConfig>;
  readonly #log: Logger;
  readonly #now: () => number;
  #config: KubeConfig;
  #access: Access | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #fruitlessAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<Access> | undefined;
  #reloading: Promise<Access> | undefined;

  private constructor(load: () => Promise<KubeConfig>, config: KubeConfig, log: Logger, now: () => number) {
    this.#load = load;
    this.#now = now;
    this.#config = config;
    this.#log = log;
  }

  /** Throws a KubeConfigError when there is no usable configuration. */
  static async load({
    log,
    now = () => performance.now(),
    ...source
  }: CredentialsOptions): Promise<Credentials> {
    // On demand: README.md says what it costs, and why it stays.
    const { loadKubeConfig } = await import("./kubeconfig.ts");
    const load = () => loadKubeConfig(source);
    const credentials = new Credentials(load, await load(), log, now);
    await credentials.#readOnce(false);
    return credentials;
  }

  /** The namespace of the context, or of the service account in a pod. */
  get namespace(): string | undefined {
    const context = this.#config.getContextObject(this.#config.getCurrentContext());
    return context?.namespace?.trim() || undefined;
  }

  /** The access, at once while it is fresh. */
  current(): Access | Promise<Access> {
    const age = this.#now() - this.#readAt;
    return this.#access && age < MAX_AGE_MS ? this.#access : this.#readOnce(false);
  }

  /** After a 401 on this access: reads everything again, exec plugins included, unless that was done since. */
  async refresh(refused: Access): Promise<Access> {
    const access = this.#access;
    if (access && !isSame(access, refused)) return access;
    if (this.#now() - this.#fruitlessAt < FRUITLESS_PAUSE_MS) return refused;
    const fresh = await this.#reloadOnce();
    if (isSame(fresh, refused)) this.#fruitlessAt = this.#now();
    return fresh;
  }

  /** Reads everything again, for all who were refused: what another one began before without that isn't enough. */
  #reloadOnce(): Promise<Access> {
    this.#reloading ??= (async () => {
      await this.#reading?.catch(() => {}); // whoever began it hears of it
      return this.#readOnce(true);
    })().finally(() => {
      this.#reloading = undefined;
    });
    return this.#reloading;
  }

  #readOnce(reload: boolean): Promise<Access> {
    this.#reading ??= this.#read(reload).finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(reload: boolean): Promise<Access> {
    try {
      // A new KubeConfig forgets the tokens that client-node has cached: wanted after a 401, and always for a token
      // file; not for exec plugins, whose tokens last until they expire.
      const config = reload || tokenFileOf(this.#config) ? await this.#load() : this.#config;
      const access = await withinTime(accessOf(config));
      if (access.fingerprint !== this.#access?.fingerprint) tryCertificate(access);
      this.#config = config;
      this.#access = access;
    } catch (cause) {
      const error =
        cause instanceof KubeConfigError
          ? cause
          : new KubeConfigError(`No credentials for the API server: ${asError(cause).message}`, { cause });
      if (!this.#access) throw error;
      // A file may be gone, empty or without its counterpart for a moment while it is replaced: what we have may still
      // be good.
      this.#log.warn({ err: error }, "can't read the credentials again, going on with the old ones");
    }
    this.#readAt = this.#now();
    return this.#access;
  }
}

/** The file of the current user's token. */
function tokenFileOf(config: KubeConfig): string | undefined {
  return config.getCurrentUser()?.authProvider?.config?.tokenFile || undefined;
}

/** The command that gives the current user's credentials. */
function pluginOf(config: KubeConfig): string | undefined {
  const user = config.getCurrentUser();
  const exec: { command?: string } | undefined = user?.exec ?? user?.authProvider?.config?.exec;
  return exec?.command;
}

/** As with an empty token file: client-node would go on as nobody, or stumble over an answer that has no status. */
function givesNothing(plugin: string): KubeConfigError {
  return new KubeConfigError(
    `The kubeconfig's plugin "${plugin}" gives neither a token nor a certificate with its key: run it by hand to see why`,
  );
}

async function accessOf(config: KubeConfig): Promise<Access> {
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new KubeConfigError("The kubeconfig's current context has no cluster");
  const url = new URL(cluster.server);
  const proxyUrl = cluster.proxyUrl || undefined;
  if (proxyUrl) tryProxy(proxyUrl);
  const options: RequestOptions = {};
  const plugin = pluginOf(config);
  await config.applyToHTTPSOptions(options).catch((cause: unknown) => {
    throw plugin !== undefined && cause instanceof TypeError ? givesNothing(plugin) : cause;
  });

  const headers: string[] = [];
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (value !== undefined) headers.push(name, trimmed(name, String(value)));
  }
  if (options.auth) headers.push("Authorization", `Basic ${Buffer.from(options.auth).toString("base64")}`);
  const tokenFile = tokenFileOf(config);
  // client-node would go on without, as nobody: to be refused for that with 403, which tells us nothing.
  if (tokenFile && !headers.some((value) => /^Bearer ./.test(value)))
    throw new KubeConfigError(`There is no token in the file ${tokenFile}`);

  const { ca, cert, key, servername, rejectUnauthorized } = options;
  if (plugin !== undefined && !(cert && key) && !headers.includes("Authorization"))
    throw givesNothing(plugin);
  const tls: TlsMaterial = { ca, cert, key, servername, rejectUnauthorized };
  const fingerprint = createHash("sha256")
    .update(JSON.stringify([cluster.server, proxyUrl, tls]))
    .digest("hex");
  return {
    origin: url.origin,
    basePath: url.pathname.replace(/\/$/, ""),
    headers,
    tls,
    proxyUrl,
    fingerprint,
  };
}

/** As it can be sent; throws where it can't be. */
function trimmed(name: string, value: string): string {
  const sent = value.replace(/^Bearer\s+/, "Bearer ").trim();
  validateHeaderValue(name, sent);
  return sent;
}

/** Throws where it is of a kind that can't be used. It isn't shown, since it may have a password in it. */
function tryProxy(url: string): void {
  const protocol = URL.parse(url)?.protocol;
  if (protocol === "http:" || protocol === "https:") return;
  const what = protocol === undefined ? "it is no URL" : `it begins with "${protocol}"`;
  throw new KubeConfigError(`The kubeconfig's proxy-url must be an http or https URL: ${what}`);
}

/** Throws where no connection could be made with it, such as for a new certificate with the key of the old one. */
function tryCertificate({ origin, tls: { cert, key } }: Access): void {
  if (!origin.startsWith("https:")) return;
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    const { message } = asError(cause);
    throw new KubeConfigError(`The client certificate and its key are of no use: ${message}`, { cause });
  }
}

/** Whether a request would be the same with both. */
export function isSame(a: Access, b: Access): boolean {
  return a.fingerprint === b.fingerprint && a.headers.join() === b.headers.join();
}

async function withinTime<T>(work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(
      new KubeConfigError(`The credential plugin gave no answer within ${PLUGIN_TIMEOUT_MS / 1000} s`),
    );
  }, PLUGIN_TIMEOUT_MS);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
