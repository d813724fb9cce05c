import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import test from "ava";
import { Destinations } from "../../../okta/http/destinations.ts";
import { NoAddressError } from "../../../okta/http/host-lookup.ts";
import { Http } from "../../../okta/http/http.ts";
import { HttpConnectionError, HttpStatusError, HttpTimeoutError } from "../../../okta/http/http-errors.ts";
import { Room } from "../../../okta/room.ts";
import { waitFor } from "../../wait-for.ts";
import { LOOPBACK } from "../loopback.ts";
import { CLOSED_URL, TestServer } from "../server.ts";
import { scene } from "./http-under-test.ts";

test("JSON is read", async (t) => {
  await using s = await scene();
  s.server.routes["/"] = ({ headers }) => ({
    body: { accept: headers.accept, agent: headers["user-agent"] },
  });
  t.deepEqual(await s.http.json(s.server.url), { accept: "application/json", agent: "okta-role-operator" });
});

for (const type of [
  "application/json",
  "application/json; charset=utf-8",
  "Application/JSON",
  "application/jwk-set+json",
]) {
  test(`${type} is JSON`, async (t) => {
    await using s = await scene();
    s.server.routes["/"] = () => ({ headers: { "content-type": type }, body: "[1]" });
    t.deepEqual(await s.http.json(s.server.url), [1]);
  });
}

for (const [what, answer] of [
  ["a page", { headers: { "content-type": "text/html" }, body: "{}" }],
  ["JSON that doesn't say so", { headers: {}, body: "{}" }],
  ["half of it", { headers: { "content-type": "application/json" }, body: '{"a":' }],
  [
    "bytes that aren't text",
    { headers: { "content-type": "application/json" }, body: Buffer.from([0x22, 0xff, 0x22]) },
  ],
] as const) {
  test(`${what} isn't JSON`, async (t) => {
    await using s = await scene();
    s.server.routes["/"] = () => answer;
    await t.throwsAsync(s.http.json(s.server.url), { code: "not-json" });
  });
}

test("nobody waits for another's connection to a host that doesn't say who it is", async (t) => {
  let connections = 0;
  const server = createServer(() => {
    connections++;
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => void server.close());
  const http = new Http({ destinations: LOOPBACK });
  const { port } = server.address() as AddressInfo;
  const requests = Array.from({ length: 3 }, () => http.request(`https://127.0.0.1:${port}/`));
  const ended = Promise.allSettled(requests);
  await waitFor(() => connections === 3 || undefined, { what: "each to have a connection of its own" });
  await http.close();
  t.true((await ended).every(({ status }) => status === "rejected"));
});

test("a server that never answers is given up", async (t) => {
  await using s = await scene({ timeoutMs: 50 });
  s.server.routes["/path"] = () => undefined;
  const error = await t.throwsAsync(s.http.request(`${s.server.url}/path?secret=1`), {
    instanceOf: HttpTimeoutError,
  });
  t.is(error.message, `${s.server.url}/path didn't answer within 50 ms.`);
  t.true(error.cause instanceof Error);
});

test("an answer that never ends is given up", async (t) => {
  await using raw = await rawServer("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
  const http = new Http({ destinations: LOOPBACK, timeoutMs: 50 });
  await t.throwsAsync(http.request(raw.url), { code: "timeout" });
});

for (const [how, head] of [
  ["with its length told", "HTTP/1.1 200 OK\r\ncontent-length: 2000\r\n\r\n"],
  ["with its length not told", "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"],
] as const) {
  test(`an answer that is too long isn't read to its end, ${how}`, async (t) => {
    await using raw = await rawServer(head + "x".repeat(2000));
    const http = new Http({ destinations: LOOPBACK, maxBytes: 1000 });
    await t.throwsAsync(http.request(raw.url), { code: "too-large" });
  });
}

test("an answer of just the allowed length is read", async (t) => {
  await using s = await scene({ maxBytes: 1000 });
  s.server.routes["/"] = () => ({ body: "x".repeat(1000) });
  t.is((await s.http.request(s.server.url)).body.length, 1000);
});

test("a request may expect a longer answer than usual, or a shorter one", async (t) => {
  await using s = await scene({ maxBytes: 1000 });
  s.server.routes["/"] = () => ({ body: "x".repeat(2000) });
  t.is((await s.http.request(s.server.url, { maxBytes: 2000 })).body.length, 2000);
  await t.throwsAsync(s.http.request(s.server.url, { maxBytes: 1999 }), { code: "too-large" });
  s.server.routes["/"] = () => ({ body: "x".repeat(100) });
  await t.throwsAsync(s.http.request(s.server.url, { maxBytes: 99 }), {
    code: "too-large",
    message: /99 bytes/,
  });
});

test("a connection that breaks is an error", async (t) => {
  await using raw = await rawServer("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", { end: true });
  const http = new Http({ destinations: LOOPBACK });
  await t.throwsAsync(http.request(raw.url), {
    code: "connection",
    message: /it closed the connection \(UND_ERR_SOCKET\)\.$/,
  });
});

test("what may not be called isn't, and why is for the log", async (t) => {
  const told: [host: string, why: string][] = [];
  const http = new Http({ onNoAddress: (...reason) => told.push(reason) });
  const error = await t.throwsAsync(http.request("https://10.0.0.1/x"), { instanceOf: HttpConnectionError });
  t.true(error.cause instanceof NoAddressError);
  t.regex(error.message, /^https:\/\/10\.0\.0\.1\/x can't be reached: no address was found/);
  t.deepEqual(told, [["10.0.0.1", "nothing may be called there"]]);
});

test("a port where nobody listens is named as such", async (t) => {
  const error = await t.throwsAsync(new Http({ destinations: LOOPBACK }).request(CLOSED_URL), {
    instanceOf: HttpConnectionError,
  });
  t.regex(error.message, /nobody listens there \(ECONNREFUSED\)/);
});

test("redirects aren't followed", async (t) => {
  await using s = await scene();
  await using elsewhere = await TestServer.start();
  s.server.routes["/"] = () => ({ status: 302, headers: { location: elsewhere.url } });
  const error = await t.throwsAsync(s.http.json(s.server.url), { instanceOf: HttpStatusError });
  t.is(error.status, 302);
  t.is(elsewhere.calls.length, 0);
});

for (const [what, headers, ms] of [
  ["seconds", { "retry-after": "7" }, 7_000],
  [
    "a date",
    { date: "Tue, 24 Nov 2026 09:00:00 GMT", "retry-after": "Tue, 24 Nov 2026 09:00:09 GMT" },
    9_000,
  ],
  [
    "a reset by Okta's clock",
    { date: "Tue, 24 Nov 2026 09:00:00 GMT", "x-rate-limit-reset": "1795510811" },
    11_000,
  ],
  [
    "a past date",
    { date: "Tue, 24 Nov 2026 09:00:00 GMT", "retry-after": "Tue, 24 Nov 2026 08:00:00 GMT" },
    0,
  ],
  ["more than anybody waits", { "retry-after": "999999" }, 600_000],
  ["nonsense", { "retry-after": "soon" }, undefined],
  ["nothing", {}, undefined],
] as const) {
  test(`a server that says when to come back, by ${what}`, async (t) => {
    await using s = await scene();
    s.server.routes["/"] = () => ({ status: 429, headers });
    const error = await t.throwsAsync(s.http.json(s.server.url), { instanceOf: HttpStatusError });
    t.is(error.retryAfterMs, ms);
  });
}

for (const url of [
  "http://acme.okta.com/",
  "http://10.0.0.1/",
  "http://127.0.0.1.evil.example.com/",
  "http://169.254.169.254/latest/meta-data",
  "ftp://acme.okta.com/",
  "file:///etc/passwd",
  "https://user:secret@acme.okta.com/",
  "not a url",
]) {
  test(`${url} isn't called`, async (t) => {
    const error = await t.throwsAsync(new Http({ destinations: LOOPBACK }).request(url), {
      code: "url-not-allowed",
    });
    t.false(error.message.includes("secret"));
  });
}

test("a server that takes all its connections and answers none holds up nobody else", async (t) => {
  await using s = await scene({ connectionsPerOrigin: 2 });
  await using dead = await TestServer.start();
  dead.routes["/"] = () => undefined;
  const waiting = Array.from({ length: 20 }, () => s.http.request(dead.url).catch((error) => error.code));
  s.server.routes["/"] = () => ({ body: "alive" });
  const first = await Promise.race([...waiting, s.http.request(s.server.url).then(() => "alive")]);
  t.is(first, "alive");
  await dead[Symbol.asyncDispose]();
  t.deepEqual([...new Set(await Promise.all(waiting))], ["connection"]);
});

test("whoever closes it isn't kept by a server that doesn't answer", async (t) => {
  await using s = await scene();
  const asked = Promise.withResolvers<void>();
  s.server.routes["/"] = () => {
    asked.resolve();
    return undefined;
  };
  const waiting = t.throwsAsync(s.http.request(s.server.url), { instanceOf: HttpConnectionError });
  await asked.promise;
  await s.http.close();
  await waiting;
});

test("a request is sent as it is, with a name to it", async (t) => {
  await using s = await scene();
  s.server.routes["/x"] = () => ({ headers: { "x-more": ["a", "b"] }, body: "text" });
  const answer = await s.http.request(`${s.server.url}/x?y=z#w`);
  t.is(answer.where, `${s.server.url}/x`);
  t.is(answer.status, 200);
  t.deepEqual(answer.headers["x-more"], ["a", "b"]);
  t.is(answer.body.toString(), "text");
  await s.http.request(`${s.server.url}/x`, {
    method: "POST",
    headers: { "user-agent": "another", "x-own": "1" },
    body: "a=b",
  });
  const [get, post] = s.server.calls;
  t.deepEqual([get?.method, get?.query.get("y"), get?.headers["content-length"]], ["GET", "z", undefined]);
  t.is(get?.headers["user-agent"], "okta-role-operator");
  t.deepEqual([post?.method, post?.form.get("a")], ["POST", "b"]);
  t.like(post?.headers, { "user-agent": "another", "x-own": "1" });
});

test("JSON may be asked for in another way, and is read of a 200 alone", async (t) => {
  await using s = await scene();
  s.server.routes["/"] = ({ headers }) => ({ body: { accept: headers.accept } });
  const headers = { accept: "application/jwk-set+json" };
  t.deepEqual(await s.http.json(s.server.url, { headers }), headers);
  for (const status of [201, 404, 500]) {
    s.server.routes["/"] = () => ({ status, headers: { "retry-after": "7" }, body: {} });
    const error = await t.throwsAsync(s.http.json(s.server.url), { instanceOf: HttpStatusError });
    t.is(error.status, status);
    t.is(error.retryAfterMs, 7_000);
  }
});

test("an answer that comes in many pieces is all of them, and one without any is empty", async (t) => {
  await using s = await scene();
  const body = Array.from({ length: 40_000 }, (_, index) => `${index},`).join("");
  s.server.routes["/"] = () => ({ body });
  t.is((await s.http.request(s.server.url)).body.toString(), body);
  s.server.routes["/"] = () => ({ body: "" });
  t.is((await s.http.request(s.server.url)).body.length, 0);
});

test("it may be closed twice, and asks nobody then", async (t) => {
  await using s = await scene();
  s.server.routes["/"] = () => ({ body: {} });
  await s.http.request(s.server.url);
  await s.http.close();
  await t.notThrowsAsync(s.http.close());
  await t.throwsAsync(s.http.request(s.server.url), { instanceOf: HttpConnectionError });
  t.is(s.server.calls.length, 1);
});

for (const [why, error] of [
  ["there is no host of that name (ENOTFOUND)", failing("ENOTFOUND")],
  ["the name server doesn't answer (EAI_AGAIN)", failing("EAI_AGAIN")],
  ["it closed the connection (ECONNRESET)", failing("ECONNRESET")],
  ["it doesn't take the connection (UND_ERR_CONNECT_TIMEOUT)", failing("UND_ERR_CONNECT_TIMEOUT")],
  ["EUNHEARD", failing("EUNHEARD")],
  ["RangeError", failing(7)],
  ["TypeError", new TypeError("odd")],
] as const) {
  test(`a connection that fails says why: ${why}`, async (t) => {
    const destinations = new Destinations({ hosts: ["acme.okta.test"] });
    const http = new Http({
      destinations,
      lookup: (_hostname, _options, callback) => callback(error, "", 0),
    });
    const failure = await t.throwsAsync(http.request("https://acme.okta.test/x"), {
      instanceOf: HttpConnectionError,
    });
    t.is(failure.cause, error);
    t.is(failure.message, `https://acme.okta.test/x can't be reached: ${why}.`);
    await http.close();
  });
}

function failing(code: unknown): Error {
  return Object.assign(new RangeError("odd"), { code });
}

/** A server that sends these bytes to whoever connects, and then nothing. */
async function rawServer(bytes: string, { end = false } = {}) {
  const server = createServer((socket) => {
    socket.on("error", () => {}); // the client hangs up, as it should
    socket.once("data", () => (end ? socket.end(bytes) : socket.write(bytes)));
    sockets.add(socket);
  });
  const sockets = new Set<{ destroy(): void }>();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server listens on no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

test("what is being read has a bound in all, by origin, and is given back with each answer", async (t) => {
  await using s = await scene({ room: new Room(4_000) });
  s.server.routes["/"] = ({ query }) => ({ body: "x".repeat(Number(query.get("size"))) });
  const read = async (size: number) => (await s.http.request(`${s.server.url}?size=${size}`)).body.length;
  const tooMuch = {
    instanceOf: HttpConnectionError,
    message: /can't be read: .*no memory for more/,
  } as const;
  for (const size of [2_000, 2_000]) t.is(await read(size), size);
  await t.throwsAsync(read(2_001), tooMuch);
  {
    using another = s.http.room.share(new URL(s.server.url).host);
    t.true(another.take(1_500));
    await t.throwsAsync(read(501), tooMuch);
    t.is(await read(500), 500);
  }
  t.is(await read(2_000), 2_000);
});
