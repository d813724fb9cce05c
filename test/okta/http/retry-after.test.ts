import test from "ava";
import { retryAfter, untilReset } from "../../../okta/http/retry-after.ts";

const DATE = "Tue, 24 Nov 2026 09:00:00 GMT";
const NOW_S = Date.parse(DATE) / 1000;
const in9s = new Date((NOW_S + 9) * 1000).toUTCString();

test("a server says when to come back in seconds, by a date or by its rate limit's reset", (t) => {
  const cases: [headers: Record<string, string | string[]>, ms: number | undefined][] = [
    [{}, undefined],
    [{ "retry-after": "7" }, 7_000],
    [{ "retry-after": " 7 " }, 7_000],
    [{ "retry-after": ["7", "8"] }, 7_000],
    [{ "retry-after": "0" }, 0],
    [{ "retry-after": "600" }, 600_000],
    [{ "retry-after": "601" }, 600_000],
    [{ "retry-after": in9s, date: DATE }, 9_000],
    [{ "retry-after": "2026-11-24T09:00:09Z", date: DATE }, 9_000],
    [{ "retry-after": "Tue, 24 Nov 2026 09:00:09 +0000", date: DATE }, 9_000],
    [{ "retry-after": DATE, date: in9s }, 0],
    [{ "x-rate-limit-reset": `${NOW_S + 11}`, date: DATE }, 11_000],
    [{ "x-rate-limit-reset": [`${NOW_S + 11}`], date: [DATE] }, 11_000],
    [{ "x-rate-limit-reset": `${NOW_S - 1}`, date: DATE }, 0],
    [{ "retry-after": "7", "x-rate-limit-reset": `${NOW_S + 11}`, date: DATE }, 7_000],
    [{ "retry-after": "1.5", "x-rate-limit-reset": `${NOW_S + 11}`, date: DATE }, 11_000],
    [{ "retry-after": "1.5", date: DATE }, undefined],
    [{ "retry-after": "soon", "x-rate-limit-reset": `${NOW_S + 11}`, date: DATE }, 11_000],
    [{ "x-rate-limit-reset": "soon", date: DATE }, undefined],
    [{ "x-rate-limit-reset": `x${NOW_S + 11}`, date: DATE }, undefined],
    [{ "x-rate-limit-reset": `${NOW_S + 11}x`, date: DATE }, undefined],
  ];
  for (const [headers, ms] of cases) t.is(retryAfter({ headers }), ms, JSON.stringify(headers));
  t.is(untilReset({ headers: { "retry-after": "7" } }), undefined);
});

test("a number with something beside it isn't seconds", (t) => {
  for (const odd of ["x7", "7x", "-7", "7.5x"]) {
    const headers = { "retry-after": odd, date: new Date(0).toUTCString() };
    t.not(retryAfter({ headers }), 7_000, odd);
  }
});

test("without a date of the server's, ours has to do", (t) => {
  for (const date of [undefined, "yesterday"]) {
    const inAnHour = `${Math.round(Date.now() / 1000) + 3_600}`;
    t.is(untilReset({ headers: { "x-rate-limit-reset": inAnHour, date } }), 600_000);
    t.is(untilReset({ headers: { "x-rate-limit-reset": "1000000000", date } }), 0);
  }
});
