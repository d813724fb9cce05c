import type { DirectoryCredentials } from "../../../okta/directory/credentials.ts";
import { Directory } from "../../../okta/directory/directory.ts";
import type { ManagementApiOptions } from "../../../okta/directory/management-api.ts";
import { Http } from "../../../okta/http/http.ts";
import { LOOPBACK } from "../loopback.ts";
import { type Answer, TestServer } from "../server.ts";

export const API_TOKEN = "00api-token";

/** An Okta org of a few canned answers, and a directory client whose waiting takes no time. */
export class Org implements AsyncDisposable {
  readonly server: TestServer;
  readonly http: Http;
  /** What the client would have waited, ms. */
  readonly waits: number[] = [];
  now = 0;

  private constructor(server: TestServer, timeoutMs: number) {
    this.server = server;
    this.http = new Http({ destinations: LOOPBACK, timeoutMs });
  }

  /** @param timeoutMs by the real clock: short only where an answer is meant to stay away */
  static async start({ timeoutMs = 60_000 } = {}): Promise<Org> {
    return new Org(await TestServer.start(), timeoutMs);
  }

  directory(options: Partial<ManagementApiOptions> = {}): Directory {
    return new Directory({
      url: this.server.url,
      credentials: { kind: "api-token", token: API_TOKEN },
      http: this.http,
      maxWaitMs: 120_000,
      now: () => this.now,
      wait: async (ms) => {
        this.waits.push(ms);
        this.now += ms;
      },
      ...options,
    });
  }

  serviceApp(privateKey: string, options: Partial<ManagementApiOptions> = {}): Directory {
    const credentials: DirectoryCredentials = { kind: "service-app", clientID: "0oa2", privateKey };
    return this.directory({ credentials, ...options });
  }

  /** Answers a path with pages, linked as Okta links them. A page may be any answer. */
  pages(path: string, pages: (unknown[] | Answer)[]): void {
    this.server.routes[path] = ({ query }) => {
      const index = Number(query.get("after") ?? 0);
      const page = pages[index];
      if (page === undefined) return { status: 404 };
      if (!Array.isArray(page)) return page;
      const links = [`<${this.server.url}${path}?limit=200>; rel="self"`];
      if (index + 1 < pages.length)
        links.push(`<${this.server.url}${path}?after=${index + 1}&limit=200>; rel="next"`);
      return { body: page, headers: { link: links } };
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.http.close();
  }
}

export function group(id: string, name = id): Record<string, unknown> {
  return { id, type: "OKTA_GROUP", profile: { name, description: null }, objectClass: ["okta:user_group"] };
}

/** A group as `expand=stats` gives it. */
export function counted(id: string, name = id, usersCount = 0): Record<string, unknown> {
  return { ...group(id, name), _embedded: { stats: { usersCount } } };
}

export function user(id: string, status = "ACTIVE"): Record<string, unknown> {
  return { id, status, profile: { email: `${id}@example.com`, firstName: "Ada", lastName: "Lovelace" } };
}

/** An error as Okta words it. */
export function oktaError(status: number, errorCode: string, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers,
    body: { errorCode, errorSummary: `Summary of ${errorCode}`, errorId: "oae1", errorCauses: [] },
  };
}

/** Rate-limit headers, with the time that they are counted from. */
export function rate(limit: number, remaining: number, resetS: number): Record<string, string> {
  return {
    date: new Date(1_800_000_000_000).toUTCString(),
    "x-rate-limit-limit": String(limit),
    "x-rate-limit-remaining": String(remaining),
    "x-rate-limit-reset": String(1_800_000_000 + resetS),
  };
}
