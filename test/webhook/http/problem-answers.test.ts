import test from "ava";
import type { Request } from "express";
import { pino } from "pino";
import { logProblem, type Problem, sendProblem, sendProblemJSON } from "../../../webhook/http/problem.ts";
import { smallApp } from "./small-app.ts";

const plain: Problem = { status: 400, code: "odd", title: "Odd", text: "This is <odd>." };
const full: Problem = {
  ...plain,
  status: 503,
  advice: "Mend it.",
  link: { href: "/login/acme?a=1&b=2", label: "Try again" },
  organization: "Acme",
  retryAfterS: 7,
  parameter: "role",
};

test("people get a problem as a page: what happened, what to do about it, and where to go on", async (t) => {
  const ask = await smallApp(t, (req, res) => sendProblem(req, res, req.path === "/full" ? full : plain));
  const page = await ask("/full", { headers: { accept: "text/html" } });
  t.is(page.status, 503);
  t.is(page.headers.get("retry-after"), "7");
  const text = await page.text();
  t.regex(text, /<h1[^>]*>Odd<\/h1>/);
  t.true(text.includes("<p>This is &lt;odd&gt;.</p>"));
  t.true(text.includes('<p class="soft">Mend it.</p>'));
  t.true(text.includes('href="/login/acme?a=1&amp;b=2">Try again</a>'));
  t.regex(text, />Acme<\/p>/);

  const short = await ask("/plain");
  t.is(short.status, 400);
  t.is(short.headers.get("retry-after"), null);
  t.notRegex(await short.text(), /undefined|class="soft"|class="button"/);
});

test("programs get it as JSON, where they ask for that and where only programs ask", async (t) => {
  const ask = await smallApp(t, (req, res) => {
    const send = req.path === "/always" ? sendProblemJSON : sendProblem;
    send(req, res, req.query.full === undefined ? plain : full);
  });
  for (const [path, accept] of [
    ["/", "application/json"],
    ["/always", "text/html"],
  ] as const) {
    const answer = await ask(`${path}?full`, { headers: { accept } });
    t.is(answer.status, 503);
    t.is(answer.headers.get("content-type"), "application/problem+json");
    t.is(answer.headers.get("retry-after"), "7");
    const { requestID, ...content } = (await answer.json()) as Record<string, unknown>;
    t.deepEqual(content, {
      type: "about:blank",
      status: 503,
      title: "Odd",
      detail: "This is <odd>. Mend it.",
      code: "odd",
      parameter: "role",
    });
    t.regex(String(requestID), /^[\w-]{12}$/);

    const short = await ask(path, { headers: { accept } });
    t.is(short.headers.get("retry-after"), null);
    const { requestID: _, ...rest } = (await short.json()) as Record<string, unknown>;
    t.deepEqual(rest, {
      type: "about:blank",
      status: 400,
      title: "Odd",
      detail: "This is <odd>.",
      code: "odd",
    });
  }
});

test("the log tells our own faults from those of what we depend on, and hears nothing of what is the request's", (t) => {
  const lines: { level: number; msg: string; requestID?: string; err?: { message: string } }[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const req = { headers: {} } as Request;
  for (const status of [400, 499, 500, 501, 503])
    logProblem(log, { ...plain, status }, new Error("it"), req, `${status}`);
  t.deepEqual(
    lines.map(({ level, msg }) => [level, msg]),
    [
      [50, "500"],
      [40, "501"],
      [40, "503"],
    ],
  );
  t.is(lines[0]?.err?.message, "it");
  t.regex(lines[0]?.requestID ?? "", /^[\w-]{12}$/);
});
