import test from "ava";
import { organizations } from "../../../crds/resources.ts";
import { createClient } from "../../../kubernetes/index.ts";
import { testCluster, waitFor } from "../../cluster.ts";
import { logLines } from "../../log-lines.ts";
import { TestServer } from "../../okta/server.ts";
import { organization } from "../../organizations/organization.ts";
import { operatorUnderTest } from "../operator-under-test.ts";

const DEAD = 300;

test("hundreds of organizations whose Okta never answers delay nobody in another namespace", async (t) => {
  const dead = await testCluster(t);
  const { applyAcme, client, condition } = await operatorUnderTest(t, {
    alsoServes: [dead],
    loginPaths: { perNamespace: DEAD },
    oktaTimeoutMs: 600_000,
  });
  await using hanging = await TestServer.start();
  hanging.routes["/.well-known/openid-configuration"] = () => undefined;
  const { namespace } = dead;
  const { log } = logLines();
  const admin = await createClient({ kubeconfig: dead.kubeconfig, userAgent: "test", log });
  t.teardown(() => admin.close());
  const make = (index: number) => {
    const loginPath = `dead-${index}`;
    const okta = {
      issuer: hanging.url,
      clientID: "any",
      publicClient: true,
      scopes: ["openid"],
      claims: { groups: "groups", email: "email", name: "name" },
    };
    const { apiVersion, kind, spec } = organization(`${namespace}/${loginPath}`, loginPath);
    const roles = [{ name: "any", displayName: "Any" }];
    const metadata = { namespace, name: loginPath };
    return admin.create(organizations, { apiVersion, kind, metadata, spec: { ...spec, okta, roles } });
  };
  const left = Array.from({ length: DEAD }, (_, index) => index);
  const makeAll = async () => {
    for (let index = left.pop(); index !== undefined; index = left.pop()) await make(index);
  };
  await Promise.all([makeAll(), makeAll(), makeAll(), makeAll()]);
  await waitFor(() => hanging.calls.length > 0 || undefined, { what: "their Okta to be asked" });

  await applyAcme();
  await condition("oktaorg", "acme", "Ready", "True");

  let waiting = 0;
  for await (const { items } of client.pages(organizations, { namespace }))
    for (const { status } of items) {
      const issuer = status?.conditions?.find(({ type }) => type === "IssuerDiscovered");
      if (issuer === undefined || issuer.reason === "Checking") waiting++;
    }
  t.is(waiting, DEAD, "all of them hang");
  t.true(hanging.calls.length <= 64, `${hanging.calls.length} connections`);
});
