import test from "ava";
import { webhookUnderTest } from "../webhook-under-test.ts";

test("who is counted is the client, not what it says of itself; behind a trusted proxy it is who the proxy names", async (t) => {
  const alone = await webhookUnderTest(t, { loginsPerMinute: 3 });
  await alone.applyAcme();
  const spoofed = [];
  for (let i = 0; i < 5; i++)
    spoofed.push((await alone.browser().get("/login/acme", { "x-forwarded-for": `10.0.0.${i}` })).status);
  t.deepEqual(spoofed, [303, 303, 303, 429, 429]);

  const behind = await webhookUnderTest(t, { loginsPerMinute: 1, trustedProxies: 1 });
  await behind.applyAcme();
  const ask = async (address: string) =>
    (await behind.browser().get("/login/acme", { "x-forwarded-for": address })).status;
  t.is(await ask("10.0.0.1"), 303);
  t.is(await ask("10.0.0.1"), 429);
  // What isn't an address counts as the proxy's own, or each would be a client of its own.
  t.is(await ask("10.0.0.2:4711"), 303);
  t.is(await ask("x".repeat(20_000)), 429);
  t.is(await ask("10.0.0.2"), 303);
  t.is(await ask("10.0.0.9, 10.0.0.1"), 429, "what the client itself has put in front doesn't count");
  t.is(await ask("2001:db8:1:1::1"), 303);
  t.is(await ask("2001:db8:1:1:ffff::2"), 429, "an IPv6 network is one client");
});

test("requests that are too large, too odd or too many are turned away", async (t) => {
  const { applyAcme, browser } = await webhookUnderTest(t, { loginsPerMinute: 8 });
  await applyAcme();
  t.is((await browser().post("/login/acme/local", { token: "a".repeat(200_000) })).status, 413);
  t.is(
    (
      await browser().post(
        "/logout",
        {},
        { "content-type": "application/x-www-form-urlencoded; charset=klingon" },
      )
    ).status,
    415,
  );
  t.is((await browser().post("/session", {})).status, 404);
  const statuses = [];
  for (let i = 0; i < 9; i++) statuses.push((await browser().get("/login/acme")).status);
  t.deepEqual(statuses, [...Array.from({ length: 7 }, () => 303), 429, 429], "the sign-out was counted, too");
  t.is((await browser().get("/callback/acme?code=c&state=s")).status, 429);
  t.is((await browser().post("/logout", {})).status, 429);
  t.is((await browser().get("/session")).status, 401, "the session check is never limited");
});
