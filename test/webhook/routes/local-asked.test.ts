import test, { type ExecutionContext } from "ava";
import express from "express";
import { Registry } from "prom-client";
import { StoreError } from "../../../identity/index.ts";
import { WebhookMetrics } from "../../../webhook/metrics.ts";
import { local, localForm } from "../../../webhook/routes/local.ts";
import type { LocalRefusal, LocalSignIn } from "../../../webhook/sign-in/local-sign-ins.ts";
import { Jar } from "../sessions/session-fixtures.ts";
import { headline, SmallWebhook } from "./small-webhook.ts";

async function scene(t: ExecutionContext) {
  const webhook = new SmallWebhook();
  const { organizations, replica } = webhook;
  const metrics = new WebhookMetrics(new Registry());
  const mia = webhook.person("mia", "admin", { source: "Local", serviceAccountName: "mia" });
  const asked: unknown[][] = [];
  const state = {
    result: { kind: "admitted", user: mia } as LocalSignIn,
    failure: undefined as Error | undefined,
  };
  const deps = {
    ...{ organizations, metrics, sessions: replica.sessions, serviceAccountNamespace: "webhook" },
    localSignIns: {
      complete: async (...question: unknown[]) => {
        asked.push(question);
        if (state.failure) throw state.failure;
        return state.result;
      },
    },
  };
  const ask = await webhook.serve(t, (app) => {
    app.get("/login/:path/local", localForm(deps));
    app.post("/login/:path/local", express.urlencoded({ extended: false }), local(deps));
  });
  const refused = async (refusal: LocalRefusal, headers: Record<string, string> = {}) => {
    state.result = { kind: "refused", ...refusal };
    return ask("/login/acme/local", { form: { token: "x" }, headers });
  };
  const logins = async () =>
    (await metrics.logins.get()).values.map(
      ({ labels }) => `${labels.organization} ${labels.outcome} ${labels.reason}`,
    );
  return { webhook, ask, refused, asked, mia, logins, state };
}

test("a page asks for the token, and says how to make one for this very place", async (t) => {
  const { ask } = await scene(t);
  const page = await ask("/login/acme/local");
  t.deepEqual([page.status, headline(page)], [200, "Local sign-in"]);
  t.true(page.body.includes("--namespace webhook"));
  t.true(page.body.includes("--audience https://login.example.com/login/acme"));
  t.false(page.body.includes('role="alert"'));
  t.is((await ask("/login/gone/local")).status, 404);
});

test("a true token signs its person in, past Okta", async (t) => {
  const { ask, asked, webhook, mia, logins } = await scene(t);
  const answer = await ask("/login/acme/local", { form: { token: " token\n" } });
  t.deepEqual([answer.status, answer.location], [303, "https://login.example.com/login/acme/me"]);
  const check = webhook.replica.sessions.check(new Jar().store(answer.setCookies).header);
  t.true(check.kind === "signed-in" && check.session.serviceAccount !== undefined, "it ends with it");
  t.like(check, { kind: "signed-in", user: { ref: mia.ref } });
  t.deepEqual(asked, [
    ["acme/acme", "token", { audience: "https://login.example.com/login/acme", address: "127.0.0.1" }],
  ]);
  t.deepEqual(await logins(), ["acme/acme admitted LocalAccount"]);
  await ask("/login/acme/local", { form: {} });
  t.is(asked[1]?.[1], "");
});

test("a token that signs nobody in says why, on the page and to programs", async (t) => {
  const { refused, logins } = await scene(t);
  const told: [LocalRefusal, RegExp][] = [
    [{ why: "not-valid" }, /isn't accepted: it has expired/],
    [{ why: "not-a-service-account" }, /doesn't belong to a service account/],
    [{ why: "pod-token" }, /is a pod's/],
    [{ why: "no-account" }, /has just been changed or deleted/],
    [{ why: "several-accounts" }, /Several local accounts/],
    [
      { why: "other-namespace", token: { namespace: "theirs", name: "mia" }, wanted: "ours", user: "mia" },
      /of the namespace theirs, and the local account mia takes those of ours only.*serviceAccountNamespace: theirs/,
    ],
    [{ why: "too-many-failures" }, /After so many failures/],
  ];
  for (const [refusal, message] of told) {
    const json = await refused(refusal, { accept: "application/json" });
    const content = JSON.parse(json.body);
    t.is(content.code, refusal.why);
    t.regex(content.message, message);
    const page = await refused(refusal);
    t.is(headline(page), "Local sign-in");
    t.true(page.body.includes('<p class="alert" role="alert">'));
    const isTooMany = refusal.why === "too-many-failures";
    for (const { status, headers } of [json, page])
      t.deepEqual([status, headers["retry-after"]], isTooMany ? [429, "60"] : [403, undefined]);
    t.deepEqual(page.setCookies, []);
  }
  t.true((await logins()).includes("acme/acme refused local-pod-token"));
});

test("a token that nobody can be asked about counts as a sign-in that failed", async (t) => {
  const { ask, logins, state } = await scene(t);
  state.failure = new StoreError("the API server doesn't answer");
  t.is((await ask("/login/acme/local", { form: { token: "x" } })).status, 503);
  t.deepEqual(await logins(), ["acme/acme failed store-unavailable"]);
});
