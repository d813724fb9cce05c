import { mock } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import test from "ava";
import { Directory } from "../../../okta/directory/directory.ts";
import { DirectoryInvalidAnswerError } from "../../../okta/directory/directory-errors.ts";
import type { ManagementApiOptions } from "../../../okta/directory/management-api.ts";
import type { HttpAnswer } from "../../../okta/http/answer.ts";
import { Http } from "../../../okta/http/http.ts";
import { UrlNotAllowedError } from "../../../okta/http/http-errors.ts";
import { Room } from "../../../okta/room.ts";
import { mockedTimers } from "../mocked-timers.ts";
import { group, rate, user } from "./org.ts";

const URL_OF_ORG = "https://acme.okta.com";
const never = new Promise<HttpAnswer>(() => {});

function answer(status = 200, headers: Record<string, string> = {}, body = "[]"): HttpAnswer {
  const json = { "content-type": "application/json" };
  return { where: URL_OF_ORG, status, headers: { ...json, ...headers }, body: Buffer.from(body) };
}

/** Answers without a network, one after the other; the last one goes on. */
class Canned extends Http {
  readonly answers: (HttpAnswer | Promise<HttpAnswer> | Error)[];
  requests = 0;

  constructor(...answers: (HttpAnswer | Promise<HttpAnswer> | Error)[]) {
    super({ room: new Room(8 * 1024 * 1024) });
    this.answers = answers;
  }

  override async request(): Promise<HttpAnswer> {
    const next = this.answers[Math.min(this.requests++, this.answers.length - 1)] ?? answer();
    if (next instanceof Error) throw next;
    return next;
  }
}

/** A directory at a clock of our own, which waiting moves. */
function scene(http: Canned, options: Partial<ManagementApiOptions> = {}) {
  const state = { now: 7_000, waits: [] as number[] };
  const wait = async (ms: number) => {
    state.waits.push(ms);
    state.now += ms;
  };
  const credentials = { kind: "api-token", token: "00token" } as const;
  const own = { url: URL_OF_ORG, credentials, http, now: () => state.now, wait };
  return Object.assign(state, { directory: new Directory({ ...own, ...options }) });
}

test("a request is tried again as long as the wait ends in time, to the millisecond", async (t) => {
  for (const [maxWaitMs, requests] of [
    [499, 1],
    [500, 2],
  ] as const) {
    const http = new Canned(answer(503));
    await t.throwsAsync(scene(http, { maxWaitMs }).directory.check(), { code: "directory-unreachable" });
    t.is(http.requests, requests);
  }
});

test("the next window is waited for as long as it begins in time, to the millisecond", async (t) => {
  for (const [maxWaitMs, requests] of [
    [29_999, 1],
    [30_000, 2],
  ] as const) {
    const http = new Canned(answer(200, rate(10, 0, 30)));
    const { directory } = scene(http, { maxWaitMs });
    await directory.check();
    const again = directory.check();
    await (requests === 2
      ? t.notThrowsAsync(again)
      : t.throwsAsync(again, { code: "directory-rate-limited" }));
    t.is(http.requests, requests);
  }
});

test.serial(
  "those who wait for the same moment come at times of their own: up to a quarter, and a second, later",
  async (t) => {
    const random = mock.method(Math, "random", () => 1);
    try {
      const short = scene(new Canned(answer(503), answer()));
      await short.directory.check();
      const long = scene(new Canned(answer(429, { "retry-after": "60" }), answer()), { maxWaitMs: 90_000 });
      await long.directory.check();
      t.deepEqual([short.waits, long.waits], [[625], [61_000]]);
    } finally {
      random.mock.restore();
    }
  },
);

test("a mistake of ours isn't taken for Okta's", async (t) => {
  const mistake = new TypeError("a mistake");
  const http = new Canned(mistake);
  await t.throwsAsync(scene(http).directory.check(), { is: mistake });
  t.is(http.requests, 1);
  class Broken extends Canned {
    override allowed(): URL {
      throw mistake;
    }
  }
  t.throws(() => scene(new Broken()), { is: mistake });
  const error = t.throws(() => scene(new Canned(), { url: "http://acme.okta.com" }), {
    instanceOf: DirectoryInvalidAnswerError,
  });
  t.true(error.cause instanceof UrlNotAllowedError);
});

test("nobody asks again in a window that was used up a moment ago", async (t) => {
  const http = new Canned(answer(200, rate(10, 0, 30)));
  const credentials = { kind: "api-token", token: "00token" } as const;
  const directory = new Directory({ url: URL_OF_ORG, credentials, http, maxWaitMs: 0 });
  await directory.check();
  await t.throwsAsync(directory.check(), { code: "directory-rate-limited" });
});

test.serial("a pause takes its time", async (t) => {
  using timers = mockedTimers();
  const http = new Canned(answer(503), answer());
  const credentials = { kind: "api-token", token: "00token" } as const;
  const check = new Directory({ url: URL_OF_ORG, credentials, http, now: () => 0 }).check();
  await turn();
  timers.tick(499);
  await turn();
  t.is(http.requests, 1);
  timers.tick(126);
  await check;
  t.is(http.requests, 2);
});

test.serial("whoever is in line for five seconds is told that the directory is slow", async (t) => {
  using timers = mockedTimers();
  const http = new Canned(never);
  const { directory } = scene(http, { lane: "people", maxConcurrent: 1, maxWaitMs: 0 });
  void directory.check();
  const inLine = t.throwsAsync<Error>(directory.check(), {
    code: "directory-unreachable",
    message: /too many requests wait for it/,
  });
  await turn();
  timers.tick(5_000);
  t.true((await inLine)?.cause instanceof Error);
  t.is(http.requests, 1);
});

test.serial("who waits for another's answer does so until their own time is over", async (t) => {
  using timers = mockedTimers();
  const http = new Canned(never);
  const { directory } = scene(http, { maxWaitMs: 20 });
  void directory.check();
  const second = t.throwsAsync(directory.check(), { code: "directory-unreachable" });
  await turn();
  timers.tick(20);
  await second;
  t.is(http.requests, 1);
});

/** A page of so many, and where the next one is. */
function pageOf(many: number, one: (n: number) => unknown, next?: number): HttpAnswer {
  const body = JSON.stringify(Array.from({ length: many }, (_, n) => one(n)));
  return answer(200, next === undefined ? {} : { link: `<?after=${next}>; rel="next"` }, body);
}

test("a page of more than was asked for isn't Okta's, to the entry", async (t) => {
  const tooMany = { code: "directory-invalid-answer", message: /more than \d+ entries.*the directory's url/ };
  const members = async (many: number) => {
    const http = new Canned(pageOf(many, (n) => user(`00u${n}`)));
    for await (const page of scene(http).directory.members("00g1")) t.is(page.length, many);
  };
  await members(200);
  await t.throwsAsync(members(201), tooMany);
  await t.throwsAsync(scene(new Canned(pageOf(2, (n) => group(`00g${n}`)))).directory.check(), tooMany);
  const events = (many: number) =>
    scene(new Canned(pageOf(many, () => null, 1))).directory.events({ after: "0" });
  t.is((await events(1_000)).unreadable, 1_000);
  await t.throwsAsync(events(1_001), tooMany);
  const groups = (many: number) =>
    scene(new Canned(pageOf(many, (n) => group(`00g${n}`)))).directory.userGroups("00u1");
  t.is((await groups(10_000)).length, 10_000, "where Okta isn't told how many");
  await t.throwsAsync(groups(10_001), tooMany);
});

test("an answer of hundreds of thousands of values isn't read, whatever they are", async (t) => {
  for (const value of ["{}", "[]", "1", '""']) {
    const body = `[{"id":"00g1","type":"x","profile":{"name":"a","more":[${Array(400_000).fill(value).join()}]}}]`;
    await t.throwsAsync(scene(new Canned(answer(200, {}, body))).directory.userGroups("00u1"), {
      code: "directory-invalid-answer",
      message: /more than 400000 values.*the directory's url/,
    });
  }
});

test("a list that is kept has an end, however many next pages there are", async (t) => {
  const pages = [0, 1, 2, 3].map((page) => pageOf(5_000, (n) => group(`00g${page}-${n}`), page));
  const http = new Canned(...pages);
  await t.throwsAsync(scene(http).directory.userGroups("00u1"), {
    code: "directory-invalid-answer",
    message: /user "00u1": it has more than 10000 entries/,
  });
  t.is(http.requests, 3);
});

test("a list has a time in all, whatever time each of its pages takes", async (t) => {
  for (const [lane, seconds] of [
    ["people", 15],
    ["background", 300],
    ["sweep", 7_200],
  ] as const) {
    let page = 0;
    class Slow extends Canned {
      override async request(): Promise<HttpAnswer> {
        this.requests++;
        slow.now += (seconds * 1000) / 5;
        return pageOf(1, () => group("00g1"), ++page);
      }
    }
    const http = new Slow();
    const slow = scene(http, { lane });
    await t.throwsAsync(slow.directory.userGroups("00u1"), {
      code: "directory-unreachable",
      message: new RegExp(`isn't read to its end within ${seconds} s`),
    });
    t.is(http.requests, 5);
  }
});

test("nobody waits for a page longer than for the list that it is of", async (t) => {
  const read = async (resetS: number) => {
    const body = JSON.stringify([group("00g1")]);
    const first = { link: '<?after=1>; rel="next"', ...rate(10, 0, resetS) };
    const http = new Canned(answer(200, first, body), answer(200, {}, body));
    return scene(http, { lane: "people", maxWaitMs: 60_000 }).directory.userGroups("00u1");
  };
  t.is((await read(14)).length, 1);
  await t.throwsAsync(read(16), { code: "directory-rate-limited" });
});

test("what is kept of lists has a bound in all, and is given back with each", async (t) => {
  const long = (n: number) => group(`00g${n}`, "x".repeat(1_000));
  const http = new Canned(...[1, 2, 3, 4, 5].map((page) => pageOf(1_000, long, page)));
  await t.throwsAsync(scene(http).directory.userGroups("00u1"), {
    code: "directory-unreachable",
    message: /no memory for more/,
  });
  t.is(http.requests, 4, "3 MiB are no more than what is left of 8, and 4 are");
  t.true(http.room.share(new URL(URL_OF_ORG).host).take(4 * 1024 * 1024));
});
