import test, { type ExecutionContext } from "ava";
import {
  type OktaOptions,
  type OktaStandIn,
  setStatus,
  type UserStatus,
  userStatuses,
} from "../../../dev/okta/index.ts";
import { managementApi } from "./management-api.ts";
import { oktaFor, recordedOktaFor } from "./recorded-okta.ts";

const seed: OktaOptions = {
  groups: ["service_admin", "marketing", { name: "imported", type: "APP_GROUP" }],
  users: [
    {
      login: "ada@acme.example",
      firstName: "Ada",
      lastName: "Lovelace",
      password: "pw",
      groups: ["service_admin"],
    },
    { login: "eve@acme.example", firstName: "Eve", password: "pw" },
  ],
};

interface OktaObject {
  id: string;
  [other: string]: unknown;
}

async function api(t: ExecutionContext, options: OktaOptions = seed) {
  const okta = await recordedOktaFor(t, options);
  return { okta, ...managementApi(okta) };
}

const ids = (objects: OktaObject[]) => objects.map(({ id }) => id);
const groupNames = (objects: readonly object[]) =>
  objects.map((group) => (group as { profile: { name: string } }).profile.name);

test("groups are created, read, renamed and deleted", async (t) => {
  const { okta, call, json } = await api(t);
  const created = await json<OktaObject>("POST", "/groups", {
    profile: { name: "ops", description: "Operations" },
  });
  t.like(created, { type: "OKTA_GROUP", objectClass: ["okta:user_group"], profile: { name: "ops" } });
  t.regex(created.id, /^00g[0-9A-Za-z]{17}$/);
  t.deepEqual(await json("GET", `/groups/${created.id}`), created);

  const renamed = await json<OktaObject>("PUT", `/groups/${created.id}`, { profile: { name: "operations" } });
  t.like(renamed, { id: created.id, profile: { name: "operations" } });
  t.is(okta.directory.group("operations").id, created.id);

  t.is((await call("DELETE", `/groups/${created.id}`)).status, 204);
  const gone = await call("GET", `/groups/${created.id}`);
  t.is(gone.status, 404);
  t.like(await gone.json(), {
    errorCode: "E0000007",
    errorSummary: `Not found: Resource not found: ${created.id} (UserGroup)`,
  });
});

test("a name is taken once, except by imported groups", async (t) => {
  const { okta, call } = await api(t);
  const taken = await call("POST", "/groups", { profile: { name: "marketing" } });
  t.is(taken.status, 400);
  t.like(await taken.json(), { errorCode: "E0000001", errorSummary: "Api validation failed: name" });
  t.is((await call("POST", "/groups", { profile: { name: "imported" } })).status, 200);
  t.is(okta.directory.groups.filter(({ profile }) => profile.name === "imported").length, 2);
  t.is((await call("POST", "/groups", { profile: {} })).status, 400);
});

test("Everyone and imported groups keep their members and names", async (t) => {
  const { okta, call } = await api(t);
  const { id } = okta.directory.user("ada");
  for (const name of ["Everyone", "imported"]) {
    const group = okta.directory.group(name);
    t.is((await call("DELETE", `/groups/${group.id}/users/${id}`)).status, 403, name);
    t.is((await call("PUT", `/groups/${group.id}/users/${id}`)).status, 403, name);
    t.is((await call("PUT", `/groups/${group.id}`, { profile: { name: "x" } })).status, 403, name);
  }
  t.is((await call("DELETE", `/groups/${okta.directory.group("Everyone").id}`)).status, 403);
});

test("groups are found by the start of the name, by filter and by search", async (t) => {
  const { okta, json, call } = await api(t);
  const found = async (query: string) => groupNames(await json<OktaObject[]>("GET", `/groups?${query}`));
  t.deepEqual(await found("q=MARK"), ["marketing"]);
  t.deepEqual(await found(`filter=${encodeURIComponent('type eq "BUILT_IN"')}`), ["Everyone"]);
  t.deepEqual(await found(`filter=${encodeURIComponent(`id eq "${okta.directory.group("imported").id}"`)}`), [
    "imported",
  ]);
  t.deepEqual(
    await found(`search=${encodeURIComponent('profile.name sw "Serv" or profile.name co "port"')}`),
    ["service_admin", "imported"],
  );
  for (const bad of ['profile.name eq "x"', "type eq OKTA_GROUP", 'type like "x"', '(type eq "x"', '"']) {
    const answer = await call("GET", `/groups?filter=${encodeURIComponent(bad)}`);
    t.is(answer.status, 400, bad);
    t.like(await answer.json(), { errorCode: "E0000031" }, bad);
  }
});

test("lastMembershipUpdated tells which groups to read again", async (t) => {
  let now = Date.parse("2026-01-01T00:00:00.700Z");
  const { okta, json, call } = await api(t, { ...seed, now: () => now });
  const since = async (time: string) =>
    groupNames(
      await json<OktaObject[]>(
        "GET",
        `/groups?filter=${encodeURIComponent(`lastMembershipUpdated gt "${time}"`)}`,
      ),
    );
  t.deepEqual(await since("2026-01-01T00:00:00.000Z"), []);

  now += 5_000;
  const group = okta.directory.group("marketing");
  await call("PUT", `/groups/${group.id}/users/${okta.directory.user("eve").id}`);
  t.deepEqual(await since("2026-01-01T00:00:00.000Z"), ["marketing"]);
  t.like(await json("GET", `/groups/${group.id}`), {
    lastMembershipUpdated: "2026-01-01T00:00:05.000Z",
    lastUpdated: "2026-01-01T00:00:00.000Z",
  });
  now += 5_000;
  await call("PUT", `/groups/${group.id}/users/${okta.directory.user("eve").id}`);
  t.deepEqual(
    await since("2026-01-01T00:00:05.000Z"),
    [],
    "somebody who is in the group already changes nothing",
  );
});

test("members come and go, and a person's groups follow", async (t) => {
  const { okta, call, json } = await api(t);
  const group = okta.directory.group("marketing");
  const { id } = okta.directory.user("ada");
  t.is((await call("PUT", `/groups/${group.id}/users/${id}`)).status, 204);
  t.deepEqual(ids(await json<OktaObject[]>("GET", `/groups/${group.id}/users`)), [id]);
  t.deepEqual(groupNames(await json<OktaObject[]>("GET", `/users/${id}/groups`)), [
    "Everyone",
    "service_admin",
    "marketing",
  ]);
  t.is((await call("DELETE", `/groups/${group.id}/users/${id}`)).status, 204);
  t.deepEqual(await json("GET", `/groups/${group.id}/users`), []);
  t.is((await call("PUT", `/groups/${group.id}/users/00uNobody`)).status, 404);
  t.is((await call("PUT", `/groups/00gNothing/users/${id}`)).status, 404);
});

test("the groups whose names begin alike are 300 at the most, without a next page; a search has them all", async (t) => {
  const groups = Array.from({ length: 301 }, (_, index) => `team ${index}`);
  const { follow } = await api(t, { groups });
  const lengths = async (path: string): Promise<number[]> => {
    const pages: number[] = [];
    for await (const page of follow<OktaObject>(path)) pages.push(page.length);
    return pages;
  };
  t.deepEqual(await lengths("/groups?q=team"), [300]);
  t.deepEqual(await lengths("/groups?q=team&limit=10"), [10]);
  const search = encodeURIComponent('profile.name sw "team"');
  t.deepEqual(await lengths(`/groups?search=${search}&limit=200`), [200, 101]);
});

test("a group that an admin role doesn't let its holder see is in no list, and isn't there by itself", async (t) => {
  const { okta, json, call } = await api(t);
  const { id } = okta.directory.group("service_admin");
  const ada = okta.directory.user("ada@acme.example").id;
  okta.settings.hiddenGroups = [id];
  t.false(groupNames(await json<OktaObject[]>("GET", "/groups")).includes("service_admin"));
  t.false(groupNames(await json<OktaObject[]>("GET", `/users/${ada}/groups`)).includes("service_admin"));
  for (const path of [`/groups/${id}`, `/groups/${id}/users`]) t.is((await call("GET", path)).status, 404);
});

test("lists are paged by their next links, whatever changes meanwhile", async (t) => {
  const users = Array.from({ length: 25 }, (_, index) => ({
    login: `user${index}@acme.example`,
    groups: ["big"],
  }));
  const { okta, follow, json, call } = await api(t, { groups: ["big"], users });
  const group = okta.directory.group("big");
  const all = users.map(({ login }) => okta.directory.user(login).id);

  const pages: string[][] = [];
  for await (const page of follow<OktaObject>(`/groups/${group.id}/users?limit=10`)) {
    pages.push(ids(page));
    // Who was on a page and leaves, or comes late, shifts nobody past the reader.
    if (pages.length === 1) {
      await call("DELETE", `/groups/${group.id}/users/${all[3]}`);
      await call("DELETE", `/groups/${group.id}/users/${all[9]}`);
    }
  }
  t.deepEqual(
    pages.map((page) => page.length),
    [10, 10, 5],
  );
  t.deepEqual(pages.flat(), all);

  const everybody: string[] = [];
  for await (const page of follow<OktaObject>("/users?limit=7")) everybody.push(...ids(page));
  t.deepEqual(everybody, all);
  t.is((await json<OktaObject[]>("GET", `/groups?limit=1`)).length, 1);
  t.is((await call("GET", "/groups?after=nonsense")).status, 400);
  t.is((await call("GET", "/groups?limit=none")).status, 400);
  t.like(await json<OktaObject[]>("GET", "/groups?q=big&expand=stats"), [
    { _embedded: { stats: { usersCount: 23 } } },
  ]);
  const counted = (query: Record<string, string>) =>
    json<OktaObject[]>("GET", `/groups?${new URLSearchParams({ ...query, expand: "stats" })}`);
  const [big] = await counted({ search: 'profile.name eq "big"', limit: "200" });
  t.like(big, { _embedded: { stats: { usersCount: 23 } } });
  t.deepEqual(await counted({ filter: `id eq "${big?.id}"`, limit: "1" }), [big] as OktaObject[]);
});

test("users are created with and without a password, staged or not", async (t) => {
  const { okta, json, call } = await api(t);
  const create = (query: string, login: string, password?: string) =>
    json<OktaObject>("POST", `/users?${query}`, {
      profile: { login, email: login, firstName: "New", lastName: "Person" },
      ...(password === undefined ? {} : { credentials: { password: { value: password } } }),
      groupIds: [okta.directory.group("marketing").id],
    });
  const active = await create("activate=true", "a@acme.example", "pw");
  t.like(active, { status: "ACTIVE", profile: { login: "a@acme.example", firstName: "New" } });
  t.false(JSON.stringify(active).includes('"pw"'), "the password is never told");
  t.like(await create("activate=true", "b@acme.example"), { status: "PROVISIONED" });
  t.like(await create("activate=false", "c@acme.example", "pw"), { status: "STAGED" });
  t.deepEqual(groupNames(okta.directory.groupsOf(active.id)), ["Everyone", "marketing"]);

  const taken = await call("POST", "/users", {
    profile: { login: "A@acme.example", email: "a@acme.example" },
  });
  t.is(taken.status, 400);
  t.like(await taken.json(), { errorCode: "E0000001", errorSummary: "Api validation failed: login" });
});

test("a user is found by id, login and short name, and their profile changes in part", async (t) => {
  const { okta, json, call } = await api(t);
  const { id } = okta.directory.user("ada");
  for (const name of [id, "ada@acme.example", "ADA@acme.example", "ada"])
    t.is((await json<OktaObject>("GET", `/users/${name}`)).id, id, name);
  t.is((await call("GET", "/users/nobody")).status, 404);

  const changed = await json<OktaObject>("POST", `/users/${id}`, {
    profile: { lastName: "King", department: "Maths" },
  });
  t.like(changed, {
    profile: { login: "ada@acme.example", firstName: "Ada", lastName: "King", department: "Maths" },
  });
  await json("POST", `/users/${id}`, { profile: { login: "countess@acme.example" } });
  t.is((await json<OktaObject>("GET", "/users/countess")).id, id);
  t.is((await call("GET", "/users/ada")).status, 404);
  t.is((await call("POST", `/users/${id}`, { profile: { login: "eve@acme.example" } })).status, 400);
});

test("lists of users leave out the deprovisioned, unless a filter or search asks", async (t) => {
  const { okta, json, call } = await api(t);
  await call("POST", `/users/${okta.directory.user("eve").id}/lifecycle/deactivate`);
  const found = async (query: string) =>
    (await json<OktaObject[]>("GET", `/users?${query}`)).map(
      ({ profile }) => (profile as { login: string }).login,
    );
  t.deepEqual(await found(""), ["ada@acme.example"]);
  t.deepEqual(await found("q=ev"), []);
  t.deepEqual(await found("q=love"), ["ada@acme.example"]);
  t.deepEqual(await found(`filter=${encodeURIComponent('status eq "DEPROVISIONED"')}`), ["eve@acme.example"]);
  t.deepEqual(await found(`search=${encodeURIComponent('profile.firstName eq "ADA"')}`), [
    "ada@acme.example",
  ]);
  t.is((await call("GET", `/users?filter=${encodeURIComponent('profile.shoeSize eq "9"')}`)).status, 400);
});

test("each lifecycle operation takes people of its statuses only", async (t) => {
  const { okta, call, json } = await api(t);
  const user = okta.directory.user("ada");
  const expected: Record<string, Partial<Record<UserStatus, UserStatus>>> = {
    activate: { STAGED: "ACTIVE", DEPROVISIONED: "ACTIVE" },
    deactivate: Object.fromEntries(
      userStatuses
        .filter((status) => status !== "DEPROVISIONED")
        .map((status) => [status, "DEPROVISIONED" as const]),
    ),
    suspend: { ACTIVE: "SUSPENDED" },
    unsuspend: { SUSPENDED: "ACTIVE" },
    reactivate: { PROVISIONED: "ACTIVE", RECOVERY: "ACTIVE" },
    unlock: { LOCKED_OUT: "ACTIVE" },
  };
  for (const [operation, outcomes] of Object.entries(expected)) {
    for (const status of userStatuses) {
      setStatus(okta.directory, user, status);
      const answer = await call("POST", `/users/${user.id}/lifecycle/${operation}`);
      const what = `${operation} from ${status}`;
      t.is(answer.ok, status in outcomes, what);
      t.is(user.status, outcomes[status] ?? status, what);
    }
  }
  setStatus(okta.directory, user, "PASSWORD_EXPIRED");
  t.like(await json("POST", `/users/${user.id}`, { credentials: { password: { value: "new" } } }), {
    status: "ACTIVE",
  });
  t.is(okta.passwordOf("ada"), "new");
});

test("deleting somebody deactivates them first", async (t) => {
  const { okta, call, json } = await api(t);
  const { id } = okta.directory.user("ada");
  t.is((await call("DELETE", `/users/${id}`)).status, 204);
  t.like(await json("GET", `/users/${id}`), { status: "DEPROVISIONED" });
  t.is((await call("DELETE", `/users/${id}`)).status, 204);
  t.is((await call("GET", `/users/${id}`)).status, 404);
  t.is(okta.directory.members(okta.directory.group("service_admin").id).size, 0);

  const again = await json<OktaObject>("POST", "/users", {
    profile: { login: "ada@acme.example", email: "ada@acme.example" },
  });
  t.not(again.id, id, "whoever comes back is somebody else");
});

test("bodies that aren't JSON, and paths that aren't there, get Okta's errors", async (t) => {
  const okta = await oktaFor(t, seed);
  const { call } = managementApi(okta);
  const authorization = `SSWS ${okta.apiToken}`;
  const broken = await fetch(`${okta.url}/api/v1/groups`, {
    method: "POST",
    headers: { authorization, "content-type": "application/json" },
    body: '{"profile":',
  });
  t.is(broken.status, 400);
  t.like(await broken.json(), { errorCode: "E0000003", errorCauses: [] });
  t.is(
    (await fetch(`${okta.url}/api/v1/groups`, { method: "POST", headers: { authorization } })).status,
    400,
  );
  const missing = await call("GET", "/nonsense");
  t.is(missing.status, 404);
  t.like(await missing.json(), { errorCode: "E0000008" });
});

test("every answer tells the rate limit, and past it there is 429", async (t) => {
  let now = 60_000_000;
  const rateLimits = { groups: 2, group: 4, users: 5, user: 6, other: 7, logs: 8 };
  const { okta, call } = await api(t, { ...seed, rateLimits, now: () => now });
  const limits = ({ headers }: Response) =>
    ["limit", "remaining", "reset"].map((name) => headers.get(`x-rate-limit-${name}`));
  t.deepEqual(limits(await call("GET", "/groups")), ["2", "1", "60060"]);
  t.deepEqual(limits(await call("GET", "/groups/none/users")), ["2", "0", "60060"]);
  const refused = await call("GET", "/groups");
  t.is(refused.status, 429);
  t.deepEqual(limits(refused), ["2", "0", "60060"]);
  t.like(await refused.json(), { errorCode: "E0000047" });
  for (const [method, path, limit] of [
    ["GET", "/groups/none", "4"],
    ["GET", "/users", "5"],
    ["DELETE", "/users/none", "5"],
    ["GET", "/users/none", "6"],
    ["GET", "/users/none/groups", "7"],
    ["GET", "/logs", "8"],
  ] as const)
    t.is(limits(await call(method, path))[0], limit, `${method} ${path} is counted elsewhere`);
  now += 60_000;
  t.is((await call("GET", "/groups")).status, 200);
  t.is(okta.requests.management, 10);
});

test("what is seeded is what was there before: the same people have the same ids", async (t) => {
  const first: OktaStandIn = await oktaFor(t, seed);
  const second: OktaStandIn = await oktaFor(t, seed);
  t.is(first.directory.user("ada").id, second.directory.user("ada").id);
  t.is(first.directory.group("marketing").id, second.directory.group("marketing").id);
});
