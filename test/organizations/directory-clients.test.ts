import { generateKeyPairSync, randomUUID } from "node:crypto";
import test, { type ExecutionContext } from "ava";
import type { Organization } from "../../crds/types.ts";
import { keyOf } from "../../kubernetes/index.ts";
import { Http } from "../../okta/http/http.ts";
import { Room } from "../../okta/room.ts";
import { DirectoryClients } from "../../organizations/directory-clients.ts";
import { clusterOfFile } from "../cluster-of-file.ts";
import { oktaError } from "../okta/directory/org.ts";
import { LOOPBACK } from "../okta/loopback.ts";
import { TestServer } from "../okta/server.ts";
import { SecretsUnderTest } from "./secrets-under-test.ts";

const GROUPS = "/api/v1/groups";
const shared = clusterOfFile(test);

/** An org that takes one API token, and an organization whose Secret holds one. */
async function scene(t: ExecutionContext) {
  const { namespace } = shared().cluster;
  const secrets = new SecretsUnderTest(shared());
  const name = `okta-${randomUUID()}`;
  const http = new Http({ destinations: LOOPBACK, room: new Room(20_000) });
  t.teardown(() => http.close());
  const server = await TestServer.start();
  t.teardown(() => server[Symbol.asyncDispose]());
  const org = { token: "first" };
  server.routes[GROUPS] = ({ headers }) =>
    headers.authorization === `SSWS ${org.token}` ? { body: [] } : oktaError(401, "E0000011");
  const store = (token: string, more: { key?: string } = {}) => secrets.write(name, { token, ...more });
  await store("first");
  const directory = { url: server.url, apiTokenRef: { name, key: "token" } };
  const organization = {
    metadata: { namespace, name: "acme" },
    spec: { okta: { directory } },
  } as Organization;
  const directories = new DirectoryClients({ secrets: secrets.values, http, maxWaitMs: 0 });
  return { org, name, store, secrets, server, organization, directories, namespace, room: http.room };
}

test("a token that was replaced in Okta and in the Secret is used at the next question", async (t) => {
  const { org, store, server, organization, directories } = await scene(t);
  const ask = () => directories.ask(organization, (directory) => directory.check());
  await ask();
  org.token = "second";
  await t.throwsAsync(ask(), { code: "directory-unauthorized" });
  t.is(server.callsTo(GROUPS).length, 2, "what the Secret still holds isn't sent twice");
  await store("second");
  await t.notThrowsAsync(ask());
  t.is(server.callsTo(GROUPS).length, 4);
});

test("an organization's directory is the same one as long as its address and credentials are", async (t) => {
  const { store, organization, directories } = await scene(t);
  const first = await directories.of(organization);
  t.is(await directories.of(organization, { fresh: true }), first);
  await store("second");
  t.is(await directories.of(organization), first, "the Secret was read a moment ago");
  t.not(await directories.of(organization, { fresh: true }), first);
});

test("however many hosts one organization or namespace reads from, others have room for what they read", async (t) => {
  const { server, organization, directories, namespace, room } = await scene(t);
  server.routes[GROUPS] = () => ({
    body: "[]".padEnd(1_500),
    headers: { "content-type": "application/json" },
  });
  const read = () => directories.ask(organization, (directory) => directory.check());
  {
    using its = room.share(keyOf(organization));
    t.true(its.take(7_500));
    await t.throwsAsync(read(), { code: "directory-unreachable", message: /no memory for more/ });
  }
  {
    using neighbours = room.share(`${namespace}/neighbour`);
    t.true(neighbours.take(7_500));
    await t.notThrowsAsync(read(), "whatever another organization of the namespace reads");
    using others = room.share(`${namespace}/other`);
    t.true(others.take(1_800));
    await t.throwsAsync(read(), { message: /no memory for more/ });
  }
  using others = room.share("another-namespace");
  t.true(others.take(10_000));
  await t.notThrowsAsync(read());
  await t.notThrowsAsync(read(), "and it is given back");
});

test("an organization without a directory isn't asked", async (t) => {
  const { organization, directories } = await scene(t);
  const without = { ...organization, spec: { okta: {} } } as Organization;
  t.is(await directories.of(without), undefined);
  t.is(await directories.ask(without, async () => t.fail()), undefined);
});

test("credentials that are still the same aren't sent again, and other errors are no reason to read them", async (t) => {
  const { org, secrets, server, organization, directories } = await scene(t);
  org.token = "second";
  await t.throwsAsync(
    directories.ask(organization, (directory) => directory.check()),
    { code: "directory-unauthorized" },
  );
  t.is(server.callsTo(GROUPS).length, 1);
  t.is(secrets.reads, 2);
  const broken = new Error("broken");
  await t.throwsAsync(
    directories.ask(organization, () => Promise.reject(broken)),
    { is: broken },
  );
  t.is(secrets.reads, 2);
});

test("two organizations of one address and token have a directory each, and one of another address another", async (t) => {
  const { organization, directories } = await scene(t);
  const { metadata, spec } = organization;
  const first = await directories.of(organization);
  const beta = { ...organization, metadata: { ...metadata, name: "beta" } };
  t.not(await directories.of(beta), first);
  t.is(await directories.of(organization), first);
  const directory = { ...spec.okta.directory, url: "https://other.okta.com" };
  t.not(await directories.of({ ...organization, spec: { okta: { directory } } } as Organization), first);
});

test("a directory is asked with a token, else as a service app, for which it takes a key and an id", async (t) => {
  const { name, store, organization, directories } = await scene(t);
  const { url } = organization.spec.okta.directory ?? { url: "" };
  const privateKeyRef = { name, key: "key" };
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = String(privateKey.export({ type: "pkcs8", format: "pem" }));
  await store("first", { key });
  const of = (directory: object) =>
    directories.of({ ...organization, spec: { okta: { directory: { url, ...directory } } } } as Organization);
  t.truthy(await of({ clientID: "0oa1", privateKeyRef }));
  for (const incomplete of [{}, { clientID: "0oa1" }, { privateKeyRef }])
    await t.throwsAsync(of(incomplete), {
      code: "directory-unauthorized",
      message: /names no credentials/,
    });
});
