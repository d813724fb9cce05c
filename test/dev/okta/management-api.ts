import type { OktaStandIn } from "../../../dev/okta/index.ts";

/** The Management API with an API token, or with another Authorization header. */
export function managementApi(okta: OktaStandIn, authorization = `SSWS ${okta.apiToken}`) {
  const call = (method: string, path: string, body?: unknown): Promise<Response> =>
    fetch(path.startsWith("http") ? path : `${okta.url}/api/v1${path}`, {
      method,
      headers: { authorization, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  async function json<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await call(method, path, body);
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  async function* follow<T>(path: string): AsyncGenerator<T[]> {
    for (let next: string | undefined = path; next !== undefined; ) {
      const answer: Response = await call("GET", next);
      yield (await answer.json()) as T[];
      next = nextLink(answer);
    }
  }

  return { call, json, follow };
}

/** The address in Link: rel="next". */
export function nextLink(answer: Response): string | undefined {
  return /<([^>]+)>; rel="next"/.exec(answer.headers.get("link") ?? "")?.[1];
}
