import test from "ava";
import { apiRequest } from "../../dev/control-plane/api-request.ts";
import { startControlPlane } from "../../dev/control-plane/control-plane.ts";
import { installCrds } from "../../dev/control-plane/install.ts";
import { createTestCluster, waitFor } from "../cluster.ts";
import { productInProcess } from "./product-in-process.ts";

test("after a restore of etcd everything follows what was stored then, and deleting the keys ends what came back", async (t) => {
  const controlPlane = await startControlPlane();
  t.teardown(() => controlPlane.stop());
  await installCrds(controlPlane);
  const cluster = await createTestCluster(controlPlane.description);
  const { webhook, operator, signedIn, sessionOf, untilServed } = await productInProcess(t, { own: cluster });
  const until = (what: string, holds: () => Promise<boolean> | boolean) =>
    waitFor(async () => ((await holds()) ? true : undefined), { what });
  await untilServed();
  const cookies = await signedIn();
  await until("Ada to be in", async () => (await sessionOf(cookies)) === 200);
  const restore = await controlPlane.backUp();

  // Ada is put out after that, and the organization gets another name.
  const kubectl = async (...args: string[]) => (await cluster.kubectl(...args)).stdout;
  await until("the product to be back", async () => (await sessionOf(cookies)) === 200);
  await kubectl("delete", "orm", "--all");
  await until("Ada to be out", async () => (await sessionOf(cookies)) === 401);
  // More than the API server writes by itself when it starts, so that what the product knows is ahead of it.
  const write = async (turn: number) => {
    const { status } = await apiRequest(
      controlPlane.admin,
      "PATCH",
      `/api/v1/namespaces/${cluster.namespace}`,
      {
        contentType: "application/merge-patch+json",
        body: { metadata: { annotations: { "example.com/turn": String(turn) } } },
      },
    );
    if (status !== 200) throw new Error(`the namespace can't be written: ${status}`);
  };
  for (let turn = 0; turn < 600; turn++) await write(turn);

  await restore();
  await until("Ada to be in again, as she was then", async () => (await sessionOf(cookies)) === 200);
  await until(
    "both to be current",
    () => webhook.check() === undefined && operator.check(5_000) === undefined,
  );
  t.regex(await kubectl("get", "orm", "--output=name"), /oktarolemapping/);

  // What is written from now on is followed, statuses included.
  await kubectl("patch", "oktaorg", "acme", "--type=merge", "--patch", '{"spec":{"displayName":"Restored"}}');
  await until("the status to follow", async () => {
    const status = await kubectl(
      "get",
      "oktaorg",
      "acme",
      "--output=jsonpath={.metadata.generation} {.status.observedGeneration}",
    );
    const [generation, observed] = status.split(" ");
    return generation === observed;
  });
  // As docs/operations.md says.
  await kubectl("delete", "secret", "okta-role-operator-session-keys");
  await until("the session to end", async () => (await sessionOf(cookies)) === 401);
});
