import test from "ava";
import {
  DirectoryInvalidAnswerError,
  DirectoryNotFoundError,
} from "../../../okta/directory/directory-errors.ts";
import { counted, group, Org, oktaError } from "./org.ts";

const GROUPS = "/api/v1/groups";

test("whether the directory can be read is one small request", async (t) => {
  await using org = await Org.start();
  org.server.routes[GROUPS] = () => ({ body: [] });
  await org.directory().check();
  t.deepEqual(
    org.server.calls.map(({ query }) => [...query]),
    [[["limit", "1"]]],
  );
});

test("a group is asked for by its id, with the number of its members, and named where the answer is another", async (t) => {
  await using org = await Org.start();
  org.server.routes[GROUPS] = () => ({ body: [counted("00g2")] });
  await t.throwsAsync(org.directory().groupByID("00g1"), {
    instanceOf: DirectoryInvalidAnswerError,
    message: /it was asked for group "00g1" and answered with another\.$/,
  });
  t.deepEqual(Object.fromEntries(org.server.calls[0]?.query ?? []), {
    filter: 'id eq "00g1"',
    expand: "stats",
    limit: "1",
  });
});

test("a name of nothing but space isn't looked for among all groups", async (t) => {
  await using org = await Org.start();
  org.server.routes[GROUPS] = () => ({ body: [] });
  t.deepEqual(await org.directory().groupsByName(" "), { exact: [], near: [] });
  t.is(org.server.calls.length, 1);
});

test("a group that is gone before its members are counted isn't found", async (t) => {
  await using org = await Org.start();
  org.server.routes[GROUPS] = ({ query }) => ({
    body: query.has("q") ? [group("00g1", "team"), group("00g2", "Team")] : [],
  });
  t.deepEqual(await org.directory().groupsByName("team"), {
    exact: [],
    near: [{ id: "00g2", name: "Team", type: "OKTA_GROUP" }],
  });
});

test("a group without members to read is named", async (t) => {
  await using org = await Org.start();
  org.server.routes["/api/v1/groups/00g9/users"] = () => oktaError(404, "E0000007");
  const pages = org.directory().members("00g9")[Symbol.asyncIterator]();
  await t.throwsAsync(pages.next(), {
    instanceOf: DirectoryNotFoundError,
    message: 'Okta has no group "00g9".',
  });
});
