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
