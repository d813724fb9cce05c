import { createHash } from "node:crypto";
import type { RequestOptions } from "node:https";
import type { ConnectionOptions } from "node:tls";
import type { KubeConfig } from "@kubernetes/client-node";
import type { Logger } from "pino";
import { KubeConfigError } from "./errors.ts";

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

export interface CredentialsOptions {
  /** Path of a kubeconfig; without it KUBECONFIG, ~/.kube/config or the pod's service account, in this order. */
  kubeconfig?: string | undefined;
  /** A context of that kubeconfig; without it the current one. */
  context?: string | undefined;
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
 * Keeps the {@link Access} current. client-node does the work for every kind of kubeconfig (certificates, token files,
 * exec plugins, OIDC); what it does too seldom, reading a token file again, is done here.
 */
export class Credentials {
  readonly #load: () => KubeConfig;
  readonly #log: Logger;
  readonly #now: () => number;
  #config: KubeConfig;
  #access: Access | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #fruitlessAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<Access> | undefined;
  #reloading: Promise<Access> | undefined;

  private constructor(load: () => KubeConfig, log: Logger, now: () => number) {
    this.#load = load;
    this.#now = now;
    this.#config = load();
    this.#log = log;
  }

  /** Throws a KubeConfigError when there is no usable configuration. */
  static async load({
    kubeconfig,
    context,
    log,
    now = () => performance.now(),
  }: CredentialsOptions): Promise<Credentials> {
    // On demand: README.md says what it costs, and why it stays.
    const { KubeConfig } = await import("@kubernetes/client-node");
    const load = () => {
      const config = new KubeConfig();
      try {
        if (kubeconfig) config.loadFromFile(kubeconfig);
        else config.loadFromDefault();
      } catch (cause) {
        throw new KubeConfigError(`The kubeconfig can't be read: ${messageOf(cause)}`, { cause });
      }
      // What client-node falls back to when it finds nothing: a server that nobody means.
      if (config.getCurrentContext() === "loaded-context") {
        throw new KubeConfigError(
          "There is no kubeconfig: pass the path of one, set KUBECONFIG, or run in a pod with a service account",
        );
      }
      if (context) config.setCurrentContext(context);
      if (!config.getCurrentCluster()) {
        const known = config.getContexts().map(({ name }) => name);
        throw new KubeConfigError(
          `The kubeconfig has no context "${config.getCurrentContext()}" with a cluster; it has: ${known.join(", ") || "none"}`,
        );
      }
      return config;
    };
    const credentials = new Credentials(load, log, now);
    await credentials.#readOnce(true);
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
      if (reload || this.#config.getCurrentUser()?.authProvider?.config?.tokenFile)
        this.#config = this.#load();
      this.#access = await withinTime(accessOf(this.#config));
    } catch (cause) {
      const error =
        cause instanceof KubeConfigError
          ? cause
          : new KubeConfigError(`No credentials for the API server: ${messageOf(cause)}`, { cause });
      if (!this.#access) throw error;
      // A file may be gone for a moment while it is replaced: what we have may still be good.
      this.#log.warn({ err: error }, "can't read the credentials again, going on with the old ones");
    }
    this.#readAt = this.#now();
    return this.#access;
  }
}

async function accessOf(config: KubeConfig): Promise<Access> {
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new KubeConfigError("The kubeconfig's current context has no cluster");
  const url = new URL(cluster.server);
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);

  const headers: string[] = [];
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (value !== undefined) headers.push(name, String(value).trim());
  }
  if (options.auth) headers.push("Authorization", `Basic ${Buffer.from(options.auth).toString("base64")}`);

  const { ca, cert, key, servername, rejectUnauthorized } = options;
  const tls: TlsMaterial = { ca, cert, key, servername, rejectUnauthorized };
  const proxyUrl = cluster.proxyUrl || undefined;
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

function isSame(a: Access, b: Access): boolean {
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
