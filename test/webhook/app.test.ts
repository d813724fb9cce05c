import test, { type ExecutionContext } from "ava";
import { Registry } from "prom-client";
import type { User } from "../../identity/index.ts";
import { type AppDeps, createApp } from "../../webhook/app.ts";
import { WebhookMetrics } from "../../webhook/metrics.ts";
import { logLines } from "../log-lines.ts";
import { waitFor } from "../wait-for.ts";
import { smallApp } from "./http/small-app.ts";
import { OWN, SmallWebhook } from "./routes/small-webhook.ts";

/** All routes, as somebody meets them who administers Acme, on no more than some of these need. */
async function scene(t: ExecutionContext, { baseURL = OWN } = {}) {
  const webhook = new SmallWebhook();
  const { guard, organizations, replica } = webhook;
  const { log, lines } = logLines();
  const all = { users: async function* (): AsyncGenerator<readonly User[]> {} };
  const deps = {
    ...{ guard, organizations, log, sessions: replica.sessions, isRefused: () => false },
    roster: { all: () => all.users() },
    metrics: new WebhookMetrics(new Registry()),
  } as unknown as AppDeps;
  const limits = { loginsPerMinute: 100, apiRequestsPerMinute: 100 };
  const kim = webhook.person("kim", "admin");
  const cookie = webhook.signedIn(kim);
  const ask = await smallApp(t, createApp(deps, { baseURL, trustedProxies: false, ...limits }));
  return { ask: (path: string) => ask(path, { headers: { cookie } }), all, kim, lines };
}

test("what fails when a part has been sent breaks off, and is logged: nobody takes the part for all", async (t) => {
  const { ask, all, kim, lines } = await scene(t);
  const failures = () => lines.filter(({ msg }) => msg === "A request failed.");
  all.users = async function* () {
    yield [kim];
  };
  t.regex(await (await ask("/login/acme/users.csv")).text(), /kim/);
  t.is(failures().length, 0);

  const begun = Promise.withResolvers<void>();
  all.users = async function* () {
    yield [kim];
    await begun.promise;
    throw new TypeError("it can't be read any more");
  };
  const part = await ask("/login/acme/users.csv");
  t.is(part.status, 200);
  let end: string | undefined;
  part.text().then(
    () => (end = "whole"),
    () => (end = "broken off"),
  );
  begun.resolve();
  t.is(await waitFor(() => end, { what: "the file to end" }), "broken off");
  t.is(failures().length, 1);
  t.like(failures()[0], {
    level: 50,
    organization: "acme/acme",
    err: { message: "it can't be read any more" },
  });
});

test("browsers are told to come by https from then on, where the webhook is reached by that, and only there", async (t) => {
  const policyAt = async (baseURL: string) => {
    const { ask } = await scene(t, { baseURL });
    return (await ask("/nowhere")).headers.get("strict-transport-security");
  };
  t.is(await policyAt("https://login.example.com"), "max-age=31536000");
  t.is(await policyAt("http://localhost:8080"), null);
});

test("an address has one spelling: what is nearly it isn't taken for it", async (t) => {
  const { ask } = await scene(t);
  for (const path of ["/session", "/login/acme/users.csv"]) t.is((await ask(path)).status, 200, path);
  for (const path of [
    "/Session",
    "/session/",
    "/login/acme/",
    "/Login/acme/users.csv",
    "/login/acme/users.csv/",
    "/login/acme/Users.csv",
  ])
    t.is((await ask(path)).status, 404, path);
});
