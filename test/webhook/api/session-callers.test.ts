import test from "ava";
import { SessionCallers } from "../../../webhook/api/session-callers.ts";
import { Jar, Replica } from "../sessions/session-fixtures.ts";
import { refusal } from "./refused.ts";

/** Ada is signed in at Acme; Beta is another organization. */
function scene() {
  const replica = new Replica();
  const { user, organization } = replica.with("acme");
  replica.organization("beta");
  const stale = new Set<string>();
  const callers = new SessionCallers(replica.sessions, (namespace) => stale.has(namespace));
  const jar = new Jar().store(replica.sessions.start(undefined, user, organization));
  return { replica, callers, stale, jar, user, organization };
}

test("who is signed in at the organization that is asked about is known by the session", async (t) => {
  const { callers, jar, user, organization } = scene();
  const caller = await callers.of(jar.header, "team/acme");
  t.like(caller, { kind: "session", name: "user team/acme-ada" });
  t.is(caller.visitor.user, user);
  t.is(caller.visitor.organization, organization);
});

test("who is signed in elsewhere learns nothing of an organization, not even whether there is one", async (t) => {
  const { callers, jar } = scene();
  for (const key of ["team/beta", "team/nobody"])
    t.regex(
      await refusal(callers.of(jar.header, key)),
      /^403 other-organization: Who is signed in at team\/acme has no access/,
      key,
    );
});

test("who isn't signed in anywhere is told what to send", async (t) => {
  const { callers } = scene();
  for (const key of ["team/acme", "team/nobody"])
    t.regex(
      await refusal(callers.of(undefined, key)),
      /^401 no-credentials: Send a service account's token/,
      key,
    );
});

test("whose session has ended is told why", async (t) => {
  const { callers, jar, replica, user } = scene();
  replica.users.set(user.ref, { ...user, sessionEpoch: 1 });
  t.is(
    await refusal(callers.of(jar.header, "team/acme")),
    "401 session-ended: The session doesn't hold any more. Sign in again.",
  );
});

test("a replica that is behind tells nobody anything, whoever asks about whatever", async (t) => {
  const { callers, jar, replica, stale } = scene();
  stale.add("team");
  for (const cookie of [undefined, jar.header])
    for (const key of ["team/acme", "team/nobody"])
      t.regex(await refusal(callers.of(cookie, key)), /^503 stale: /, key);
  stale.clear();
  replica.stale = true;
  t.regex(await refusal(callers.of(jar.header, "team/acme")), /^503 stale: /);
});
