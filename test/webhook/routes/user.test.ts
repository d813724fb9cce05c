import test from "ava";
import { waitFor } from "../../cluster.ts";
import { acmeWithAdmin, linkOf, localAccount, rowsOf, textOf } from "../console/acme-admin.ts";

/** The address of somebody's page, as the list has it. */
async function pageOf(
  { admin }: Pick<Awaited<ReturnType<typeof acmeWithAdmin>>, "admin">,
  name: string,
): Promise<string> {
  const { body } = await admin.get(`/login/acme/users?search=${name}`);
  const [, address] = /href="(\/login\/acme\/users\/[^"]+)"/.exec(body) ?? [];
  if (address === undefined) throw new Error(`${name} isn't in the list.`);
  return address;
}

test("an admin sees of a user each role's cause, what is missing, the groups, what has changed, and where to change it", async (t) => {
  const under = await acmeWithAdmin(t);
  const { admin, signIn, okta } = under;
  await signIn("ada");
  okta.directory.addToGroup("marketing", "ada@acme.example");
  await signIn("ada");
  const page = await admin.get(await pageOf(under, "ada"));
  t.is(page.status, 200);
  const text = textOf(page.body);
  t.regex(text, /Ada Tester .*State Active In mapped groups: service_admin\. .*Email ada@acme\.example/);
  t.regex(text, /Service Admin Held In group "?service_admin"? of mapping services\./);
  t.regex(text, /Organization Admin admin Not held /);
  t.regex(text, /Groups received from Okta .*service_admin mapped .*marketing/);
  t.regex(text, /By the groups claim of a sign-in\. Changes/);
  t.regex(text, /Changes .*Activated .*Got Service Admin \( service_admin , mapping services\)/);
  t.regex(text, /Sign-ins .*Let in in a mapped group/);
  t.regex(text, /follows from their groups in Okta/);
  t.true(page.body.includes('href="/login/acme/users?group=service_admin"'));
  t.notRegex(page.body, /<form(?![^>]*action="\/logout")/, "nothing is edited");
});

test("a deactivated user's page says why, and has no session to end", async (t) => {
  const under = await acmeWithAdmin(t);
  const { admin, signIn, okta } = under;
  await signIn("ben");
  okta.directory.removeFromGroup("service_admin", "ben@acme.example");
  await signIn("ben");
  const address = await pageOf(under, "ben");
  const text = textOf((await admin.get(address)).body);
  t.regex(text, /State Deactivated in no mapped group/);
  t.regex(text, /Changes .*Deactivated.*Lost Service Admin/);
  t.regex(text, /By the groups claim of a sign-in\. Changes/, "not of the last that let him in");
  t.regex(text, /Sign-ins .*Refused/);
  t.regex(text, /its sessions have ended/);
  t.notRegex(text, /End this person/);
});

test("a local account's page says where it is changed", async (t) => {
  const { admin, apply, webhook, cluster } = await acmeWithAdmin(t);
  await apply(localAccount("mia", { roles: ["organization-admin"] }));
  await waitFor(() => webhook.caches.users.size === 2 || undefined, { what: "Mia's account" });
  const text = textOf((await admin.get("/login/acme/users/mia")).body);
  t.true(text.includes(`kubectl edit orguser mia --namespace ${cluster.namespace}`));
  t.regex(text, /Source Local account/);
  t.notRegex(text, /Groups received|End this person/);
});

test("users of another organization are as unknown as those whom nobody has", async (t) => {
  const under = await acmeWithAdmin(t);
  const { admin, applyAcme, signIn, users } = under;
  await applyAcme({ name: "beta", mappings: { betas: [["service_admin"], ["service-admin"]] } });
  await signIn("ben", { path: "/login/beta" });
  const other = (await users()).get("ben@acme.example")?.metadata.name ?? "";
  t.truthy(other);
  const answers = new Set<string>();
  for (const name of [other, "nobody", "..%2f..%2fx", "a%2fb", "%00", "x".repeat(300)]) {
    for (const path of [`/login/acme/users/${name}`, `/login/acme/users/${name}/end-sessions`]) {
      const { status, body } = await admin.get(path);
      t.is(status, 404, path);
      answers.add(body.replace(/Request <code>.*?<\/code>/, ""));
    }
    const posted = await admin.post(`/login/acme/users/${name}/end-sessions`, {});
    t.is(posted.status, 404, name);
    answers.add(posted.body.replace(/Request <code>.*?<\/code>/, ""));
  }
  t.is(answers.size, 1, "word for word the same");
  t.is((await users()).get("ben@acme.example")?.status?.sessionEpoch, 0);
});

test("an admin ends somebody's sessions everywhere, after being asked: the audit log, an Event and the page say who it was", async (t) => {
  const under = await acmeWithAdmin(t);
  const { admin, signIn, session, replica, lines, cluster } = under;
  const second = await replica();
  const { cookies } = await signIn("ada");
  const address = await pageOf(under, "ada");
  const asked = await admin.get(`${address}/end-sessions`);
  t.is(asked.status, 200);
  t.true(asked.body.includes("End all sessions?"));
  t.is((await session(cookies)).status, 200, "asking ends nothing");
  const foreign = { "sec-fetch-site": "cross-site", origin: "https://evil.example" };
  t.is((await admin.post(`${address}/end-sessions`, {}, foreign)).status, 403);
  t.is((await session(cookies)).status, 200, "nor does another site's form");

  const done = await admin.post(`${address}/end-sessions`, {});
  t.is(done.status, 303);
  t.is((await session(cookies)).status, 401);
  await waitFor(async () => (await session(cookies, second)).status === 401 || undefined, {
    what: "the other replica to refuse it",
  });
  const after = await admin.get(String(done.headers.location));
  t.regex(textOf(after.body), /All sessions of Ada Tester have ended\./);
  t.regex(textOf(after.body), /Changes .*Sessions ended .*olga@acme\.example .* has ended them/);
  const plain = await admin.get(`${address}?ended=7`);
  t.notRegex(plain.body, /have ended\./, "a link can't say so");

  const [line] = lines.filter(({ audit, action }) => audit === true && action === "end-sessions");
  t.like(line, { email: "ada@acme.example" });
  t.regex(JSON.stringify(line), /olga@acme\.example/);
  await waitFor(
    async () => {
      const { stdout } = await cluster.kubectl("get", "events.events.k8s.io", "-o", "json");
      const { items } = JSON.parse(stdout) as { items: { reason: string; note: string }[] };
      return items.find(({ reason, note }) => reason === "SessionsEnded" && note.includes("olga@")) && true;
    },
    { what: "the Event" },
  );
  t.is((await signIn("ada")).response.status, 303, "she may sign in again");
});

test("an admin who ends their own sessions is told before, and has to sign in again", async (t) => {
  const under = await acmeWithAdmin(t);
  const { admin } = under;
  const address = await pageOf(under, "olga");
  t.true((await admin.get(`${address}/end-sessions`)).body.includes("These are your own sessions"));
  const done = await admin.post(`${address}/end-sessions`, {});
  t.is(done.status, 200);
  t.true(done.body.includes("Your sessions have ended"));
  t.true(done.body.includes('href="/login/acme"'));
  const next = await admin.get(address);
  t.is(next.status, 303);
  t.true(String(next.headers.location).includes(`/login/acme?return_to=${address}`));
});

test("the list leads to each user's page, and back", async (t) => {
  const { admin } = await acmeWithAdmin(t);
  const list = await admin.get("/login/acme/users");
  t.is(rowsOf(list).length, 1);
  const [, id = ""] = /<a id="(open-[^"]+)"/.exec(list.body) ?? [];
  const page = await admin.get(linkOf(list, id) ?? "");
  t.true(page.body.includes('<a href="/login/acme/users">All users</a>'));
});
