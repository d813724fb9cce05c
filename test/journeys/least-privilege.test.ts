import test from "ava";
import { chartRights, type Rights } from "../../dev/control-plane/service-account.ts";
import { CookieJar } from "../../dev/okta/index.ts";
import { waitFor } from "../cluster.ts";
import { type ProductInProcess, productInProcess } from "./product-in-process.ts";

/** Every verb on every resource that the chart grants. */
async function granted(): Promise<Set<string>> {
  const { role, clusterRole } = await chartRights();
  return new Set(
    [...role, ...clusterRole].flatMap(({ resources, verbs }) =>
      resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)),
    ),
  );
}

/** The chart's rights without this one. @param right "verb resource" */
async function without(right: string): Promise<Rights> {
  const [verb, resource] = right.split(" ");
  const rest = (rules: Rights["role"]): Rights["role"] =>
    rules
      .flatMap((rule) => rule.resources.map((one) => ({ ...rule, resources: [one] })))
      .map((rule) =>
        rule.resources[0] === resource ? { ...rule, verbs: rule.verbs.filter((one) => one !== verb) } : rule,
      )
      .filter(({ verbs }) => verbs.length > 0);
  const { role, clusterRole } = await chartRights();
  return { role: rest(role), clusterRole: rest(clusterRole) };
}

/** The right that a request needs. @param request "METHOD /path?query" */
function rightOf(request: string): string {
  const [method = "", url = ""] = request.split(" ");
  const { pathname, searchParams } = new URL(url, "http://tap");
  const path = pathname
    .replace(/^\/apis?\/([^/]+\.[^/]+\/)?v[0-9a-z]+/, "")
    .replace(/^\/namespaces\/[^/]+/, "");
  const [, collection = "", name, sub] = path.split("/");
  const read = name ? "get" : searchParams.has("watch") ? "watch" : "list";
  const verb = { GET: read, POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" }[method];
  return `${verb} ${sub === undefined ? collection : `${collection}/${sub}`}`;
}

/** What every service account may read, the chart's or not (the ClusterRole system:service-account-issuer-discovery). */
const EVERYBODYS = "GET /openid/v1/jwks";

function rights(requests: ReadonlySet<string>): Set<string> {
  return new Set([...requests].filter((request) => request !== EVERYBODYS).map(rightOf));
}

/** Lets the product do all that it does, once. */
async function everything(product: ProductInProcess): Promise<void> {
  const { webhook, okta, rotateKeys, signIn, signInLocally } = product;
  await webhook.ready();
  rotateKeys();
  const cookies = new CookieJar();
  // Twice at once: one of them finds that the account is there already, and reads it.
  await Promise.all([signIn(cookies), signIn()]);
  okta.directory.addToGroup("web", "ada@acme.example");
  await signIn(cookies);
  // Thrice: a repeated Event is counted.
  for (let time = 0; time < 3; time++) await signInLocally();
  await anotherOrganization(product);
}

/** One more, when the first one's login path is reserved. */
async function anotherOrganization({ cluster }: ProductInProcess): Promise<void> {
  await waitFor(
    async () => (await conditions(cluster, "oktaorg")).includes("LoginPathAccepted=True") || undefined,
    { what: "the first organization to have its login path" },
  );
  const { stdout } = await cluster.kubectl("get", "oktaorg", "acme", "-o", "json");
  const { apiVersion, kind, spec } = JSON.parse(stdout);
  const loginPath = `${cluster.namespace}-2`;
  const another = { apiVersion, kind, metadata: { name: "another" }, spec: { ...spec, loginPath } };
  const { code, stderr } = await cluster.kubectlWith(another, "apply", "-f", "-");
  if (code !== 0) throw new Error(stderr);
}

test("the product uses every right that it is given, and needs no other", async (t) => {
  const expected = await granted();
  const product = await productInProcess(t);
  await everything(product);
  await waitFor(() => expected.isSubsetOf(rights(product.tap.requests)) || undefined, {
    what: "every right to be used",
    timeoutMs: 30_000,
  }).catch(() => undefined); // which one isn't, the comparison tells
  t.deepEqual([...product.tap.forbidden], [], "nothing is asked for that isn't granted");
  t.deepEqual([...rights(product.tap.requests)].sort(), [...expected].sort());
});

/** For each right of the chart: what people would miss without it, and how they would find out. */
const MISSED: Record<string, readonly [what: string, seen: (product: ProductInProcess) => Promise<unknown>]> =
  {
    "create tokenreviews": [
      "local admins can't sign in",
      async ({ webhook, signInLocally }) => {
        await webhook.ready();
        return (await signInLocally()) === 503;
      },
    ],
    // Objects come by the watch; the small list beside it shows that the watch is alive.
    "list organizations": ["nobody knows whether revocations arrive: sessions are refused", isStale],
    "list oktarolemappings": ["nobody knows whether the mappings are as they were", isUnreadable],
    "list organizationusers": ["nobody knows whether revocations arrive: sessions are refused", isStale],
    "watch organizations": ["changes are known late, by polling", isPolled],
    "watch oktarolemappings": ["changes are known late, by polling", isPolled],
    "watch organizationusers": ["changes are known late, by polling", isPolled],
    "list configmaps": ["nobody knows whether login paths are whose they were", isUnreadable],
    "watch configmaps": ["changes are known late, by polling", isPolled],
    "create configmaps": ["no organization gets a login path", ({ cluster }) => isUnreserved(cluster)],
    "update configmaps": [
      "no further organization gets a login path",
      async (product) => {
        await anotherOrganization(product);
        return isUnreserved(product.cluster);
      },
    ],
    "get organizationusers": [
      "of two sign-ins of one person at once one fails",
      async ({ webhook, okta, signIn }) => {
        await webhook.ready();
        // Again and again: the two must meet between reading and writing.
        for (const [turn, change] of Array.from({ length: 20 }, (_, index) => [index, index % 2] as const)) {
          if (change) okta.directory.addToGroup("web", "ada@acme.example");
          else if (turn > 0) okta.directory.removeFromGroup("web", "ada@acme.example");
          const statuses = await Promise.all([signIn(), signIn(), signIn()]);
          if (statuses.includes(503)) return statuses.includes(303);
        }
        return false;
      },
    ],
    "patch organizations/status": [
      "an organization has no conditions",
      async ({ cluster, lines }) => {
        await logs(lines, "reconcile failed, trying again");
        return (await conditions(cluster, "oktaorg")) === "";
      },
    ],
    "patch oktarolemappings/status": [
      "a mapping has no conditions",
      async ({ cluster, lines }) => {
        await logs(lines, "reconcile failed, trying again");
        return (await conditions(cluster, "orm")) === "";
      },
    ],
    "create organizationusers": ["nobody signs in for the first time", isNotProvisioned],
    "update organizationusers": [
      "somebody whose groups have changed can't sign in",
      async ({ webhook, okta, signIn }) => {
        await webhook.ready();
        if ((await signIn()) !== 303) return false;
        okta.directory.addToGroup("web", "ada@acme.example");
        return (await signIn()) === 503;
      },
    ],
    "update organizationusers/status": ["nobody signs in for the first time", isNotProvisioned],
    "get secrets": [
      "the webhook isn't ready, and the organization tells why",
      async ({ webhook, cluster }) => {
        await waitFor(
          async () =>
            (await conditions(cluster, "oktaorg")).includes("CredentialsResolved=Unknown") || undefined,
          { what: "the organization to say that its Secret can't be read" },
        );
        return lacksKeys(webhook);
      },
    ],
    "create secrets": [
      "the webhook never becomes ready: it has no keys for sessions",
      async ({ webhook, lines }) => {
        await logs(lines, "The keys of sessions could not be read.");
        return lacksKeys(webhook);
      },
    ],
    "update secrets": [
      "the keys of sessions aren't rotated",
      async ({ webhook, rotateKeys, lines }) => {
        await webhook.ready();
        rotateKeys();
        return logs(lines, "The keys of sessions could not be read.");
      },
    ],
    "create leases": [
      "nobody reconciles",
      ({ lines }) => logs(lines, "can't create the lease, trying again"),
    ],
    "get leases": [
      "nobody reconciles",
      ({ lines }) => logs(lines, "can't read or take the lease, trying again"),
    ],
    "update leases": [
      "whoever leads loses the lease",
      ({ lines }) => logs(lines, "the lease couldn't be renewed: leadership is lost"),
    ],
    "create events": [
      "no Event tells what happened",
      async ({ cluster, lines }) => {
        await logs(lines, "events were dropped, the last of them this");
        return (await cluster.kubectl("get", "events", "--output=name")).stdout === "";
      },
    ],
    "patch events": [
      "repeated Events aren't counted",
      async ({ webhook, signInLocally, lines }) => {
        await webhook.ready();
        for (let time = 0; time < 3; time++) await signInLocally();
        return logs(lines, "events were dropped, the last of them this");
      },
    ],
  };

for (const [right, [what, seen]] of Object.entries(MISSED))
  test(`without the right to ${right}: ${what}`, async (t) => {
    const product = await productInProcess(t, await without(right));
    t.truthy(await seen(product));
    t.deepEqual([...rights(product.tap.forbidden)], [right], "this is what was refused, and nothing else");
  });

test("of every right it is known what would be missed without it", async (t) => {
  t.deepEqual(Object.keys(MISSED).sort(), [...(await granted())].sort());
});

/** Waits until the product has logged this. */
function logs(lines: ProductInProcess["lines"], message: string): Promise<true> {
  return waitFor(() => lines.some(({ msg }) => msg === message) || undefined, {
    what: `"${message}" in the log`,
  });
}

async function isNotProvisioned({ webhook, signIn, cluster }: ProductInProcess): Promise<boolean> {
  await webhook.ready();
  if ((await signIn()) !== 503) return false;
  const failed = "UsersProvisioned=False";
  return waitFor(async () => (await conditions(cluster, "orm")).includes(failed) || undefined, {
    what: "the mapping to say that an account couldn't be written",
  });
}

/** Waits until that is all that the webhook isn't ready for. */
function lacksKeys(webhook: ProductInProcess["webhook"]): Promise<true> {
  return waitFor(() => webhook.check()?.includes("keys of sessions") || undefined, {
    what: "the webhook to lack the keys of sessions",
  });
}

function isUnreserved(cluster: ProductInProcess["cluster"]): Promise<true> {
  return waitFor(
    async () => (await conditions(cluster, "oktaorg")).includes("LoginPathAccepted=Unknown") || undefined,
    { what: "an organization to say that its login path isn't reserved" },
  );
}

/** Waits until the webhook takes itself out. */
async function isStale({ webhook, lines }: ProductInProcess): Promise<true> {
  await refused(lines, UNREADABLE);
  // A server that lists by watching is asked for a list as a heartbeat only: then everything has been read once.
  const why = ["not everything has been read", "not been heard of"];
  return waitFor(() => why.some((each) => webhook.check()?.includes(each)) || undefined, {
    what: "the webhook to take itself out",
  });
}

function isUnreadable({ lines }: ProductInProcess): Promise<true> {
  return refused(lines, UNREADABLE);
}

async function isPolled({ webhook, lines }: ProductInProcess): Promise<true> {
  await webhook.ready();
  return refused(lines, UNREADABLE);
}

const UNREADABLE =
  "this namespace can't be read: are it, its Role and its RoleBinding there? It is tried again, the others go on";

/** Waits until the product has logged this of a request that it may not make. */
function refused(lines: ProductInProcess["lines"], message: string): Promise<true> {
  return waitFor(() => lines.some(isRefusal(message)) || undefined, {
    what: `a refusal and "${message}" in the log`,
  });
}

function isRefusal(message: string): (line: Record<string, unknown>) => boolean {
  return ({ msg, err }) => msg === message && JSON.stringify(err).includes("403 Forbidden");
}

/** All conditions of the objects of this kind, as "type=status" lines. */
async function conditions({ kubectl }: ProductInProcess["cluster"], kind: string): Promise<string> {
  const each = "{range .items[*].status.conditions[*]}{.type}={.status}{'\\n'}{end}";
  return (await kubectl("get", kind, "-o", `jsonpath=${each}`)).stdout;
}
