import test from "ava";
import { pino } from "pino";
import { accessLog, logCaller } from "../../../webhook/http/access-log.ts";
import { requestID } from "../../../webhook/http/respond.ts";
import { waitFor } from "../../wait-for.ts";
import { smallApp } from "./small-app.ts";

test("each request is one line, with who and what and how long, and without what holds codes and cookies", async (t) => {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const ids: string[] = [];
  const ask = await smallApp(t, accessLog(log), (req, res) => {
    ids.push(requestID(req));
    if (req.path === "/named") logCaller(req, "team/mia");
    res.status(418).end();
  });
  const began = performance.now();
  await ask("/named?code=secret", { method: "PUT", headers: { cookie: "a=secret" } });
  await ask(`/${"x".repeat(300)}?a?b`);
  await waitFor(() => (lines.length === 2 ? true : undefined), { what: "two lines" });
  const elapsed = performance.now() - began;
  const [first = {}, second = {}] = lines;
  const { ms, time: _, ...rest } = first;
  t.deepEqual(rest, {
    level: 30,
    requestID: ids[0],
    method: "PUT",
    path: "/named",
    status: 418,
    ip: "127.0.0.1",
    caller: "team/mia",
    msg: "request",
  });
  t.true(Number(ms) >= 0 && Number(ms) <= elapsed + 0.1, `${ms} of ${elapsed}`);
  t.regex(String(ms), /^\d+(\.\d)?$/);
  t.is(second.path, `/${"x".repeat(199)}`);
  t.is(second.caller, undefined);
  t.notRegex(JSON.stringify(lines), /secret/);
});
