import test from "ava";
import { ConcurrencyLimit } from "../../../webhook/sign-in/concurrency-limit.ts";

test("the bound is per organization, and is given back whatever comes of it", async (t) => {
  const limit = new ConcurrencyLimit(2, { waitingForEach: 0 });
  const { promise, resolve } = Promise.withResolvers<string>();
  const inside = [limit.run("a", () => promise), limit.run("a", () => promise)];
  await t.throwsAsync(() => limit.run("a", async () => "no"), { code: "organization-busy" });
  t.is(await limit.run("b", async () => "yes"), "yes");
  await t.throwsAsync(() => limit.run("b", async () => Promise.reject(new Error("x"))), { message: "x" });
  resolve("done");
  await Promise.all(inside);
  t.is(await limit.run("a", async () => "yes"), "yes");
});

test("a rush waits in line, first come, first served, and never more at once than the bound", async (t) => {
  const limit = new ConcurrencyLimit(3, { waitMs: 60_000, waitingForEach: 10 });
  let underWay = 0;
  let most = 0;
  const order: number[] = [];
  const rush = Array.from({ length: 33 }, (_, i) =>
    limit.run("a", async () => {
      underWay++;
      most = Math.max(most, underWay);
      order.push(i);
      await new Promise((resolve) => setImmediate(resolve));
      underWay--;
    }),
  );
  await t.throwsAsync(() => limit.run("a", async () => "no"), {
    code: "organization-busy",
    message: /Okta didn't refuse/,
  });
  t.is(await limit.run("b", async () => "yes"), "yes", "another organization has a line of its own");
  await Promise.all(rush);
  t.is(most, 3);
  t.deepEqual(order, [...order.keys()]);
});

test("nobody waits for ever, and whoever has gone away takes nobody's turn", async (t) => {
  const limit = new ConcurrencyLimit(1, { waitMs: 1, waitingForEach: 2 });
  const { promise, resolve } = Promise.withResolvers<string>();
  const first = limit.run("a", () => promise);
  await t.throwsAsync(() => limit.run("a", async () => "no"), { code: "organization-busy" });
  resolve("done");
  await first;
  t.is(await limit.run("a", async () => "yes"), "yes");
});
