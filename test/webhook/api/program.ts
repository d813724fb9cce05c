import { request } from "undici";
import type { CookieJar } from "../../../dev/okta/index.ts";
import type { TestCluster } from "../../cluster.ts";
import type { UnderTest } from "../webhook-under-test.ts";
import { Contract } from "./contract.ts";

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  // biome-ignore lint/suspicious/noExplicitAny: answers are held against the document, and read freely
  readonly body: any;
}

export interface Asking {
  readonly token?: string;
  readonly cookies?: CookieJar;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  /** Another replica than the first. */
  readonly at?: { readonly url: string };
}

const contract = new Contract();

/** Asks the API as a program would, and holds the answer against the document. @param path behind /api/v1 */
export async function ask(
  underTest: Pick<UnderTest, "url">,
  path: string,
  { token, cookies, method = "GET", headers = {}, at = underTest }: Asking = {},
): Promise<ApiAnswer> {
  const url = new URL(`${at.url}/api/v1${path}`);
  const cookie = cookies?.header(url);
  const answer = await request(url, {
    method: method as "GET",
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(cookie === undefined ? {} : { cookie }),
      ...headers,
    },
  });
  const body = await answer.body.text();
  contract.check({ method, path, status: answer.statusCode, headers: answer.headers, body });
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: body === "" ? undefined : JSON.parse(body),
  };
}

/** A token of a service account for the API. */
export async function tokenOf(
  { cluster, url }: Pick<UnderTest, "cluster" | "url">,
  serviceAccount: string,
  { audience = `${url}/api/v1`, flags = [] }: { audience?: string; flags?: string[] } = {},
): Promise<string> {
  return kubectl(cluster, "create", "token", serviceAccount, "--audience", audience, ...flags);
}

/** Makes a service account, and lets it do this with accounts in the cluster's namespace. */
export async function program(
  cluster: TestCluster,
  name: string,
  ...verbs: ("get" | "list")[]
): Promise<void> {
  await kubectl(cluster, "create", "serviceaccount", name);
  if (verbs.length > 0) await allow(cluster, `${cluster.namespace}:${name}`, ...verbs);
}

/** @param account NAMESPACE:NAME */
export async function allow(
  cluster: TestCluster,
  account: string,
  ...verbs: ("get" | "list")[]
): Promise<void> {
  const name = account.replace(":", ".");
  const flags = [...verbs.map((verb) => `--verb=${verb}`), "--resource=organizationusers.rolemapping.dev"];
  await kubectl(cluster, "create", "role", name, ...flags);
  await kubectl(cluster, "create", "rolebinding", name, `--role=${name}`, `--serviceaccount=${account}`);
}

async function kubectl(cluster: TestCluster, ...args: string[]): Promise<string> {
  return (await cluster.kubectl(...args)).stdout.trim();
}
