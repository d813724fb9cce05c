import type { LookupFunction } from "node:net";
import test from "ava";
import { hostLookup } from "../../../okta/http/host-lookup.ts";
import { Http } from "../../../okta/http/http.ts";
import { LOOPBACK } from "../loopback.ts";
import { TestServer } from "../server.ts";

/** A name server that answers when it is told to. */
function nameServer() {
  const asked: { hostname: string; answer: (address: string) => void; fail: (error: Error) => void }[] = [];
  const ask: LookupFunction = (hostname, _options, callback) => {
    asked.push({
      hostname,
      answer: (address) => callback(null, address, 4),
      fail: (error) => callback(error, "", 0),
    });
  };
  const lookup = hostLookup(ask);
  const find = (hostname: string) =>
    new Promise((resolve) => lookup(hostname, {}, (error, address) => resolve(error ?? address)));
  return { asked, find };
}

test("all who ask for a name at the same time share one look-up", async (t) => {
  const { asked, find } = nameServer();
  const answers = [find("acme.okta.com"), find("acme.okta.com"), find("beta.okta.com")];
  t.deepEqual(
    asked.map(({ hostname }) => hostname),
    ["acme.okta.com", "beta.okta.com"],
  );
  asked[1]?.answer("10.0.0.2");
  t.is(await answers[2], "10.0.0.2", "a name that isn't answered holds up no other");
  asked[0]?.answer("10.0.0.1");
  t.deepEqual(await Promise.all(answers), ["10.0.0.1", "10.0.0.1", "10.0.0.2"]);
});

test("a name is looked up anew afterwards, also when that failed", async (t) => {
  const { asked, find } = nameServer();
  const error = new Error("ENOTFOUND");
  const answers = [find("acme.okta.com"), find("acme.okta.com")];
  asked[0]?.fail(error);
  t.deepEqual(await Promise.all(answers), [error, error]);
  const again = find("acme.okta.com");
  asked[1]?.answer("10.0.0.1");
  t.is(await again, "10.0.0.1");
});

test("a domain whose name servers don't answer has four look-ups at once, and holds up no other domain", async (t) => {
  const { asked, find } = nameServer();
  const dead = Array.from({ length: 40 }, (_, index) => `sso-${index}.dead.example`);
  const answers = dead.map(find);
  const alive = find("acme.okta.com");
  const names = () => asked.map(({ hostname }) => hostname);
  t.deepEqual(names(), [...dead.slice(0, 4), "acme.okta.com"]);
  asked[4]?.answer("10.0.0.1");
  t.is(await alive, "10.0.0.1");
  // Those who wait come one after the other, and are asked for once, too.
  const same = find("sso-39.dead.example");
  const error = new Error("EAI_AGAIN");
  for (let index = 0; index < asked.length; index++) if (index !== 4) asked[index]?.fail(error);
  t.deepEqual(
    await Promise.all([...answers, same]),
    Array.from({ length: 41 }, () => error),
  );
  t.is(names().length, 41);
});

test("domains below co.uk and the like don't wait for each other", (t) => {
  const { asked, find } = nameServer();
  for (let index = 0; index < 9; index++) void find(`sso-${index}.dead.co.uk`);
  void find("login.acme.co.uk");
  t.deepEqual(asked.map(({ hostname }) => hostname).slice(4), ["login.acme.co.uk"]);
});

test("names of this machine are found", async (t) => {
  await using server = await TestServer.start();
  server.routes["/"] = () => ({ body: {} });
  const http = new Http({ destinations: LOOPBACK });
  const url = server.url.replace("127.0.0.1", "localhost");
  const answers = await Promise.all([1, 2, 3].map(() => http.request(url)));
  t.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200],
  );
  await http.close();
});
