import type { ServerResponse } from "node:http";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { freePort } from "../../dev/control-plane/ports.ts";
import { Tether } from "../../dev/control-plane/tether.ts";
import { CookieJar, signIn } from "../../dev/okta/index.ts";
import { type Program, startProgram } from "../../dev/quickstart/program.ts";
import { waitFor } from "../cluster.ts";
import { exactly } from "../exactly.ts";
import { kubeconfigVia } from "../kubernetes/api-server.ts";
import { type Fault, FaultServer, statusAnswer } from "../kubernetes/fault-server.ts";
import { untilRefused } from "../until-refused.ts";
import { Browser } from "./browser.ts";
import {
  CLIENT_ID,
  CLIENT_SECRET,
  object,
  secret,
  type UnderTest,
  webhookUnderTest,
} from "./webhook-under-test.ts";

test("killed between the two writes of a first sign-in, the webhook leaves what the next sign-in finishes", async (t) => {
  const underTest = await webhookUnderTest(t);
  await underTest.applyAcme();
  const { process, faults } = await webhookProcess(t, underTest);
  const status = held(faults, "PUT", /\/organizationusers\/[^/]+\/status$/);
  const first = signInAt(underTest, process, "ada").catch(() => undefined);
  await status.arrived;
  await process.kill();
  await first;

  const half = (await underTest.users()).get("ada@acme.example");
  t.truthy(half, "the account is there");
  t.is(half?.status?.state, undefined, "what follows from it isn't");
  const { response, cookies } = await underTest.signIn("ada");
  t.is(response.status, 303);
  t.is((await underTest.session(cookies)).status, 200);
  const whole = await underTest.users();
  t.is(whole.size, 1, "no second account");
  t.like(whole.get("ada@acme.example")?.status, {
    state: "Active",
    roles: exactly({ name: "service-admin" }),
  });
});

test("killed before anything was written, the webhook leaves nothing; killed between spec and status of a loss, the next sign-in finishes it", async (t) => {
  const underTest = await webhookUnderTest(t);
  const { applyAcme, users, okta, session } = underTest;
  await applyAcme();
  const one = await webhookProcess(t, underTest);
  const create = held(one.faults, "POST", /\/organizationusers$/);
  const first = signInAt(underTest, one.process, "ada").catch(() => undefined);
  await create.arrived;
  await one.process.kill();
  await first;
  t.is((await users()).size, 0);

  const cookies = await underTest.signedIn("ada");
  okta.directory.removeFromGroup("service_admin", "ada@acme.example");
  const two = await webhookProcess(t, underTest);
  const loss = held(two.faults, "PUT", /\/status$/);
  const second = signInAt(underTest, two.process, "ada").catch(() => undefined);
  await loss.arrived;
  await two.process.kill();
  await second;
  t.is((await users()).get("ada@acme.example")?.status?.state, "Active", "the second write is missing");

  t.is((await underTest.signIn("ada")).response.status, 403);
  t.is((await users()).get("ada@acme.example")?.status?.state, "Deactivated");
  t.is((await session(cookies)).status, 401);
});

test("killed while it notes what the event hook tells, the webhook has answered only what is noted, and another replica is told the rest", async (t) => {
  const underTest = await webhookUnderTest(t);
  const { apply, applyAcme, cluster, okta, url } = underTest;
  await apply(secret("acme-hook", { secret: "the hook's secret" }));
  const apiTokenRef = { name: "acme-okta", key: "apiToken" };
  const directory = { url: okta.url, apiTokenRef, provision: "BeforeLogin" };
  await applyAcme({ okta: { directory, eventHook: { secretRef: { name: "acme-hook", key: "secret" } } } });
  const noted = async () =>
    (await cluster.kubectl("get", "hints", "acme", "-o", "jsonpath={.spec.people[*].id}")).stdout.split(" ");

  const { process, faults } = await webhookProcess(t, underTest);
  // A busy machine may be too slow for the time that Okta waits: then it tells once more.
  const tell = async (): Promise<true | undefined> =>
    (await toldOf("00u1", `http://localhost:${process.port}`)) === 204 || undefined;
  await waitFor(tell, { what: "the first event to be noted" });
  const write = held(faults, "PUT", /\/oktahints\//);
  const cut = toldOf("00u2", `http://localhost:${process.port}`).catch(() => "no answer");
  await write.arrived;
  await process.kill();
  t.not(await cut, 204);
  t.deepEqual(await noted(), ["00u1"]);

  t.is(await toldOf("00u2", url), 204);
  t.deepEqual(await noted(), ["00u1", "00u2"]);
});

test("asked to stop, the webhook finishes the sign-in that is under way, and what it has to report", async (t) => {
  const underTest = await webhookUnderTest(t);
  const { apply, applyAcme, cluster, condition } = underTest;
  await applyAcme();
  const { process, faults } = await webhookProcess(t, underTest);
  const health = new Browser(`http://127.0.0.1:${process.healthPort}`);
  const report = Promise.withResolvers<void>();
  const events = Promise.withResolvers<void>();
  const watch = Promise.withResolvers<void>();
  // What follows a report that fails waits for 2 s, unless it is the end.
  faults.failTimes(
    1,
    ({ method, url }) => method === "PATCH" && url?.includes("/oktarolemappings/") === true,
    (response) => void report.promise.then(() => statusAnswer(400, "BadRequest")(response)),
  );
  // Watches that are open stay so until they are broken.
  faults.holds = ({ method, url = "" }) => {
    if (method === "POST" && url.endsWith("/events")) return events.promise;
    return /\/organizationusers\?.*watch=true/.test(url) ? watch.promise : undefined;
  };
  const first = await signInTwice(underTest, process, "ada");
  t.is(await lastLogin(underTest, "ada"), first, "the second is stored a minute later, or at the end");
  faults.breakWatches();
  await apply(
    object("OrganizationUser", "mia", {
      organizationRef: { name: "acme" },
      source: "Local",
      email: "mia@acme.example",
    }),
  );

  const status = held(faults, "PUT", /\/organizationusers\/[^/]+\/status$/);
  const signingIn = signInAt(underTest, process, "ben");
  await status.arrived;
  const stopped = process.stop();
  await waitFor(async () => (await process.logged()).some(({ msg }) => msg === "stopping") || undefined, {
    what: "the webhook to have heard of it",
  });
  const ready = await health.get("/readyz");
  t.is(ready.status, 503);
  t.regex(ready.body, /^\[-\] shutdown: /);
  watch.resolve();
  const known = 'okta_role_cache_objects{resource="organizationusers"} 3';
  await waitFor(async () => (await health.get("/metrics")).body.includes(known) || undefined, {
    what: "it to hear of Mia, as long as somebody is answered",
  });
  status.release();
  t.is((await signingIn).status, 303);
  await untilRefused(process.port);
  report.resolve();
  const provisioned = () => condition("orm", "services", "UsersProvisioned", "True", "SignedIn");
  await waitFor(async () => (await provisioned()).message.startsWith("ben@acme.example ") || undefined, {
    what: "the mapping to say who has signed in last",
  });
  events.resolve();
  await stopped;
  t.true(
    (await process.logged()).some(({ msg }) => msg === "stopped"),
    "in time",
  );
  t.true((await lastLogin(underTest, "ada")) > first);
  const { stdout } = await cluster.kubectl("get", "events", "-o", "jsonpath={.items[*].reason}");
  t.is(stdout.match(/Activated/g)?.length, 2, stdout);
});

test("asked to stop while all that it waits for hangs, the webhook stops in time", async (t) => {
  const underTest = await webhookUnderTest(t);
  await underTest.applyAcme();
  const { process, faults } = await webhookProcess(t, underTest);
  await signInTwice(underTest, process, "ada");
  const status = held(faults, "PUT", /\/organizationusers\/[^/]+\/status$/);
  const never = new Promise(() => {});
  faults.holds = ({ method, url = "" }) => (method !== "GET" && url.includes("/status") ? never : undefined);
  const signingIn = signInAt(underTest, process, "ben").catch(() => "cut");
  await status.arrived;
  await process.stop();
  t.is(await signingIn, "cut");
  t.is(await process.process.exited, 0);
  t.true((await process.logged()).some(({ msg }) => msg === "stopped"));
});

test("the process says where it listens, is ready, counts what it does, and explains its flags", async (t) => {
  const underTest = await webhookUnderTest(t);
  await underTest.applyAcme();
  const { process } = await webhookProcess(t, underTest);
  const health = new Browser(`http://127.0.0.1:${process.healthPort}`);
  t.is((await health.get("/readyz")).status, 200);
  t.is((await health.get("/livez")).status, 200);
  await signInAt(underTest, process, "ada");
  await signInAt(underTest, process, "eve");
  await new Browser(`http://127.0.0.1:${process.port}`).get("/session");
  const { body } = await health.get("/metrics");
  const organization = `${underTest.cluster.namespace}/acme`;
  t.true(
    body.includes(
      `okta_role_logins_total{organization="${organization}",outcome="admitted",reason="MappedGroup"} 1`,
    ),
  );
  t.true(
    body.includes(
      `okta_role_logins_total{organization="${organization}",outcome="refused",reason="NoMappedGroup"} 1`,
    ),
  );
  t.true(
    body.includes(
      `okta_role_logins_total{organization="${organization}",outcome="refused",reason="ClaimLost"} 0`,
    ),
    "so that the first is an increase",
  );
  t.true(body.includes('okta_role_session_checks_total{outcome="no-session"} 1'));
  t.regex(body, /okta_role_login_duration_seconds_count\{outcome="admitted"\} 1/);
  for (const outcome of ["admitted", "refused"])
    t.true(body.includes(`okta_role_provisioning_duration_seconds_count{outcome="${outcome}"} 1`), outcome);
  t.regex(body, /nodejs_eventloop_lag/);
  await process.stop();
  const unreached = ["--base-url", "https://login.example.com", "--application-hosts", "app.example.com"];
  await t.throwsAsync(webhookProcess(t, underTest, { flags: unreached }), {
    message: /ended at once.*Sessions don't reach app\.example\.com/s,
  });
  const lines = await process.logged();
  const text = JSON.stringify(lines);
  t.notRegex(text, /code=|state=|the-right-secret|eyJ[\w-]+\.eyJ/, "nothing secret is logged");
  t.true(
    lines.some(({ msg, path, status }) => msg === "request" && path === "/callback/acme" && status === 303),
  );
});

test("until the process has read everything once, it sends nobody to any Okta, and says why it isn't ready", async (t) => {
  const underTest = await webhookUnderTest(t);
  await underTest.applyAcme();
  const [port, healthPort] = [String(await freePort()), String(await freePort())];
  let blind = true;
  const starting = webhookProcess(t, underTest, {
    flags: ["--port", port, "--health-port", healthPort],
    fault: (request, response) => {
      const refused = blind && request.url?.includes("/configmaps");
      if (refused) statusAnswer(403, "Forbidden")(response);
      return refused === true;
    },
  });
  const browser = new Browser(`http://127.0.0.1:${port}`);
  const health = new Browser(`http://127.0.0.1:${healthPort}`);
  const lists = ["organizations", "oktarolemappings", "organizationusers"].map(
    (resource) => `okta_role_cache_lists_total{resource="${resource}",result="complete"}`,
  );
  const keys = 'kubernetes_client_requests_total{verb="get",resource="secrets",code="200"}';
  await waitFor(
    async () => {
      const metrics = await health.get("/metrics").catch(() => undefined);
      return [...lists, keys].every((line) => metrics?.body.includes(line)) || undefined;
    },
    { what: "it to have read all but which login paths are reserved" },
  );
  const [login, ready] = [await browser.get("/login/acme"), await health.get("/readyz")];
  blind = false;
  await starting;
  t.like(login, { status: 503, body: "starting\n" });
  t.is(login.headers["retry-after"], "1");
  t.is(ready.status, 503);
  t.regex(ready.body, /webhook: not everything has been read yet/);
  t.is((await browser.get("/login/acme")).status, 303);
  t.is((await health.get("/readyz")).status, 200);
});

/**
 * A webhook as a process of its own, whose requests to the API server go through a server that can hold them.
 * @param fault what that server does from the start
 */
async function webhookProcess(
  t: ExecutionContext,
  { cluster, okta, url }: UnderTest,
  { flags = [], fault = () => false }: { flags?: readonly string[]; fault?: Fault } = {},
): Promise<{ process: Program; faults: FaultServer }> {
  const faults = await FaultServer.start(t);
  faults.fault = fault;
  const kubeconfig = await kubeconfigVia(t, faults.url, {
    insecure: true,
    kubeconfig: await cluster.serviceAccount(),
  });
  const tether = await Tether.create();
  t.teardown(() => tether.release());
  const args = [
    "--kubeconfig",
    kubeconfig,
    "--namespace",
    cluster.namespace,
    "--port",
    "0",
    "--health-port",
    "0",
    "--okta-addresses",
    "loopback",
    ...flags,
  ];
  const logFile = join(cluster.folder, `webhook-${Math.random()}.log`);
  const process = await startProgram(tether, { name: "webhook", file: "webhook/main.ts", args, logFile });
  t.teardown(() => process.kill());
  okta.saveApp({
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    redirectUris: [`${url}/callback/acme`, `http://localhost:${process.port}/callback/acme`],
    groupsClaim: {},
  });
  return { process, faults };
}

async function signInAt({ okta }: UnderTest, { port }: Program, name: string) {
  const login = `http://localhost:${port}/login/acme`;
  const { response } = await signIn(okta, login, `${name}@acme.example`, { cookies: new CookieJar() });
  return response;
}

/** Signs in, and again in another second: that is stored a minute later. @returns when it was for the first time */
async function signInTwice(underTest: UnderTest, process: Program, name: string): Promise<number> {
  await signInAt(underTest, process, name);
  const first = await lastLogin(underTest, name);
  await waitFor(() => Date.now() >= first + 1_000 || undefined, { what: "the next second" });
  await signInAt(underTest, process, name);
  return first;
}

/** When somebody has signed in last, as far as it is stored: ms since 1970. */
async function lastLogin({ users }: UnderTest, name: string): Promise<number> {
  return Date.parse((await users()).get(`${name}@acme.example`)?.status?.lastLoginTime ?? "");
}

/** Tells a webhook, as Okta's event hook does, that somebody has joined a mapped group. @returns the status of the answer */
async function toldOf(userID: string, webhook: string): Promise<number> {
  const event = {
    uuid: userID,
    published: "2026-11-26T08:00:00.000Z",
    eventType: "group.user_membership.add",
    target: [
      { type: "User", id: userID },
      { type: "UserGroup", id: "00g1", displayName: "service_admin" },
    ],
  };
  const { status } = await fetch(`${webhook}/hooks/okta/acme`, {
    method: "POST",
    headers: { authorization: "the hook's secret", "content-type": "application/json" },
    body: JSON.stringify({ eventType: "com.okta.event_hook", data: { events: [event] } }),
  });
  return status;
}

/** Holds the first request of this kind: the API server doesn't get it before `release`. */
function held(
  faults: FaultServer,
  method: string,
  path: RegExp,
): { arrived: Promise<void>; release: () => void } {
  const arrived = Promise.withResolvers<void>();
  let waiting: ServerResponse | undefined;
  faults.fault = (request, response) => {
    if (waiting || request.method !== method || !path.test(request.url ?? "")) return false;
    waiting = response;
    arrived.resolve();
    return true;
  };
  // A broken connection makes the client send it again, and this time it gets through.
  return { arrived: arrived.promise, release: () => void waiting?.destroy() };
}
