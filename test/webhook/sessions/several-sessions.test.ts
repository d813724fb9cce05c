import test from "ava";
import { newKey } from "../../../webhook/sessions/stored-keys.ts";
import { Jar, Replica, signedInAt, tokenOfV1, V1 } from "./session-fixtures.ts";

test("sessions of several organizations live side by side: each is found by its organization, and without one the most recent counts", (t) => {
  const replica = new Replica();
  const jar = signedInAt(replica, "acme", "beta");
  t.is(replica.who(jar, "team/acme"), "team/acme-ada");
  t.is(replica.who(jar, "team/beta"), "team/beta-ada");
  t.is(replica.who(jar, "team/gamma"), "organization-unknown");
  replica.organization("gamma");
  t.is(replica.who(jar, "team/gamma"), "no-session", "signed in elsewhere is not signed in there");
  t.is(jar.cookies.size, 2);
  for (const name of jar.cookies.keys()) t.regex(name, /^__Host-okta-role-session-[\w-]{8}$/);
  for (const reversed of [false, true]) {
    const pairs = (jar.header ?? "").split("; ");
    const header = (reversed ? pairs.reverse() : pairs).join("; ");
    t.like(replica.sessions.check(header), { kind: "signed-in", user: { ref: "team/beta-ada" } });
  }
});

test("without an organization, the most recent session that holds counts", (t) => {
  const replica = new Replica();
  const jar = signedInAt(replica, "acme", "beta");
  replica.user("team/beta-ada", { uid: "another", organization: "team/beta" });
  t.is(replica.who(jar, "team/acme"), "team/acme-ada");
  t.is(replica.who(jar, "team/beta"), "account-unknown");
  t.is(replica.who(jar), "account-unknown", "perhaps another replica has made it just now");
  replica.now += 60_000;
  t.is(replica.who(jar), "team/acme-ada");
});

test("signing out ends the session of one organization, or all of a browser's", (t) => {
  const replica = new Replica();
  const jar = signedInAt(replica, "acme", "beta", "gamma");
  jar.store(replica.sessions.end(jar.header, replica.organizations.get("team/beta")));
  t.deepEqual(
    ["team/acme", "team/beta", "team/gamma"].map((key) => replica.who(jar, key)),
    ["team/acme-ada", "no-session", "team/gamma-ada"],
  );
  jar.store(replica.sessions.end(jar.header, undefined));
  t.is(jar.cookies.size, 0);
});

test("one organization's session counts under no other name", (t) => {
  const replica = new Replica();
  const jar = signedInAt(replica, "acme", "beta");
  const [acme, beta] = [...jar.cookies];
  const swapped = new Jar();
  swapped.cookies.set(acme?.[0] ?? "", beta?.[1] ?? "");
  for (const key of ["team/acme", undefined]) t.is(replica.who(swapped, key), "session-invalid");
  t.is(replica.who(swapped, "team/beta"), "no-session");
  const underTheOldName = new Jar();
  underTheOldName.cookies.set(V1, acme?.[1] ?? "");
  t.is(replica.who(underTheOldName), "session-invalid");
});

test("the session cookies of one browser stay within their bounds, however many organizations it signs in at: the oldest go", (t) => {
  const replica = new Replica();
  const jar = new Jar();
  const namespace = "n".repeat(63);
  for (let i = 0; i < 30; i++) {
    const name = `${"o".repeat(60)}${String(i).padStart(3, "0")}`;
    const organization = replica.organization(name, { namespace });
    const ref = `${namespace}/${"u".repeat(253)}`;
    const user = replica.user(ref, {
      organization: `${namespace}/${name}`,
      sessionEpoch: 1_000,
      source: "Local",
      serviceAccountName: "s".repeat(253),
    });
    jar.store(replica.sessions.start(jar.header, user, organization, { isLocal: true }));
    for (const [cookie, token] of jar.cookies) t.true(cookie.length + token.length <= 512);
    t.true((jar.header ?? "").length <= 2_000, `${(jar.header ?? "").length}`);
    t.is(replica.who(jar, `${namespace}/${name}`), ref, "the last one is always there");
  }
  t.true(jar.cookies.size >= 3);
});

test("of usual names, seven organizations fit into one browser; who signs in anew at one takes no other's place", (t) => {
  const names = ["a", "b", "c", "d", "e", "f", "g"].map((letter) => `organization-${letter}`);
  const replica = new Replica();
  const jar = signedInAt(replica, ...names);
  for (const name of names) {
    const { organization, user } = replica.with(name);
    jar.store(replica.sessions.start(jar.header, user, organization));
  }
  t.is(jar.cookies.size, 7);
  for (const name of names) t.is(replica.who(jar, `team/${name}`), `team/${name}-ada`);
});

test("a sign-in takes away what is over", (t) => {
  const replica = new Replica();
  const jar = signedInAt(replica, "acme", "beta");
  replica.organizations.delete("team/acme");
  jar.cookies.set(`${V1}-AAAAAAAA`, `2:${replica.stored[0]?.id}:x`);
  jar.cookies.set(V1, "nonsense");
  const { organization, user } = replica.with("gamma");
  jar.store(replica.sessions.start(jar.header, user, organization));
  t.is(jar.cookies.size, 2);
  t.is(replica.who(jar, "team/beta"), "team/beta-ada");
  t.is(replica.who(jar, "team/gamma"), "team/gamma-ada");
});

test("a session of 0.1.0 counts until it expires, and is replaced and ended like any other", (t) => {
  const key = newKey(1);
  const replica = new Replica([key]);
  const { organization, user } = replica.with("acme");
  replica.organization("beta");
  const uid = organization.metadata.uid ?? "";
  const jar = new Jar();
  jar.cookies.set(V1, tokenOfV1(key, user, uid));
  t.is(replica.who(jar), "team/acme-ada");
  t.is(replica.who(jar, "team/acme"), "team/acme-ada");
  t.is(replica.who(jar, "team/beta"), "no-session");

  const ended = new Jar();
  ended.cookies.set(V1, tokenOfV1(key, user, uid));
  ended.store(replica.sessions.end(ended.header, replica.organizations.get("team/beta")));
  t.is(ended.cookies.size, 1, "that of another organization");
  ended.store(replica.sessions.end(ended.header, organization));
  t.is(ended.cookies.size, 0);

  jar.store(replica.sessions.start(jar.header, user, organization));
  t.false(jar.cookies.has(V1));
  t.is(replica.who(jar, "team/acme"), "team/acme-ada");

  const over = new Jar();
  over.cookies.set(V1, tokenOfV1(key, user, uid, { issuedAt: replica.now - 3_600_000, seconds: 3_600 }));
  t.is(replica.who(over), "session-expired");
  for (const broken of ["x", ".", `${key.id}..`, `${key.id}.e30.AAAA`]) {
    over.cookies.set(V1, broken);
    t.is(replica.who(over), "session-invalid", broken);
  }
});

test("a local session of 0.1.0 is bound to its service account, in the namespace of the account", (t) => {
  const key = newKey(1);
  const replica = new Replica([key]);
  const { organization } = replica.with("acme");
  const mia = replica.user("team/mia", { source: "Local", serviceAccountName: "mia" });
  const jar = new Jar();
  jar.cookies.set(V1, tokenOfV1(key, mia, organization.metadata.uid ?? "", { serviceAccount: "mia" }));
  t.is(replica.who(jar), "team/mia");
  replica.user("team/mia", { ...mia, serviceAccountName: "other" });
  t.is(replica.who(jar), "session-ended");
});

test("of two sign-ins in one second the later one counts", (t) => {
  const replica = new Replica();
  const jar = new Jar();
  for (const name of ["acme", "beta", "gamma"]) {
    const { organization, user } = replica.with(name);
    jar.store(replica.sessions.start(jar.header, user, organization));
  }
  t.is(replica.who(jar), "team/gamma-ada");
});
