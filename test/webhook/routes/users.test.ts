import test from "ava";
import { waitFor } from "../../cluster.ts";
import { acmeWithAdmin, linkOf, localAccount, rowsOf, textOf } from "../console/acme-admin.ts";
import { person } from "../webhook-under-test.ts";

const USERS = "/login/acme/users";

test("an organization admin sees every registered user with roles, state, last sign-in and source", async (t) => {
  const { admin, signIn, okta, apply, webhook, users } = await acmeWithAdmin(t);
  await signIn("ada");
  await signIn("ben");
  okta.directory.removeFromGroup("service_admin", "ben@acme.example");
  await signIn("ben");
  await apply(localAccount("mia", { name: "Mia Local", roles: ["organization-admin"] }));
  await waitFor(() => webhook.caches.users.size === 4 || undefined, { what: "Mia's account" });

  const page = await admin.get(USERS);
  t.is(page.status, 200);
  const day = (await users()).get("ada@acme.example")?.status?.lastLoginTime?.slice(0, 10);
  t.truthy(day);
  const rows = rowsOf(page);
  t.is(rows.length, 4);
  t.true(rows[0]?.startsWith(`Ada Tester ada@acme.example Service Admin Active ${day}`));
  t.true(rows[1]?.startsWith("Ben Tester ben@acme.example none Deactivated in no mapped group"));
  t.is(rows[2], "Mia Local mia@acme.example none Not decided yet never Local account");
  t.regex(rows[3] ?? "", /^Olga Tester .* Organization Admin Active .* UTC Okta$/);
  t.true(textOf(page.body).includes("4 users"));
  t.regex(page.body, /<a href="\/login\/acme\/users" aria-current="page">/);
});

test("the list is searched, filtered and sorted by its address, and says so", async (t) => {
  const { admin, signIn } = await acmeWithAdmin(t);
  await signIn("ada");
  await signIn("ben");
  const cases: [query: string, names: string[]][] = [
    ["search=ADA%40", ["Ada"]],
    ["search=tester&role=service-admin", ["Ada", "Ben"]],
    ["group=org_admin", ["Olga"]],
    ["group=Org_Admin", []],
    ["state=Active&source=Okta&sort=name&order=descending", ["Olga", "Ben", "Ada"]],
    ["state=Deactivated", []],
    ["source=Local", []],
    // As a form sends what was left empty.
    ["search=&role=&group=&state=&source=", ["Ada", "Ben", "Olga"]],
  ];
  for (const [query, names] of cases) {
    const page = await admin.get(`${USERS}?${query}`);
    t.deepEqual(
      rowsOf(page).map((row) => row.split(" ")[0]),
      names,
      query,
    );
  }
  const page = await admin.get(`${USERS}?search=ad%22a&role=gone&state=Active&sort=state&order=descending`);
  t.true(page.body.includes('name="search" value="ad&quot;a"'));
  t.true(page.body.includes('<option value="gone" selected>'), "what was asked for stays in the form");
  t.true(page.body.includes('<option value="Active" selected>'));
  t.true(textOf(page.body).includes("0 of 3 users Nobody is like that."));
  t.true((await admin.get(`${USERS}?group=Org_Admin`)).body.includes("in exactly this spelling"));
  const sorted = await admin.get(`${USERS}?sort=lastSignIn&order=descending`);
  t.regex(sorted.body, /<th scope="col" aria-sort="descending"><a[^>]*>Last sign-in/);
});

test("what can't be asked for is refused, and named", async (t) => {
  const { admin } = await acmeWithAdmin(t);
  const cases = [
    "state=Gone",
    "sort=colour",
    "order=up",
    "source=Entra",
    "search=a&search=b",
    `search=${"x".repeat(2_000)}`,
  ];
  for (const query of cases) {
    const { status, body } = await admin.get(`${USERS}?${query}`);
    t.is(status, 400, query);
    t.true(body.includes(`The parameter ${query.slice(0, query.indexOf("="))} `), query);
  }
  t.is((await admin.get(`${USERS}?after=nonsense`)).status, 400);
});

test("many users come page by page, and back, each of them once", async (t) => {
  const { admin, apply, webhook } = await acmeWithAdmin(t);
  const names = Array.from({ length: 120 }, (_, i) => `user-${String(i).padStart(3, "0")}`);
  await apply(...names.map((name) => localAccount(name)));
  await waitFor(() => webhook.caches.users.size === 121 || undefined, { what: "all accounts" });
  const seen: string[] = [];
  let at: string | undefined = `${USERS}?search=user-`;
  let pages = 0;
  for (; at; pages++) {
    const page = await admin.get(at);
    t.true(textOf(page.body).includes("120 of 121 users"));
    seen.push(...rowsOf(page).map((row) => row.split("@")[0] ?? ""));
    at = linkOf(page, "next-page");
    if (pages === 2) {
      t.is(at, undefined);
      const back = await admin.get(linkOf(page, "previous-page") ?? "");
      t.deepEqual(
        rowsOf(back).map((row) => row.split("@")[0]),
        names.slice(50, 100),
      );
      t.is(linkOf(page, "first-page"), `${USERS}?search=user-`);
    }
  }
  t.is(pages, 3);
  t.deepEqual(seen, names);
});

test("who has the list is told that it is still so, until something of it changes", async (t) => {
  const { admin, signIn, session } = await acmeWithAdmin(t);
  const { headers, body } = await admin.get(USERS);
  const etag = String(headers.etag);
  t.true(body.includes(`data-follow="${etag.replaceAll('"', "&quot;")}"`), "for the script that follows it");
  const program = { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty", "if-none-match": etag };
  const same = await admin.get(USERS, program);
  t.is(same.status, 304);
  t.is(same.body, "");
  t.is(same.headers["cache-control"], "no-store");
  const { cookies } = await signIn("ada");
  t.is((await session(cookies)).status, 200);
  const changed = await admin.get(USERS, program);
  t.is(changed.status, 200);
  t.not(changed.headers.etag, etag);
  t.is(rowsOf(changed).length, 2);
});

test("nobody but an admin of this very organization gets the list, the file or its version", async (t) => {
  const { admin, signIn, browser, applyAcme } = await acmeWithAdmin(t);
  await applyAcme({
    name: "beta",
    mappings: { "beta-organization": [["service_admin"], ["organization-admin"]] },
  });
  const ada = browser((await signIn("ada")).cookies);
  const adaAtBeta = browser((await signIn("ada", { path: "/login/beta" })).cookies);
  const { headers } = await admin.get(USERS);
  const etag = { "if-none-match": String(headers.etag) };
  const program = { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" };
  t.is((await adaAtBeta.get("/login/beta/users")).status, 200, "an admin there");
  for (const path of [USERS, `${USERS}.csv`, `${USERS}?search=olga`]) {
    for (const headers of [{}, etag]) {
      const refused = await ada.get(path, headers);
      t.is(refused.status, 403, path);
      t.false(refused.body.includes("olga@"), path);
    }
    for (const [who, nobody] of Object.entries({ nobody: browser(), "an admin of another": adaAtBeta })) {
      const sent = await nobody.get(path, etag);
      t.is(sent.status, 303, `${who}: ${path}`);
      t.true(String(sent.headers.location).includes("/login/acme?return_to=/login/acme/users"), path);
      t.is((await nobody.get(path, { ...etag, ...program })).status, 401, `${who}: ${path}`);
    }
  }
  t.deepEqual(rowsOf(await adaAtBeta.get("/login/beta/users")).length, 1, "and nobody of Acme");
});

test("an admin whose role goes away while they look is told nothing any more, not even that nothing has changed", async (t) => {
  const { admin, cluster, heard } = await acmeWithAdmin(t);
  const { headers } = await admin.get(USERS);
  const patch = [{ op: "replace", path: "/spec/roles/2/admin", value: false }];
  await cluster.kubectl("patch", "oktaorg", "acme", "--type=json", "-p", JSON.stringify(patch));
  await heard("oktaorg", "acme");
  const program = { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" };
  t.is((await admin.get(USERS, { ...program, "if-none-match": String(headers.etag) })).status, 403);
  t.is((await admin.get(USERS, { ...program, "if-none-match": "*" })).status, 403);
  t.is((await admin.get(`${USERS}.csv`, program)).status, 403);
});

test("the file has exactly what the list is filtered to, and nothing that a spreadsheet would run", async (t) => {
  const { admin, apply, webhook, url } = await acmeWithAdmin(t);
  const cells: Record<string, string> = {
    "user-a": '=HYPERLINK("https://evil.example","x")',
    "user-b": "+1",
    "user-c": "-1",
    "user-d": "@SUM(A1)",
    "user-e": "\t=1",
    "user-f": "  =1",
    "user-g": "＝1",
    "user-h": 'a "quoted", name',
    "user-i": "Zoë",
  };
  await apply(...Object.entries(cells).map(([name, shown]) => localAccount(name, { name: shown })));
  await apply(...Array.from({ length: 300 }, (_, i) => localAccount(`other-${i}`)));
  await waitFor(() => webhook.caches.users.size === 310 || undefined, { what: "all accounts" });
  const { status, headers, body } = await admin.get(`${USERS}.csv?search=user-&order=descending`);
  t.is(status, 200);
  t.is(headers["content-type"], "text/csv; charset=utf-8; header=present");
  t.regex(String(headers["content-disposition"]), /^attachment; filename="acme-users-\d{4}-\d\d-\d\d\.csv"$/);
  t.is(headers["cache-control"], "no-store");
  const lines = body.split("\r\n");
  t.is(lines[0], '"Email","Name","Roles","State","Reason","Last sign-in","Source","Account"');
  const expected = Object.entries(cells).map(([name, shown]) => {
    const safe = (name < "user-h" ? `'${shown}` : shown).replaceAll('"', '""');
    return `"${name}@acme.example","${safe}","","Undecided","","","Local","${name}"`;
  });
  t.deepEqual(lines.slice(1), [...expected.reverse(), ""]);
  const all = await admin.get(`${USERS}.csv`);
  t.is(all.body.split("\r\n").length, 1 + 310 + 1);
  const none = await admin.get(`${USERS}.csv?search=nobody`);
  t.is(none.status, 200);
  const bytes = await fetch(`${url}${USERS}.csv`, {
    headers: { cookie: admin.cookies.header(new URL(url)) ?? "" },
  });
  t.is(
    Buffer.from(await bytes.arrayBuffer())
      .subarray(0, 3)
      .toString("hex"),
    "efbbbf",
    "Excel takes it for UTF-8",
  );
  t.is(none.body.split("\r\n").length, 2, "the heading alone");
});

test("the longest and strangest names are text, and no page is above 100 kB", async (t) => {
  const attack = `<script>alert(1)</script>"'&`;
  const long = `${attack.repeat(20)}`.slice(0, 500);
  const { admin, apply, webhook, signIn } = await acmeWithAdmin(t, {
    people: [person("noor", ["service_admin"], { displayName: "نور الهدى عبد الرحمن" })],
  });
  await apply(
    ...Array.from({ length: 60 }, (_, i) =>
      localAccount(`user-${i}`, { name: `${long}${i}`, email: `${"'".repeat(280)}${i}@acme.example` }),
    ),
  );
  await signIn("noor");
  await waitFor(() => webhook.caches.users.size === 62 || undefined, { what: "all accounts" });
  const page = await admin.get(USERS);
  t.is(rowsOf(page).length, 50);
  t.true(Buffer.byteLength(page.body) < 100_000, `${Buffer.byteLength(page.body)} bytes`);
  t.notRegex(page.body, /<script>|alert\(1\)<\/script>/);
  const noor = await admin.get(`${USERS}?search=${encodeURIComponent("الهدى")}`);
  t.regex(noor.body, /dir="auto">نور الهدى عبد الرحمن<\/a>/);
});
