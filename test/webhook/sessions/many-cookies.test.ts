import test from "ava";
import { fingerprintOf } from "../../../webhook/sessions/session-token.ts";
import { newKey } from "../../../webhook/sessions/stored-keys.ts";
import { cleared, Jar, Replica, signedInAt, tokenOfV1, V1 } from "./session-fixtures.ts";

test("a sign-in sets one cookie, for as long as the session lasts, and takes none away that is good", (t) => {
  const replica = new Replica();
  const { organization, user } = replica.with("acme");
  const first = replica.sessions.start(undefined, user, organization);
  t.is(first.length, 1);
  t.regex(first[0] ?? "", /; Max-Age=43200; HttpOnly; SameSite=Lax; Secure$/);
  const jar = new Jar().store(first);
  t.is(replica.sessions.start(jar.header, user, organization).length, 1, "it replaces the one before it");
  const { organization: beta, user: there } = replica.with("beta");
  t.is(replica.sessions.start(jar.header, there, beta).length, 1);
});

test("a session says by which service account it was begun, where it was begun by one", (t) => {
  const replica = new Replica();
  const { organization } = replica.with("acme");
  const mia = replica.user("team/mia", { source: "Local", serviceAccountName: "mia" });
  const begun = (options?: { isLocal: boolean }) => {
    const jar = new Jar().store(replica.sessions.start(undefined, mia, organization, options));
    return replica.sessions.of(jar.header, organization)[0];
  };
  t.is(begun({ isLocal: true })?.serviceAccount, fingerprintOf("team/mia"));
  for (const options of [undefined, { isLocal: false }]) t.false("serviceAccount" in (begun(options) ?? {}));
});

test("signing out takes away this organization's cookie also where it can't be read, and else what was sent, each once", (t) => {
  const replica = new Replica();
  const jar = signedInAt(replica, "acme", "beta");
  const { organization } = replica.with("acme");
  const [acme = "", beta = ""] = jar.cookies.keys();
  t.deepEqual(cleared(replica.sessions.end(undefined, organization)), [acme]);
  t.deepEqual(cleared(replica.sessions.end(jar.header, organization)), [acme]);
  t.deepEqual(cleared(replica.sessions.end(jar.header, undefined)), [acme, beta]);
  t.deepEqual(replica.sessions.end(undefined, undefined), []);
});

test("what can't be read is nobody's session", (t) => {
  const replica = new Replica();
  const jar = signedInAt(replica, "acme");
  jar.cookies.set(`${V1}-AAAAAAAA`, "nonsense");
  t.deepEqual(
    replica.sessions.of(jar.header, undefined).map(({ user }) => user),
    ["team/acme-ada"],
  );
});

test("an organization that isn't known is told as that; while nobody hears of its namespace, as not known to be gone", (t) => {
  const replica = new Replica();
  t.deepEqual(replica.sessions.check(undefined, "team/gone"), {
    kind: "refused",
    reason: "organization-unknown",
    clear: [],
  });
  t.deepEqual(replica.sessions.check(undefined), { kind: "refused", reason: "no-session", clear: [] });
  replica.stale = true;
  t.deepEqual(replica.sessions.check(undefined, "team/gone"), { kind: "stale", namespace: "team" });
});

test("what stands under the old name says nothing of an organization unless it is that one's session", (t) => {
  const replica = new Replica();
  const { organization } = replica.with("acme");
  const jar = new Jar();
  jar.cookies.set(V1, "nonsense");
  t.is(replica.who(jar, "team/acme"), "no-session");
  t.is(replica.who(jar), "session-invalid");
  const own = signedInAt(replica, "acme");
  const [name = ""] = own.cookies.keys();
  jar.cookies.set(name, "nonsense");
  t.is(replica.who(jar, "team/acme"), "session-invalid");
  t.deepEqual(cleared(replica.sessions.end(jar.header, organization)), [name]);
});

test("while nobody hears of the cluster a session is neither taken nor refused, unless it has expired by itself", (t) => {
  const replica = new Replica();
  const jar = signedInAt(replica, "acme");
  const [session] = replica.sessions.of(jar.header, undefined);
  replica.stale = true;
  t.is(replica.who(jar), "stale");
  replica.now = (session?.expiresAt ?? 0) - 1;
  t.is(replica.who(jar), "stale");
  replica.now = session?.expiresAt ?? 0;
  t.is(replica.who(jar), "session-expired");
});

test("with a session that is refused goes what can't be read, and nothing that another replica may know", (t) => {
  const replica = new Replica();
  const jar = signedInAt(replica, "acme");
  const [acme = ""] = jar.cookies.keys();
  replica.now += 13 * 3_600_000;
  jar.cookies.set(`${V1}-AAAAAAAA`, "nonsense");
  jar.cookies.set(`${V1}-BBBBBBBB`, "2:another-key:x");
  const check = replica.sessions.check(jar.header);
  t.deepEqual(
    check.kind === "refused" && cleared(check.clear).toSorted(),
    [acme, `${V1}-AAAAAAAA`].toSorted(),
  );
});

test("where somebody is signed in is told once for each organization, the newest first, and only what holds now", (t) => {
  const replica = new Replica([newKey(1)]);
  const jar = signedInAt(replica, "acme", "beta", "gamma");
  const names = () => replica.sessions.everywhere(jar.header).map(({ user }) => user.ref);
  t.deepEqual(names(), ["team/gamma-ada", "team/beta-ada", "team/acme-ada"]);
  jar.cookies.set(`${V1}-AAAAAAAA`, "nonsense");
  replica.user("team/beta-ada", { uid: "another", organization: "team/beta" });
  t.deepEqual(names(), ["team/gamma-ada", "team/acme-ada"]);
  replica.stale = true;
  t.deepEqual(names(), []);
});

test("an organization is told once also of a browser that has two sessions there: the newer one", (t) => {
  const key = newKey(1);
  const replica = new Replica([key]);
  const { organization, user } = replica.with("acme");
  const { uid = "" } = organization.metadata;
  for (const [age, newest] of [
    [-60_000, "now"],
    [60_000, "of 0.1.0"],
  ] as const) {
    const jar = signedInAt(replica, "acme");
    const issuedAt = replica.now + age;
    jar.cookies.set(V1, tokenOfV1(key, user, uid, { issuedAt }));
    const all = replica.sessions.everywhere(jar.header);
    t.deepEqual(
      all.map(({ session }) =>
        session.issuedAt === Math.floor(issuedAt / 1000) * 1000 ? "of 0.1.0" : "now",
      ),
      [newest],
    );
  }
});

test("where there are too many the oldest go, and first those of which nobody knows how old they are", (t) => {
  const replica = new Replica();
  const names = Array.from({ length: 12 }, (_, i) => `organization-${String(i).padStart(2, "0")}`);
  const jar = new Jar();
  for (const name of names) {
    replica.now += 1000;
    const { organization, user } = replica.with(name);
    jar.store(replica.sessions.start(jar.header, user, organization));
    const kept = names.filter((one) => replica.who(jar, `team/${one}`) === `team/${one}-ada`);
    t.deepEqual(kept, names.slice(0, names.indexOf(name) + 1).slice(-kept.length), "the newest ones");
  }
  const before = jar.cookies.size;
  jar.cookies.set(`${V1}-AAAAAAAA`, `2:another-key:${"x".repeat(150)}`);
  const [oldest = ""] = replica.sessions.of(jar.header, undefined).map(({ user }) => user);
  const { organization, user } = replica.with(names.at(-1) ?? "");
  replica.now += 1000;
  jar.store(replica.sessions.start(jar.header, user, organization));
  t.false(jar.cookies.has(`${V1}-AAAAAAAA`));
  t.is(jar.cookies.size, before);
  t.is(replica.who(jar, oldest.replace(/-ada$/, "")), oldest);
});

test("2,000 characters of cookies are kept, and not one more", (t) => {
  const replica = new Replica();
  const { organization, user } = replica.with("acme");
  const own = new Jar().store(replica.sessions.start(undefined, user, organization)).header ?? "";
  const left = 2_000 - `${own}; `.length;
  for (const [more, stays] of [
    [0, true],
    [1, false],
  ] as const) {
    const jar = new Jar();
    let room = left + more;
    for (const letter of ["A", "B"]) {
      const empty = `${V1}-${letter.repeat(8)}=; `.length;
      const length = letter === "A" ? 900 : room - empty;
      jar.cookies.set(
        `${V1}-${letter.repeat(8)}`,
        `2:another-key:${"x".repeat(length - "2:another-key:".length)}`,
      );
      room -= empty + length;
    }
    jar.store(replica.sessions.start(jar.header, user, organization));
    t.is(jar.cookies.size, stays ? 3 : 2, `${more} too many`);
  }
});
