import test from "ava";
import { Registry } from "prom-client";
import { Door } from "../../../webhook/door/door.ts";
import type { Verdict } from "../../../webhook/door/verdicts.ts";
import { WebhookMetrics } from "../../../webhook/metrics.ts";
import { exactly } from "../../exactly.ts";
import { Jar, Replica } from "../sessions/session-fixtures.ts";

/** A replica's door, and what it says of a browser that has signed in at acme. */
function scene() {
  const replica = new Replica();
  const { organization, user } = replica.with("acme");
  const jar = new Jar().store(replica.sessions.start(undefined, user, organization));
  const door = new Door({
    sessions: replica.sessions,
    organizations: {
      named: (key) => replica.organizations.get(key),
      wayIn: ({ spec }) => `https://login.example.com/login/${spec.loginPath}`,
    },
    isRefused: () => false,
    metrics: new WebhookMetrics(new Registry()),
  });
  const required = { kind: "requirement", organization: "team/acme", roles: [], anyRoles: [] } as const;
  const ask = (): Promise<[Verdict, readonly string[]]> & { atOnce: boolean } => {
    let atOnce = false;
    const asked = new Promise<[Verdict, readonly string[]]>((resolve) =>
      door.ask(jar.header, required, (...verdict) => {
        atOnce = true;
        resolve(verdict);
      }),
    );
    return Object.assign(asked, { atOnce });
  };
  return { replica, user, jar, door, ask };
}

test("who is signed in is let in at once, and no cookie is touched", async (t) => {
  const { ask, user } = scene();
  const asked = ask();
  t.true(asked.atOnce);
  const [verdict, clear] = await asked;
  t.like(verdict, { kind: "admitted", user: { ref: user.ref } });
  t.deepEqual(clear, []);
});

test("who is refused for good is refused at once, and the cookie goes", async (t) => {
  const { ask, replica, door, jar } = scene();
  replica.now += 13 * 3_600_000;
  const asked = ask();
  t.true(asked.atOnce);
  const [verdict, clear] = await asked;
  t.like(verdict, {
    kind: "refused",
    reason: "session-expired",
    organization: { spec: { loginPath: "acme" } },
  });
  t.is(jar.store(clear).cookies.size, 0);
  t.like(JSON.parse(door.answers.to(verdict).body.toString()), {
    code: "session-expired",
    login: "https://login.example.com/login/acme",
  });
});

test("what another replica may know is asked for before anybody is refused", async (t) => {
  const { ask, replica, user, jar } = scene();
  replica.users.delete(user.ref);
  const asked = ask();
  t.false(asked.atOnce);
  const [gone, clear] = await asked;
  t.like(gone, { kind: "refused", reason: "account-unknown" });
  t.is(jar.store(clear).cookies.size, 0);

  const other = scene();
  other.replica.users.delete(other.user.ref);
  other.replica.unheard.set(other.user.ref, other.user);
  t.like(await other.ask(), exactly({ kind: "admitted" }, []));
});

test("where nobody answers nobody can say, and the cookie stays", async (t) => {
  const { ask, replica, user } = scene();
  replica.users.delete(user.ref);
  replica.unreadable = true;
  t.deepEqual(await ask(), [{ kind: "unavailable" }, []]);
});
