import test from "ava";
import { startOkta } from "../../../dev/okta/index.ts";
import type { Directory } from "../../../okta/directory/directory.ts";
import {
  DirectoryInvalidAnswerError,
  DirectoryNotFoundError,
} from "../../../okta/directory/directory-errors.ts";
import { group, Org, oktaError, user } from "./org.ts";

const MEMBERS = "/api/v1/groups/00g1/users";
const GROUPS = "/api/v1/groups";

async function idsOf(directory: Directory, groupID = "00g1"): Promise<string[]> {
  const ids: string[] = [];
  for await (const page of directory.members(groupID)) ids.push(...page.map(({ id }) => id));
  return ids;
}

test("the members of a group come page by page, each page when the one before is done with", async (t) => {
  await using org = await Org.start();
  org.pages(MEMBERS, [[user("00u1"), user("00u2", "SUSPENDED")], [], [user("00u3")]]);
  const seen: number[] = [];
  for await (const page of org.directory().members("00g1")) {
    seen.push(page.length);
    t.is(org.server.calls.length, seen.length, "the next page isn't asked for before it is wanted");
  }
  t.deepEqual(seen, [2, 0, 1]);
  t.is(org.server.calls[0]?.query.get("limit"), "200");
  t.deepEqual(await idsOf(org.directory()), ["00u1", "00u2", "00u3"]);
});

for (const count of [0, 1, 200, 201, 1001]) {
  test(`a group of ${count} has ${count} members, by as few pages as hold them`, async (t) => {
    const users = Array.from({ length: count }, (_, n) => ({
      login: `u${n}@acme.example`,
      groups: ["team"],
    }));
    const okta = await startOkta({ groups: ["team"], users });
    await using org = await Org.start();
    try {
      const credentials = { kind: "api-token", token: okta.apiToken } as const;
      const directory = org.directory({ url: okta.url, credentials });
      const ids = await idsOf(directory, okta.directory.group("team").id);
      t.is(new Set(ids).size, count);
      t.is(okta.requests.management, Math.max(1, Math.ceil(count / 200)));
    } finally {
      await okta.stop();
    }
  });
}

test("a group that Okta doesn't have isn't one without members", async (t) => {
  await using org = await Org.start();
  const directory = org.directory();
  for (const id of ["00g9", "", "../users"])
    await t.throwsAsync(idsOf(directory, id), { instanceOf: DirectoryNotFoundError });
  t.is(org.server.calls.length, 1, "what is no id isn't sent");
});

for (const [what, page, code] of [
  ["fails", { status: 500 }, "directory-unreachable"],
  ["is refused", oktaError(403, "E0000006"), "directory-forbidden"],
  ["comes too often", { status: 429 }, "directory-rate-limited"],
  ["is a proxy's", { headers: { "content-type": "text/html" }, body: "<html>" }, "directory-invalid-answer"],
  [
    "holds somebody without an id",
    { body: [{ ...user("00u2"), id: undefined }] },
    "directory-invalid-answer",
  ],
  [
    "holds somebody without a status",
    { body: [{ ...user("00u2"), status: null }] },
    "directory-invalid-answer",
  ],
] as const) {
  test(`a later page of members that ${what} fails the read, after the first one came`, async (t) => {
    await using org = await Org.start();
    org.pages(MEMBERS, [[user("00u1")], page, [user("00u3")]]);
    const pages = org.directory({ maxWaitMs: 0 }).members("00g1")[Symbol.asyncIterator]();
    t.like((await pages.next()).value, [{ id: "00u1" }]);
    await t.throwsAsync(pages.next(), { code });
  });
}

test("members whose pages go in a circle, or never end, are an error", async (t) => {
  await using org = await Org.start();
  const link = (after: number) => ({ link: `<${org.server.url}${MEMBERS}?after=${after}>; rel="next"` });
  org.server.routes[MEMBERS] = () => ({ body: [user("00u1")], headers: link(1) });
  await t.throwsAsync(idsOf(org.directory()), { message: /circle/ });
  let after = 0;
  org.server.routes[MEMBERS] = () => ({ body: [user("00u1")], headers: link(++after) });
  await t.throwsAsync(idsOf(org.directory({ maxPages: 3 })), { message: /more than 3 pages/ });
});

test("one person whose profile can't be read is still a member, and so is everybody else", async (t) => {
  await using org = await Org.start();
  const people: [profile: unknown, read: object][] = [
    [{ email: null, displayName: "Ada" }, { name: "Ada" }],
    [{ email: "eve@acme.example", displayName: "x".repeat(5_000) }, { email: "eve@acme.example" }],
    [{ email: 7, firstName: ["Sam"], lastName: "Sung" }, { name: "Sung" }],
    [{ email: "two words@acme.example" }, {}],
    [{ email: `${"e".repeat(320)}@acme.example` }, {}],
    [{ firstName: "x".repeat(200), lastName: "y".repeat(200) }, {}],
    [{}, {}],
    [null, {}],
    ["none", {}],
    [undefined, {}],
  ];
  org.pages(MEMBERS, [people.map(([profile], n) => ({ ...user(`00u${n}`), profile }))]);
  for await (const page of org.directory().members("00g1"))
    t.deepEqual(
      page,
      people.map(([, read], n) => ({ id: `00u${n}`, status: "ACTIVE", ...read })),
    );
});

test("groups that changed are told with the later of their two times", async (t) => {
  await using org = await Org.start();
  const [older, newer] = ["2026-11-26T08:00:00.000Z", "2026-11-26T09:00:00.000Z"];
  org.pages(GROUPS, [
    [{ ...group("00g1"), lastUpdated: older, lastMembershipUpdated: newer }],
    [
      { ...group("00g2"), lastUpdated: newer, lastMembershipUpdated: older },
      { ...group("00g3"), lastUpdated: older, lastMembershipUpdated: null },
    ],
  ]);
  const changed: object[] = [];
  for await (const page of org.directory().groupsChangedSince("2026-11-26T07:00:00.000Z"))
    changed.push(...page);
  t.deepEqual(changed, [
    { id: "00g1", type: "OKTA_GROUP", name: "00g1", changedTime: newer },
    { id: "00g2", type: "OKTA_GROUP", name: "00g2", changedTime: newer },
    { id: "00g3", type: "OKTA_GROUP", name: "00g3", changedTime: older },
  ]);
  t.is(
    org.server.calls[0]?.query.get("filter"),
    'lastMembershipUpdated gt "2026-11-26T07:00:00.000Z" or lastUpdated gt "2026-11-26T07:00:00.000Z"',
  );
});

test("a group changes when its members do, when it is renamed, and when it is new", async (t) => {
  let now = Date.parse("2026-11-26T08:00:00Z");
  const okta = await startOkta({
    groups: ["quiet", "joined", "renamed"],
    users: [{ login: "ada@acme.example" }],
    now: () => now,
  });
  await using org = await Org.start();
  try {
    const credentials = { kind: "api-token", token: okta.apiToken } as const;
    const directory = org.directory({ url: okta.url, credentials });
    const changedSince = async (time: string) => {
      const names: string[] = [];
      for await (const page of directory.groupsChangedSince(time))
        names.push(...page.map(({ name }) => name));
      return names.sort();
    };
    t.deepEqual(await changedSince("2026-11-26T08:00:00.000Z"), []);
    now += 5_000;
    okta.directory.addToGroup("joined", "ada@acme.example");
    okta.directory.updateGroup("renamed", { name: "called otherwise" });
    okta.directory.addGroup("new");
    t.deepEqual(await changedSince("2026-11-26T08:00:00.000Z"), ["called otherwise", "joined", "new"]);
    t.deepEqual(await changedSince("2026-11-26T08:00:05.000Z"), []);
  } finally {
    await okta.stop();
  }
});

test("that somebody is in no group isn't believed where everybody is in one that can be seen", async (t) => {
  await using org = await Org.start();
  const everyone = { ...group("00gEveryone", "Everyone"), type: "BUILT_IN" };
  org.pages("/api/v1/users/00u1/groups", [[]]);
  org.server.routes[GROUPS] = ({ query }) => ({
    body: query.get("filter") === 'type eq "BUILT_IN"' ? [everyone] : [],
  });
  await t.throwsAsync(org.directory().userGroups("00u1"), {
    instanceOf: DirectoryInvalidAnswerError,
    message: /in no group at all/,
  });
  org.server.routes[GROUPS] = () => oktaError(403, "E0000006");
  await t.throwsAsync(
    org.directory().userGroups("00u1"),
    { code: "directory-forbidden" },
    "nor where nobody knows",
  );
  org.server.routes[GROUPS] = ({ query }) => ({ body: query.has("filter") ? [] : [group("00g9", "other")] });
  t.deepEqual(await org.directory().userGroups("00u1"), [], "an app may be limited to other groups");
});

test("whoever is in a group isn't asked about twice", async (t) => {
  await using org = await Org.start();
  org.pages("/api/v1/users/00u1/groups", [[group("00g1")]]);
  t.is((await org.directory().userGroups("00u1")).length, 1);
  t.is(org.server.calls.length, 1);
});
