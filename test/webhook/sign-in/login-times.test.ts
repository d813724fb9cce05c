import test from "ava";
import { StaleUserError, StoreError, type User, type UserChange } from "../../../identity/index.ts";
import { LoginTimes, type LoginTimesOptions } from "../../../webhook/sign-in/login-times.ts";
import { account } from "../../identity/an-account.ts";
import { logLines } from "../../log-lines.ts";
import { waitFor } from "../../wait-for.ts";

const NOON = Date.UTC(2026, 10, 26, 12);
const MINUTE = 60_000;

/** People whom a store knows, and a clock that stands where a test puts it. */
function scene(options: Partial<LoginTimesOptions> = {}) {
  const users = new Map<string, User>();
  const written: string[] = [];
  const clock = { now: NOON };
  const failures: Error[] = [];
  let version = 1;
  const { log, lines } = logLines();
  const put = (name: string, changes: Partial<User> = {}): User => {
    const ref = `acme/${name}`;
    version++;
    const user = { ...account({ ref, uid: name }), ...users.get(ref), ...changes, version: `${version}` };
    users.set(ref, user);
    return user;
  };
  const times = new LoginTimes({
    store: {
      read: async (ref) => users.get(ref),
      fresh: async (ref) => users.get(ref),
      update: async (user: User, { signedInAt, ...rest }: UserChange) => {
        const failure = failures.shift();
        if (failure) throw failure;
        if (users.get(user.ref)?.version !== user.version) throw new StaleUserError("changed");
        const name = user.ref.replace("acme/", "");
        written.push(name);
        return put(name, { ...rest, lastLoginTime: signedInAt ?? 0 });
      },
    },
    log,
    now: () => clock.now,
    lookMs: 1,
    ...options,
  });
  const until = (count: number) =>
    waitFor(() => written.length >= count || undefined, { what: `${count} writes` });
  /** Somebody of whom it is certain that they are looked at after everybody before. */
  const lastOf = async (name: string): Promise<void> => {
    const before = written.length;
    times.note(put(name, { lastLoginTime: 0 }), clock.now);
    await until(before + 1);
  };
  return { times, put, written, clock, failures, until, lastOf, users, lines };
}

test("the first sign-in for a minute is written, the others of that minute are one write at its end", async (t) => {
  const { times, put, written, clock, until, lastOf, users } = scene();
  times.note(put("ada", { lastLoginTime: NOON - 12 * 3_600_000 }), NOON);
  await until(1);
  for (let i = 1; i <= 50; i++) {
    clock.now = NOON + i * 1_000;
    const ada = users.get("acme/ada");
    if (ada) times.note(ada, clock.now);
  }
  await lastOf("ben");
  t.deepEqual(written, ["ada", "ben"]);
  clock.now = NOON + MINUTE;
  await until(3);
  t.deepEqual(written, ["ada", "ben", "ada"]);
  t.is(users.get("acme/ada")?.lastLoginTime, NOON + 50_000, "of the last one");
  t.is(times.size, 0);
});

test("what was stored otherwise meanwhile isn't written again, nor is anything of another account of that name", async (t) => {
  const { times, put, written, clock, lastOf } = scene();
  for (const name of ["ada", "ben", "mia"]) times.note(put(name, { lastLoginTime: NOON }), NOON + 1_000);
  put("ada", { lastLoginTime: NOON + 2_000 });
  put("ben", { uid: "another" });
  clock.now = NOON + MINUTE;
  await lastOf("raj");
  t.deepEqual(written, ["mia", "raj"]);
  t.is(times.size, 0);
});

test("a time that another replica has stored by a clock that is ahead stays, and is forgotten here after a minute", async (t) => {
  const { times, put, written, clock } = scene();
  times.note(put("ada", { lastLoginTime: NOON + 3_600_000 }), NOON);
  clock.now = NOON + MINUTE;
  await waitFor(() => times.size === 0 || undefined, { what: "the note to be forgotten" });
  t.deepEqual(written, []);
});

test("an account that others have written in between is read again; a store that fails is asked again later, and once told", async (t) => {
  const { times, put, written, clock, failures, until, lastOf, lines } = scene();
  failures.push(new StaleUserError("somebody else"));
  times.note(put("ada", { lastLoginTime: 0 }), NOON);
  await until(1);
  failures.push(new StoreError("no answer"), new StoreError("no answer"));
  for (const name of ["ben", "mia"]) times.note(put(name, { lastLoginTime: 0 }), NOON);
  await waitFor(() => lines.length > 0 || undefined, { what: "the failure to be told" });
  await lastOf("raj");
  t.deepEqual(written, ["ada", "raj"]);
  t.is(lines.length, 1);
  clock.now = NOON + MINUTE;
  await until(4);
  t.deepEqual(written.slice(2).sort(), ["ben", "mia"]);
});

test("at the end everything is written at once, as far as there is time; no more wait than there may", async (t) => {
  const { times, put, written, lines } = scene({ most: 3 });
  for (const name of ["ada", "ben", "mia", "raj"])
    times.note(put(name, { lastLoginTime: NOON }), NOON + 5_000);
  t.is(times.size, 3);
  await times.flush(5_000);
  t.deepEqual(written, ["ada", "ben", "mia"]);
  t.deepEqual(lines, []);

  const late = scene();
  late.times.note(late.put("ada", { lastLoginTime: NOON }), NOON + 5_000);
  late.failures.push(new StoreError("no answer"));
  await late.times.flush(5_000);
  t.like(late.lines.at(-1), { people: 1 });
});
