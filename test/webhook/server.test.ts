import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import test from "ava";
import { serve } from "../../webhook/server.ts";
import { loopbackAddresses } from "../loopback-addresses.ts";
import { untilRefused } from "../until-refused.ts";
import { waitFor } from "../wait-for.ts";

test("a server that goes says so in its answers, and drops no request that comes on an open connection", async (t) => {
  const server = await serve((_req, res) => res.end("here"), { port: 0, host: "127.0.0.1" });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  const ask = async () => {
    const [response] = await once(request({ port: server.port, host: "127.0.0.1", agent }).end(), "response");
    response.resume();
    await once(response, "end");
    return response.headers.connection;
  };
  t.is(await ask(), "keep-alive");
  const closed = server.close(5_000);
  t.is(await ask(), "close", "the last answer on this connection");
  await closed;
  await t.notThrowsAsync(untilRefused(server.port));
});

test("a process that was held up until it is to close reads what has come meanwhile, and answers it", async (t) => {
  const server = await serve((_req, res) => res.end("here"), { port: 0, host: "127.0.0.1" });
  const socket = connect(server.port, "127.0.0.1");
  t.teardown(() => socket.destroy());
  const ask = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
  socket.write(ask);
  t.regex(String(await once(socket, "data")), /^HTTP\/1\.1 200/);

  const closed = server.close(2_000);
  socket.write(ask);
  const nothing = new Int32Array(new SharedArrayBuffer(4));
  Atomics.wait(nothing, 0, 0, 1_100); // longer than connections are parted from
  const received = await Promise.race([once(socket, "data"), once(socket, "close")]);
  t.regex(String(received), /^HTTP\/1\.1 200/);
  await closed;
});

test("what takes longer than the grace is cut", async (t) => {
  const arrived = Promise.withResolvers<void>();
  const server = await serve(() => arrived.resolve(), { port: 0, host: "127.0.0.1" });
  const hanging = once(request({ port: server.port, host: "127.0.0.1" }).end(), "response");
  await arrived.promise;
  await Promise.all([server.close(100), t.throwsAsync(hanging, { code: "ECONNRESET" })]);
});

test("an open connection is kept for longer than load balancers keep it", async (t) => {
  const server = await serve((_req, res) => res.end("here"), { port: 0, host: "127.0.0.1" });
  t.teardown(() => server.close(0));
  const { headers } = await fetch(`http://127.0.0.1:${server.port}`);
  t.is(headers.get("keep-alive"), "timeout=65");
});

test("who takes too long to send a request is told so, whether its headers or its body don't come", async (t) => {
  const quick = { headersTimeout: 50, connectionsCheckingInterval: 20 };
  const request = "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n";
  for (const [what, sent, bounds] of [
    ["headers", request, { ...quick, requestTimeout: 600_000 }],
    ["body", `${request}\r\nhalf`, { ...quick, requestTimeout: 60 }],
  ] as const) {
    const server = await serve(() => {}, { port: 0, host: "127.0.0.1", bounds });
    t.teardown(() => server.close(0));
    const socket = connect(server.port, "127.0.0.1");
    t.teardown(() => socket.destroy());
    let received = "";
    socket.on("data", (data) => {
      received += data;
    });
    socket.write(sent);
    await waitFor(() => socket.readableEnded || undefined, {
      what: `no ${what} to end it`,
      timeoutMs: 20_000,
    });
    t.regex(received, /^HTTP\/1\.1 408 /, what);
  }
});

test("a connection more than there may be is closed, and taken when another has gone", async (t) => {
  const bounds = { maxConnections: 1 };
  const server = await serve((_req, res) => res.end("here"), { port: 0, host: "127.0.0.1", bounds });
  t.teardown(() => server.close(0));
  const ask = async () => {
    const socket = connect(server.port, "127.0.0.1").on("error", () => {});
    t.teardown(() => socket.destroy());
    socket.write("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
    const [data] = await Promise.race([once(socket, "data"), once(socket, "close").then(() => [])]);
    return { socket, isAnswered: data !== undefined };
  };
  const first = await ask();
  t.true(first.isAnswered);
  t.false((await ask()).isAnswered);
  first.socket.destroy();
  await t.notThrowsAsync(
    waitFor(async () => (await ask()).isAnswered || undefined, { what: "the place to be free" }),
  );
});

test("without an address it answers on every one that the machine has, of IPv4 and of IPv6", async (t) => {
  const server = await serve((_req, res) => res.end("here"), { port: 0, host: undefined });
  t.teardown(() => server.close(0));
  for (const address of loopbackAddresses())
    t.is(await (await fetch(`http://${address}:${server.port}`)).text(), "here", address);
});
