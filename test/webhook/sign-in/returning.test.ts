import { isDeepStrictEqual } from "node:util";
import test, { type ExecutionContext } from "ava";
import { organizationUsers } from "../../../crds/resources.ts";
import type { OrganizationUser } from "../../../crds/types.ts";
import type { CookieJar } from "../../../dev/okta/index.ts";
import { noAccess, type User } from "../../../identity/index.ts";
import { KubernetesStore } from "../../../identity/stores/kubernetes/kubernetes-store.ts";
import { waitFor } from "../../cluster.ts";
import { FaultServer } from "../../kubernetes/fault-server.ts";
import { copyOf } from "../browser.ts";
import { type Replica, webhookUnderTest } from "../webhook-under-test.ts";

const HOUR = 3_600_000;

/** A webhook whose requests to the API server can be seen and held. */
async function scene(t: ExecutionContext) {
  const faults = await FaultServer.start(t);
  const under = await webhookUnderTest(t, { faults });
  await under.applyAcme();
  /** The writes of accounts so far. */
  const writes = (): string[] =>
    faults.requests
      .filter((request) => /^(POST|PUT|PATCH) .*\/organizationusers/.test(request))
      .map((request) => request.replace(/ .*\/organizationusers(\/[^/]+)?/, " "));
  return { ...under, faults, writes };
}

/** The store as this replica has it. */
function storeOf({ client, webhook }: Pick<Replica, "client" | "webhook">): KubernetesStore {
  return new KubernetesStore({ client, cache: webhook.caches.users, type: organizationUsers });
}

async function personIn(replica: Pick<Replica, "client" | "webhook">, name: string): Promise<User> {
  return waitFor(
    () => {
      const store = storeOf(replica);
      const found = replica.webhook.caches.users
        .list()
        .find(({ spec }) => spec.email === `${name}@acme.example`);
      const user = found && store.get(`${found.metadata.namespace}/${found.metadata.name}`);
      return user?.decided ? user : undefined; // its second write is heard of, too
    },
    { what: `${name} to be known` },
  );
}

/** Writes an account's status, which this replica knows at once. */
async function writeStatus(
  { client, webhook }: Pick<Replica, "client" | "webhook">,
  account: OrganizationUser,
): Promise<OrganizationUser> {
  const written = await client.replace(organizationUsers, account, { subresource: "status" });
  webhook.caches.users.observe(written);
  return written;
}

test("a first sign-in is one create and one status; who comes back unchanged waits for no write; what is new is written first", async (t) => {
  const { signIn, signedIn, session, faults, writes, okta } = await scene(t);
  await signedIn("ada");
  t.deepEqual(writes(), ["POST ", "PUT /status"]);

  const released = Promise.withResolvers<void>();
  faults.holds = ({ method }) => (method === "GET" ? undefined : released.promise);
  const again = await signIn("ada");
  t.is(again.response.status, 303, "with nothing written at all");
  t.is((await session(again.cookies)).status, 200);
  t.is(writes().length, 2);
  released.resolve();

  okta.directory.addToGroup("portal_admin", "ada@acme.example");
  const more = await signIn("ada");
  t.deepEqual(writes().slice(2), ["PUT ", "PUT /status"]);
  t.is(((await session(more.cookies)).body.roles as unknown[]).length, 2);
});

test("when somebody has signed in last is stored afterwards, once a minute, and what waits at the end", async (t) => {
  const under = await scene(t);
  const { signedIn, writes, users, stop } = under;
  await signedIn("ada");
  const lastLogin = async (): Promise<number> =>
    Date.parse((await users()).get("ada@acme.example")?.status?.lastLoginTime ?? "");
  const setBack = async (ms: number): Promise<number> => {
    const ada = await under.client.get(organizationUsers, (await personIn(under, "ada")).ref);
    const at = Math.floor((Date.now() - ms) / 1000) * 1000;
    const lastLoginTime = new Date(at).toISOString();
    const signIns = [{ time: lastLoginTime, outcome: "Admitted" as const, reason: "MappedGroup" }];
    const status = { sessionEpoch: 0, ...ada.status, lastLoginTime, signIns };
    await writeStatus(under, { ...ada, status });
    return at;
  };
  const hourAgo = await setBack(HOUR);
  const before = writes().length;
  await signedIn("ada");
  await waitFor(async () => (await lastLogin()) > hourAgo || undefined, { what: "the time to be stored" });
  t.deepEqual(writes().slice(before), ["PUT /status"]);

  const justNow = await setBack(20_000);
  await signedIn("ada");
  await stop();
  t.true((await lastLogin()) > justNow);
});

test("a refused sign-in of somebody who has an account is in it: with what it takes, or afterwards", async (t) => {
  const under = await scene(t);
  const { signIn, signedIn, writes, users, okta } = under;
  await signedIn("ada");
  okta.directory.removeFromGroup("service_admin", "ada@acme.example");
  const refused = await signIn("ada");
  t.is(refused.response.status, 403);
  t.deepEqual(writes().slice(2), ["PUT ", "PUT /status"]);
  const ada = async () => (await users()).get("ada@acme.example")?.status;
  const status = await ada();
  t.like(status?.signIns?.[0], { outcome: "Refused", reason: "NoMappedGroup" });
  t.deepEqual(
    status?.history?.map(({ what, reason }) => [...what, reason]),
    [
      ["Deactivated", "SignIn"],
      ["Activated", "SignIn"],
    ],
  );

  const object = await under.client.get(organizationUsers, (await personIn(under, "ada")).ref);
  const { signIns: _, ...forgotten } = { sessionEpoch: 1, ...object.status };
  const { status: written } = await writeStatus(under, {
    ...object,
    status: { ...forgotten, lastLoginTime: new Date(Date.now() - HOUR).toISOString() },
  });
  t.is((await signIn("ada")).response.status, 403);
  await waitFor(async () => (await ada())?.signIns?.[0]?.outcome === "Refused" || undefined, {
    what: "the refusal to be stored",
  });
  t.deepEqual(writes().slice(4), ["PUT /status", "PUT /status"], "that of this test, and one afterwards");
  t.is((await ada())?.lastLoginTime, written?.lastLoginTime, "nobody was let in");
  t.is((await ada())?.history?.length, 2);
});

test("who was put out elsewhere a moment ago gets no session by signing in where that isn't known yet", async (t) => {
  const { signIn, signedIn, session, faults, writes, replica, cluster, ...under } = await scene(t);
  const other = await replica({ kubeconfig: await cluster.serviceAccount() });
  for (const name of ["ada", "ben", "raj"]) await signedIn(name);
  const [ada, ben, raj] = await Promise.all(["ada", "ben", "raj"].map((name) => personIn(other, name)));
  if (!ada || !ben || !raj) return t.fail();

  // From here on one hears of nobody any more, and takes itself to be current.
  under.webhook.caches.users.freshness = () => 0;
  faults.fault = (request, response) => {
    const isUserWatch = request.url?.includes("organizationusers?") && request.url.includes("watch=true");
    if (isUserWatch) response.writeHead(500).end();
    return isUserWatch === true;
  };
  faults.breakWatches();
  for (const user of [ada, raj])
    await storeOf(other).update(user, { access: noAccess("NoMappedGroup", "Put out elsewhere.") });
  await storeOf(other).update(ben, { endSessions: "a stolen laptop" });
  await cluster.kubectl("delete", "orguser", raj.ref.slice(raj.ref.indexOf("/") + 1));
  await waitFor(() => storeOf(other).get(raj.ref) === undefined || undefined, { what: "Raj to be gone" });

  const before = writes().length;
  const cookies: CookieJar[] = [];
  for (const name of ["ada", "ben", "raj"]) {
    const signedIn = await signIn(name);
    t.is(signedIn.response.status, 303, name);
    cookies.push(signedIn.cookies);
  }
  t.is(writes().length, before, "what is stored stands");
  // A refusal takes the cookie away: of each there is a copy.
  const codes = (at: { url: string }) =>
    Promise.all(cookies.map(async (each) => (await session(copyOf(each, at.url), at)).body.code));
  const refused = ["account-deactivated", "session-ended", "account-unknown"];
  t.deepEqual(await codes(other), refused, "at once where it is known");

  faults.fault = () => false;
  await waitFor(async () => isDeepStrictEqual(await codes(under), refused) || undefined, {
    what: "the first one to hear of it",
  });
  for (const name of ["ada", "ben", "raj"]) {
    const signedIn = await signIn(name);
    t.is(signedIn.response.status, 303, `${name}: ${signedIn.response.body}`);
    t.like(await session(signedIn.cookies), { status: 200 }, `${name} may sign in`);
  }
});

test("whatever isn't a person going somewhere gets 401 and the login URI from it, and no cookie", async (t) => {
  const { applyAcme, browser, url } = await webhookUnderTest(t);
  await applyAcme();
  const answers = [
    await browser().get("/login/acme?return_to=/api/1", { "sec-fetch-mode": "cors", accept: "*/*" }),
    await browser().post("/login/acme?return_to=/form", { a: "b" }),
  ];
  for (const { status, headers, body } of answers) {
    t.is(status, 401);
    t.is(headers["set-cookie"], undefined);
    t.truthy(headers["www-authenticate"]);
    t.like(JSON.parse(body), { code: "sign-in-needed", login: `${url}/login/acme` });
  }
});
