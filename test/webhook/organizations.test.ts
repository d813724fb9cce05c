import test from "ava";
import { waitFor } from "../cluster.ts";
import { webhookUnderTest } from "./webhook-under-test.ts";

test("while no operator has reserved anything, the older of two organizations is served, and the other moves up when it goes", async (t) => {
  const { applyAcme, browser, cluster, webhook } = await webhookUnderTest(t);
  await applyAcme({ mappings: {} });
  const { creationTimestamp = "" } =
    webhook.caches.organizations.get(`${cluster.namespace}/acme`)?.metadata ?? {};
  // Ages have seconds.
  const isNextSecond = () => (Date.now() >= Date.parse(creationTimestamp) + 1_000 ? true : undefined);
  await waitFor(isNextSecond, { what: "the next second" });
  await applyAcme({ name: "later", mappings: {}, spec: { loginPath: "acme", displayName: "Later" } });
  t.true((await browser().get("/login/acme/local")).body.includes(">Acme<"));
  await cluster.kubectl("delete", "oktaorg", "acme");
  await untilDeleted(webhook.caches.organizations, `${cluster.namespace}/acme`);
  t.true((await browser().get("/login/acme/local")).body.includes(">Later<"));
});

function untilDeleted(
  cache: {
    get(key: string): unknown;
    subscribe(fn: (change: { kind: string; key: string }) => void): () => void;
  },
  key: string,
): Promise<void> {
  return new Promise((resolve) => {
    if (!cache.get(key)) return resolve();
    const stop = cache.subscribe((change) => {
      if (change.kind !== "deleted" || change.key !== key) return;
      stop();
      resolve();
    });
  });
}
