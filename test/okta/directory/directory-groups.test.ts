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

/** An Okta whose index doesn't know a group yet, and in which so many others have names that begin as its name. */
async function unindexed(others: number) {
  const org = await Org.start();
  org.server.routes[GROUPS] = ({ query }) => {
    if (query.has("search")) return { body: [] };
    if (query.has("q"))
      return { body: Array.from({ length: Math.min(others, 300) }, (_, n) => group(`00g${n}`, `team ${n}`)) };
    if (query.get("filter")?.startsWith("id ")) return { body: [counted("00gTeam", "team", 4)] };
    return { body: [group("00gOther", "other"), group("00gTEAM", "TEAM"), group("00gTeam", "team")] };
  };
  return org;
}

test("where more names begin alike than Okta lists, one that its index doesn't know yet is found among the latest", async (t) => {
  await using org = await unindexed(301);
  const [before, found] = [Date.now(), await org.directory().groupsByName("team")];
  t.deepEqual(found, {
    exact: [{ id: "00gTeam", name: "team", type: "OKTA_GROUP", members: 4 }],
    near: [{ id: "00gTEAM", name: "TEAM", type: "OKTA_GROUP" }],
  });
  const latest = org.server.calls[2]?.query.get("filter") ?? "";
  const [, since = ""] = /^lastUpdated gt "(.*)"$/.exec(latest) ?? [];
  const ago = before - Date.parse(since);
  t.true(ago > 3_000_000 && ago <= 3_600_000, latest);
});

test("among the latest it is found also where all groups of a large org have changed lately", async (t) => {
  await using org = await unindexed(301);
  const small = org.server.routes[GROUPS];
  org.server.routes[GROUPS] = (call) => {
    if (!call.query.get("filter")?.startsWith("lastUpdated ")) return small?.(call);
    const page = Number(call.query.get("after") ?? 0);
    if (page === 60) return { body: [group("00gTeam", "team")] };
    const body = Array.from({ length: 200 }, (_, n) => group(`00g${page}-${n}`, `team ${page}-${n}`));
    const next = `<${org.server.url}${GROUPS}?filter=lastUpdated%20gt&after=${page + 1}>; rel="next"`;
    return { body, headers: { link: next } };
  };
  t.is((await org.directory().groupsByName("team")).exact[0]?.id, "00gTeam");
});

test("where Okta lists all names that begin alike, one that isn't among them isn't there", async (t) => {
  await using org = await unindexed(299);
  t.deepEqual(await org.directory().groupsByName("team"), { exact: [], near: [] });
  t.is(org.server.calls.length, 2);
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
