import type { OktaDirectory, Organization } from "../crds/types.ts";
import type { DirectoryAnswer } from "../identity/index.ts";
import type { SecretValues } from "../kubernetes/index.ts";
import { Directory } from "../okta/directory.ts";
import type { DirectoryCredentials } from "../okta/directory-credentials.ts";
import { DirectoryUnauthorizedError } from "../okta/directory-errors.ts";
import type { Http } from "../okta/http.ts";
import { Recent } from "./recent.ts";

/** A person is waiting: a rate limit that lasts longer than this fails the sign-in. In ms. */
const MAX_WAIT_MS = 2_000;

/** Okta's directories, for sign-ins whose claim says too little. */
export class Directories {
  readonly #secrets: Pick<SecretValues, "read">;
  readonly #http: Http;
  readonly #clients = new Recent<string, Directory>(500);

  constructor({ secrets, http }: { secrets: Pick<SecretValues, "read">; http: Http }) {
    this.#secrets = secrets;
    this.#http = http;
  }

  /** A person's groups and status as Okta's directory has them. A failure is an answer, too. */
  async groupsOf(organization: Organization, subject: string): Promise<DirectoryAnswer> {
    const { directory } = organization.spec.okta;
    if (!directory) return { kind: "none" };
    const namespace = organization.metadata.namespace ?? "";
    try {
      return await this.#read(await this.#client(namespace, directory), subject);
    } catch (error) {
      if (!(error instanceof DirectoryUnauthorizedError)) return failed(error);
    }
    // Credentials may have been replaced since they were read.
    try {
      return await this.#read(await this.#client(namespace, directory, { fresh: true }), subject);
    } catch (error) {
      return failed(error);
    }
  }

  async #read(client: Directory, subject: string): Promise<DirectoryAnswer> {
    const [user, groups] = await Promise.all([client.user(subject), client.userGroups(subject)]);
    return {
      kind: "groups",
      groups: groups.map(({ id, name }) => ({ id, name })),
      ...(user === undefined ? {} : { status: user.status }),
    };
  }

  async #client(namespace: string, directory: OktaDirectory, options?: { fresh: boolean }): Promise<Directory> {
    const credentials = await this.#credentials(namespace, directory, options);
    // By everything it is made of, so that a rotated secret makes another client.
    const key = JSON.stringify([directory.url, credentials]);
    let client = this.#clients.get(key);
    if (!client) {
      client = new Directory({ url: directory.url, credentials, http: this.#http, maxWaitMs: MAX_WAIT_MS });
      this.#clients.set(key, client);
    }
    return client;
  }

  async #credentials(
    namespace: string,
    { apiTokenRef, clientID, privateKeyRef }: OktaDirectory,
    options?: { fresh: boolean },
  ): Promise<DirectoryCredentials> {
    if (apiTokenRef)
      return { kind: "api-token", token: await this.#secrets.read(namespace, apiTokenRef, options) };
    if (!privateKeyRef || clientID === undefined)
      throw new DirectoryUnauthorizedError("okta.directory names no credentials.");
    const privateKey = await this.#secrets.read(namespace, privateKeyRef, options);
    return { kind: "service-app", clientID, privateKey };
  }
}

function failed(error: unknown): DirectoryAnswer {
  return { kind: "failed", why: error instanceof Error ? error.message : "It can't be read." };
}
