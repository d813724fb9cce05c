import test from "ava";
import { ConcurrencyLimit } from "../../../webhook/sign-in/concurrency-limit.ts";

test("the bound is per organization, and is given back whatever comes of it", async (t) => {
  const limit = new ConcurrencyLimit(2);
  const { promise, resolve } = Promise.withResolvers<string>();
  const inside = [limit.run("a", () => promise), limit.run("a", () => promise)];
  await t.throwsAsync(() => limit.run("a", async () => "no"), { code: "organization-busy" });
  t.is(await limit.run("b", async () => "yes"), "yes");
  await t.throwsAsync(() => limit.run("b", async () => Promise.reject(new Error("x"))), { message: "x" });
  resolve("done");
  await Promise.all(inside);
  t.is(await limit.run("a", async () => "yes"), "yes");
});
