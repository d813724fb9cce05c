import test, { type ExecutionContext } from "ava";
import { Counter, Gauge, Registry } from "prom-client";
import { HealthServer, type HealthServerOptions } from "../../../kubernetes/index.ts";
import { logLines } from "../../log-lines.ts";
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

test("with an address, nobody is answered at another", async (t) => {
  const { port } = await serve(t, { host: "127.0.0.1" });
  await t.throwsAsync(fetch(`http://127.0.0.2:${port}/livez`), { message: /failed/ });
});

test("closing doesn't wait for a check", async (t) => {
  const asked = Promise.withResolvers<void>();
  const hangs = () => {
    asked.resolve();
    return new Promise<undefined>(() => {});
  };
  const { server, get } = await serve(t, { ready: { hangs } });
  const unanswered = t.throwsAsync(get("/readyz"), { message: /failed/ });
  await asked.promise;
  await server.close();
  await unanswered;
});

test("what goes wrong while metrics are read is said in the log, and nothing of it in the answer", async (t) => {
  const metrics = new Registry();
  new Gauge({
    name: "broken",
    help: "Can't be read.",
    registers: [metrics],
    collect: () => {
      throw new Error("a secret");
    },
  });
  const { log: told, lines } = logLines();
  const { get } = await serve(t, { metrics, log: told });
  t.like(await get("/metrics?x"), { status: 500, body: "internal error\n" });
  t.like(lines[0], { msg: "a health endpoint failed", url: "/metrics?x", err: { message: "a secret" } });
});

test("one check of many that fails is enough; what it throws is said even where it is no error", async (t) => {
  const fine = () => undefined;
  const fails = () => Promise.reject("oh no");
  const { get } = await serve(t, { ready: { fine, fails, other: fine } });
  t.like(await get("/readyz"), { status: 503, body: "[+] fine\n[-] fails: oh no\n[+] other\nnot ok\n" });
});

test("answers are texts that nobody may keep, and none keeps the server from closing", async (t) => {
  const { server, port } = await serve(t);
  const response = await fetch(`http://127.0.0.1:${port}/livez`);
  t.is(response.headers.get("content-type"), "text/plain; charset=utf-8");
  t.is(response.headers.get("cache-control"), "no-store");
  await response.text(); // the connection stays open
  await server.close();
  await t.throwsAsync(fetch(`http://127.0.0.1:${port}/livez`), { message: /failed/ });
});
