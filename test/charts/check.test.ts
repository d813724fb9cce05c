import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import test, { type ExecutionContext } from "ava";
import { at, find, helmBuilt, render } from "./helm.ts";

test.before(helmBuilt);

type Answers = Readonly<Record<string, { status: number; body?: string }>>;

const WELL: Answers = {
  "/readyz": { status: 200 },
  "/session": { status: 401, body: JSON.stringify({ code: "no-session", message: "Nobody is signed in." }) },
  "/login/no-such-organization": { status: 404 },
};

/** Runs what the test pod runs, against something that answers like this at all three addresses. */
async function check(t: ExecutionContext, answers: Answers): Promise<{ code: unknown; output: string }> {
  const server = createServer((request, response) => {
    const { status, body = "" } = answers[request.url ?? ""] ?? { status: 500 };
    response.writeHead(status, { connection: "close" }).end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;

  const container = at(find(await render({}), "Pod"), "spec.containers[test]");
  const [command, args] = [at(container, "command"), at(container, "args")];
  if (!Array.isArray(command) || !Array.isArray(args)) throw new Error("the pod has no command");
  t.deepEqual(args.slice(1), [
    "http://okta-role-operator.access.svc:80",
    "http://okta-role-operator-metrics.access.svc:8081",
    "http://okta-role-operator-metrics.access.svc:8082",
  ]);
  t.is(command[0], "node");
  const child = spawn(process.execPath, [...command.slice(1), args[0], url, url, url]);
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, "close")]);
  return { code, output };
}

test("helm test passes where everything is ready and nobody is signed in", async (t) => {
  const { code, output } = await check(t, WELL);
  t.is(code, 0, output);
  t.is(output.match(/^ok /gm)?.length, 4);
});

const WRONG: [what: string, answers: Answers][] = [
  ["a container isn't ready", { ...WELL, "/readyz": { status: 503, body: "caches: not synced" } }],
  ["everybody is let in", { ...WELL, "/session": { status: 200, body: "{}" } }],
  ["somebody else answers 401", { ...WELL, "/session": { status: 401, body: '{"error":"unauthorized"}' } }],
  ["a login page for nobody", { ...WELL, "/login/no-such-organization": { status: 302 } }],
];

for (const [what, answers] of WRONG) {
  test(`helm test fails, and says where, when ${what}`, async (t) => {
    const { code, output } = await check(t, answers);
    t.is(code, 1, output);
    t.regex(output, /^FAIL /m);
  });
}
