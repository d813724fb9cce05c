import test from "ava";
import { pino } from "pino";
import { organizationUsers } from "../../crds/resources.ts";
import { CompiledPolicy, type Identity, KubernetesStore, provisionSignIn } from "../../identity/index.ts";
import { createClient } from "../../kubernetes/index.ts";
import { testCluster, waitFor } from "../cluster.ts";
import { usersCache } from "./users-cache.ts";

const log = pino({ level: "silent" });
const policy = new CompiledPolicy(
  [{ name: "service-admin" }],
  [{ name: "services", groups: [{ name: "service_admin" }], roles: ["service-admin"] }],
);
const ben: Identity = {
  issuer: "https://acme.okta.com",
  subject: "00uben",
  email: "ben@acme.example",
  emailVerified: true,
  groups: [{ name: "service_admin" }],
  groupsFrom: "Claim",
};

test("a replica that hasn't heard that a local account was linked doesn't make a second account", async (t) => {
  const cluster = await testCluster(t);
  const client = await createClient({ kubeconfig: await cluster.serviceAccount(), userAgent: "test", log });
  t.teardown(() => client.close());
  const replica = async () => {
    const cache = usersCache(client, cluster.namespace, log);
    const stop = new AbortController();
    t.teardown(() => stop.abort());
    const running = cache.run(stop.signal);
    await cache.synced;
    const goDeaf = async () => {
      stop.abort();
      await running;
    };
    return { store: new KubernetesStore({ client, cache, type: organizationUsers }), goDeaf };
  };
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
  const [first, second] = await Promise.all([replica(), replica()]);
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
  await waitFor(() => [...first.store.users(signIn.organization)].length > 0 || undefined, {
    what: "the account to be seen",
  });
  t.is([...first.store.users(signIn.organization)].length, 1);
});
