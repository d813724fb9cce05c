import { inspect } from "node:util";
import test from "ava";
import {
  DirectoryForbiddenError,
  DirectoryInvalidAnswerError,
  DirectoryNotFoundError,
  DirectoryUnauthorizedError,
} from "../../../okta/directory/directory-errors.ts";
import { Destinations } from "../../../okta/http/destinations.ts";
import { Http } from "../../../okta/http/http.ts";
import { CLOSED_URL } from "../server.ts";
import { API_TOKEN, counted, group, Org, oktaError, user } from "./org.ts";

const GROUPS = "/api/v1/groups";
const GROUPS_OF_ADA = "/api/v1/users/00u1/groups";

test("a user is read with their status", async (t) => {
  await using org = await Org.start();
  org.server.routes["/api/v1/users/00u1"] = () => ({ body: user("00u1", "SUSPENDED") });
  t.deepEqual(await org.directory().user("00u1"), {
    id: "00u1",
    status: "SUSPENDED",
    email: "00u1@example.com",
    name: "Ada Lovelace",
  });
  t.is(org.server.calls[0]?.headers.authorization, `SSWS ${API_TOKEN}`);
});

test("a user without names or address is still a user", async (t) => {
  await using org = await Org.start();
  org.server.routes["/api/v1/users/00u1"] = () => ({
    body: { id: "00u1", status: "STAGED", profile: { email: null } },
  });
  t.deepEqual(await org.directory().user("00u1"), { id: "00u1", status: "STAGED" });
});

test("what Okta says isn't there isn't there", async (t) => {
  await using org = await Org.start();
  const directory = org.directory();
  t.is(await directory.user("00u9"), undefined);
  org.server.routes[GROUPS] = () => ({ body: [] });
  t.is(await directory.groupByID("00g9"), undefined);
  await t.throwsAsync(directory.userGroups("00u9"), { instanceOf: DirectoryNotFoundError });
});

test("a 404 that isn't Okta's says nothing about what is there", async (t) => {
  await using org = await Org.start();
  org.server.routes["/api/v1/users/00u1"] = () => ({
    status: 404,
    headers: { "content-type": "text/html" },
    body: "<html>",
  });
  org.server.routes[GROUPS] = () => oktaError(404, "E0000022");
  await t.throwsAsync(org.directory().user("00u1"), { instanceOf: DirectoryInvalidAnswerError });
  await t.throwsAsync(org.directory().groupByID("00g1"), { instanceOf: DirectoryInvalidAnswerError });
});

test("a login isn't taken for an id", async (t) => {
  await using org = await Org.start();
  org.server.routes["/api/v1/users/ada"] = () => ({ body: user("00u1") });
  t.is(await org.directory().user("ada"), undefined);
});

test("an id that is no id isn't sent", async (t) => {
  await using org = await Org.start();
  for (const id of ["", "..", "../groups", "a/b", "ada@example.com", "x".repeat(101)]) {
    t.is(await org.directory().user(id), undefined);
    t.is(await org.directory().groupByID(id), undefined);
    await t.throwsAsync(org.directory().userGroups(id), { instanceOf: DirectoryNotFoundError });
  }
  t.is(org.server.calls.length, 0);
});

test("a name finds the groups of just that name, even two", async (t) => {
  await using org = await Org.start();
  org.server.routes[GROUPS] = () => ({
    body: [
      counted("00g1", "admins", 3),
      counted("00g2", "Admins"),
      counted("00g3", "admins", 31_207),
      counted("00g4", "admins-2"),
    ],
  });
  const { exact, near } = await org.directory().groupsByName("admins");
  t.deepEqual(
    exact.map(({ id, members }) => [id, members]),
    [
      ["00g1", 3],
      ["00g3", 31_207],
    ],
  );
  t.deepEqual(
    near.map(({ id }) => id),
    ["00g2"],
  );
  t.is(org.server.calls.length, 1, "their members are counted along with it");
  t.is(org.server.calls[0]?.query.get("search"), 'profile.name eq "admins"');
});

test("a group that the search doesn't know yet is found among the groups themselves", async (t) => {
  await using org = await Org.start();
  org.server.routes[GROUPS] = ({ query }) => {
    if (query.has("search")) return { body: [] };
    if (query.has("q")) return { body: [group("00g1", "new"), group("00g2", "newer")] };
    return { body: query.get("filter") === 'id eq "00g1"' ? [counted("00g1", "new", 2)] : [] };
  };
  t.like(await org.directory().groupsByName("new"), { exact: { 0: { id: "00g1", members: 2 }, length: 1 } });
});

test("a name that is only nearly right finds what was meant", async (t) => {
  await using org = await Org.start();
  org.server.routes["/api/v1/groups"] = ({ query }) => ({
    body: query.has("q")
      ? [group("00g1", "Admins"), group("00g2", "admins "), group("00g3", "admins-2")]
      : [],
  });
  const { exact, near } = await org.directory().groupsByName(" admins");
  t.deepEqual(exact, []);
  t.deepEqual(
    near.map(({ name }) => name),
    ["Admins", "admins "],
  );
  t.is(org.server.calls[1]?.query.get("q"), "admins");
});

test("a name can't break out of the search", async (t) => {
  await using org = await Org.start();
  org.server.routes["/api/v1/groups"] = () => ({ body: [] });
  await org.directory().groupsByName('a" or type eq "BUILT_IN\\');
  t.is(org.server.calls[0]?.query.get("search"), 'profile.name eq "a\\" or type eq \\"BUILT_IN\\\\"');
});

test("one request tells a group and how many members it has", async (t) => {
  await using org = await Org.start();
  org.server.routes[GROUPS] = ({ query }) => ({
    body: query.get("filter") === 'id eq "00g1"' ? [counted("00g1", "admins", 31_207)] : [],
  });
  const found = { id: "00g1", name: "admins", type: "OKTA_GROUP", members: 31_207 };
  t.deepEqual(await org.directory().groupByID("00g1"), found);
  t.is(org.server.calls.length, 1);
  t.is(await org.directory().groupByID("00g2"), undefined);
});

test("all pages of a list are read", async (t) => {
  await using org = await Org.start();
  org.pages(GROUPS_OF_ADA, [[group("00g1")], [group("00g2"), group("00g1")], [], [group("00g3")]]);
  t.deepEqual(
    (await org.directory().userGroups("00u1")).map(({ id }) => id),
    ["00g1", "00g2", "00g3"],
  );
});

test("a page may be as long as many groups with long descriptions make it", async (t) => {
  await using org = await Org.start();
  const page = [{ ...group("00g1"), lengthy: "x".repeat(2_000_000) }];
  org.pages(GROUPS_OF_ADA, [page]);
  t.is((await org.directory().userGroups("00u1")).length, 1);
});

test("no groups is an answer", async (t) => {
  await using org = await Org.start();
  org.pages(GROUPS_OF_ADA, [[]]);
  org.server.routes[GROUPS] = ({ query }) => ({ body: query.has("filter") ? [] : [group("00g9")] });
  t.deepEqual(await org.directory().userGroups("00u1"), []);
});

test("nobody is believed to be in no group where no group can be seen at all", async (t) => {
  await using org = await Org.start();
  org.pages(GROUPS_OF_ADA, [[]]);
  org.server.routes[GROUPS] = () => ({ body: [] });
  await t.throwsAsync(org.directory().userGroups("00u1"), { code: "directory-invalid-answer" });
});

for (const [what, page, code] of [
  ["that fails", { status: 500 }, "directory-unreachable"],
  ["that is refused", oktaError(403, "E0000006"), "directory-forbidden"],
  ["that comes too often", { status: 429 }, "directory-rate-limited"],
  ["that is gone", oktaError(404, "E0000007"), "directory-not-found"],
  [
    "that is a page of a proxy",
    { headers: { "content-type": "text/html" }, body: "<html>" },
    "directory-invalid-answer",
  ],
  ["that is no list", { body: { id: "00g1" } }, "directory-invalid-answer"],
  ["that holds something else", { body: [{ id: "00g1" }] }, "directory-invalid-answer"],
  ["that is too large", { body: "x".repeat(9_000_000) }, "directory-invalid-answer"],
] as const) {
  test(`a page in the middle ${what} fails the whole list`, async (t) => {
    await using org = await Org.start();
    org.pages(GROUPS_OF_ADA, [[group("00g1")], page, [group("00g3")]]);
    await t.throwsAsync(org.directory().userGroups("00u1"), { code });
  });
}

test("a page in the middle that never comes fails the whole list", async (t) => {
  await using org = await Org.start({ timeoutMs: 300 });
  org.server.routes[GROUPS_OF_ADA] = (call) =>
    call.query.has("after")
      ? undefined
      : {
          body: [group("00g1")],
          headers: { link: `<${org.server.url}${GROUPS_OF_ADA}?after=1>; rel="next"` },
        };
  await t.throwsAsync(org.directory({ maxWaitMs: 0 }).userGroups("00u1"), { code: "directory-unreachable" });
});

test("pages that go in a circle are noticed", async (t) => {
  await using org = await Org.start();
  org.server.routes[GROUPS_OF_ADA] = ({ query }) => {
    const after = query.get("after") === "1" ? "2" : "1";
    return {
      body: [group("00g1")],
      headers: { link: `<${org.server.url}${GROUPS_OF_ADA}?after=${after}>; rel="next"` },
    };
  };
  await t.throwsAsync(org.directory().userGroups("00u1"), {
    code: "directory-invalid-answer",
    message: /circle/,
  });
});

test("pages without end are noticed", async (t) => {
  await using org = await Org.start();
  let page = 0;
  org.server.routes[GROUPS_OF_ADA] = () => ({
    body: [],
    headers: { link: `<${org.server.url}${GROUPS_OF_ADA}?after=${++page}>; rel="next"` },
  });
  await t.throwsAsync(org.directory({ maxPages: 5 }).userGroups("00u1"), { message: /more than 5 pages/ });
  t.is(org.server.calls.length, 5);
});

test("one user is read of fewer bytes than a page of them", async (t) => {
  await using org = await Org.start();
  const long = { ...user("00u1"), more: "x".repeat(1_100_000) };
  org.pages("/api/v1/groups/00g1/users", [[long]]);
  for await (const page of org.directory().members("00g1")) t.is(page.length, 1);
  org.server.routes["/api/v1/users/00u1"] = () => ({ body: long });
  await t.throwsAsync(org.directory().user("00u1"), {
    code: "directory-invalid-answer",
    message: /more than 1048576 bytes/,
  });
});

test("a next page on another host gets no credentials", async (t) => {
  await using org = await Org.start();
  await using elsewhere = await Org.start();
  elsewhere.pages(GROUPS_OF_ADA, [[group("00g2")]]);
  org.server.routes[GROUPS_OF_ADA] = () => ({
    body: [group("00g1")],
    headers: { link: `<${elsewhere.server.url}${GROUPS_OF_ADA}?after=1>; rel="next"` },
  });
  await t.throwsAsync(org.directory().userGroups("00u1"), {
    code: "directory-invalid-answer",
    message: /another host/,
  });
  t.is(elsewhere.server.calls.length, 0);
});

test("credentials that Okta doesn't know are named", async (t) => {
  await using org = await Org.start();
  org.server.routes["/api/v1/users/00u1"] = () => oktaError(401, "E0000011");
  const error = await t.throwsAsync(org.directory().user("00u1"), { instanceOf: DirectoryUnauthorizedError });
  t.regex(error.message, /API token.*apiTokenRef/);
  t.is(org.server.calls.length, 1, "a wrong token isn't tried again");
});

test("credentials that may not do this are told what they lack", async (t) => {
  await using org = await Org.start();
  org.server.routes["/api/v1/groups"] = () => oktaError(403, "E0000006");
  const error = await t.throwsAsync(org.directory().check(), { instanceOf: DirectoryForbiddenError });
  t.is(error.scope, "okta.groups.read");
  t.regex(error.message, /admin role/);
});

test("an error that passes is tried again", async (t) => {
  await using org = await Org.start();
  let failures = 2;
  org.server.routes["/api/v1/groups"] = () => (failures-- > 0 ? { status: 503 } : { body: [] });
  await t.notThrowsAsync(org.directory().check());
  t.is(org.waits.length, 2);
});

test("an error that doesn't pass is given up", async (t) => {
  await using org = await Org.start();
  org.server.routes["/api/v1/groups"] = () => ({ status: 503 });
  await t.throwsAsync(org.directory().check(), { code: "directory-unreachable" });
  t.is(org.server.calls.length, 4);
  // Each pause is up to a quarter longer than this.
  for (const [index, ms] of [500, 1_000, 2_000].entries()) {
    const waited = org.waits[index] ?? 0;
    t.true(waited >= ms && waited <= ms * 1.25, `${waited}`);
  }
});

test("whoever has no time isn't kept waiting", async (t) => {
  await using org = await Org.start();
  for (const answer of [{ status: 503 }, { status: 429, headers: { "retry-after": "2" } }]) {
    org.server.routes["/api/v1/groups"] = () => answer;
    await t.throwsAsync(org.directory({ maxWaitMs: 0 }).check());
  }
  t.is(org.server.calls.length, 2);
  t.deepEqual(org.waits, []);
});

test("an org that isn't there is unreachable", async (t) => {
  await using org = await Org.start();
  const directory = org.directory({ url: CLOSED_URL });
  await t.throwsAsync(directory.check(), { code: "directory-unreachable", message: /nobody listens/ });
});

test("a URL that isn't an org's is refused before anything is sent", async (t) => {
  await using org = await Org.start();
  for (const url of ["http://acme.okta.com", "acme.okta.com", "ftp://acme.okta.com"])
    t.throws(() => org.directory({ url }), { instanceOf: DirectoryInvalidAnswerError, message: /https/ });
});

test("an API token with a line break is refused, and not shown", async (t) => {
  await using org = await Org.start();
  const credentials = { kind: "api-token", token: "secret\r\nx: y" } as const;
  const error = t.throws(() => org.directory({ credentials }), { instanceOf: DirectoryUnauthorizedError });
  t.false(inspect(error).includes("secret"));
  const padded = { kind: "api-token", token: `${API_TOKEN}\n` } as const;
  org.server.routes["/api/v1/groups"] = () => ({ body: [] });
  await t.notThrowsAsync(
    org.directory({ credentials: padded }).check(),
    "but one at its end is just a file's",
  );
});

test("no token is in an error, however deep one looks", async (t) => {
  await using org = await Org.start();
  const errors: unknown[] = [];
  for (const answer of [
    oktaError(401, "E0000011"),
    oktaError(403, "E0000006"),
    { status: 500 },
    { body: "<html>" },
  ]) {
    org.server.routes["/api/v1/groups"] = () => answer;
    errors.push(await t.throwsAsync(org.directory().check()));
  }
  t.false(inspect(errors, { depth: 20, showHidden: true }).includes(API_TOKEN));
});

test("where hosts are listed, a directory on another isn't asked", async (t) => {
  await using org = await Org.start();
  const http = new Http({
    destinations: new Destinations({ addresses: ["loopback"], hosts: ["*.okta.com"] }),
  });
  t.throws(() => org.directory({ http }), {
    code: "directory-unreachable",
    message: /isn't one of the hosts that organizations may use here/,
  });
  await http.close();
});
