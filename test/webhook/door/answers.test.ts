import test from "ava";
import { Registry } from "prom-client";
import type { Organization } from "../../../crds/types.ts";
import { type Answer, SessionAnswers, sendAnswer } from "../../../webhook/door/session-answers.ts";
import { Verdicts } from "../../../webhook/door/verdicts.ts";
import { WebhookMetrics } from "../../../webhook/metrics.ts";
import { exactly } from "../../exactly.ts";
import { organization } from "../../organizations/organization.ts";
import { smallApp } from "../http/small-app.ts";
import { user } from "../sessions/session-fixtures.ts";

const acme = organization("team/acme", "acme");
const metrics = new WebhookMetrics(new Registry());
const answers = new SessionAnswers({
  metrics,
  loginURI: ({ metadata }: Organization) =>
    metadata.name === "acme" ? "https://login.example.com/login/acme" : undefined,
  isRefused: (namespace) => namespace === "refused",
});

function read({ status, headers, body }: Answer): object {
  const content = JSON.parse(body.toString());
  return { status, ...content, headers: { ...headers } };
}

const usual = (body: Buffer) => ({
  "Content-Type": "application/json",
  "Content-Length": body.length,
  "Cache-Control": "no-store",
});

function admitted() {
  const grants = [{ role: "a", mapping: "m", group: "g" }];
  const access = { active: true, grants, groups: [], reason: "MappedGroup" as const, message: "" };
  const ada = user("team/acme-ada", { email: "ada@acme.example", name: "Ada", access });
  const session = {
    id: "s",
    user: ada.ref,
    userID: "u",
    epoch: 0,
    organizationID: "o",
    issuedAt: 0,
    expiresAt: 1,
  };
  const verdict = new Verdicts(() => acme).of(
    { kind: "signed-in", session, user: ada, organization: acme, expiresAt: 1_800_000_000_000 },
    { kind: "requirement", roles: [], anyRoles: [] },
  );
  if (verdict.kind !== "admitted") throw new Error(verdict.kind);
  return verdict;
}

test("who is signed in is told with their roles, in the body and in headers, made once", (t) => {
  const ada = admitted();
  const answer = answers.to(ada);
  t.deepEqual(read(answer), {
    status: 200,
    user: { ref: "team/acme-ada", name: "Ada", email: "ada@acme.example" },
    organization: { ref: "team/acme", displayName: "acme" },
    roles: [{ name: "a", displayName: "a", admin: false, mapping: "m", group: "g" }],
    expires: "2027-01-15T08:00:00.000Z",
    headers: { ...usual(answer.body), ...ada.headers },
  });
  t.is(answers.to(ada), answer);
  t.not(answers.to(admitted()), answer);
  t.is(answer.tally, metrics.sessionChecks("signed-in"));
});

test("who isn't is told why, and where to sign in if they can", (t) => {
  const refused = (place: Organization | undefined) =>
    answers.to({ kind: "refused", reason: "session-expired", organization: place });
  const answer = refused(acme);
  t.like(read(answer), {
    status: 401,
    code: "session-expired",
    login: "https://login.example.com/login/acme",
    headers: { ...usual(answer.body), "WWW-Authenticate": 'Cookie realm="okta-role-operator"' },
  });
  t.is(answer.tally, metrics.sessionChecks("session-expired"));
  for (const place of [undefined, organization("team/beta", "beta")])
    t.false("login" in read(refused(place)));
});

test("who lacks something is told what; an organization that isn't there is whoever guards' to put right", (t) => {
  const missing = (what: { roles: string[] } | { organization: string }) =>
    read(answers.to({ kind: "forbidden", missing: what, organization: acme, isLocal: false }));
  t.like(missing({ roles: ["b"] }), { status: 403, code: "forbidden", missing: { roles: exactly("b") } });
  t.like(missing({ organization: "team/gone" }), {
    status: 403,
    code: "organization-missing",
    missing: { organization: "team/gone" },
  });
});

test("where nobody can say, it is to be asked again", (t) => {
  const cases = [
    ["stale", answers.to({ kind: "stale", namespace: "team" }), /Kubernetes API can't be reached/],
    [
      "namespace-unreadable",
      answers.to({ kind: "stale", namespace: "refused" }),
      /namespace .* can't be read/,
    ],
    ["unavailable", answers.to({ kind: "unavailable" }), /Kubernetes API can't be reached/],
  ] as const;
  for (const [code, answer, message] of cases) {
    t.like(read(answer), { status: 503, code, headers: { "Retry-After": 5 } });
    t.regex(answer.body.toString(), message);
    t.is(answer.tally, metrics.sessionChecks(code));
  }
});

test("a question that isn't understood is told with the beginning of what came, as nothing but JSON", (t) => {
  const told = (parameter?: string) =>
    answers.misunderstood({
      kind: "misunderstood",
      message: "Write it otherwise.",
      ...(parameter === undefined ? {} : { parameter }),
    });
  const answer = told("roles");
  t.deepEqual(read(answer), {
    status: 400,
    code: "requirement-misunderstood",
    parameter: "roles",
    message: "Write it otherwise.",
    headers: { ...usual(answer.body), "X-Content-Type-Options": "nosniff" },
  });
  t.like(read(told("x".repeat(65))), { parameter: "x".repeat(64) });
  t.false("parameter" in read(told()));
});

test("each answer is counted when it is sent, and takes away the cookies that are over", async (t) => {
  const ada = answers.to(admitted());
  const before = ada.tally.count;
  const ask = await smallApp(t, ({ path }, res) => {
    if (path === "/stale") sendAnswer(res, answers.to({ kind: "stale", namespace: "team" }), []);
    else sendAnswer(res, ada, path === "/over" ? ["a=; Max-Age=0", "b=; Max-Age=0"] : []);
  });
  const [usual, over, stale] = [await ask("/"), await ask("/over"), await ask("/stale")];
  t.deepEqual([usual.status, over.status, stale.status], [200, 200, 503]);
  t.deepEqual(
    [usual, over].map(({ headers }) => headers.getSetCookie()),
    [[], ["a=; Max-Age=0", "b=; Max-Age=0"]],
  );
  t.like(await over.json(), { user: { ref: "team/acme-ada" } });
  t.is(ada.tally.count, before + 2);
});
