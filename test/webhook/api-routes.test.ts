import test, { type ExecutionContext } from "ava";
import { Callers } from "../../webhook/api/callers.ts";
import { UnknownCallerError } from "../../webhook/api/refusals.ts";
import { type ApiDeps, apiRoutes } from "../../webhook/api-routes.ts";
import { logLines } from "../log-lines.ts";
import { organization } from "../organizations/organization.ts";
import { serviceAccount } from "./api/a-service-account.ts";
import { smallApp } from "./http/small-app.ts";

const ACME = "/organizations/team/acme";

/** The API for programs, where a token is whatever the program is called; whose questions are about Acme. */
async function scene(t: ExecutionContext, requestsPerMinute = 100) {
  const { log, lines } = logLines();
  const asked: string[] = [];
  const callers = new Callers(
    { of: async (name) => serviceAccount({ name }) },
    {
      of: async (_cookie, about) => {
        asked.push(about);
        throw new UnknownCallerError("no-credentials", "Send one.");
      },
    },
  );
  const state: { served: () => ReturnType<ApiDeps["organizations"]["served"]> } = {
    served: () => organization("team/acme", "acme"),
  };
  const deps = {
    callers,
    log,
    organizations: { served: () => state.served() },
  } as unknown as ApiDeps;
  const ask = await smallApp(t, apiRoutes(deps, requestsPerMinute));
  const by = (token: string, more: RequestInit = {}) => ({
    ...more,
    headers: { authorization: `Bearer ${token}` },
  });
  return { ask, by, state, lines, asked };
}

test("each question is answered to whoever asks, once they are known", async (t) => {
  const { ask, by, asked } = await scene(t);
  t.deepEqual(await (await ask(`${ACME}/me`, by("reports"))).json(), {
    kind: "ServiceAccount",
    serviceAccount: { namespace: "team", name: "reports" },
    mayList: true,
  });
  for (const path of ["users", "users/ada", "explain", "me"]) {
    const answer = await ask(`${ACME}/${path}`);
    t.is(answer.status, 401, path);
    t.is(answer.headers.get("www-authenticate"), 'Bearer realm="okta-role-operator"');
    t.regex(answer.headers.get("content-type") ?? "", /^application\/problem\+json/);
  }
  t.deepEqual(asked, Array(4).fill("team/acme"));
  t.is((await ask("/openapi.json")).status, 200, "it says nothing of anybody");
});

test("what isn't there is told in JSON, whoever asks, and addresses have one spelling", async (t) => {
  const { ask, by } = await scene(t);
  for (const path of ["/", "/x", "/OpenAPI.json", `${ACME}/me/`, `${ACME}/Me`, "/organizations/team/ACME/me"])
    for (const options of [by("reports"), {}]) {
      const answer = await ask(path, options);
      t.is(answer.status, 404, path);
      t.like(await answer.json(), { code: "not-found" }, path);
    }
});

test("the API is read, and nothing else", async (t) => {
  const { ask, by } = await scene(t);
  for (const path of [
    "/openapi.json",
    ...["users", "users/ada", "explain", "me"].map((of) => `${ACME}/${of}`),
  ])
    for (const method of ["POST", "DELETE"]) {
      const answer = await ask(path, by("reports", { method }));
      t.is(answer.status, 405, path);
      t.is(answer.headers.get("allow"), "GET, HEAD");
      t.like(await answer.json(), { code: "method-not-allowed" });
    }
});

test("who asks too often is told when to ask again, and nobody else is", async (t) => {
  const { ask, by } = await scene(t, 2);
  const first = await ask(`${ACME}/me`, by("reports"));
  t.regex(first.headers.get("ratelimit") ?? "", /r=1/);
  await ask(`${ACME}/me`, by("reports"));
  const refused = await ask(`${ACME}/me`, by("reports"));
  t.is(refused.status, 429);
  const { code, detail } = (await refused.json()) as Record<string, string>;
  t.is(code, "rate-limited");
  const retryAfter = refused.headers.get("retry-after");
  t.is(
    detail,
    `The service account team/reports has sent more than 2 requests in a minute. Ask again in ${retryAfter} seconds.`,
  );
  t.is((await ask(`${ACME}/me`, by("others"))).status, 200);
});

test("a mistake is told as one and logged, without what it says of itself", async (t) => {
  const { ask, by, state, lines } = await scene(t);
  state.served = () => {
    throw new TypeError("secret detail");
  };
  const answer = await ask(`${ACME}/me`, by("reports"));
  t.is(answer.status, 500);
  const body = await answer.text();
  t.false(body.includes("secret detail"));
  const { code, requestID } = JSON.parse(body) as Record<string, string>;
  t.is(code, "internal");
  t.like(lines[0], { requestID, err: { message: "secret detail" } });
  state.served = () => undefined;
  t.like(await (await ask(`${ACME}/me`, by("reports"))).json(), { code: "organization-not-found" });
  t.is(lines.length, 1, "what is the program's own isn't logged as a failure");
});
