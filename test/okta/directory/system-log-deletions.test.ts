import test from "ava";
import {
  DirectoryCursorError,
  DirectoryInvalidAnswerError,
} from "../../../okta/directory/directory-errors.ts";
import { Org, oktaError } from "./org.ts";

const LOGS = "/api/v1/logs";
const DAY = 24 * 3_600_000;

function deletion(...target: object[]): object {
  return {
    uuid: "e1",
    published: "2026-11-26T08:00:00.123Z",
    eventType: "user.lifecycle.delete.initiated",
    outcome: { result: "SUCCESS" },
    target,
  };
}

test("a deletion is looked for among all that Okta keeps, the latest first", async (t) => {
  await using org = await Org.start();
  org.server.routes[LOGS] = () => ({ body: [] });
  t.false(await org.directory().wasDeleted("00u1"));
  const { since, ...asked } = Object.fromEntries(org.server.calls[0]?.query ?? []);
  t.deepEqual(asked, {
    filter:
      'target.id eq "00u1" and (eventType eq "user.lifecycle.delete.initiated" or eventType eq "user.lifecycle.delete.completed")',
    sortOrder: "DESCENDING",
    limit: "10",
  });
  const ago = Date.now() - Date.parse(since ?? "");
  t.true(ago >= 90 * DAY && ago < 91 * DAY, since);
});

test("a deletion is one whatever else the event names", async (t) => {
  await using org = await Org.start();
  const [ada, app] = [
    { id: "00u1", type: "User" },
    { id: "0ua1", type: "AppUser" },
  ];
  for (const targets of [
    [ada, app],
    [app, ada],
  ]) {
    org.server.routes[LOGS] = () => ({ body: [deletion(...targets)] });
    t.true(await org.directory().wasDeleted("00u1"));
    t.false(await org.directory().wasDeleted("00u2"));
  }
  org.server.routes[LOGS] = () => ({ body: [null, deletion(ada)] });
  t.true(await org.directory().wasDeleted("00u1"), "beside what can't be read");
  t.false(await org.directory().wasDeleted("../x"));
});

test("a group's deletion is looked for in the same way, and is no user's", async (t) => {
  await using org = await Org.start();
  const event = (more: object) => ({ ...deletion({ id: "00g1", type: "UserGroup" }), ...more });
  org.server.routes[LOGS] = () => ({ body: [event({ eventType: "group.lifecycle.delete" })] });
  t.true(await org.directory().groupWasDeleted("00g1"));
  t.is(
    org.server.calls[0]?.query.get("filter"),
    'target.id eq "00g1" and (eventType eq "group.lifecycle.delete")',
  );
  t.false(await org.directory().groupWasDeleted("00g2"));
  t.false(await org.directory().groupWasDeleted("../x"));
  t.false(await org.directory().wasDeleted("00g1"));
  for (const more of [
    {},
    { eventType: "group.profile.update" },
    { eventType: "group.lifecycle.delete", outcome: { result: "FAILURE" } },
    { eventType: "group.lifecycle.delete", target: [{ id: "00g1", type: "AppInstance" }] },
  ]) {
    org.server.routes[LOGS] = () => ({ body: [event(more)] });
    t.false(await org.directory().groupWasDeleted("00g1"), JSON.stringify(more));
  }
});

test("only a question that Okta itself calls wrong makes a cursor one that it doesn't know", async (t) => {
  await using org = await Org.start();
  org.server.routes[LOGS] = () => oktaError(400, "E0000031");
  const error = await t.throwsAsync(org.directory().events({ after: "1" }), {
    instanceOf: DirectoryCursorError,
  });
  t.true(error.cause instanceof DirectoryInvalidAnswerError);
  org.server.routes[LOGS] = () => ({ body: "<html>" });
  await t.throwsAsync(org.directory().events({ after: "1" }), { code: "directory-invalid-answer" });
});
