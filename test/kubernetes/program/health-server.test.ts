import test, { type ExecutionContext } from "ava";
import { Counter, Registry } from "prom-client";
import { HealthServer, type HealthServerOptions } from "../../../kubernetes/index.ts";
import { loopbackAddresses } from "../../loopback-addresses.ts";
import { log } from "../api-server.ts";

async function serve(t: ExecutionContext, options: Partial<HealthServerOptions> = {}) {
  const metrics = options.metrics ?? new Registry();
  const server = new HealthServer({ port: 0, host: "127.0.0.1", log, ...options, metrics });
  const port = await server.listen();
  t.teardown(() => server.close());
  const get = async (path: string, init?: RequestInit) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
    return {
      status: response.status,
      body: await response.text(),
      type: response.headers.get("content-type"),
    };
  };
  return { server, port, get };
}

test("alive and ready without checks", async (t) => {
  const { get } = await serve(t);
  t.like(await get("/livez"), { status: 200, body: "ok\n" });
  t.like(await get("/readyz?verbose"), { status: 200, body: "ok\n" });
});

test("a check that finds something wrong says what", async (t) => {
  let problem: string | undefined = "the first list isn't complete";
  const { get } = await serve(t, {
    ready: { cache: () => problem, other: () => undefined },
    live: { controller: () => undefined },
  });
  t.like(await get("/readyz"), {
    status: 503,
    body: "[-] cache: the first list isn't complete\n[+] other\nnot ok\n",
  });
  t.is((await get("/livez")).status, 200);
  problem = undefined;
  t.like(await get("/readyz"), { status: 200, body: "[+] cache\n[+] other\nok\n" });
});

test("a check that throws or hangs has failed", async (t) => {
  const { get } = await serve(t, {
    ready: { throws: () => Promise.reject(new Error("oh no")) },
    live: { hangs: () => new Promise(() => {}) },
  });
  t.like(await get("/readyz"), { status: 503, body: "[-] throws: oh no\nnot ok\n" });
  t.like(await get("/livez"), { status: 503, body: "[-] hangs: no answer from the check\nnot ok\n" });
});

test("not ready while stopping, but alive", async (t) => {
  const { server, get } = await serve(t);
  server.drain();
  t.is((await get("/readyz")).status, 503);
  t.is((await get("/livez")).status, 200);
});

test("metrics", async (t) => {
  const metrics = new Registry();
  new Counter({ name: "things_total", help: "Things.", registers: [metrics] }).inc(3);
  const { get } = await serve(t, { metrics });
  const { status, body, type } = await get("/metrics");
  t.is(status, 200);
  t.regex(type ?? "", /^text\/plain; version=0\.0\.4/);
  t.regex(body, /^things_total 3$/m);
});

test("nothing else", async (t) => {
  const { get } = await serve(t);
  t.is((await get("/")).status, 404);
  t.is((await get("/livez", { method: "POST" })).status, 405);
  t.is((await get("/livez", { method: "HEAD" })).status, 200);
});

test("a port that is taken is said so", async (t) => {
  const { port } = await serve(t);
  await t.throwsAsync(serve(t, { port }), { code: "EADDRINUSE" });
});

test("without an address, probes are answered on IPv4 and on IPv6, as far as the machine has them", async (t) => {
  const server = new HealthServer({ port: 0, metrics: new Registry(), log });
  const port = await server.listen();
  t.teardown(() => server.close());
  for (const address of loopbackAddresses())
    t.is((await fetch(`http://${address}:${port}/livez`)).status, 200, address);
});
