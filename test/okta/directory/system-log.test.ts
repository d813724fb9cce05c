import test, { type ExecutionContext } from "ava";
import { type OktaOptions, startOkta } from "../../../dev/okta/index.ts";
import { EVENT_TYPES } from "../../../okta/events/event-types.ts";
import type { Call } from "../server.ts";
import { Org, oktaError } from "./org.ts";

const LOGS = "/api/v1/logs";
const LONG_AGO = "2020-01-01T00:00:00.000Z";

function event(uuid: string, more: object = {}): Record<string, unknown> {
  return {
    uuid,
    published: "2026-11-26T08:00:00.123Z",
    eventType: "group.user_membership.add",
    outcome: { result: "SUCCESS", reason: null },
    target: [{ id: "00u1", type: "User", alternateId: "ada@acme.example", displayName: "Ada" }],
    ...more,
  };
}

async function standIn(t: ExecutionContext, options: OktaOptions = {}) {
  const okta = await startOkta({
    groups: ["team"],
    users: [{ login: "ada@acme.example" }, { login: "eve@acme.example" }],
    ...options,
  });
  const org = await Org.start();
  t.teardown(async () => {
    await okta.stop();
    await org[Symbol.asyncDispose]();
  });
  const credentials = { kind: "api-token", token: okta.apiToken } as const;
  return { okta, directory: org.directory({ url: okta.url, credentials }) };
}

test("what happened is read once, in order, from where the last page ended", async (t) => {
  const { okta, directory } = await standIn(t);
  const first = await directory.events({ since: new Date().toISOString() });
  t.deepEqual([first.events, first.isEnd], [[], true]);
  okta.directory.addToGroup("team", "ada@acme.example");
  okta.directory.removeFromGroup("team", "ada@acme.example");
  const second = await directory.events({ after: first.after });
  t.deepEqual(
    second.events.map(({ eventType }) => eventType),
    ["group.user_membership.add", "group.user_membership.remove"],
  );
  t.like(second.events[0], {
    outcome: "SUCCESS",
    targets: [
      { type: "User", id: okta.directory.user("ada@acme.example").id },
      { type: "UserGroup", id: okta.directory.group("team").id, displayName: "team" },
    ],
  });
  t.true(second.isEnd);
  const third = await directory.events({ after: second.after });
  t.deepEqual(third.events, []);
  okta.directory.addToGroup("team", "eve@acme.example");
  t.is((await directory.events({ after: third.after })).events.length, 1);
});

test("events that change nobody's access aren't asked for", async (t) => {
  const { okta, directory } = await standIn(t);
  const { after } = await directory.events({ since: new Date().toISOString() });
  const { actor } = okta.directory.log.events[0] ?? {};
  if (!actor) return t.fail();
  okta.directory.record("user.session.start", "User login to Okta", actor, actor);
  for (const type of EVENT_TYPES) okta.directory.record(type, type, actor, actor);
  const { events } = await directory.events({ after });
  t.deepEqual(
    events.map(({ eventType }) => eventType),
    [...EVENT_TYPES],
  );
});

test("a page that is full isn't the end", async (t) => {
  const { okta, directory } = await standIn(t);
  const { after } = await directory.events({ since: new Date().toISOString() });
  for (let n = 0; n < 501; n++) {
    okta.directory.addToGroup("team", "ada@acme.example");
    okta.directory.removeFromGroup("team", "ada@acme.example");
  }
  const full = await directory.events({ after });
  t.deepEqual([full.events.length, full.isEnd], [1_000, false]);
  const rest = await directory.events({ after: full.after });
  t.deepEqual([rest.events.length, rest.isEnd], [2, true]);
});

test("a cursor that Okta doesn't know is told apart from every other failure", async (t) => {
  const { okta, directory } = await standIn(t);
  await t.throwsAsync(directory.events({ after: "long gone" }), { code: "directory-cursor" });
  await t.throwsAsync(directory.events({ since: "long gone" }), { code: "directory-invalid-answer" });
  const { after } = await directory.events({ since: new Date().toISOString() });
  for (const [status, code] of [
    [400, "directory-invalid-answer"], // a proxy's: Okta sends an error object along
    [403, "directory-forbidden"],
    [404, "directory-invalid-answer"],
    [429, "directory-rate-limited"],
    [503, "directory-unreachable"],
  ] as const) {
    okta.misbehave({ fault: { kind: "status", status }, path: LOGS });
    await t.throwsAsync(directory.events({ after }), { code }, `${status}`);
    okta.behave();
  }
  await t.notThrowsAsync(directory.events({ after }));
});

test("a cursor is sent alone, as it came", async (t) => {
  await using org = await Org.start();
  org.server.routes[LOGS] = () => ({
    body: [],
    headers: { link: `<${org.server.url}${LOGS}?after=a%2Fb%3D%3D&limit=1000>; rel="next"` },
  });
  const { after } = await org.directory().events({ since: LONG_AGO });
  t.is(after, "a/b==");
  await org.directory().events({ after });
  const asked = ({ query }: Call) =>
    ["since", "until", "after", "limit", "sortOrder"].map((name) => query.get(name));
  t.deepEqual(org.server.calls.map(asked), [
    [LONG_AGO, null, null, "1000", null],
    [null, null, "a/b==", "1000", null],
  ]);
});

test("a page that doesn't say where to go on is no page", async (t) => {
  await using org = await Org.start();
  for (const link of [undefined, `<${org.server.url}${LOGS}?limit=1000>; rel="next"`]) {
    org.server.routes[LOGS] = () => ({ body: [], headers: link === undefined ? {} : { link } });
    await t.throwsAsync(org.directory().events({ since: LONG_AGO }), { code: "directory-invalid-answer" });
  }
});

test("events that are too long to be read together are read in smaller pages", async (t) => {
  await using org = await Org.start();
  org.server.routes[LOGS] = ({ query }) => {
    const limit = Number(query.get("limit"));
    const body = Array.from({ length: limit }, (_, n) =>
      event(`e${n}`, { debugContext: "x".repeat(10_000) }),
    );
    return { body, headers: { link: `<${org.server.url}${LOGS}?after=1>; rel="next"` } };
  };
  const { events, isEnd } = await org.directory().events({ after: "0" });
  t.is(events.length, 50);
  t.false(isEnd);
});

test("an event that can't be read is counted, and keeps none of the others from being read", async (t) => {
  await using org = await Org.start();
  org.server.routes[LOGS] = () => ({
    body: [event("e1"), null, event("", {}), event("e3", { published: "yesterday" }), "e4", event("e5")],
    headers: { link: `<${org.server.url}${LOGS}?after=1>; rel="next"` },
  });
  const { events, unreadable, after, isEnd } = await org.directory().events({ since: LONG_AGO });
  t.deepEqual(
    events.map(({ uuid }) => uuid),
    ["e1", "e5"],
  );
  t.deepEqual({ unreadable, after, isEnd }, { unreadable: 4, after: "1", isEnd: true });
});

test("an event is read whatever its targets look like", async (t) => {
  await using org = await Org.start();
  org.server.routes[LOGS] = () => ({
    body: [
      event("e1", { target: null }),
      event("e2", { target: undefined, outcome: undefined }),
      event("e3", {
        target: [null, 7, { id: 1, type: "User" }, { id: "00u1", type: "User", displayName: null }],
      }),
      event("e4", { target: "all", outcome: "fine" }),
      event("e5", { target: [{ id: "00u1", type: "User" }] }),
    ],
    headers: { link: `<${org.server.url}${LOGS}?after=1>; rel="next"` },
  });
  const { events } = await org.directory().events({ since: LONG_AGO });
  t.deepEqual(
    events.map(({ uuid, targets }) => [uuid, targets]),
    [
      ["e1", []],
      ["e2", []],
      ["e3", [{ id: "00u1", type: "User" }]],
      ["e4", []],
      ["e5", [{ id: "00u1", type: "User" }]],
    ],
  );
});

test("whoever was deleted is told apart from whoever can't be seen", async (t) => {
  const { okta, directory } = await standIn(t);
  const [ada, eve] = ["ada", "eve"].map((name) => okta.directory.user(`${name}@acme.example`).id);
  okta.directory.deleteUser("ada@acme.example");
  t.true(await directory.wasDeleted(ada ?? ""));
  t.false(await directory.wasDeleted(eve ?? ""));
  t.false(await directory.wasDeleted('x" or id pr or id eq "'));
});

test("only a deletion of just that user counts as one", async (t) => {
  await using org = await Org.start();
  const deleted = { eventType: "user.lifecycle.delete.initiated" };
  for (const [more, expected] of [
    [deleted, true],
    [{ eventType: "user.lifecycle.delete.completed" }, true],
    [{ eventType: "user.lifecycle.deactivate" }, false],
    [{ ...deleted, outcome: { result: "FAILURE", reason: "not allowed" } }, false],
    [{ ...deleted, target: [{ id: "00u2", type: "User" }] }, false],
    [{ ...deleted, target: [{ id: "00u1", type: "AppUser" }] }, false],
  ] as const) {
    org.server.routes[LOGS] = () => ({ body: [event("e1", more)] });
    t.is(await org.directory().wasDeleted("00u1"), expected, JSON.stringify(more));
  }
  org.server.routes[LOGS] = () => oktaError(403, "E0000006");
  const error = await t.throwsAsync(org.directory().wasDeleted("00u1"), { code: "directory-forbidden" });
  t.regex(error.message, /may view the System Log/);
});
