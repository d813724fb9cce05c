import test, { type ExecutionContext } from "ava";
import { pino } from "pino";
import { organizationUsers } from "../../crds/resources.ts";
import { type Identity, provisionSignIn } from "../../identity/index.ts";
import { KubernetesStore } from "../../identity/stores/kubernetes/kubernetes-store.ts";
import { type Client, createClient } from "../../kubernetes/index.ts";
import { type TestCluster, testCluster, waitFor } from "../cluster.ts";
import { policy } from "./an-account.ts";
import { listed } from "./store-conformance.ts";
import { usersCache } from "./stores/kubernetes/users-cache.ts";

const log = pino({ level: "silent" });
const ben: Identity = {
  issuer: "https://acme.okta.com",
  subject: "00uben",
  email: "ben@acme.example",
  emailVerified: true,
  groups: [{ name: "service_admin" }],
  groupsFrom: "Claim",
};

/** A store with a cache of its own, that can stop hearing of changes. */
async function replica(t: ExecutionContext, client: Client, { namespace }: TestCluster) {
  const cache = usersCache(client, namespace, log);
  const stop = new AbortController();
  t.teardown(() => stop.abort());
  const running = cache.run(stop.signal);
  await cache.synced;
  const goDeaf = async () => {
    stop.abort();
    await running;
  };
  return { store: new KubernetesStore({ client, cache, type: organizationUsers }), goDeaf };
}

test("a replica that hasn't heard that a local account was linked doesn't make a second account", async (t) => {
  const cluster = await testCluster(t);
  const client = await createClient({ kubeconfig: await cluster.serviceAccount(), userAgent: "test", log });
  t.teardown(() => client.close());
  const { code, stderr } = await cluster.kubectlWith(
    {
      apiVersion: "rolemapping.dev/v1alpha1",
      kind: "OrganizationUser",
      metadata: { name: "ben" },
      spec: { organizationRef: { name: "acme" }, source: "Local", email: "ben@acme.example" },
    },
    "create",
    "-f",
    "-",
  );
  t.is(code, 0, stderr);
  const [first, second] = await Promise.all([replica(t, client, cluster), replica(t, client, cluster)]);
  await second.goDeaf();

  const signIn = { organization: `${cluster.namespace}/acme`, identity: ben, at: Date.now() };
  const outcomes = [];
  for (const { store } of [first, second])
    outcomes.push(await provisionSignIn(store, signIn, { policy, held: false }));

  t.deepEqual(
    outcomes.map(({ kind, user }) => [kind, user?.ref]),
    [
      ["admitted", `${cluster.namespace}/ben`],
      ["admitted", `${cluster.namespace}/ben`],
    ],
  );
  const accounts = () => listed(first.store.users(signIn.organization));
  await waitFor(async () => (await accounts()).length > 0 || undefined, { what: "the account to be seen" });
  t.is((await accounts()).length, 1);
});

test("a replica that hasn't heard of an account deactivates it all the same when the groups give nothing any more", async (t) => {
  const cluster = await testCluster(t);
  const client = await createClient({ kubeconfig: await cluster.serviceAccount(), userAgent: "test", log });
  t.teardown(() => client.close());
  const [first, second] = await Promise.all([replica(t, client, cluster), replica(t, client, cluster)]);
  await second.goDeaf();
  const signIn = { organization: `${cluster.namespace}/acme`, identity: ben, at: Date.now() };
  const admitted = await provisionSignIn(first.store, signIn, { policy, held: false });
  t.is(admitted.kind, "admitted");
  const left = { ...signIn, identity: { ...ben, groups: [] } };
  const refused = await provisionSignIn(second.store, left, { policy, held: false });
  t.is(refused.kind, "refused");
  t.is(refused.before?.ref, admitted.user?.ref);
  t.false((await first.store.fresh(admitted.user?.ref ?? ""))?.access?.active);
});
