import test from "ava";
import { newKey } from "../../../webhook/sessions/stored-keys.ts";
import { cleared, Jar, Replica, signedInAt, V1 } from "./session-fixtures.ts";

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
