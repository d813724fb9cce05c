import { createServer, type LookupFunction } from "node:net";
import test, { type ExecutionContext } from "ava";
import { Destinations, type DestinationsOptions } from "../../../okta/http/destinations.ts";
import { checkedLookup, hostLookup } from "../../../okta/http/host-lookup.ts";
import { Http } from "../../../okta/http/http.ts";
import { HttpConnectionError } from "../../../okta/http/http-errors.ts";

/** A port of this machine, and how many came to it. */
async function listener(t: ExecutionContext) {
  const came: string[] = [];
  const server = createServer((socket) => {
    came.push(socket.remoteAddress ?? "");
    socket.on("error", () => {}); // the client hangs up
    socket.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server listens on no port");
  return { port: address.port, came };
}

/** Names that lead to these addresses, and no others. */
function names(known: Record<string, string[]>): LookupFunction {
  return (hostname, _options, callback) => {
    const addresses = known[hostname];
    if (!addresses)
      callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: "ENOTFOUND" }), "");
    else
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
      );
  };
}

function client(t: ExecutionContext, options: DestinationsOptions, lookup: LookupFunction = names({})) {
  const refused: Record<string, string> = {};
  const http = new Http({
    destinations: new Destinations(options),
    lookup,
    timeoutMs: 5_000,
    connectTimeoutMs: 1_000,
    onNoAddress: (host, why) => {
      refused[host] = why;
    },
  });
  t.teardown(() => http.close());
  const failure = async (url: string) => t.throwsAsync<Error & { code: string }>(http.json(url));
  return { http, refused, failure };
}

test("nothing but public addresses is connected to, however the host is written", async (t) => {
  const { port, came } = await listener(t);
  const lookup = names({ "inside.test": ["127.0.0.1"], "mapped.test": ["::ffff:127.0.0.1"] });
  const { failure } = client(t, {}, lookup);
  const hosts = [
    "127.0.0.1",
    "2130706433",
    "0x7f.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "localhost",
    "localhost.",
    "acme.localhost",
    "inside.test",
    "mapped.test",
  ];
  for (const host of hosts) {
    const error = await failure(`https://${host}:${port}/`);
    t.true(error instanceof HttpConnectionError, host);
  }
  t.deepEqual(came, [], "nobody has come");
  const { failure: inside } = client(t, { addresses: ["loopback"] }, lookup);
  for (const host of ["127.0.0.1", "inside.test"])
    t.is((await inside(`https://${host}:${port}/`)).code, "connection");
  t.is(came.length, 2, "where it is allowed they come");
});

test("a name that leads nowhere, one that leads inside, one that is slow and an address are told alike; the log tells them apart", async (t) => {
  const { port } = await listener(t);
  const known = names({
    "inside.test": ["127.0.0.1"],
    "closed.test": ["10.1.2.3"],
    "cloud.test": ["169.254.169.254"],
  });
  const { failure, refused } = client(t, {}, (hostname, options, callback) => {
    if (hostname !== "slow.test") known(hostname, options, callback);
  });
  const hosts = [
    "nowhere.test",
    "inside.test",
    "closed.test",
    "cloud.test",
    "slow.test",
    "10.1.2.3",
    "localhost",
  ];
  const told = new Set<string>();
  for (const host of hosts) {
    const { code, message } = await failure(`https://${host}:${port}/`);
    told.add(`${code}: ${message.replaceAll(host, "HOST")}`);
  }
  t.deepEqual(
    [...told],
    [
      `connection: https://HOST:${port}/ can't be reached: no address was found for it that organizations may use here ` +
        "(check the name; whoever runs this operator finds the reason in its log).",
    ],
  );
  t.regex(refused["nowhere.test"] ?? "", /ENOTFOUND/);
  t.regex(refused["slow.test"] ?? "", /EAI_AGAIN/);
  t.regex(refused["closed.test"] ?? "", /10\.1\.2\.3/);
  t.is(Object.keys(refused).length, hosts.length);
});

test("where hosts are listed, what fails at them is told", async (t) => {
  const lookup = names({ "inside.acme.test": ["127.0.0.1"] });
  const { failure } = client(t, { hosts: ["*.acme.test"] }, lookup);
  t.regex(
    (await failure("https://nowhere.acme.test/")).message,
    /there is no host of that name \(ENOTFOUND\)/,
  );
  t.regex((await failure("https://inside.acme.test/")).message, /no address was found/);
});

test("of several addresses of a name only those are found that may be connected to", async (t) => {
  const inside: LookupFunction = names({ "acme.test": ["10.1.2.3", "127.0.0.1", "fe80::1", "8.8.8.8"] });
  const lookup = checkedLookup(hostLookup(inside), {
    destinations: new Destinations({ addresses: ["loopback", "public"] }),
    timeoutMs: 5_000,
  });
  const found = (options: object) =>
    new Promise((resolve) => lookup("acme.test", options, (error, ...answer) => resolve(error ?? answer)));
  const [loopback, another] = ["127.0.0.1", "8.8.8.8"].map((address) => ({ address, family: 4 }));
  t.deepEqual(await found({ all: true }), [[loopback, another]]);
  t.deepEqual(await found({ all: false }), ["127.0.0.1", 4]);
});

test("a name that leads elsewhere from one connection to the next is looked at each time", async (t) => {
  const { port, came } = await listener(t);
  const answers = [["127.0.0.1"], ["10.1.2.3"]];
  const { failure } = client(t, { addresses: ["loopback"] }, (_hostname, _options, callback) => {
    const [address = ""] = answers.shift() ?? [];
    callback(null, [{ address, family: 4 }]);
  });
  await failure(`https://acme.test:${port}/`);
  t.regex((await failure(`https://acme.test:${port}/`)).message, /no address was found/);
  t.is(came.length, 1);
});

test("a list of hosts closes the rest, before anything is looked up", async (t) => {
  const asked: string[] = [];
  const { failure } = client(
    t,
    { hosts: ["*.okta.com", "login.acme.com", "[2606:4700::1]"] },
    (hostname, _o, callback) => {
      asked.push(hostname);
      callback(new Error("not now"), "");
    },
  );
  const code = async (host: string) => (await failure(`https://${host}/`)).code;
  for (const host of [
    "okta.com",
    "acmeokta.com",
    "acme.okta.com.evil.test",
    "x.login.acme.com",
    "8.8.8.8",
    "[2606:4700::2]",
  ])
    t.is(await code(host), "host-not-listed", host);
  t.deepEqual(asked, []);
  const listed = [
    "acme.okta.com",
    "eu.acme.okta.com",
    "ACME.OKTA.COM",
    "acme.okta.com.",
    "login.acme.com",
    "login.acme.com:8443",
  ];
  for (const host of listed) t.is(await code(host), "connection", host);
  t.is(asked.length, listed.length);
});
