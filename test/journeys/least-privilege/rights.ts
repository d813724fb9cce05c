import type { ExecutionContext } from "ava";
import { chartRights, type Program, type Rights } from "../../../dev/control-plane/service-account.ts";
import { CookieJar } from "../../../dev/okta/index.ts";
import { waitFor } from "../../cluster.ts";
import { mappingObject } from "../../operator/operator-under-test.ts";
import { type OwnAccounts, type ProductInProcess, productInProcess } from "../product-in-process.ts";
import type { WriteTap } from "../write-tap.ts";

/** What people would miss without a right, and how they would find out. */
export type Missed = readonly [what: string, seen: (product: ProductInProcess) => Promise<unknown>];

/** Every verb on every resource that the chart grants to these programs. */
export async function granted(...programs: Program[]): Promise<Set<string>> {
  return verbsOf(await chartRights(programs));
}

export function verbsOf({ role, clusterRole }: Rights): Set<string> {
  return new Set(
    [...role, ...clusterRole].flatMap(({ resources, verbs }) =>
      resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)),
    ),
  );
}

/** For each program an account of its own, with the chart's rights. */
export async function ownAccounts(granting: { editMappings?: boolean } = {}): Promise<OwnAccounts> {
  return { operator: await chartRights(["operator"]), webhook: await chartRights(["webhook"], granting) };
}

/** Products that run at once in one process: with one for every right, all of them are as slow as a broken one. */
const AT_ONCE = 6;
let running = 0;
const waiting: (() => void)[] = [];

/**
 * Runs both programs with accounts of their own, and takes these rights from one of them, when it is its turn.
 * @param missing each "verb resource"
 * @param granting what the chart grants where a value says so
 */
export async function productWithout(
  t: ExecutionContext,
  program: Program,
  missing: string | readonly string[],
  granting: { editMappings?: boolean } = {},
): Promise<ProductInProcess> {
  if (running === AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  t.teardown(() => {
    const next = waiting.shift();
    if (next) next();
    else running--;
  });
  const accounts = await ownAccounts(granting);
  return productInProcess(t, {
    rights: { ...accounts, [program]: [missing].flat().reduce(withoutRight, accounts[program]) },
  });
}

function withoutRight({ role, clusterRole }: Rights, right: string): Rights {
  const [verb, resource] = right.split(" ");
  const rest = (rules: Rights["role"]): Rights["role"] =>
    rules
      .flatMap((rule) => rule.resources.map((one) => ({ ...rule, resources: [one] })))
      .map((rule) =>
        rule.resources[0] === resource ? { ...rule, verbs: rule.verbs.filter((one) => one !== verb) } : rule,
      )
      .filter(({ verbs }) => verbs.length > 0);
  return { role: rest(role), clusterRole: rest(clusterRole) };
}

/** The rights that a request needs. @param request "METHOD /path?query" */
function rightsOf(request: string): string[] {
  const [method = "", url = ""] = request.split(" ");
  const { pathname, searchParams } = new URL(url, "http://tap");
  const path = pathname
    .replace(/^\/apis?\/([^/]+\.[^/]+\/)?v[0-9a-z]+/, "")
    .replace(/^\/namespaces\/[^/]+/, "");
  const [, collection = "", name, sub] = path.split("/");
  const read = name ? "get" : searchParams.has("watch") ? "watch" : "list";
  const verb = { GET: read, POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" }[method];
  // Server-side apply of a whole object creates it where it is missing.
  if (verb === "patch" && sub === undefined && searchParams.has("fieldManager"))
    return [`create ${collection}`, `patch ${collection}`];
  return [`${verb} ${sub === undefined ? collection : `${collection}/${sub}`}`];
}

/** What every service account may read, the chart's or not (the ClusterRole system:service-account-issuer-discovery). */
const EVERYBODYS = "GET /openid/v1/jwks";

export function rights(requests: ReadonlySet<string>): Set<string> {
  return new Set([...requests].filter((request) => request !== EVERYBODYS).flatMap(rightsOf));
}

/** Compares what a program asks for with what it is granted. */
export async function usesExactly(
  t: ExecutionContext,
  tap: WriteTap,
  expected: ReadonlySet<string>,
): Promise<void> {
  await waitFor(() => expected.isSubsetOf(rights(tap.requests)) || undefined, {
    what: "every right to be used",
    timeoutMs: 120_000,
  }).catch(() => undefined); // which one isn't, the comparison tells
  t.deepEqual([...tap.forbidden], [], "nothing is asked for that isn't granted");
  t.deepEqual([...rights(tap.requests)].sort(), [...expected].sort());
}

/** Lets the product do all that it does, once. */
export async function everything(product: ProductInProcess): Promise<void> {
  const { askAPI, okta, rotateKeys, signedIn, signIn, signInLocally, untilServed } = product;
  await untilServed();
  rotateKeys();
  const cookies = new CookieJar();
  // Twice at once: one of them finds that the account is there already, and reads it.
  await Promise.all([signedIn(cookies), signIn()]);
  okta.directory.addToGroup("web", "ada@acme.example");
  await signedIn(cookies);
  // Thrice: a repeated Event is counted.
  for (let time = 0; time < 3; time++) await signInLocally();
  await askAPI();
  await anotherOrganization(product);
  await meetAnotherWriter(product);
  for (let time = 0; time < 3; time++) await breakAndMend(product);
  await hearOfChanges(product);
}

/** Okta's log is read, somebody gets an account before they sign in, and the event hook tells of two others. */
async function hearOfChanges(product: ProductInProcess): Promise<void> {
  product.okta.directory.addUser({ login: "joe@acme.example", groups: ["service_admin"] });
  await hookFollowed(product);
  await product.tell("00u1");
  // Both programs make it where it is missing.
  await product.cluster.kubectl("delete", "oktahints", "acme");
  await product.tell("00u2");
}

/** Gives the organization a directory and an event hook, and waits until the operator has noted what it knows of them. */
export async function hookFollowed({ cluster, hook }: ProductInProcess): Promise<void> {
  await hook();
  const cursor = ["get", "oktahints", "acme", "-o", "jsonpath={.spec.logCursor}", "--ignore-not-found"];
  await waitFor(async () => (await cluster.kubectl(...cursor)).stdout || undefined, {
    what: "the operator to note how far Okta's log was read",
  });
}

/** One more, when the first one's login path is reserved. */
export async function anotherOrganization({ cluster }: ProductInProcess): Promise<void> {
  await waitFor(
    async () => (await conditions(cluster, "oktaorg")).includes("LoginPathAccepted=True") || undefined,
    { what: "the first organization to have its login path" },
  );
  const { stdout } = await cluster.kubectl("get", "oktaorg", "acme", "-o", "json");
  const { apiVersion, kind, spec } = JSON.parse(stdout);
  const loginPath = `${cluster.namespace}-2`;
  await cluster.apply({ apiVersion, kind, metadata: { name: "another" }, spec: { ...spec, loginPath } });
}

/** The operator writes an account that somebody else has just written: it reads it, and decides again. */
export async function meetAnotherWriter({ cluster, taps }: ProductInProcess): Promise<void> {
  const tap = taps.operator;
  const met = Promise.withResolvers<void>();
  tap.onWrite = async ({ method, path }, moment) => {
    if (method !== "PUT" || !/\/organizationusers\/acme-[^/]+\/status$/.test(path)) return;
    tap.onWrite = undefined;
    if (moment === "after") return met.reject(new Error("the write was there already"));
    const name = path.split("/").at(-2) ?? "";
    await cluster.kubectl("annotate", "orguser", name, "rolemapping.dev/end-sessions=a test");
    met.resolve();
  };
  await cluster.apply(mappingObject("web", ["web"], ["service-admin"]));
  await met.promise;
}

/** Something that the operator says of a mapping in an Event, each time in the same words. */
export async function breakAndMend({ cluster }: ProductInProcess): Promise<void> {
  for (const [role, ready] of [
    ["nobodys", "False"],
    ["service-admin", "True"],
  ] as const) {
    await cluster.apply(mappingObject("broken", ["web"], [role]));
    await waitFor(
      async () =>
        (await cluster.tryKubectl(["wait", `--for=condition=Ready=${ready}`, "orm/broken", "--timeout=5s"]))
          .code === 0 || undefined,
      { what: `the mapping to be Ready=${ready}` },
    );
  }
}

/** Waits until the product has logged this. */
export function logs(lines: ProductInProcess["lines"], message: string): Promise<true> {
  return waitFor(() => lines.some(({ msg }) => msg === message) || undefined, {
    what: `"${message}" in the log`,
  });
}

const UNREADABLE =
  "this namespace can't be read: are it, its Role and its RoleBinding there? It is tried again, the others go on";

/** Waits until the product has logged that it may not read something. */
export function isUnreadable({ lines }: ProductInProcess): Promise<true> {
  return refused(lines, UNREADABLE);
}

/** Waits until the product has logged this of a request that it may not make. */
export function refused(lines: ProductInProcess["lines"], message: string): Promise<true> {
  return waitFor(() => lines.some(isRefusal(message)) || undefined, {
    what: `a refusal and "${message}" in the log`,
  });
}

function isRefusal(message: string): (line: Record<string, unknown>) => boolean {
  return ({ msg, err }) => msg === message && JSON.stringify(err).includes("403 Forbidden");
}

/** All conditions of the objects of this kind, as "type=status" lines. */
export async function conditions({ kubectl }: ProductInProcess["cluster"], kind: string): Promise<string> {
  const each = "{range .items[*].status.conditions[*]}{.type}={.status}{'\\n'}{end}";
  return (await kubectl("get", kind, "-o", `jsonpath=${each}`)).stdout;
}

/** Waits until a condition says this. @param condition "type=status" */
export function untilCondition(
  { cluster }: ProductInProcess,
  kind: "oktaorg" | "orm",
  condition: string,
): Promise<true> {
  return waitFor(async () => (await conditions(cluster, kind)).includes(condition) || undefined, {
    what: `a ${kind} to say ${condition}`,
  });
}
