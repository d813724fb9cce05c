import test from "ava";
import { smallApi } from "./small-api.ts";

const ids = (content: { users: { id: string }[] }) => content.users.map(({ id }) => id);

test("users are listed page by page, in whatever order and with whatever filter is asked for", async (t) => {
  const { api, webhook } = await smallApi(t);
  webhook.person("ben", undefined, { name: "Zed", source: "Local", groups: [{ name: "staff" }] });
  const list = async (query: string) => (await api("both", `acme/users?${query}`)).content;
  const all = await list("");
  t.like(all, { organization: "acme/acme", total: 3, matching: 3, nextCursor: undefined });
  t.deepEqual(ids(all), ["ada", "ben", "kim"]);
  for (const [query, found] of [
    ["search=ada", ["ada"]],
    ["role=admin", ["kim"]],
    ["group=staff", ["ben"]],
    ["state=Deactivated", []],
    ["state=Active&source=Okta", ["ada", "kim"]],
    ["source=Local", ["ben"]],
    ["order=descending", ["kim", "ben", "ada"]],
    ["sort=email&order=ascending", ["ada", "ben", "kim"]],
    ["sort=name", ["kim", "ada", "ben"]],
    ["sort=name&order=descending", ["ben", "ada", "kim"]],
  ] as const)
    t.deepEqual(ids(await list(query)), found, query);
  t.like(await list("search=ada"), { total: 3, matching: 1 });
  const first = await list("limit=2");
  t.deepEqual(ids(first), ["ada", "ben"]);
  t.deepEqual(ids(await list(`limit=2&cursor=${encodeURIComponent(first.nextCursor)}`)), ["kim"]);
});

test("what isn't understood is said by its name, and overlooked in nothing", async (t) => {
  const { api } = await smallApi(t);
  for (const [query, parameter] of [
    ["state=Gone", "state"],
    ["source=Elsewhere", "source"],
    ["sort=age", "sort"],
    ["order=up", "order"],
    ["limit=0", "limit"],
    ["limit=501", "limit"],
    ["roles=admin", "roles"],
  ]) {
    const { status, content } = await api("both", `acme/users?${query}`);
    t.deepEqual([status, content.parameter], [400, parameter], query);
  }
  t.is((await api("both", "acme/users?limit=500")).status, 200);
});

test("who may list reads, everybody else is told the same of whatever there is", async (t) => {
  const { api } = await smallApi(t);
  t.is((await api("kim", "acme/users")).status, 200);
  for (const [who, path] of [
    ["getter", "acme/users"],
    ["getter", "gone/users"],
    ["ada", "acme/users"],
  ] as const)
    t.is((await api(who, path)).status, 403, `${who} ${path}`);
  t.is((await api("both", "gone/users")).content.code, "organization-not-found");
});

test("whoever has an answer already is told so, until it would be another", async (t) => {
  const { api, webhook } = await smallApi(t);
  for (const path of ["acme/users?search=ada", "acme/users/ada"]) {
    const { headers } = await api("both", path);
    const known = { "if-none-match": String(headers.etag) };
    t.regex(known["if-none-match"], /^W\/".+"$/);
    const again = await api("both", path, known);
    t.deepEqual([again.status, again.body], [304, ""], path);
    webhook.person("ada", "viewer", { name: path });
    const changed = await api("both", path, known);
    t.is(changed.status, 200, path);
    t.not(changed.headers.etag, known["if-none-match"]);
  }
  const of = async (query: string) => (await api("both", `acme/users?${query}`)).headers.etag;
  t.not(await of("search=ada"), await of("search=kim"), "another question has another answer");
});

test("one user is read by their id, by who may get them; there is nothing to ask beside that", async (t) => {
  const { api, webhook } = await smallApi(t);
  webhook.person("bea", "viewer", { organization: "acme/beta" });
  const { content } = await api("getter", "acme/users/ada");
  t.like(content, {
    id: "ada",
    organization: "acme/acme",
    roles: [{ name: "viewer", causes: [{ mapping: "viewers" }] }],
  });
  t.is((await api("kim", "acme/users/ada")).status, 200);
  for (const [who, path, status, code] of [
    ["lister", "acme/users/ada", 403, "right-missing"],
    ["ada", "acme/users/ada", 403, "not-an-administrator"],
    ["getter", "acme/users/bea", 404, "user-not-found"],
    ["getter", "acme/users/nobody", 404, "user-not-found"],
    ["getter", "acme/users/not%20one", 404, "user-not-found"],
    ["getter", "gone/users/ada", 404, "organization-not-found"],
    ["getter", "acme/users/ada?x=y", 400, "parameter-misunderstood"],
  ] as const) {
    const answer = await api(who, path);
    t.deepEqual([answer.status, answer.content.code], [status, code], `${who} ${path}`);
  }
});

test("who asks is told who they are, and what they may read", async (t) => {
  const { api, webhook } = await smallApi(t);
  const ada = await api("ada", "acme/me");
  t.like(ada.content, { kind: "Session", admin: false, user: { id: "ada" } });
  const left = Date.parse(ada.content.expires) - webhook.replica.now;
  t.true(left > 11 * 3_600_000 && left <= 12 * 3_600_000);
  t.like((await api("kim", "acme/me")).content, { kind: "Session", admin: true, user: { id: "kim" } });
  t.deepEqual((await api("lister", "acme/me")).content, {
    kind: "ServiceAccount",
    serviceAccount: { namespace: "acme", name: "lister" },
    mayList: true,
  });
  t.is((await api("getter", "acme/me")).content.code, "right-missing");
  t.is((await api("lister", "gone/me")).content.code, "organization-not-found");
  t.is((await api("lister", "acme/me?x=y")).content.parameter, "x");
});
