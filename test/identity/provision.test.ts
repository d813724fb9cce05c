import test, { type ExecutionContext } from "ava";
import { pino } from "pino";
import { organizationUsers } from "../../crds/resources.ts";
import { CompiledPolicy, type Identity, type PolicyInForce, provisionSignIn } from "../../identity/index.ts";
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
  await cluster.kubectlWith(
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

test("who comes back and gets what they have is admitted without a write, where what is known is current; whatever differs is stored", async (t) => {
  const cluster = await testCluster(t);
  const client = await createClient({ kubeconfig: await cluster.serviceAccount(), userAgent: "test", log });
  t.teardown(() => client.close());
  const { store } = await replica(t, client, cluster);
  let current = true;
  store.isCurrent = () => current;
  const organization = `${cluster.namespace}/acme`;
  const signIn = (changes: Partial<Identity> = {}, inForce: PolicyInForce["policy"] = policy) =>
    provisionSignIn(
      store,
      { organization, identity: { ...ben, ...changes }, at: Date.now() },
      { policy: inForce, held: false },
    );
  /** Whether the time was stored, and whether anything was. */
  const outcome = async (...args: Parameters<typeof signIn>) => {
    const { kind, user, before, ...rest } = await signIn(...args);
    return [kind, "isNoted" in rest && rest.isNoted, user?.version !== before?.version];
  };
  const written = ["admitted", true, true];
  const unwritten = ["admitted", false, false];
  t.deepEqual(await outcome(), written);
  t.deepEqual(await outcome(), unwritten);

  const more = new CompiledPolicy(
    [...policy.roles.values(), { name: "viewer" }],
    [
      ...policy.mappings.values(),
      { name: "viewers", groups: [{ name: "service_admin" }], roles: ["viewer"] },
    ],
  );
  t.deepEqual(await outcome({}, more), written, "another policy");
  t.deepEqual(await outcome({}, more), unwritten);
  for (const changes of [
    { email: "ben@beta.example" },
    { name: "Ben" },
    { status: "ACTIVE" },
    { groupsFrom: "Directory" as const },
    { groups: [{ name: "service_admin" }, { name: "Everyone" }] },
    { groups: [{ name: "service_admin", id: "00g1" }] },
  ]) {
    t.deepEqual(await outcome(changes), written, JSON.stringify(changes));
    t.deepEqual(await outcome(changes), unwritten, JSON.stringify(changes));
  }
  await signIn();
  t.deepEqual(await outcome({ groups: [...ben.groups].reverse() }), unwritten, "in whatever order");

  current = false;
  t.is((await outcome())[1], true, "what isn't certainly current isn't relied upon");
});

test("what a sign-in leaves unfinished is finished by the next one, though Okta says the same", async (t) => {
  const cluster = await testCluster(t);
  const client = await createClient({ kubeconfig: await cluster.serviceAccount(), userAgent: "test", log });
  t.teardown(() => client.close());
  const { store } = await replica(t, client, cluster);
  const signIn = { organization: `${cluster.namespace}/acme`, identity: ben, at: Date.now() };
  const deciding = { policy, held: false };
  const { user } = await provisionSignIn(store, signIn, deciding);
  if (!user) return t.fail();
  // As it is between the two writes of a change: the spec says something that nobody has decided on.
  const half = await store.update(user, { identity: { ...ben, name: "Ben" } });
  t.false(half.decided);
  const { user: whole } = await provisionSignIn(
    store,
    { ...signIn, identity: { ...ben, name: "Ben" } },
    deciding,
  );
  t.true(whole?.decided);
});

test("an admin who has moved to another group is admitted with what that gives, and keeps the admin role until it is allowed to go", async (t) => {
  const cluster = await testCluster(t);
  const client = await createClient({ kubeconfig: await cluster.serviceAccount(), userAgent: "test", log });
  t.teardown(() => client.close());
  const { store } = await replica(t, client, cluster);
  const roles = [{ name: "viewer" }, { name: "owner", admin: true }];
  const inForce: PolicyInForce = {
    issuer: ben.issuer,
    policy: new CompiledPolicy(roles, [
      { name: "owners", groups: [{ name: "owners" }], roles: ["owner"] },
      { name: "viewers", groups: [{ name: "viewers" }], roles: ["viewer"] },
    ]),
    held: false,
  };
  const signIn = async (group: string, may: "take" | "leave") => {
    const identity = { ...ben, groups: [{ name: group }] };
    const at = Date.now();
    const organization = `${cluster.namespace}/acme`;
    return await provisionSignIn(store, { organization, identity, at }, inForce, () => may);
  };
  const holds = ({ user }: Awaited<ReturnType<typeof signIn>>) =>
    user?.access?.grants.map(({ role }) => role);
  t.deepEqual(holds(await signIn("owners", "leave")), ["owner"]);
  const moved = await signIn("viewers", "leave");
  t.deepEqual(holds(moved), ["owner", "viewer"]);
  t.like(moved, { kind: "admitted", user: { decided: true, access: { reason: "AdminRoleHeld" } } });
  t.like(await signIn("viewers", "leave"), { kind: "admitted", isNoted: false }, "nothing is new");
  t.deepEqual(holds(await signIn("viewers", "take")), ["viewer"]);
});
