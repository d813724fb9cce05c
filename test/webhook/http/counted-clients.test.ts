import test from "ava";
import express, { type ErrorRequestHandler, type NextFunction, type Request, type Response } from "express";
import { FlagError, parseFlags } from "../../../kubernetes/program/flags.ts";
import { webhookFlags } from "../../../webhook/flags.ts";
import { clientAddress } from "../../../webhook/http/client-address.ts";
import {
  clientNetwork,
  perAddress,
  perCaller,
  perPath,
  trustedProxies,
} from "../../../webhook/http/rate-limits.ts";
import { RateLimitedError } from "../../../webhook/http/request-errors.ts";
import { serve } from "../../../webhook/server.ts";

/** A request as express has it. @param ip what it makes of the connection and of trusted proxies */
function from(ip: string | undefined, remoteAddress?: string): Request {
  return { ...(ip === undefined ? {} : { ip }), socket: { remoteAddress } } as Request;
}

test("the client's address is what a trusted proxy tells, where that is one, and else the connection's", (t) => {
  t.is(clientAddress(from("10.0.0.1", "127.0.0.1")), "10.0.0.1");
  t.is(clientAddress(from("2001:db8::1", "127.0.0.1")), "2001:db8::1");
  for (const ip of ["10.0.0.1:4711", "unknown", "", undefined])
    t.is(clientAddress(from(ip, "127.0.0.1")), "127.0.0.1", ip);
  t.is(clientAddress(from("unknown")), "", "gone already");
});

test("IPv6 counts by network, IPv4 by address", (t) => {
  t.is(clientNetwork(from("10.0.0.1")), "10.0.0.1");
  t.is(clientNetwork(from("2001:db8:1:1::1")), clientNetwork(from("2001:db8:1:1:ffff::2")));
  t.not(clientNetwork(from("2001:db8:1:1::1")), clientNetwork(from("2001:db8:2:1::1")));
  t.is(clientNetwork(from("unknown", "127.0.0.1")), "127.0.0.1");
});

test("so many requests a minute come through, of one address as of one caller; a caller is told how many are left", async (t) => {
  const app = express();
  const seen: { error: unknown; retryAfterS: number }[] = [];
  app.use("/address", perAddress(2));
  const tooMany = (_req: Request, retryAfterS: number): Error =>
    Object.assign(new Error("too many"), { retryAfterS });
  app.use(
    "/caller",
    perCaller(2, (req) => String(req.query.who), tooMany),
  );
  app.use((_req, res) => void res.sendStatus(204));
  const refuse: ErrorRequestHandler = (error, _req, res, _next) => {
    seen.push({ error, retryAfterS: error.retryAfterS });
    res.sendStatus(429);
  };
  app.use(refuse);
  const server = await serve(app, { port: 0, host: "127.0.0.1" });
  t.teardown(() => server.close(0));
  const ask = (path: string) => fetch(`http://127.0.0.1:${server.port}${path}`);

  const answers = [];
  for (let i = 0; i < 3; i++) answers.push(await ask("/address"));
  t.deepEqual(
    answers.map(({ status }) => status),
    [204, 204, 429],
  );
  t.true(seen[0]?.error instanceof RateLimitedError);
  t.is(seen[0]?.retryAfterS, 60);
  for (const { headers } of answers)
    t.deepEqual(
      [...headers.keys()].filter((name) => name.includes("ratelimit")),
      [],
      "who floods isn't told",
    );

  const statuses = [];
  for (const who of ["a", "a", "b", "a"]) statuses.push((await ask(`/caller?who=${who}`)).status);
  t.deepEqual(statuses, [204, 204, 204, 429]);
  const wait = seen[1]?.retryAfterS ?? 0;
  t.true(wait > 0 && wait <= 60);
  const { headers } = await ask("/caller?who=c");
  t.regex(headers.get("ratelimit") ?? "", /"caller"; r=1/);
  t.is(headers.get("x-ratelimit-limit"), null);
});

test("requests to one path that are too many leave those to another alone, whoever sends them", async (t) => {
  const app = express();
  const full = (_error: unknown, _req: Request, res: Response, _next: NextFunction) =>
    void res.sendStatus(503);
  app.post(
    "/hooks/:path",
    perPath(2, () => new Error("full")),
    (_req, res) => void res.sendStatus(204),
  );
  app.use(full);
  const server = await serve(app, { port: 0, host: "127.0.0.1" });
  t.teardown(() => server.close(0));
  const post = async (path: string) =>
    (await fetch(`http://127.0.0.1:${server.port}/hooks/${path}`, { method: "POST" })).status;
  const statuses = [];
  for (const path of ["acme", "acme", "acme", "beta", "beta", "acme"]) statuses.push(await post(path));
  t.deepEqual(statuses, [204, 204, 503, 204, 204, 503]);
});

test("--trusted-proxies is a number of hops, or a list of addresses and networks in which spaces don't matter", (t) => {
  for (const none of ["", "  "]) t.is(trustedProxies(none), false);
  t.is(trustedProxies(" 12 "), 12);
  for (const one of ["10.0.0.1", "1a", "a1"]) t.deepEqual(trustedProxies(one), [one]);
  t.deepEqual(trustedProxies(" loopback ,fd00::/8"), ["loopback", "fd00::/8"]);
  const flags = (list: string) => () =>
    parseFlags({ name: "x", summary: "y", prefix: "z_" }, webhookFlags, ["--trusted-proxies", list], {});
  t.notThrows(flags("10.0.0.0/8,loopback"));
  t.throws(flags("everybody"), { instanceOf: FlagError });
});
