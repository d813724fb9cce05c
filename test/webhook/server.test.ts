import { once } from "node:events";
import { Agent, request } from "node:http";
import test from "ava";
import { serve } from "../../webhook/server.ts";
import { loopbackAddresses } from "../loopback-addresses.ts";
import { untilRefused } from "../until-refused.ts";

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

test("what takes longer than the grace is cut", async (t) => {
  const arrived = Promise.withResolvers<void>();
  const server = await serve(() => arrived.resolve(), { port: 0, host: "127.0.0.1" });
  const hanging = once(request({ port: server.port, host: "127.0.0.1" }).end(), "response");
  await arrived.promise;
  await Promise.all([server.close(100), t.throwsAsync(hanging, { code: "ECONNRESET" })]);
});

test("without an address it answers on every one that the machine has, of IPv4 and of IPv6", async (t) => {
  const server = await serve((_req, res) => res.end("here"), { port: 0, host: undefined });
  t.teardown(() => server.close(0));
  for (const address of loopbackAddresses())
    t.is(await (await fetch(`http://${address}:${server.port}`)).text(), "here", address);
});
