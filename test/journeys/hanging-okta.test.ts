import test from "ava";
import { leases } from "../../kubernetes/client/builtin-types.ts";
import { createClient } from "../../kubernetes/index.ts";
import { logLines } from "../log-lines.ts";
import { TestServer } from "../okta/server.ts";
import { productUnderTest } from "./product-under-test.ts";

test("an operator that waits for an Okta which never answers stops in time, and lets go of the lease", async (t) => {
  const product = await productUnderTest(t, {});
  await using okta = await TestServer.start();
  const asked = Promise.withResolvers<void>();
  okta.routes["/.well-known/openid-configuration"] = () => {
    asked.resolve();
    return undefined;
  };
  const operator = await product.startOperator("http://localhost:8080");
  const organization = {
    apiVersion: "rolemapping.dev/v1alpha1",
    kind: "Organization",
    metadata: { name: "acme" },
    spec: {
      displayName: "Acme",
      loginPath: product.cluster.namespace,
      okta: { issuer: okta.url, clientID: "any", clientSecretRef: { name: "any", key: "any" } },
      roles: [{ name: "any", displayName: "Any" }],
    },
  };
  await product.cluster.apply(organization);
  await asked.promise;
  await operator.stop();
  t.is(await operator.process.exited, 0);
  const { log } = logLines();
  const client = await createClient({ kubeconfig: product.cluster.kubeconfig, userAgent: "test", log });
  t.teardown(() => client.close());
  const held: string[] = [];
  for await (const { items } of client.pages(leases, { namespace: product.cluster.namespace }))
    held.push(...items.map(({ spec }) => spec?.holderIdentity ?? ""));
  t.deepEqual(held, [""]);
});
