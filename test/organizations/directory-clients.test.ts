import test, { type ExecutionContext } from "ava";
import { pino } from "pino";
import type { Organization } from "../../crds/types.ts";
import { createClient } from "../../kubernetes/index.ts";
import { Http } from "../../okta/http/http.ts";
import { DirectoryClients } from "../../organizations/directory-clients.ts";
import { SecretValues } from "../../organizations/secret-values.ts";
import { testCluster } from "../cluster.ts";
import { oktaError } from "../okta/directory/org.ts";
import { LOOPBACK } from "../okta/loopback.ts";
import { TestServer } from "../okta/server.ts";

const GROUPS = "/api/v1/groups";

/** An org that takes one API token, and an organization whose Secret holds one. */
async function scene(t: ExecutionContext) {
  const { namespace, kubeconfig, kubectlWith } = await testCluster(t);
  const client = await createClient({ kubeconfig, userAgent: "test", log: pino({ level: "silent" }) });
  t.teardown(() => client.close());
  const http = new Http({ destinations: LOOPBACK });
  t.teardown(() => http.close());
  const server = await TestServer.start();
  t.teardown(() => server[Symbol.asyncDispose]());
  const org = { token: "first" };
  server.routes[GROUPS] = ({ headers }) =>
    headers.authorization === `SSWS ${org.token}` ? { body: [] } : oktaError(401, "E0000011");
  const store = (token: string) =>
    kubectlWith(
      { apiVersion: "v1", kind: "Secret", metadata: { name: "acme-okta" }, stringData: { token } },
      "apply",
      "-f",
      "-",
    );
  await store("first");
  const directory = { url: server.url, apiTokenRef: { name: "acme-okta", key: "token" } };
  const organization = {
    metadata: { namespace, name: "acme" },
    spec: { okta: { directory } },
  } as Organization;
  const directories = new DirectoryClients({ secrets: new SecretValues({ client, neverRead: [] }), http });
  return { org, store, server, organization, directories };
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

test("an organization without a directory isn't asked", async (t) => {
  const { organization, directories } = await scene(t);
  const without = { ...organization, spec: { okta: {} } } as Organization;
  t.is(await directories.of(without), undefined);
  t.is(await directories.ask(without, async () => t.fail()), undefined);
});
