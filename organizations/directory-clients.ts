import type { OktaDirectory, Organization } from "../crds/types.ts";
import type { DirectoryCredentials } from "../okta/directory/credentials.ts";
import { Directory } from "../okta/directory/directory.ts";
import { DirectoryUnauthorizedError } from "../okta/directory/directory-errors.ts";
import type { Http } from "../okta/http/http.ts";

/** Where secrets are read: `SecretValues` of `kubernetes/` is one. */
export interface SecretSource {
  read(
    namespace: string,
    ref: { readonly name: string; readonly key: string },
    options?: { fresh?: boolean },
  ): Promise<string>;
}

/** Directories that are remembered at once. */
const MOST = 500;

/** The directories of organizations, each made once for its address and credentials. */
export class DirectoryClients {
  readonly #secrets: SecretSource;
  readonly #http: Http;
  readonly #maxWaitMs: number | undefined;
  readonly #known = new Map<string, { madeOf: string; directory: Directory }>();

  /** @param maxWaitMs how long a read waits for a rate limit before it fails */
  constructor(options: { secrets: SecretSource; http: Http; maxWaitMs?: number }) {
    this.#secrets = options.secrets;
    this.#http = options.http;
    this.#maxWaitMs = options.maxWaitMs;
  }

  /**
   * The directory of an organization; undefined when it has none. `fresh` reads the credentials anew.
   * @throws what reading the secret throws; DirectoryUnauthorizedError when the credentials can't be used
   */
  async of(organization: Organization, options?: { fresh?: boolean }): Promise<Directory | undefined> {
    const { metadata, spec } = organization;
    const settings = spec.okta.directory;
    if (!settings) return undefined;
    const credentials = await this.#credentials(metadata.namespace ?? "", settings, options);
    const madeOf = JSON.stringify([settings.url, credentials]);
    const key = `${metadata.namespace}/${metadata.name}`;
    const known = this.#known.get(key);
    if (known?.madeOf === madeOf) return known.directory;
    const directory = new Directory({
      url: settings.url,
      credentials,
      http: this.#http,
      ...(this.#maxWaitMs === undefined ? {} : { maxWaitMs: this.#maxWaitMs }),
    });
    this.#known.delete(key);
    this.#known.set(key, { madeOf, directory });
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST && oldest !== undefined) this.#known.delete(oldest);
    return directory;
  }

  async #credentials(
    namespace: string,
    { apiTokenRef, clientID, privateKeyRef }: OktaDirectory,
    options: { fresh?: boolean } | undefined,
  ): Promise<DirectoryCredentials> {
    if (apiTokenRef)
      return { kind: "api-token", token: await this.#secrets.read(namespace, apiTokenRef, options) };
    if (!privateKeyRef || clientID === undefined)
      throw new DirectoryUnauthorizedError("okta.directory names no credentials.");
    return {
      kind: "service-app",
      clientID,
      privateKey: await this.#secrets.read(namespace, privateKeyRef, options),
    };
  }
}
