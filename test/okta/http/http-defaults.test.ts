import { setImmediate as turn } from "node:timers/promises";
import test from "ava";
import { Http } from "../../../okta/http/http.ts";
import { fakeClock } from "../../kubernetes/fake-clock.ts";
import { LOOPBACK } from "../loopback.ts";
import { TestServer } from "../server.ts";

// In a file of its own: there is one clock for all tests of a file.
const clock = fakeClock(test);

// What the programs give no bounds for: these are in force.

test.serial("an answer may have a MiB, and no more", async (t) => {
  await using server = await TestServer.start();
  const http = new Http({ destinations: LOOPBACK });
  t.teardown(() => http.close());
  server.routes["/"] = () => ({ body: "x".repeat(2 ** 20) });
  t.is((await http.request(server.url)).body.length, 2 ** 20);
  server.routes["/"] = () => ({ body: "x".repeat(2 ** 20 + 1) });
  await t.throwsAsync(http.request(server.url), { message: /more than 1048576 bytes/ });
});

test.serial(
  "32 requests to one Okta are under way at once, and each is given up after ten seconds",
  async (t) => {
    await using server = await TestServer.start();
    const http = new Http({ destinations: LOOPBACK });
    server.routes["/"] = () => undefined;
    const said: string[] = [];
    for (let i = 0; i < 33; i++)
      http.request(server.url).catch((error: Error) => void said.push(error.message));
    for (let i = 0; i < 100_000 && server.calls.length < 32; i++) await turn();
    await clock.pass(9_900);
    t.deepEqual([server.calls.length, said], [32, []]);
    await clock.pass(200);
    t.is(said.length, 33);
    for (const message of said) t.regex(message, /didn't answer within 10000 ms/);
    await http.close();
  },
);
