import test from "ava";
import { ConcurrencyLimit } from "../../../webhook/sign-in/concurrency-limit.ts";
import { mockedTimers } from "../../okta/mocked-timers.ts";

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

test.serial(
  "whoever got a turn in time isn't taken for somebody who still waits, however long it takes",
  async (t) => {
    using timers = mockedTimers();
    const limit = new ConcurrencyLimit(1, { waitMs: 10, waitingForEach: 4 });
    const held = [1, 2].map(() => Promise.withResolvers<void>());
    const done: string[] = [];
    const enter = (name: string, until?: Promise<void>) =>
      limit
        .run("a", async () => {
          done.push(name);
          await until;
        })
        .catch(() => void done.push(`${name} was turned away`));
    const first = enter("first", held[0]?.promise);
    const second = enter("second", held[1]?.promise);
    timers.tick(5);
    held[0]?.resolve();
    await first;
    await new Promise(setImmediate);
    const third = enter("third");
    timers.tick(5); // by now the second would have waited for too long
    held[1]?.resolve();
    await Promise.all([second, third]);
    t.deepEqual(done, ["first", "second", "third"]);
  },
);
