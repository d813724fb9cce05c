import type { LookupFunction } from "node:net";
import test from "ava";
import { Destinations } from "../../../okta/http/destinations.ts";
import {
  checkedLookup,
  type HostLookup,
  hostLookup,
  NoAddressError,
} from "../../../okta/http/host-lookup.ts";
import { Http } from "../../../okta/http/http.ts";
import { isOfOwner, onBehalfOf } from "../../../okta/owner.ts";
import { waitFor } from "../../wait-for.ts";
import { LOOPBACK } from "../loopback.ts";
import { mockedTimers } from "../mocked-timers.ts";
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
  /** Looks up a name of this domain, which is answered at once. */
  const know = (domain: string): void => {
    void find(`www.${domain}`);
    asked.pop()?.answer("10.0.0.1");
  };
  return { asked, ask, find, know };
}

test("all who ask for a name at the same time share one look-up", async (t) => {
  const { asked, find, know } = nameServer();
  know("okta.com");
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

test("a domain that hasn't been answered yet has two look-ups at once, and holds up no other domain", async (t) => {
  const { asked, find } = nameServer();
  const dead = Array.from({ length: 40 }, (_, index) => `sso-${index}.dead.example`);
  const answers = dead.map(find);
  const alive = find("acme.okta.com");
  const names = () => asked.map(({ hostname }) => hostname);
  t.deepEqual(names(), ["sso-0.dead.example", "sso-1.dead.example", "acme.okta.com"]);
  asked[2]?.answer("10.0.0.1");
  t.is(await alive, "10.0.0.1");
  // Those who wait come one after the other, and are asked for once, too.
  const same = find("sso-39.dead.example");
  const error = new Error("EAI_AGAIN");
  for (let index = 0; index < asked.length; index++) if (index !== 2) asked[index]?.fail(error);
  t.deepEqual(
    await Promise.all([...answers, same]),
    Array.from({ length: 41 }, () => error),
  );
  t.is(names().length, 41);
});

test("however many domains aren't answered, those that were before are looked up, and others look names up", (t) => {
  const { asked, find, know } = nameServer();
  const known = Array.from({ length: 9 }, (_, index) => `known-${index}.example`);
  for (const domain of known) know(domain);
  for (let index = 0; index < 100; index++) void find(`sso.dead-${index}.example`);
  t.is(asked.length, 16);
  for (const domain of known) void find(`sso.${domain}`);
  t.deepEqual(
    asked.slice(16).map(({ hostname }) => hostname),
    known.slice(0, 8).map((domain) => `sso.${domain}`),
  );
  asked[16]?.answer("10.0.0.1");
  t.is(asked.at(-1)?.hostname, "sso.known-8.example", "rather than one that isn't known");
  asked[0]?.answer("10.0.0.1");
  t.is(asked.at(-1)?.hostname, "sso.dead-16.example");
});

test("however many domains one owner names that aren't answered, others' are looked up, also where it names them, too", async (t) => {
  const { asked, find } = nameServer();
  onBehalfOf("them", () => {
    for (let index = 0; index < 100; index++) void find(`sso.dead-${index}.example`);
    void find("acme.okta.com");
  });
  t.is(asked.length, 8);
  const acme = onBehalfOf("acme", () => find("acme.okta.com"));
  t.is(asked.at(-1)?.hostname, "acme.okta.com");
  asked.at(-1)?.answer("10.0.0.1");
  t.is(await acme, "10.0.0.1");
  t.deepEqual([asked.length, asked.at(-1)?.hostname], [10, "acme.okta.com"], "for them: it is known by now");
  // What has ended counts no more.
  for (let index = 0; index < asked.length; index++)
    if (index !== 8) asked[index]?.fail(new Error("EAI_AGAIN")); // which was answered
  t.is(asked.length, 102);
  onBehalfOf("them", () => {
    for (let index = 0; index < 100; index++) void find(`sso.silent-${index}.example`);
  });
  t.is(asked.length, 110);
});

test.serial(
  "that it had no turn is an owner's limit where the owner's others have all, and no word on the name server",
  (t) => {
    const { asked, ask } = nameServer();
    const lookup = hostLookup(ask);
    const find = (name: string) => lookup(name, {}, () => {});
    const inTurn = Array.from({ length: 3 }, (_, index) => find(`${index}.silent.example`));
    t.deepEqual(
      inTurn.map((hadNoTurn) => hadNoTurn()),
      [false, false, false],
      "the third waits for the others of its domain, whoever asks",
    );
    onBehalfOf("them", () => {
      for (let index = 0; index < 20; index++) find(`sso.dead-${index}.example`);
      const [late, same] = [find("acme.okta.com"), find("acme.okta.com")];
      t.deepEqual([late(), same()], [true, true]);
      for (const one of asked) one.fail(new Error("EAI_AGAIN"));
      t.is(asked.at(-1)?.hostname, "acme.okta.com");
      t.true(late(), "it has just come");
      const { now } = performance;
      t.teardown(() => Object.assign(performance, { now }));
      performance.now = () => now.call(performance) + 1_000;
      t.false(late());
      for (let index = 0; index < 20; index++) find(`sso.dead-again-${index}.example`);
      t.false(find("www.dead-0.example")(), "its domain is known to be answered");
    });
    t.false(onBehalfOf("acme", () => find("acme.okta.com"))());
  },
);

test("one tenant's owners together leave look-ups to others, however many they are", (t) => {
  const { asked, find } = nameServer();
  for (let owner = 0; owner < 20; owner++)
    onBehalfOf(`them/${owner}`, () => {
      for (let index = 0; index < 20; index++) void find(`sso.dead-${owner}-${index}.example`);
    });
  t.is(asked.length, 8);
  onBehalfOf("acme/acme", () => void find("acme.okta.com"));
  t.is(asked.at(-1)?.hostname, "acme.okta.com");
});

test("on whose behalf a request is made is known where its host is looked up", async (t) => {
  const { asked, ask } = nameServer();
  const http = new Http({ destinations: LOOPBACK, lookup: ask });
  const requests = onBehalfOf("them", () =>
    Array.from({ length: 20 }, (_, index) => http.request(`https://sso.dead-${index}.example/`)),
  );
  requests.push(onBehalfOf("acme", () => http.request("https://acme.okta.com/")));
  const ended = Promise.allSettled(requests);
  await waitFor(() => asked.length > 0 || undefined, { what: "names to be looked up" });
  t.deepEqual([asked.length, asked.at(-1)?.hostname], [9, "acme.okta.com"]);
  await http.close();
  await ended;
});

test.serial("who has many names to be looked up has its turn, as everybody else", (t) => {
  using timers = mockedTimers();
  const { asked, find } = nameServer();
  for (let index = 0; index < 17; index++)
    for (let name = 0; name < 3; name++) void find(`${name}.dead-${index}.example`);
  timers.tick(2_000);
  asked[0]?.fail(new Error("EAI_AGAIN"));
  t.is(asked[16]?.hostname, "2.dead-0.example");
  asked[1]?.fail(new Error("EAI_AGAIN"));
  t.is(asked[17]?.hostname, "0.dead-8.example");
});

test("domains that were answered and fall silent together leave some places", (t) => {
  const { asked, find, know } = nameServer();
  for (let index = 0; index < 6; index++) {
    know(`silent-${index}.example`);
    for (let name = 0; name < 9; name++) void find(`${name}.silent-${index}.example`);
  }
  t.true(asked.length < 24, `${asked.length}`);
  void find("acme.okta.com");
  t.is(asked.at(-1)?.hostname, "acme.okta.com");
});

test.serial(
  "one look-up that is slow keeps none of the same domain waiting, and the next quick one shows that it was the only one",
  (t) => {
    using timers = mockedTimers();
    const { asked, find, know } = nameServer();
    know("okta.com");
    void find("slow.okta.com");
    timers.tick(2_000);
    for (const name of ["a", "b", "c", "d"]) void find(`${name}.okta.com`);
    t.is(asked.at(-1)?.hostname, "a.okta.com");
    asked.at(-1)?.answer("10.0.0.1");
    t.deepEqual(
      asked.map(({ hostname }) => hostname),
      ["slow", "a", "b", "c", "d"].map((name) => `${name}.okta.com`),
    );
  },
);

test.serial("a domain that is slow has two look-ups at once until it isn't any more", (t) => {
  using timers = mockedTimers();
  const { asked, find, know } = nameServer();
  know("acme.example");
  const ask = (name: string): number => {
    for (let index = 0; index < 5; index++) void find(`${name}-${index}.acme.example`);
    return asked.length;
  };
  t.is(ask("a"), 4);
  timers.tick(2_000);
  for (const one of asked.splice(0)) one.fail(new Error("EAI_AGAIN"));
  t.is(asked.length, 1);
  t.is(ask("b"), 2, "a thread is taken as long as it isn't answered, whoever has given up");
  asked[0]?.answer("10.0.0.1");
  t.is(asked.length, 5);
});

test.serial(
  "domains that fall silent, however many were answered before, leave places to those that are",
  (t) => {
    using timers = mockedTimers();
    const { asked, find, know } = nameServer();
    know("alive.example");
    for (let index = 0; index < 40; index++) know(`silent-${index}.example`);
    for (let index = 0; index < 40; index++) void find(`sso.silent-${index}.example`);
    t.is(asked.length, 24);
    timers.tick(2_000);
    for (const one of asked.splice(0, 8)) one.fail(new Error("EAI_AGAIN"));
    timers.tick(2_000);
    for (const one of asked.splice(0, 8)) one.fail(new Error("EAI_AGAIN"));
    for (let index = 0; index < 40; index++) void find(`again.silent-${index}.example`);
    timers.tick(2_000);
    for (const one of asked.splice(0, 8)) one.fail(new Error("EAI_AGAIN"));
    void find("sso.alive.example");
    t.is(asked.at(-1)?.hostname, "sso.alive.example");
  },
);

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

test("names are of one domain by their last two parts, or three below co.uk and the like", (t) => {
  const share = (one: string, another: string) => {
    const { asked, find } = nameServer();
    for (const name of ["first", "second"]) void find(one.replace("*", name));
    void find(another);
    return asked.length === 2;
  };
  for (const [one, another, expected] of [
    ["*.acme.example", "login.acme.example", true],
    ["*.x.acme.example", "login.y.acme.example", true],
    ["*.acme.example", "login.beta.example", false],
    ["*.acme.example", "LOGIN.ACME.EXAMPLE.", true],
    ["*.acme.de", "login.acme.de", true],
    ["*.acme.co.uk", "login.acme.co.uk", true],
    ["*.acme.co.uk", "login.beta.co.uk", false],
    ["*.x.acme.co.uk", "login.y.beta.co.uk", false],
    ["*.acme.com.au", "login.beta.com.au", false],
    ["*.acme.org", "login.beta.org", false],
    ["*.abc.org", "login.abc.org", true],
    ["*.abc.io", "login.abc.io", true],
    ["*.x.abc.io", "login.y.abc.io", true],
    ["*.beta.or.jp", "login.acme.or.jp", false],
  ] as const)
    t.is(share(one, another), expected, `${one} ${another}`);
});

test("a domain whose names are found is asked for four at once, and no more", (t) => {
  const { asked, find, know } = nameServer();
  know("acme.example");
  const names = Array.from({ length: 10 }, (_, index) => `sso-${index}.acme.example`);
  for (const name of names.slice(0, 4)) void find(name);
  asked[0]?.answer("10.0.0.1");
  for (const name of names.slice(4, 6)) void find(name);
  t.is(asked.length, 5);
  asked[1]?.answer("10.0.0.1");
  t.is(asked.length, 6, "whoever waits comes next");
  for (const one of asked.slice(2)) one.answer("10.0.0.1");
  for (const name of names.slice(6)) void find(name);
  t.is(asked.length, 10);
});

/** What a checked look-up calls back with, by the system's answer. */
function checked(
  answer: (callback: Parameters<LookupFunction>[2]) => void,
  { all = true, destinations = new Destinations(), timeoutMs = 60_000, hasTurn = true } = {},
) {
  const heard: unknown[][] = [];
  const lookup: HostLookup = (_hostname, options, callback) => {
    if (!options.all) throw new Error("all addresses have to be looked at");
    answer(callback);
    return () => !hasTurn;
  };
  const came = new Promise<void>((resolve) => {
    checkedLookup(lookup, { destinations, timeoutMs })("acme.okta.com", { all }, (...told) => {
      heard.push(told);
      resolve();
    });
  });
  return { heard, came };
}

const [inside, outside] = [
  { address: "10.0.0.1", family: 4 },
  { address: "8.8.8.8", family: 4 },
];

test("a look-up finds what may be connected to, all of it or the first", (t) => {
  const found: LookupFunction = (_hostname, _options, callback) => callback(null, [inside, outside]);
  const answer = (callback: Parameters<LookupFunction>[2]) => found("", {}, callback);
  t.deepEqual(checked(answer).heard, [[null, [outside]]]);
  t.deepEqual(checked(answer, { all: false }).heard, [[null, "8.8.8.8", 4]]);
  t.deepEqual(checked((callback) => callback(null, "8.8.8.8", 4)).heard, [
    [null, [{ address: "8.8.8.8", family: 0 }]],
  ]);
});

test("where nothing is found that may be connected to, why is for the log", (t) => {
  const listed = new Destinations({ hosts: ["acme.okta.com"] });
  const nowhere = new Error("ENOTFOUND");
  const failed = (callback: Parameters<LookupFunction>[2]) => callback(nowhere, "", 0);
  const error = checked(failed).heard[0]?.[0];
  t.true(error instanceof NoAddressError && error.host === "acme.okta.com" && error.message === "ENOTFOUND");
  t.is(checked(failed, { destinations: listed }).heard[0]?.[0], nowhere, "nothing is told that isn't known");
  for (const destinations of [new Destinations(), listed]) {
    const { heard } = checked((callback) => callback(null, [inside, inside]), { destinations });
    const refused = heard[0]?.[0];
    t.is(heard.length, 1);
    t.true(refused instanceof NoAddressError);
    t.regex(String(refused), /it is at 10\.0\.0\.1, 10\.0\.0\.1, where nothing may be called/);
  }
});

test("a name server that is silent is given up, and what it says afterwards isn't heard", async (t) => {
  const late: Parameters<LookupFunction>[2][] = [];
  const silent = checked((callback) => void late.push(callback), { timeoutMs: 1 });
  await silent.came;
  for (const callback of late) callback(null, [outside]);
  t.is(silent.heard.length, 1);
  t.true(silent.heard[0]?.[0] instanceof NoAddressError);
  t.regex(String(silent.heard[0]?.[0]), /EAI_AGAIN acme\.okta\.com/);
  t.false(isOfOwner(silent.heard[0]?.[0]));
  const waiting = checked(() => {}, { timeoutMs: 1, hasTurn: false });
  await waiting.came;
  t.regex(String(waiting.heard[0]?.[0]), /had no turn/);
  t.true(isOfOwner(waiting.heard[0]?.[0]), "that says nothing of the name server");
});

test.serial("whoever was answered in time isn't told of a silent name server as well", (t) => {
  using timers = mockedTimers();
  const { heard } = checked((callback) => callback(null, [outside]), { timeoutMs: 5_000 });
  timers.tick(5_000);
  t.is(heard.length, 1);
});
