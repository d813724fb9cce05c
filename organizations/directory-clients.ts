import { isDeepStrictEqual } from "node:util";
import { LRUCache } from "lru-cache";
import type { OktaDirectory, Organization } from "../crds/types.ts";
import { keyOf } from "../kubernetes/index.ts";
import type { DirectoryCredentials } from "../okta/directory/credentials.ts";
import { Directory } from "../okta/directory/directory.ts";
import { DirectoryUnauthorizedError } from "../okta/directory/directory-errors.ts";
import type { ManagementApiOptions } from "../okta/directory/management-api.ts";
import type { Http } from "../okta/http/http.ts";
import type { SecretValues } from "./secret-values.ts";

/** An organization's directory with its credentials. */
interface DirectorySettings {
  readonly url: string;
  readonly credentials: DirectoryCredentials;
}

/** Directories that are remembered at once: more than there are, so that nobody's is forgotten for another's sake. */
const MOST = 5_000;

/** Organizations as clients of their directories, each with its credentials. */
export class DirectoryClients {
  readonly #secrets: SecretValues;
  readonly #http: Http;
  readonly #reading: Pick<ManagementApiOptions, "lane" | "maxWaitMs">;
  /** A directory knows its access token and its rate limits, so that it is kept as long as it is the same. */
  readonly #known = new LRUCache<string, { settings: DirectorySettings; directory: Directory }>({
    max: MOST,
  });

  /** @param deps with it, for whom directories are read, and how long a read waits for a rate limit before it fails */
  constructor({
    secrets,
    http,
    ...reading
  }: { secrets: SecretValues; http: Http } & Pick<ManagementApiOptions, "lane" | "maxWaitMs">) {
    this.#secrets = secrets;
    this.#http = http;
    this.#reading = reading;
  }

  /**
   * The directory of an organization; undefined when it has none. `fresh` reads the credentials anew.
   * @throws DirectoryUnauthorizedError when the credentials can't be used, and what reading the secret throws
   */
  async of(organization: Organization, options?: { fresh: boolean }): Promise<Directory | undefined> {
    const settings = await this.#settings(organization, options);
    return settings && this.#directory(organization, settings);
  }

  /**
   * Asks the directory of an organization; undefined when it has none. When Okta doesn't accept the credentials, they
   * may have been replaced since they were read: they are read again, and where they are others, it is asked once more.
   * @throws DirectoryError, and what reading the secret throws
   */
  async ask<T>(
    organization: Organization,
    question: (directory: Directory) => Promise<T>,
  ): Promise<T | undefined> {
    const settings = await this.#settings(organization);
    if (!settings) return undefined;
    try {
      return await question(this.#directory(organization, settings));
    } catch (error) {
      if (!(error instanceof DirectoryUnauthorizedError)) throw error;
      const again = await this.#settings(organization, { fresh: true });
      if (!again || isDeepStrictEqual(again, settings)) throw error;
      return question(this.#directory(organization, again));
    }
  }

  #directory(organization: Organization, settings: DirectorySettings): Directory {
    const key = keyOf(organization);
    const known = this.#known.get(key);
    if (known && isDeepStrictEqual(known.settings, settings)) return known.directory;
    const owner = keyOf(organization);
    const directory = new Directory({ ...settings, ...this.#reading, http: this.#http, owner });
    this.#known.set(key, { settings, directory });
    return directory;
  }

  /** The settings with the credentials, as they were a moment ago. `fresh`: as they are now. */
  async #settings(
    { metadata, spec }: Organization,
    options?: { fresh: boolean },
  ): Promise<DirectorySettings | undefined> {
    const { namespace = "" } = metadata;
    const { directory } = spec.okta;
    return (
      directory && {
        url: directory.url,
        credentials: await this.#credentials(namespace, directory, options),
      }
    );
  }

  async #credentials(
    namespace: string,
    { apiTokenRef, clientID, privateKeyRef }: OktaDirectory,
    options: { fresh: boolean } | undefined,
  ): Promise<DirectoryCredentials> {
    if (apiTokenRef)
      return { kind: "api-token", token: await this.#secrets.read(namespace, apiTokenRef, options) };
    if (!privateKeyRef || clientID === undefined)
      throw new DirectoryUnauthorizedError("okta.directory names no credentials.");
    const privateKey = await this.#secrets.read(namespace, privateKeyRef, options);
    return { kind: "service-app", clientID, privateKey };
  }
}
