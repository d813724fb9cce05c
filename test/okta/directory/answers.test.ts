import test from "ava";
import { z } from "zod";
import { directoryError, refusal, tryAgainMs, understand } from "../../../okta/directory/answers.ts";
import { ApiToken } from "../../../okta/directory/credentials.ts";
import {
  DirectoryForbiddenError,
  DirectoryInvalidAnswerError,
  DirectoryRateLimitedError,
  DirectoryUnauthorizedError,
  DirectoryUnreachableError,
} from "../../../okta/directory/directory-errors.ts";
import { GROUPS, LOGS, user } from "../../../okta/directory/endpoints.ts";
import type { HttpAnswer } from "../../../okta/http/answer.ts";
import {
  HttpConnectionError,
  HttpStatusError,
  HttpTimeoutError,
  NotJsonError,
  UrlNotAllowedError,
} from "../../../okta/http/http-errors.ts";

const WHERE = "https://acme.okta.com/api/v1/groups";
const authorizer = new ApiToken("00token");

function answered(status: number, body: unknown, headers: Record<string, string> = {}): HttpAnswer {
  const json = { "content-type": "application/json" };
  return { where: WHERE, status, headers: { ...json, ...headers }, body: Buffer.from(JSON.stringify(body)) };
}

function refused(answer: HttpAnswer, endpoint = GROUPS, attempt = 1) {
  return refusal(endpoint, answer, attempt, authorizer);
}

const said = (errorCode: string, errorSummary?: string) => ({ errorCode, errorSummary });

test("a good answer is what was asked for; another is told by where it differs", (t) => {
  const schema = z.object({ id: z.string(), profile: z.object({ name: z.string() }) });
  const good = { id: "00g1", profile: { name: "team" } };
  t.deepEqual(understand(GROUPS, answered(200, good), schema), good);
  for (const [body, words] of [
    [{ id: "00g1", profile: {} }, /the list of groups lacks what Okta's API promises, at profile\.name\.$/],
    [{ profile: good.profile }, /, at id\.$/],
    [[], /, at its top\.$/],
  ] as const)
    t.throws(() => understand(GROUPS, answered(200, body), schema), {
      instanceOf: DirectoryInvalidAnswerError,
      message: words,
    });
  const page = { ...answered(200, ""), body: Buffer.from("<html>") };
  const error = t.throws(() => understand(GROUPS, page, schema), { instanceOf: DirectoryInvalidAnswerError });
  t.true(error.message.endsWith(`${WHERE} answered with something that isn't JSON.`));
  t.true(error.cause instanceof NotJsonError);
});

test("what Okta refuses is told with whose fault it is", (t) => {
  for (const [answer, code, words] of [
    [answered(401, {}), "directory-unauthorized", /make a new API token.*apiTokenRef\.$/],
    [answered(403, {}), "directory-forbidden", /admin role that may view users and groups\.$/],
    [answered(404, said("E0000007")), "directory-not-found", /^Okta has no /],
    [answered(404, said("E0000022", "No")), "directory-invalid-answer", /status 404 \(E0000022 No\)\.$/],
    [
      answered(404, "E0000007"),
      "directory-invalid-answer",
      /status 404\. Is the directory's url that of an Okta/,
    ],
    [answered(400, said("E0000007")), "directory-invalid-answer", /status 400 \(E0000007\)\.$/],
    [answered(302, {}), "directory-invalid-answer", /status 302\. Is the directory's url/],
    [answered(499, said("E1", "odd\r\ntext")), "directory-invalid-answer", /\(E1 odd text\)\.$/],
    [answered(500, said("E0000009")), "directory-unreachable", /status 500\.$/],
    [answered(599, {}), "directory-unreachable", /status 599\.$/],
    [answered(429, {}), "directory-rate-limited", /./],
  ] as const) {
    const error = refused(answer);
    t.is(error.code, code, `${answer.status}`);
    t.regex(error.message, words);
  }
  const forbidden = refused(answered(403, {}), LOGS);
  t.is(forbidden instanceof DirectoryForbiddenError && forbidden.scope, "okta.logs.read");
  t.regex(forbidden.message, /may view the System Log\.$/);
  t.regex(refused(answered(404, said("E0000007")), user("00u1")).message, /no user "00u1"\.$/);
});

test("only what Okta itself calls a wrong question has that as its cause", (t) => {
  const wrong = refused(answered(400, said("E0000031")));
  t.true(wrong.cause instanceof HttpStatusError && wrong.cause.status === 400);
  for (const answer of [
    answered(400, "a proxy's"),
    answered(404, said("E0000022")),
    answered(418, said("E1")),
  ])
    t.is(refused(answer).cause, undefined);
  const down = refused(answered(503, {}, { "retry-after": "7" }));
  t.true(down.cause instanceof HttpStatusError && down.cause.retryAfterMs === 7_000);
});

test("a rate limit is waited for as long as it says, and longer with each try where it says nothing", (t) => {
  const waited = (headers: Record<string, string>, attempt = 1) => {
    const error = refused(answered(429, {}, headers), GROUPS, attempt);
    return error instanceof DirectoryRateLimitedError ? error.retryAfterMs : undefined;
  };
  t.is(waited({ "retry-after": "7" }), 7_000);
  t.deepEqual(
    [1, 2, 3].map((attempt) => waited({ "retry-after": "0" }, attempt)),
    [500, 1_000, 2_000],
    "at once is too soon, and the more so with each try",
  );
  t.deepEqual(
    [1, 2, 3].map((attempt) => waited({}, attempt)),
    [1_000, 2_000, 4_000],
  );
  const tooMany = { "x-rate-limit-limit": "0", "x-rate-limit-remaining": "0", "retry-after": "60" };
  t.is(waited(tooMany), 1_000, "too many calls at once are soon fewer");
});

test("an error from below is one of the directory's", (t) => {
  for (const own of [
    new DirectoryUnreachableError(new Error("x")),
    new DirectoryUnauthorizedError("x"),
    new DirectoryForbiddenError("okta.groups.read", "x"),
    new DirectoryInvalidAnswerError("x"),
  ])
    t.is(directoryError(own, 1), own);
  for (const below of [
    new HttpTimeoutError(WHERE, 10),
    new HttpConnectionError(WHERE, "why"),
    new HttpStatusError(WHERE, 500),
    new HttpStatusError(WHERE, 503),
  ]) {
    const error = directoryError(below, 1);
    t.true(error instanceof DirectoryUnreachableError, below.message);
    t.is(error.cause, below);
  }
  const limited = (retryAfterMs?: number) =>
    [1, 2, 3].map((attempt) => {
      const error = directoryError(new HttpStatusError(WHERE, 429, retryAfterMs), attempt);
      return error instanceof DirectoryRateLimitedError ? error.retryAfterMs : undefined;
    });
  t.deepEqual(limited(9_000), [9_000, 9_000, 9_000]);
  t.deepEqual(limited(0), [500, 1_000, 2_000], "at once is too soon");
  t.deepEqual(limited(), [1_000, 2_000, 4_000]);
  for (const odd of [new HttpStatusError(WHERE, 499), new UrlNotAllowedError("x"), new NotJsonError(WHERE)]) {
    const error = directoryError(odd, 1);
    t.true(error instanceof DirectoryInvalidAnswerError, odd.message);
    t.is(error.cause, odd);
    t.true(error.message.includes(odd.message));
  }
});

test("what may pass is tried again, after twice the time with each try", (t) => {
  const down = new DirectoryUnreachableError(new Error("why"));
  t.deepEqual(
    [1, 2, 3].map((attempt) => tryAgainMs(down, attempt)),
    [500, 1_000, 2_000],
  );
  t.is(tryAgainMs(new DirectoryRateLimitedError(7), 3), 7);
  t.is(tryAgainMs(new DirectoryInvalidAnswerError("x"), 1), undefined);
  t.is(tryAgainMs(new DirectoryUnauthorizedError("x"), 1), undefined);
});
