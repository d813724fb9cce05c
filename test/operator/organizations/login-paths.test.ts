import test, { type ExecutionContext } from "ava";
import { createTestCluster, type TestCluster, waitFor } from "../../cluster.ts";
import { LOGIN_PATHS } from "../../login-paths.ts";
import {
  CLIENT_SECRET,
  type OperatorTestOptions,
  operatorUnderTest,
  organizationObject,
  secret,
} from "../operator-under-test.ts";

/** An operator that serves two namespaces, whose organizations may want the same login path. */
async function twoNamespaces(t: ExecutionContext, options: OperatorTestOptions = {}) {
  const other = await createTestCluster();
  const underTest = await operatorUnderTest(t, { ...options, alsoServes: [other] });
  t.teardown(() => other.remove());
  const { cluster, okta } = underTest;
  const places = { team: cluster, other };
  type Place = keyof typeof places;
  const ok = async (run: ReturnType<TestCluster["kubectl"]>): Promise<string> => (await run).stdout;
  const object = (name: string, loginPath: string) =>
    organizationObject(name, {
      loginPath,
      roles: [{ name: "viewer", displayName: "Viewer" }],
      okta: {
        issuer: okta.issuer("default"),
        clientID: "0oaTest",
        clientSecretRef: { name: "acme-okta", key: "clientSecret" },
      },
    });
  for (const place of Object.values(places)) await place.apply(secret({ clientSecret: CLIENT_SECRET }));
  const accepted = async (place: Place, name: string) => {
    const status =
      JSON.parse(await ok(places[place].kubectl("get", "oktaorg", name, "-o", "json"))).status ?? {};
    const found = status.conditions?.find(({ type }: { type: string }) => type === "LoginPathAccepted");
    return { ...found, loginURI: status.loginURI };
  };
  return {
    ...underTest,
    object,
    /** The key of an organization there. */
    key: (place: Place, name: string) => `${places[place].namespace}/${name}`,
    apply: (place: Place, name: string, loginPath: string) => places[place].apply(object(name, loginPath)),
    kubectl: (place: Place, ...args: string[]) => ok(places[place].kubectl(...args)),
    /** As `kubectl replace --force`: deleted, and made again a moment later. */
    replace: (place: Place, name: string, loginPath: string) =>
      ok(places[place].kubectlWith(object(name, loginPath), "replace", "--force", "-f", "-")),
    uid: (place: Place, name: string) =>
      ok(places[place].kubectl("get", "oktaorg", name, "-o", "jsonpath={.metadata.uid}")),
    /** Waits for what is said of its login path. */
    untilPath: (place: Place, name: string, reason: string, says = /./) =>
      waitFor(
        async () => {
          const found = await accepted(place, name);
          return found.reason === reason && says.test(found.message) ? found : undefined;
        },
        { what: `${name} in the ${place} namespace to be told ${reason} ${says}` },
      ),
    reserved: async () => {
      const found = await ok(
        cluster.kubectl("get", "configmap", LOGIN_PATHS, "-o", "json", "--ignore-not-found"),
      );
      return found === "" ? undefined : (JSON.parse(found).data as Record<string, string>);
    },
    /** What an admin does. */
    setReserved: (data: Record<string, string | null>) =>
      ok(cluster.kubectl("patch", "configmap", LOGIN_PATHS, "--type=merge", "-p", JSON.stringify({ data }))),
  };
}

type TwoNamespaces = Awaited<ReturnType<typeof twoNamespaces>>;

/** The team's organization has the path acme, and another one waits for it. */
async function acmeIsWaitedFor(s: TwoNamespaces): Promise<void> {
  await s.apply("team", "acme", "acme");
  await s.untilPath("team", "acme", "Accepted");
  await s.apply("other", "waiting", "acme");
  await s.untilPath("other", "waiting", "LoginPathTaken");
}

/** The same, and the team's organization is gone: the path is kept for it. */
async function acmeIsKept(s: TwoNamespaces): Promise<void> {
  await acmeIsWaitedFor(s);
  await s.kubectl("team", "delete", "oktaorg", "acme");
  await s.untilPath("other", "waiting", "LoginPathTaken", /is kept for/);
}

/** Creation times have seconds. */
async function untilAnotherSecond(): Promise<void> {
  const start = Date.now();
  await waitFor(() => (Math.floor(Date.now() / 1000) > Math.floor(start / 1000) + 1 ? true : undefined), {
    what: "another second",
  });
}

test("an older organization that edits its path to another's doesn't get it, and is told whose it is", async (t) => {
  const s = await twoNamespaces(t);
  await s.apply("other", "older", "elsewhere");
  await s.untilPath("other", "older", "Accepted");
  await untilAnotherSecond();
  await s.apply("team", "acme", "acme");
  await s.untilPath("team", "acme", "Accepted");
  await s.apply("other", "older", "acme");
  const taken = await s.untilPath("other", "older", "LoginPathTaken");
  t.is(
    taken.message,
    `The login path acme belongs to the organization ${s.key("team", "acme")}: choose another spec.loginPath.`,
  );
  t.is(taken.loginURI, undefined, "nobody is sent to somebody else's page");
  t.is((await s.untilPath("team", "acme", "Accepted")).loginURI, "http://localhost:8080/login/acme");
});

test("an owner that is made again has its path back, and a squatter that waits for it is told", async (t) => {
  const s = await twoNamespaces(t);
  await s.apply("other", "squatter", "elsewhere");
  await untilAnotherSecond();
  await s.apply("team", "acme", "acme");
  await s.untilPath("team", "acme", "Accepted");
  await s.apply("other", "squatter", "acme");
  await s.untilPath("other", "squatter", "LoginPathTaken", /belongs to/);
  const before = await s.uid("team", "acme");

  await s.kubectl("team", "delete", "oktaorg", "acme");
  const kept = await s.untilPath("other", "squatter", "LoginPathTaken", /is kept for/);
  t.regex(kept.message, /until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ: .*ask whoever runs this operator/);
  t.regex((await s.reserved())?.acme ?? "", /\/acme unused since \d{4}/);

  await s.apply("team", "acme", "acme");
  await s.untilPath("team", "acme", "Accepted");
  t.not(await s.uid("team", "acme"), before);
  await s.untilPath("other", "squatter", "LoginPathTaken", /belongs to/);
  t.deepEqual(await s.reserved(), {
    acme: s.key("team", "acme"),
    elsewhere: `${(await s.reserved())?.elsewhere}`,
  });

  await s.replace("team", "acme", "acme");
  await s.untilPath("team", "acme", "Accepted");
  t.is((await s.reserved())?.acme, s.key("team", "acme"));
});

test("a path is kept while the operator is away, also from a squatter that comes first when all is restored", async (t) => {
  const s = await twoNamespaces(t);
  await s.apply("team", "acme", "acme");
  await s.untilPath("team", "acme", "Accepted");
  await s.stop();
  await s.kubectl("team", "delete", "oktaorg", "acme");
  await s.apply("other", "squatter", "acme");
  await untilAnotherSecond();
  // Restored without its status, and younger than the squatter.
  await s.apply("team", "acme", "acme");
  s.start();
  await s.untilPath("team", "acme", "Accepted");
  t.regex(
    (await s.untilPath("other", "squatter", "LoginPathTaken")).message,
    /belongs to the organization .*\/acme/,
  );
});

test("of two new organizations the older gets the path, and it is reserved from then on", async (t) => {
  const s = await twoNamespaces(t, { autoStart: false });
  await s.apply("other", "older", "acme");
  await untilAnotherSecond();
  await s.apply("team", "acme", "acme");
  s.start();
  await s.untilPath("other", "older", "Accepted");
  await s.untilPath("team", "acme", "LoginPathTaken");
  t.deepEqual(await s.reserved(), { acme: s.key("other", "older") });
});

test("an owner that moves away frees its path after a while, and whoever waits for it is told at once", async (t) => {
  const s = await twoNamespaces(t, { loginPaths: { retentionMs: 1 } });
  await acmeIsWaitedFor(s);
  await s.apply("team", "acme", "acme-eu");
  await s.untilPath("other", "waiting", "Accepted");
  await s.untilPath("team", "acme", "Accepted", /acme-eu/);
  t.deepEqual(await s.reserved(), { acme: s.key("other", "waiting"), "acme-eu": s.key("team", "acme") });
});

test("how long a path is kept is told by the API server's clock: a replica's own may be wrong", async (t) => {
  const hours = { ahead: 0 };
  const s = await twoNamespaces(t, { serverTime: () => Date.now() + hours.ahead * 3_600_000 });
  await acmeIsKept(s);
  hours.ahead = 1;
  await s.apply("other", "another", "acme-eu");
  await s.untilPath("other", "waiting", "Accepted");
  t.is((await s.reserved())?.acme, s.key("other", "waiting"));
});

test("whoever runs the operator frees a path at once, and gives one to somebody beforehand", async (t) => {
  const s = await twoNamespaces(t);
  await acmeIsKept(s);
  await s.setReserved({ acme: null, beta: s.key("other", "beta") });
  await s.untilPath("other", "waiting", "Accepted");
  await s.apply("team", "acme", "beta");
  await s.untilPath("team", "acme", "LoginPathTaken", /\/beta/);
  await s.setReserved({ beta: "who knows" });
  const unreadable = await s.untilPath("team", "acme", "LoginPathUnreadable");
  t.regex(unreadable.message, /entry beta of the ConfigMap .*okta-role-operator-login-paths/);
  t.is((await s.reserved())?.beta, "who knows", "somebody has to look at it");
});

test("whoever deletes what is reserved frees nothing: it is there again", async (t) => {
  const s = await twoNamespaces(t);
  await s.apply("other", "older", "elsewhere");
  await untilAnotherSecond();
  await s.apply("team", "acme", "acme");
  await s.untilPath("team", "acme", "Accepted");
  await s.apply("other", "older", "acme");
  await s.untilPath("other", "older", "LoginPathTaken");
  await s.kubectl("team", "delete", "oktaorg", "acme");
  await s.untilPath("other", "older", "LoginPathTaken", /is kept for/);
  await s.kubectl("team", "delete", "configmap", LOGIN_PATHS);
  const again = await waitFor(() => s.reserved(), { what: "it to be there again" });
  t.regex(again.acme ?? "", new RegExp(`^${s.key("team", "acme")} unused since`));
});

test("one namespace can't reserve without bound, and is told so; another isn't held up", async (t) => {
  const s = await twoNamespaces(t, { loginPaths: { perNamespace: 2 } });
  for (const path of ["one", "two"]) {
    await s.apply("other", "mover", path);
    await s.untilPath("other", "mover", "Accepted", new RegExp(path));
  }
  await s.apply("other", "mover", "three");
  const limit = await s.untilPath("other", "mover", "LoginPathLimit");
  t.regex(limit.message, /has 2 login paths already, those included that were left lately/);
  await s.apply("team", "acme", "three");
  await s.untilPath("team", "acme", "Accepted");
});

test("prefixes bind login paths to namespaces", async (t) => {
  const bound: [string, string][] = [];
  const s = await twoNamespaces(t, { autoStart: false, prefixes: bound });
  bound.push([s.cluster.namespace, "a-"]);
  await s.apply("team", "acme", "acme");
  await s.apply("other", "intruder", "a-one");
  s.start();
  const own = await s.untilPath("team", "acme", "LoginPathNotAllowed");
  t.is(
    own.message,
    `Login paths of the namespace ${s.cluster.namespace} begin with a-, and acme doesn't: choose another spec.loginPath.`,
  );
  await s.untilPath("other", "intruder", "LoginPathNotAllowed", /is kept for other namespaces/);
  await s.apply("team", "acme", "a-one");
  await s.untilPath("team", "acme", "Accepted");
});

test("after an upgrade from a version that reserved nothing, whoever holds a path gets the reservation", async (t) => {
  const s = await twoNamespaces(t, { autoStart: false });
  await s.apply("other", "older", "acme");
  await untilAnotherSecond();
  await s.apply("team", "acme", "acme");
  const condition = {
    type: "LoginPathAccepted",
    status: "True",
    reason: "Accepted",
    message: "People sign in at /login/acme.",
    lastTransitionTime: new Date().toISOString(),
    observedGeneration: 1,
  };
  const status = { loginURI: "http://localhost:8080/login/acme", conditions: [condition] };
  const patch = JSON.stringify({ status });
  await s.kubectl("team", "patch", "oktaorg", "acme", "--subresource=status", "--type=merge", "-p", patch);
  s.start();
  await s.untilPath("other", "older", "LoginPathTaken");
  await s.untilPath("team", "acme", "Accepted");
  t.deepEqual(await s.reserved(), { acme: s.key("team", "acme") });
});

test("what can't be written isn't given, what is reserved holds, and a restart keeps all of it", async (t) => {
  const s = await twoNamespaces(t);
  await s.apply("team", "acme", "acme");
  await s.untilPath("team", "acme", "Accepted");
  await s.kubectl("team", "patch", "configmap", LOGIN_PATHS, "--type=merge", "-p", '{"immutable":true}');
  await s.apply("other", "new", "beta");
  const unreserved = await s.untilPath("other", "new", "LoginPathUnreserved");
  t.is(unreserved.status, "Unknown");
  t.regex(unreserved.message, /isn't reserved yet, so that nobody can sign in: .*immutable/);
  t.is((await s.untilPath("team", "acme", "Accepted")).status, "True");
  await s.stop();
  await s.kubectl("team", "delete", "configmap", LOGIN_PATHS);
  s.start();
  await s.untilPath("other", "new", "Accepted");
  t.deepEqual(await s.reserved(), { acme: s.key("team", "acme"), beta: s.key("other", "new") });
});
