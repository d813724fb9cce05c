import test from "ava";
import { DirectoryRateLimitedError } from "../../../okta/directory/directory-errors.ts";
import { group, Org, rate, user } from "./org.ts";

const GROUPS = "/api/v1/groups";

test("half of Okta's rate limit is left to others", async (t) => {
  await using org = await Org.start();
  let remaining = 10;
  org.server.routes[GROUPS] = () => ({ body: [], headers: rate(10, --remaining, 30) });
  const directory = org.directory({ maxWaitMs: 0 });
  for (let i = 0; i < 5; i++) await directory.check();
  const error = await t.throwsAsync(directory.check(), { instanceOf: DirectoryRateLimitedError });
  t.is(error.retryAfterMs, 30_000);
  t.is(org.server.calls.length, 5);
});

test("whoever has time waits for the next window", async (t) => {
  await using org = await Org.start();
  let remaining = 4;
  org.server.routes[GROUPS] = () => ({ body: [], headers: rate(4, --remaining, 30) });
  const directory = org.directory();
  for (let i = 0; i < 3; i++) await directory.check();
  t.is(org.waits.length, 1);
  t.true((org.waits[0] ?? 0) >= 30_000);
});

test("calls at the same time don't overdraw the budget", async (t) => {
  await using org = await Org.start();
  let remaining = 10;
  org.server.routes[GROUPS] = () => ({ body: [], headers: rate(10, --remaining, 30) });
  const directory = org.directory({ maxWaitMs: 0 });
  await directory.check();
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => directory.check()));
  t.is(outcomes.filter(({ status }) => status === "fulfilled").length, 4);
  t.is(org.server.calls.length, 5);
});

test("what others use counts", async (t) => {
  await using org = await Org.start();
  org.server.routes[GROUPS] = () => ({ body: [], headers: rate(100, 20, 30) });
  const directory = org.directory({ maxWaitMs: 0 });
  await directory.check();
  await t.throwsAsync(directory.check(), { code: "directory-rate-limited" });
});

test("each kind of endpoint has a budget of its own", async (t) => {
  await using org = await Org.start();
  org.server.routes[GROUPS] = () => ({ body: [], headers: rate(100, 0, 30) });
  const directory = org.directory({ maxWaitMs: 0 });
  await directory.check();
  await t.throwsAsync(directory.check(), { code: "directory-rate-limited" });
  org.server.routes["/api/v1/users/00u1"] = () => ({ body: user("00u1"), headers: rate(100, 0, 30) });
  t.truthy(await directory.user("00u1"));
  await t.throwsAsync(directory.user("00u1"), { code: "directory-rate-limited" });
  org.server.routes["/api/v1/users/00u1/groups"] = () => ({ body: [group("00g1")] });
  t.is((await directory.userGroups("00u1")).length, 1, "Okta counts this elsewhere than the user");
  const link = `<${org.server.url}/api/v1/logs?after=1>; rel="next"`;
  org.server.routes["/api/v1/logs"] = () => ({ body: [], headers: { link, ...rate(20, 0, 30) } });
  t.true((await directory.events({ after: "0" })).isEnd);
  await t.throwsAsync(directory.events({ after: "1" }), { code: "directory-rate-limited" });
});

test("whoever waits for the first answer and gets none in time isn't kept", async (t) => {
  await using org = await Org.start();
  const came = Promise.withResolvers<void>();
  org.server.routes[GROUPS] = () => {
    came.resolve();
    return undefined;
  };
  const directory = org.directory({ maxWaitMs: 20 });
  const first = t.throwsAsync(directory.check(), { code: "directory-unreachable" });
  await Promise.race([came.promise, first]); // which would have failed already where it never comes
  await t.throwsAsync(directory.check(), {
    code: "directory-unreachable",
    message: /too many requests wait/,
  });
  t.is(org.server.calls.length, 1);
  await org.server[Symbol.asyncDispose]();
  await first;
});

test("a 429 that says come back at once isn't taken at its word", async (t) => {
  await using org = await Org.start();
  org.server.routes[GROUPS] = () => ({ status: 429, headers: { "retry-after": "0" } });
  await t.throwsAsync(org.directory().check(), { code: "directory-rate-limited" });
  t.is(org.waits.length, 3);
  for (const ms of org.waits) t.true(ms >= 500);
});

test("Okta's clock may differ from ours", async (t) => {
  await using org = await Org.start();
  // The reset of 2027 is decades away by some clocks and long past by others; by Okta's own, it is 20 s.
  org.server.routes[GROUPS] = () => ({ status: 429, headers: rate(100, 0, 20) });
  const error = await t.throwsAsync(org.directory({ maxWaitMs: 0 }).check(), {
    instanceOf: DirectoryRateLimitedError,
  });
  t.is(error.retryAfterMs, 20_000);
});

test("a 429 is waited out where there is time", async (t) => {
  await using org = await Org.start();
  let limited = true;
  org.server.routes[GROUPS] = () => {
    const answer = limited
      ? { status: 429, headers: rate(100, 0, 20) }
      : { body: [], headers: rate(100, 99, 60) };
    limited = false;
    return answer;
  };
  await t.notThrowsAsync(org.directory().check());
  t.is(org.waits.length, 1);
  t.true((org.waits[0] ?? 0) >= 20_000);
});

test("a 429 for too many calls at once is tried again soon, whatever its reset says", async (t) => {
  await using org = await Org.start();
  let limited = true;
  org.server.routes[GROUPS] = () => {
    const answer = limited
      ? { status: 429, headers: rate(0, 0, 300) }
      : { body: [], headers: rate(100, 99, 60) };
    limited = false;
    return answer;
  };
  await t.notThrowsAsync(org.directory().check());
  t.true((org.waits[0] ?? 0) < 5_000);
});

test("a 429 that goes on is given up", async (t) => {
  await using org = await Org.start();
  org.server.routes[GROUPS] = () => ({ status: 429, headers: { "retry-after": "1" } });
  await t.throwsAsync(org.directory().check(), { code: "directory-rate-limited" });
  t.is(org.server.calls.length, 4);
});

test("only so many calls are made at once", async (t) => {
  await using org = await Org.start();
  let [now, most] = [0, 0];
  org.server.routes[GROUPS] = async () => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setImmediate(resolve));
    now--;
    return { body: [] };
  };
  const directory = org.directory({ maxConcurrent: 3 });
  await Promise.all(Array.from({ length: 20 }, () => directory.check()));
  t.is(org.server.calls.length, 20);
  t.true(most <= 3);
});

for (const [lane, most] of [
  ["people", 8],
  ["background", 4],
  ["sweep", 2],
] as const) {
  test(`${lane}: ${most} calls at once, and no more`, async (t) => {
    await using org = await Org.start();
    org.server.routes[GROUPS] = () => ({ body: [] });
    const directory = org.directory({ lane });
    await directory.check();
    const enough = Promise.withResolvers<void>();
    let [now, peak] = [0, 0];
    org.server.routes[GROUPS] = async () => {
      peak = Math.max(peak, ++now);
      if (now === most) enough.resolve();
      await enough.promise;
      now--;
      return { body: [] };
    };
    await Promise.all(Array.from({ length: 2 * most }, () => directory.check()));
    t.is(peak, most);
  });
}
