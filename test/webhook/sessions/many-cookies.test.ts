import test from "ava";
import { fingerprintOf } from "../../../webhook/sessions/session-token.ts";
import { newKey } from "../../../webhook/sessions/stored-keys.ts";
import { Jar, Replica, tokenOfV1 } from "./session-fixtures.ts";

const V1 = "__Host-okta-role-session";

/** A browser that has signed in at these organizations, one second after the other. */
function signedInAt(replica: Replica, ...names: string[]): Jar {
  const jar = new Jar();
  for (const name of names) {
    replica.now += 1000;
    const { organization, user } = replica.with(name);
    jar.store(replica.sessions.start(jar.header, user, organization));
  }
  return jar;
}

/** What removes a cookie names it and ends it. */
function cleared(headers: readonly string[]): string[] {
  return headers
    .filter((header) => /; Max-Age=0;/.test(header))
    .map((header) => header.split("=", 1)[0] ?? "");
}

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
  t.deepEqual(replica.sessions.check(undefined, "team/gone"), { kind: "stale" });
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

test("a key that another replica has made is asked for though there are cookies that nobody can read", async (t) => {
  const one = new Replica();
  const jar = new Jar();
  jar.cookies.set(`${V1}-AAAAAAAA`, "nonsense");
  const behind = new Replica();
  const { organization, user } = one.with("acme");
  jar.store(one.sessions.start(undefined, user, organization));
  behind.organizations.set("team/acme", organization);
  behind.users.set(user.ref, user);
  behind.stored = one.stored;
  const first = behind.sessions.check(jar.header);
  t.like(first, { kind: "refused", reason: "session-invalid", askFor: { keyID: one.stored[0]?.id } });
  t.deepEqual(first.kind === "refused" && cleared(first.clear), [`${V1}-AAAAAAAA`]);
  t.like(await behind.sessions.checkAgain(jar.header, first), { kind: "signed-in", user: { ref: user.ref } });
});

/** Sessions at acme under a key that is gone, and at beta under one that this replica hasn't read yet. */
function behindTwice() {
  const [gone, added] = [new Replica(), new Replica()];
  const behind = new Replica();
  const jar = signedInAt(gone, "acme");
  for (const [name, token] of signedInAt(added, "beta").cookies) jar.cookies.set(name, token);
  for (const [replica, name] of [
    [gone, "acme"],
    [added, "beta"],
  ] as const) {
    const { organization, user } = replica.with(name);
    behind.organizations.set(`team/${name}`, organization);
    behind.users.set(user.ref, user);
  }
  behind.stored = added.stored;
  return { behind, jar };
}

test("when one key is gone and another was read with it, the session of that one counts", async (t) => {
  const { behind, jar } = behindTwice();
  const first = behind.sessions.check(jar.header);
  t.like(await behind.sessions.checkAgain(jar.header, first), {
    kind: "signed-in",
    user: { ref: "team/beta-ada" },
  });

  const { behind: other, jar: same } = behindTwice();
  const beta = other.users.get("team/beta-ada");
  other.users.delete("team/beta-ada");
  if (beta) other.unheard.set(beta.ref, beta);
  const again = other.sessions.check(same.header);
  t.like(
    await other.sessions.checkAgain(same.header, again),
    { kind: "signed-in", user: { ref: "team/beta-ada" } },
    "also where its account has to be asked for",
  );
});

test("when a key is gone, the cookie of the organization that was asked about goes, and no other's", async (t) => {
  const { behind, jar } = behindTwice();
  behind.stored = [newKey(1)];
  const [acme = "", beta = ""] = jar.cookies.keys();
  const clearedFor = async (key?: string) => {
    const check = await behind.sessions.checkAgain(jar.header, behind.sessions.check(jar.header, key), key);
    t.like(check, { kind: "refused", reason: "session-invalid" });
    t.false("askFor" in check);
    return check.kind === "refused" ? cleared(check.clear) : [];
  };
  t.deepEqual(await clearedFor("team/acme"), [acme]);
  t.deepEqual(await clearedFor(), [acme, beta]);
  behind.readJustNow = true;
  t.deepEqual(await clearedFor(), [], "nobody has looked");
});

test("one key that is gone is refused with what else is over; a key that is found doesn't end the search for another", async (t) => {
  const { behind, jar } = behindTwice();
  const [, beta = ""] = jar.cookies.keys();
  behind.now += 13 * 3_600_000;
  const check = await behind.sessions.checkAgain(jar.header, behind.sessions.check(jar.header));
  t.like(check, { kind: "refused", reason: "session-expired" });
  t.deepEqual(check.kind === "refused" && cleared(check.clear), [beta]);

  const { behind: other, jar: forged } = behindTwice();
  const [acme = "", there = ""] = forged.cookies.keys();
  const token = forged.cookies.get(there) ?? "";
  const found = new Jar();
  found.cookies.set(there, `${token.slice(0, -5)}AAAAA`);
  found.cookies.set(acme, forged.cookies.get(acme) ?? "");
  const twice = await other.sessions.checkAgain(found.header, other.sessions.check(found.header));
  t.like(twice, { kind: "refused", reason: "session-invalid" });
  t.deepEqual(
    twice.kind === "refused" && cleared(twice.clear),
    [there, acme],
    "neither will ever be good again",
  );
});

test("an account is asked for once, however many requests wait for it, and anew for the next session", async (t) => {
  const one = new Replica();
  const jar = signedInAt(one, "acme");
  const { organization, user } = one.with("acme");
  const other = new Replica(one.stored);
  other.now = one.now;
  other.organizations.set("team/acme", organization);
  const checks = await Promise.all(
    Array.from({ length: 5 }, () => other.sessions.checkAgain(jar.header, other.sessions.check(jar.header))),
  );
  t.deepEqual(
    checks.map((check) => check.kind === "refused" && check.reason),
    Array.from({ length: 5 }, () => "account-unknown"),
  );
  t.deepEqual(other.asked, [user.ref]);
  const next = new Jar().store(one.sessions.start(undefined, user, organization));
  await other.sessions.checkAgain(next.header, other.sessions.check(next.header));
  t.deepEqual(other.asked, [user.ref, user.ref]);
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
