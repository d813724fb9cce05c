import { request } from "node:https";

/** Where an API server is, and how a caller is known to it. */
export interface ApiAccess {
  /** For example https://127.0.0.1:23456 */
  readonly url: string;
  /** PEM */
  readonly ca: string;
  readonly token: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: string;
}

const TIMEOUT_MS = 30_000;

/**
 * One request to a local API server, for starting and cleaning up: no retries, no shared connections. The product's
 * own client is in kubernetes/.
 *
 * @param path with query, as in /api/v1/namespaces/default
 * @param options.body is sent as JSON
 * @param options.contentType what the JSON is, if it is a patch
 * @param options.impersonate acts as this user, with all rights
 * @throws the connection's error; an answer of any status is an answer
 */
export function apiRequest(
  access: ApiAccess,
  method: string,
  path: string,
  options: { body?: object; contentType?: string; impersonate?: string } = {},
): Promise<ApiAnswer> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string> = { authorization: `Bearer ${access.token}` };
    if (options.body !== undefined) headers["content-type"] = options.contentType ?? "application/json";
    if (options.impersonate !== undefined) {
      headers["impersonate-user"] = options.impersonate;
      headers["impersonate-group"] = "system:masters";
    }
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    // agent: false, else a restarted server would be asked on a connection to the one before
    const sent = request(
      new URL(path, access.url),
      { method, headers, ca: access.ca, agent: false, signal },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", reject);
        answer.on("end", () =>
          resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }),
        );
      },
    );
    sent.on("error", reject);
    sent.end(options.body === undefined ? undefined : JSON.stringify(options.body));
  });
}
