import test from "ava";
import type { Access, User } from "../../../identity/index.ts";
import { newKey } from "../../../webhook/sessions/stored-keys.ts";
import { Jar, Replica } from "./session-fixtures.ts";

/** A browser that is signed in at acme for so long that every replica must have heard of it. */
function signedIn(): { replica: Replica; jar: Jar } {
  const replica = new Replica();
  const { organization, user } = replica.with("acme");
  const jar = new Jar().store(replica.sessions.start(undefined, user, organization));
  replica.now += 60_000;
  return { replica, jar };
}

/** Asks as `/session` does. @returns the answer's code, and what the browser has left afterwards */
async function ask(replica: Replica, jar: Jar): Promise<[code: string, cookies: number]> {
  const { sessions } = replica;
  const check = await sessions.checkAgain(jar.header, sessions.check(jar.header));
  if (check.kind !== "refused") return [check.kind, jar.cookies.size];
  jar.store(check.clear);
  return [check.reason, jar.cookies.size];
}

test("a refusal takes the cookie away where the session will never be good again", async (t) => {
  const cases: Record<string, [change: (replica: Replica, jar: Jar) => void, code: string]> = {
    "it has expired": [(replica) => (replica.now += 13 * 3_600_000), "session-expired"],
    "the organization allows it less time": [
      (replica) => {
        const { uid = "" } = replica.with("acme").organization.metadata;
        replica.organization("acme", { uid, maxAge: "1m" });
      },
      "session-expired",
    ],
    "the account was deactivated": [
      (replica) => replica.user("team/acme-ada", { ...ada(replica), sessionEpoch: 1, access: none }),
      "account-deactivated",
    ],
    "the account was deactivated, and is active again": [
      (replica) => replica.user("team/acme-ada", { ...ada(replica), sessionEpoch: 1 }),
      "session-ended",
    ],
    "the account is gone": [({ users }) => users.clear(), "account-unknown"],
    "the account was made again": [(replica) => replica.user("team/acme-ada"), "account-unknown"],
    "the organization is gone": [({ organizations }) => organizations.clear(), "organization-unknown"],
    "the organization was made again": [(replica) => replica.organization("acme"), "organization-unknown"],
    "the keys were replaced": [
      (replica) => {
        replica.stored = [newKey(1)];
        replica.readKeys();
      },
      "session-invalid",
    ],
    "it was changed on the way": [
      (_, { cookies }) => {
        for (const [name, token] of cookies) cookies.set(name, `${token.slice(0, -5)}AAAAA`);
      },
      "session-invalid",
    ],
  };
  for (const [what, [change, code]] of Object.entries(cases)) {
    const { replica, jar } = signedIn();
    change(replica, jar);
    t.deepEqual(await ask(replica, jar), [code, 0], what);
  }
});

test("a refusal leaves the cookie where the session may be good again, or another replica may know better", async (t) => {
  const cases: Record<string, [change: (replica: Replica, jar: Jar) => void, code: string]> = {
    "nobody has heard of the cluster": [(replica) => (replica.stale = true), "stale"],
    "nobody has heard of the cluster, nor of the organization": [
      (replica) => {
        replica.stale = true;
        replica.organizations.clear();
      },
      "stale",
    ],
    "the account waits for a decision": [
      (replica) => replica.user("team/acme-ada", { ...ada(replica), access: none }),
      "account-deactivated",
    ],
    "accounts were put back to an earlier state": [
      (replica, jar) => {
        const { organization } = replica.with("acme");
        const later = replica.user("team/acme-ada", { ...ada(replica), sessionEpoch: 7 });
        jar.store(replica.sessions.start(undefined, later, organization));
        replica.user("team/acme-ada", { ...later, sessionEpoch: 6 });
        replica.now += 60_000;
      },
      "session-ended",
    ],
    "another replica has made the key, and the Secret was read a moment before": [
      (replica) => {
        replica.stored = [newKey(1)];
        replica.readKeys();
        replica.readJustNow = true;
      },
      "session-invalid",
    ],
  };
  for (const [what, [change, code]] of Object.entries(cases)) {
    const { replica, jar } = signedIn();
    change(replica, jar);
    t.deepEqual(await ask(replica, jar), [code, 1], what);
  }
});

test("a session that another replica has made just now is asked about before it is refused", async (t) => {
  const one = new Replica();
  const { organization, user } = one.with("acme");
  const jar = new Jar().store(one.sessions.start(undefined, user, organization));
  const other = new Replica(one.stored);
  other.organizations.set("team/acme", organization);
  other.unheard.set(user.ref, user);
  t.like(other.sessions.check(jar.header), { kind: "refused", reason: "account-unknown", clear: [] });
  t.deepEqual(await ask(other, jar), ["signed-in", 1]);
  const deleted = new Replica(one.stored);
  deleted.organizations.set("team/acme", organization);
  t.deepEqual(await ask(deleted, jar), ["account-unknown", 0], "asked, and there is none");
});

test("each refused cookie is taken away by itself: one that may be good again stays beside one that is over", async (t) => {
  const { replica, jar } = signedIn();
  const { organization, user } = replica.with("beta");
  jar.store(replica.sessions.start(jar.header, user, organization));
  replica.now += 60_000;
  replica.user("team/beta-ada", { ...user, access: none });
  replica.users.delete("team/acme-ada");
  t.deepEqual(await ask(replica, jar), ["account-deactivated", 1]);
  t.is(replica.who(jar, "team/beta"), "account-deactivated");
});

const none: Access = { active: false, grants: [], groups: [], reason: "NoMappedGroup", message: "" };

function ada({ users }: Replica): User {
  const found = users.get("team/acme-ada");
  if (!found) throw new Error("Ada isn't there");
  return found;
}
