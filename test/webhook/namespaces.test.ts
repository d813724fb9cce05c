import test, { type ExecutionContext } from "ava";
import type { CookieJar } from "../../dev/okta/index.ts";
import { type TestCluster, waitFor } from "../cluster.ts";
import { Browser } from "./browser.ts";
import { webhookUnderTest } from "./webhook-under-test.ts";

const RBAC = { apiVersion: "rbac.authorization.k8s.io/v1" };
const KEYS = "okta-role-operator-session-keys";
const READ = ["organizations", "oktarolemappings", "organizationusers"];

/**
 * A webhook that watches a second namespace, with a tenant whose people have signed in (in a webhook of its own, since
 * only that may write accounts there). The right to read the second namespace can be taken away and given back, as a whole
 * or for some of its kinds.
 */
async function twoTenants(t: ExecutionContext) {
  const tenant = await webhookUnderTest(t);
  const { namespace } = tenant.cluster;
  await tenant.applyAcme({ name: "beta" });
  const beta = await tenant.signedIn("ada", { path: "/login/beta" });

  let home: TestCluster | undefined;
  const { apply } = tenant.cluster;
  const binding = (name: string, role: string) => ({
    ...RBAC,
    kind: "RoleBinding",
    metadata: { name },
    subjects: [{ kind: "ServiceAccount", name: "okta-role-operator", namespace: home?.namespace }],
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role },
  });
  const readOnly = (resources: string[]) => ({
    apiGroups: ["rolemapping.dev"],
    resources,
    verbs: ["get", "list", "watch"],
  });
  const readSecrets = { apiGroups: [""], resources: ["secrets"], verbs: ["get"] };
  const bind = (resources = READ) =>
    apply(
      { ...RBAC, kind: "Role", metadata: { name: "watched" }, rules: [readOnly(resources)] },
      binding("watched", "watched"),
    );

  const under = await webhookUnderTest(t, {
    maxStalenessMs: 15_000,
    sessionSecret: { namespace, name: KEYS },
    beside: {
      namespace,
      prepare: async (cluster) => {
        home = cluster;
        await bind();
        await apply(
          { ...RBAC, kind: "Role", metadata: { name: "keys" }, rules: [readSecrets] },
          binding("keys", "keys"),
        );
      },
    },
  });
  await under.applyAcme();
  const acme = await under.signedIn("ada");
  const statusOf = async (cookies: CookieJar, at?: { url: string }) =>
    (await under.session(cookies, at)).status;
  const until = (what: string, holds: () => Promise<boolean>) =>
    waitFor(async () => ((await holds()) ? true : undefined), { what });
  await until("the webhook to know both", async () => {
    return (await statusOf(acme)) === 200 && (await statusOf(beta)) === 200;
  });
  return { ...under, tenant: tenant.cluster, acme, beta, bind, statusOf, until };
}

test("a namespace whose RoleBinding is deleted is out of order alone, and heals when it is put back", async (t) => {
  const { webhook, url, tenant, acme, beta, bind, signIn, session, statusOf, until, lines, replica } =
    await twoTenants(t);
  await tenant.kubectl("delete", "rolebinding", "watched");
  await until("its people to get 503", async () => (await statusOf(beta)) === 503);
  t.is((await session(beta)).body.code, "namespace-unreadable");
  t.is(await statusOf(acme), 200);
  t.is(webhook.check(), undefined, "the pod stays ready");
  t.is((await signIn("ben")).response.status, 303, "others sign in");
  const page = await new Browser(url).get("/login/beta");
  t.is(page.status, 503);
  t.regex(page.body, new RegExp(`namespace ${tenant.namespace}`));
  t.true(
    lines.some(({ msg, namespace }) => namespace === tenant.namespace && String(msg).includes("RoleBinding")),
    "the log names it",
  );

  // One that starts meanwhile has never seen that namespace.
  const late = await replica();
  t.is(late.webhook.check(), undefined);
  t.is(await statusOf(acme, late), 200);
  t.is(await statusOf(beta, late), 503);
  t.is((await new Browser(late.url).get("/login/beta")).status, 503);
  const named = `/session?organization=${tenant.namespace}/beta`;
  t.is((await new Browser(late.url, acme).get(named)).status, 503, "it may well be there");

  await bind();
  await until("its people to be back", async () => (await statusOf(beta)) === 200);
  await until("with the other replica, too", async () => (await statusOf(beta, late)) === 200);
  // Mappings are read by a watch of their own.
  await until("people to sign in", async () => (await new Browser(url).get("/login/beta")).status === 303);
});

test("a namespace that is deleted and made again is read again", async (t) => {
  const { webhook, url, cluster, tenant, acme, beta, bind, statusOf, until } = await twoTenants(t);
  const { organizations, mappings, users } = webhook.caches;
  const readable = () =>
    [organizations, mappings, users].filter((cache) => cache.isReadable(tenant.namespace));
  await tenant.remove();
  await until("its sessions to end", async () => (await statusOf(beta)) !== 200);
  await until("all of it to be known as unreadable", async () => readable().length === 0);
  t.is(await statusOf(acme), 200);
  t.is(webhook.check(), undefined);

  await cluster.kubectl("create", "namespace", tenant.namespace);
  await bind();
  await until("all of it to be read", async () => readable().length === 3);
  await until("what is read of it to be current", async () => (await statusOf(beta)) === 401);
  t.is((await new Browser(url).get("/login/beta")).status, 404, "nothing is in it");
  t.is(await statusOf(acme), 200);
});

test("nobody signs in by mappings that can't be read, while who is signed in stays so", async (t) => {
  const { webhook, url, beta, bind, statusOf, until } = await twoTenants(t);
  await bind(READ.filter((kind) => kind !== "oktarolemappings"));
  await until(
    "sign-ins to be refused",
    async () => (await new Browser(url).get("/login/beta")).status === 503,
  );
  t.is(await statusOf(beta), 200);
  t.is(webhook.check(), undefined);
});

test("without the accounts or the organizations of a namespace nobody says who is signed in there, nor signs them in", async (t) => {
  const { acme, beta, bind, session, statusOf, until, replica } = await twoTenants(t);
  for (const missing of ["organizationusers", "organizations"]) {
    await bind(READ.filter((kind) => kind !== missing));
    const late = await replica();
    await until(`its people to get 503 without ${missing}`, async () => (await statusOf(beta, late)) === 503);
    t.is((await session(beta, late)).body.code, "namespace-unreadable", missing);
    t.is((await new Browser(late.url).get("/login/beta")).status, 503, missing);
    t.is(await statusOf(acme, late), 200, missing);
    t.is(late.webhook.check(), undefined, missing);
  }
});
