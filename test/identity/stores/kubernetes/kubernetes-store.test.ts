import { randomUUID } from "node:crypto";
import anyTest, { type TestFn } from "ava";
import { pino } from "pino";
import { organizationUsers } from "../../../../crds/resources.ts";
import { noAccess, resolveAccess } from "../../../../identity/index.ts";
import { KubernetesStore } from "../../../../identity/stores/kubernetes/kubernetes-store.ts";
import { type Client, createClient } from "../../../../kubernetes/index.ts";
import { createTestCluster, type TestCluster, waitFor } from "../../../cluster.ts";
import { policy } from "../../an-account.ts";
import { type StoreUnderTest, storeConformance } from "../../store-conformance.ts";
import { usersCache } from "./users-cache.ts";

const test = anyTest as TestFn;
const log = pino({ level: "silent" });
const stop = new AbortController();
const opened: { cluster: TestCluster; clients: Client[] }[] = [];

async function open(): Promise<{
  cluster: TestCluster;
  client: Client;
  makeStore: (now?: () => number) => Promise<KubernetesStore>;
}> {
  const cluster = await createTestCluster();
  const kubeconfig = await cluster.serviceAccount();
  const client = await createClient({ kubeconfig, userAgent: "test", log });
  opened.push({ cluster, clients: [client] });
  const makeStore = async (now = Date.now): Promise<KubernetesStore> => {
    const cache = usersCache(client, cluster.namespace, log);
    cache.run(stop.signal);
    await cache.synced;
    return new KubernetesStore({ client, cache, type: organizationUsers, now });
  };
  return { cluster, client, makeStore };
}

test.after.always(async () => {
  stop.abort();
  for (const { cluster, clients } of opened) {
    for (const client of clients) await client.close();
    await cluster.remove();
  }
});

storeConformance(test, "KubernetesStore", async (): Promise<StoreUnderTest> => {
  const { cluster, makeStore } = await open();
  let later = 0;
  const now = () => Date.now() + later;
  const store = await makeStore(now);
  return {
    store,
    other: await makeStore(now),
    organization: async () => `${cluster.namespace}/org-${randomUUID().slice(0, 8)}`,
    makeLocal: async (organization, { email, roles, serviceAccountName }) => {
      const name = `local-${randomUUID().slice(0, 8)}`;
      await cluster.kubectlWith(
        {
          apiVersion: "rolemapping.dev/v1alpha1",
          kind: "OrganizationUser",
          metadata: { name },
          spec: {
            organizationRef: { name: organization.slice(organization.indexOf("/") + 1) },
            source: "Local",
            email,
            ...(roles ? { roles } : {}),
            ...(serviceAccountName ? { serviceAccountName } : {}),
          },
        },
        "create",
        "-f",
        "-",
      );
      const ref = `${cluster.namespace}/${name}`;
      return waitFor(() => store.get(ref), { what: `the local account ${ref}` });
    },
    askToEndSessions: async ({ ref }, words) => {
      const name = ref.slice(ref.indexOf("/") + 1);
      const patch = { metadata: { annotations: { "rolemapping.dev/end-sessions": words } } };
      await cluster.kubectl(
        ...["patch", "orguser", name, "--type=merge", "--patch", JSON.stringify(patch)],
        ...["--as", `system:serviceaccount:${cluster.namespace}:okta-role-operator`],
        ...["--as-group", "system:masters"],
      );
    },
    secondLater: async () => {
      later += 1_000;
    },
    until: (_store, condition) =>
      waitFor(async () => (await condition()) || undefined, { what: "the store to have seen it" }),
  };
});

test("what is at hand counts as current only when everything was read, and heard of lately", async (t) => {
  const { client, cluster } = await open();
  const cache = usersCache(client, cluster.namespace, log);
  const store = new KubernetesStore({ client, cache, type: organizationUsers });
  const organization = `${cluster.namespace}/x`;
  t.false(store.isCurrent(organization));
  cache.run(stop.signal);
  await cache.synced;
  await waitFor(() => store.isCurrent(organization) || undefined, { what: "the cache to be current" });
  for (const [ageMs, isCurrent] of [
    [5_000, true],
    [5_001, false],
  ] as const) {
    cache.freshness = (namespace) => (namespace === cluster.namespace ? ageMs : 0);
    t.is(store.isCurrent(organization), isCurrent, "as its own namespace is");
  }
});

test("whoever is asked for is as they are by now, also where more people are asked for than are remembered", async (t) => {
  const { client, cluster } = await open();
  const cache = usersCache(client, cluster.namespace, log);
  cache.run(stop.signal);
  await cache.synced;
  const store = new KubernetesStore({ client, cache, type: organizationUsers, remembered: 2 });
  const made = await Promise.all(
    ["ada", "ben", "mia"].map((subject) =>
      store.create({ organization: `${cluster.namespace}/x`, ...admitted(subject) }),
    ),
  );
  const asked = () => made.map(({ ref }) => store.get(ref));
  for (let i = 0; i < 2; i++) t.deepEqual(asked(), made);
  const [ada] = made;
  if (!ada) return t.fail();
  t.is(store.get(ada.ref), store.get(ada.ref), "the very same, so that what was made of it can be kept");
  const out = await store.update(ada, { access: noAccess("NoMappedGroup", "Left.") });
  for (let i = 0; i < 2; i++) t.deepEqual(asked(), [out, ...made.slice(1)]);
});

/** Somebody whom Okta has just signed in, and what that gives them. */
function admitted(subject: string) {
  const identity = {
    issuer: "https://acme.okta.com",
    subject,
    emailVerified: false,
    groups: [{ name: "service_admin" }],
    groupsFrom: "Claim" as const,
  };
  return { identity, access: resolveAccess(identity, policy) };
}
