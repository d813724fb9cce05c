import test from "ava";
import fc from "fast-check";
import { backoff } from "../../../kubernetes/backoff.ts";
import { ConnectionError } from "../../../kubernetes/client/errors.ts";
import { parseRetryAfter } from "../../../kubernetes/client/http-request.ts";
import { retryDelay } from "../../../kubernetes/client/retry.ts";

const answer = (status: number, retryAfterMs?: number) => ({ status, body: "", retryAfterMs });
const lost = (sent: boolean) => new ConnectionError("lost", { sent });
const retries = (outcome: Parameters<typeof retryDelay>[0], idempotent: boolean) =>
  retryDelay(outcome, { idempotent, attempt: 1 }) !== undefined;

test("what was turned away with 429 is sent again, writes too", (t) => {
  t.true(retries(answer(429), true));
  t.true(retries(answer(429), false));
});

test("what may have been done is sent again only when that does no harm", (t) => {
  for (const outcome of [answer(503), answer(504), answer(500, 1000), lost(true)]) {
    t.true(retries(outcome, true));
    t.false(retries(outcome, false));
  }
});

test("what wasn't sent is sent again, creates too", (t) => {
  t.true(retries(lost(false), false));
});

test("other answers are final", (t) => {
  for (const status of [200, 201, 400, 401, 403, 404, 409, 410, 422, 500])
    t.false(retries(answer(status), true));
});

test("Retry-After is the least to wait, and too long a one is left to the caller", (t) => {
  t.true((retryDelay(answer(429, 3_000), { idempotent: false, attempt: 1 }) ?? 0) >= 3_000);
  t.is(retryDelay(answer(429, 60_000), { idempotent: false, attempt: 1 }), undefined);
});

test("attempts are bounded", (t) => {
  t.not(retryDelay(answer(429), { idempotent: true, attempt: 3 }), undefined);
  t.is(retryDelay(answer(429), { idempotent: true, attempt: 4 }), undefined);
});

test("Retry-After comes in seconds or as a date", (t) => {
  t.is(parseRetryAfter("7"), 7_000);
  t.is(parseRetryAfter("Tue, 24 Nov 2026 10:00:10 GMT", Date.UTC(2026, 10, 24, 10)), 10_000);
  t.is(parseRetryAfter("Tue, 24 Nov 2026 09:00:00 GMT", Date.UTC(2026, 10, 24, 10)), 0);
  t.is(parseRetryAfter("soon"), undefined);
  t.is(parseRetryAfter(undefined), undefined);
});

test("how long to wait doubles with each attempt, and comes on top of what the server asks for", (t) => {
  const wait = (attempt: number, random: number, outcome: Parameters<typeof retryDelay>[0] = answer(429)) =>
    retryDelay(outcome, { idempotent: true, attempt }, () => random);
  t.deepEqual(
    [1, 2, 3].map((attempt) => [wait(attempt, 0), wait(attempt, 1)]),
    [
      [50, 100],
      [100, 200],
      [200, 400],
    ],
  );
  t.is(wait(1, 0, answer(429, 10_000)), 10_050);
  t.is(wait(1, 0, answer(429, 10_001)), undefined);
  t.is(wait(1, 0, answer(429, 0)), 50);
  t.is(wait(2, 1, lost(false)), 200);
});

test("law: the wait is between half and all of what the failures demand, as chance has it, in whole milliseconds", (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (failures, random) => {
        const full = Math.min(60_000, 100 * 2 ** (failures - 1));
        t.is(
          backoff(failures, { baseMs: 100, maxMs: 60_000 }, () => random),
          Math.ceil(full / 2 + (random * full) / 2),
        );
      },
    ),
  );
  t.true(backoff(100_000, { baseMs: 1, maxMs: Number.MAX_VALUE }, () => 1) <= 2 ** 30);
});
