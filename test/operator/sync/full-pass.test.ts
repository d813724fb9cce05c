import type { ExecutionContext } from "ava";
import test from "ava";
import { startOkta } from "../../../dev/okta/index.ts";
import type { User } from "../../../identity/index.ts";
import { Directory } from "../../../okta/directory/directory.ts";
import { Http } from "../../../okta/http/http.ts";
import { type Passed, pass } from "../../../operator/sync/full-pass.ts";
import { SimulatedStore } from "../../identity/simulated-store.ts";
import { LOOPBACK } from "../../okta/loopback.ts";
import { ORGANIZATION, readingDeps, rolesHeld, signedInWith } from "./read-organization.ts";

async function scene(t: ExecutionContext, { beforeLogin = false, names = ["web", "portal"] } = {}) {
  const okta = await startOkta({ groups: names, apiTokens: ["token"] });
  const http = new Http({ destinations: LOOPBACK, timeoutMs: 60_000 });
  t.teardown(() => okta.stop());
  t.teardown(() => http.close());
  const store = new SimulatedStore();
  const issuer = okta.issuer("default");
  const directory = new Directory({
    url: okta.url,
    credentials: { kind: "api-token", token: "token" },
    http,
    maxWaitMs: 60_000,
  });
  const found = () => new Map(groups().map((group) => [group.id, group]));
  const mapped = () => ({ found: found(), gone: new Set<string>(), notShown: new Set<string>() });
  const deps = { ...readingDeps(store, issuer), beforeLogin, directory, mapped };
  const groups = () =>
    [...okta.directory.groups]
      .filter(({ profile }) => names.includes(profile.name))
      .map(({ id, profile: { name } }) => ({ id, name, byID: false }));
  const member = async (
    name: string,
    at: { signedInAt?: number } = {},
    ...groups: string[]
  ): Promise<User> => {
    const { id } = okta.directory.addUser({ login: `${name}@acme.example`, groups });
    return signedInWith(store, { issuer, subject: id }, groups, at);
  };
  return {
    okta,
    store,
    issuer,
    member,
    pass: async (more: Partial<typeof deps> = {}): Promise<Passed & { calls: number }> => {
      const before = okta.requests.management;
      const passed = await pass({ groups: groups(), gone: [] }, { ...deps, ...more });
      return { ...passed, calls: okta.requests.management - before };
    },
    /** What somebody holds by what is stored. */
    holds: async (user: User): Promise<string> => rolesHeld(await store.fresh(user.ref), issuer),
  };
}

for (const size of [0, 1, 100, 200, 201, 1000, 1001])
  test(`of a group with ${size} members nobody is missed, by no more calls than it has pages`, async (t) => {
    const { okta, member, pass: readAll, holds } = await scene(t, { names: ["web"] });
    const users: User[] = [];
    for (let i = 0; i < size; i++) users.push(await member(`p${i}`, {}, "web"));
    const pages = Math.max(1, Math.ceil(size / 200));
    const first = await readAll();
    t.is(first.failure, undefined);
    t.like(first, { people: size, changed: 0, calls: pages + (size === 0 ? 1 : 0) });

    const last = users.at(-1);
    if (!last) return;
    okta.directory.removeFromGroup("web", last.subject ?? "");
    const second = await readAll();
    t.is(second.changed, 1);
    t.is(await holds(last), "");
    const [other] = users;
    if (other && other !== last) t.is(await holds(other), "service-admin");
  });

test("when many leave, the first are looked at one by one, and the others go by Okta's own count", async (t) => {
  const { okta, member, pass: readAll, holds } = await scene(t, { names: ["web"] });
  const users: User[] = [];
  for (let i = 0; i < 300; i++) users.push(await member(`p${i}`, {}, "web"));
  for (const { subject = "" } of users.slice(0, 200)) okta.directory.removeFromGroup("web", subject);
  const { changed, calls, failure } = await readAll();
  t.is(failure, undefined);
  t.is(changed, 200);
  t.true(calls <= 1 + 2 * 50 + 1, `${calls} calls`);
  t.is(await holds(users[199] as User), "");
  t.is(await holds(users[200] as User), "service-admin");
});

test("a group becomes empty and fills again", async (t) => {
  const { okta, member, pass: readAll, holds } = await scene(t);
  const [ada, bob] = [await member("ada", {}, "web"), await member("bob", {}, "web", "portal")];
  for (const { subject = "" } of [ada, bob]) okta.directory.removeFromGroup("web", subject);
  await readAll();
  t.deepEqual([await holds(ada), await holds(bob)], ["", "portal-admin"]);
  for (const { subject = "" } of [ada, bob]) okta.directory.addToGroup("web", subject);
  await readAll();
  t.deepEqual([await holds(ada), await holds(bob)], ["service-admin", "portal-admin,service-admin"]);
});

test("who has signed in since is looked at anew: a page may be older than what they came with", async (t) => {
  const { okta, member, pass: readAll, holds } = await scene(t);
  const ada = await member("ada", { signedInAt: Date.now() }, "web");
  const bob = await member("bob", {}, "web");
  okta.settings.readLagMs = 60_000;
  okta.directory.addToGroup("portal", ada.subject ?? "");
  okta.directory.addToGroup("portal", bob.subject ?? "");
  t.is((await readAll()).changed, 0, "Okta's reads don't show it yet");
  okta.settings.readLagMs = 0;
  const { calls } = await readAll();
  t.is(await holds(bob), "portal-admin,service-admin");
  t.is(await holds(ada), "portal-admin,service-admin");
  t.is(calls, 2 + 2, "two pages, and Ada");
});

test("somebody in 500 groups is one person with all of them", async (t) => {
  const names = Array.from({ length: 500 }, (_, i) => `g${i}`);
  const { okta, member, pass: readAll, store } = await scene(t, { names });
  const ada = await member("ada", {}, "g0");
  for (const name of names.slice(1)) okta.directory.addToGroup(name, ada.subject ?? "");
  t.is((await readAll()).changed, 1);
  t.is((await store.fresh(ada.ref))?.groups.length, 500);
  t.is((await readAll()).changed, 0);
});

test("where people get accounts before they sign in, each in a mapped group gets one, and nobody a second", async (t) => {
  const { okta, store, pass: readAll, member } = await scene(t, { beforeLogin: true });
  const ada = await member("ada", {}, "web");
  for (let i = 0; i < 210; i++)
    okta.directory.addUser({ login: `p${i}@acme.example`, groups: ["web", "portal"] });
  okta.directory.addUser({ login: "none@acme.example" });
  okta.directory.addUser({ login: "out@acme.example", groups: ["web"], status: "SUSPENDED" });
  const { changed, calls } = await readAll();
  t.is(changed, 210);
  t.is(calls, 4, "two pages of each group");
  const emails: (string | undefined)[] = [];
  for await (const { email, access, ref } of store.users(ORGANIZATION)) {
    if (ref === ada.ref) continue;
    emails.push(email);
    t.deepEqual(
      access?.grants.map(({ role }) => role),
      ["portal-admin", "service-admin"],
    );
  }
  t.is(new Set(emails).size, 210);
  t.is((await readAll()).changed, 0);
});
