import test, { type ExecutionContext } from "ava";
import { organizations as organizationType } from "../../../crds/resources.ts";
import { Cache, type Client, ConflictError, configMaps, createClient } from "../../../kubernetes/index.ts";
import { LoginPaths } from "../../../operator/organizations/login-paths.ts";
import { reservationsCache } from "../../../organizations/login-path-reservations.ts";
import { testCluster, waitFor } from "../../cluster.ts";
import { logLines } from "../../log-lines.ts";
import { loginPathsIn } from "../../login-paths.ts";
import { organizationObject } from "../operator-under-test.ts";

/** What reserves login paths, without an operator around it, at a clock of its own. @param between before each write */
async function reserving(t: ExecutionContext, between: (admin: Client) => Promise<unknown> = async () => {}) {
  const cluster = await testCluster(t);
  const { namespace } = cluster;
  const { log } = logLines();
  const admin = await createClient({ kubeconfig: cluster.kubeconfig, userAgent: "test", log });
  const rules = { ...loginPathsIn(namespace), retentionMs: 3_600_000 };
  const cache = reservationsCache(rules.object, { client: admin, log });
  const organizations = new Cache({
    type: organizationType,
    client: admin,
    namespaces: [namespace],
    indexes: { loginPath: ({ spec }) => [spec.loginPath] },
    log,
  });
  const stop = new AbortController();
  const running = [cache.run(stop.signal), organizations.run(stop.signal)];
  t.teardown(async () => {
    stop.abort();
    await Promise.all(running);
    await admin.close();
  });
  await Promise.all([cache.synced, organizations.synced]);
  const clock = { now: Date.parse("2026-11-24T09:00:00Z") };
  let writes = 0;
  const client: Pick<Client, "create" | "replace"> = {
    create: (type, object) => admin.create(type, object),
    replace: async (type, object) => {
      writes++;
      await between(admin);
      return admin.replace(type, object);
    },
  };
  const { object } = rules;
  const loginPaths = new LoginPaths({
    client,
    cache,
    organizations,
    isOthers: () => false,
    object,
    rules,
    now: () => clock.now,
    log,
  });
  const known = async (name: string, loginPath: string) => {
    const key = `${namespace}/${name}`;
    const spec = { ...organizationTemplate, loginPath };
    const made = organizationObject(name, spec);
    await cluster.apply(made);
    return waitFor(
      () => {
        const found = organizations.get(key);
        return found?.spec.loginPath === loginPath ? found : undefined;
      },
      { what: `${name} to be known` },
    );
  };
  return { loginPaths, clock, known, cache, object, admin, writes: () => writes };
}

const organizationTemplate = {
  roles: [{ name: "viewer", displayName: "Viewer" }],
  okta: {
    issuer: "https://acme.okta.com",
    clientID: "0oaTest",
    clientSecretRef: { name: "acme-okta", key: "clientSecret" },
  },
};

test("what somebody else writes at the same time isn't lost: it is decided again", async (t) => {
  let once = true;
  const s = await reserving(t, async (admin) => {
    if (!once) return;
    once = false;
    await admin.mergePatch(configMaps, s.object, { data: { gamma: "team-c/gamma" } });
  });
  await s.known("acme", "acme");
  await s.loginPaths.settle();
  const beta = await s.known("beta", "beta");
  await t.throwsAsync(s.loginPaths.settle(), { instanceOf: ConflictError });
  await waitFor(() => s.cache.get(`${s.object.namespace}/${s.object.name}`)?.data?.gamma, {
    what: "the other write to be known",
  });
  await s.loginPaths.settle();
  t.is(s.loginPaths.of(beta).kind, "accepted");
  const { data } = await s.admin.get(configMaps, s.object);
  t.deepEqual(Object.keys(data ?? {}), ["acme", "beta", "gamma"]);
});

test("a path that was left is free when its time is over; nothing is written while nothing changes", async (t) => {
  const s = await reserving(t);
  await s.known("acme", "acme");
  await s.loginPaths.settle();
  await s.known("acme", "acme-eu");
  await s.loginPaths.settle();
  const written = s.writes();
  s.clock.now += 3_599_999;
  await s.loginPaths.settle();
  t.is(s.writes(), written);
  s.clock.now += 1;
  await s.loginPaths.settle();
  const { data } = await s.admin.get(configMaps, s.object);
  t.deepEqual(Object.keys(data ?? {}), ["acme-eu"]);
  t.is(s.writes(), written + 1);
});
