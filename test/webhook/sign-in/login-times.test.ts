import test from "ava";
import {
  type NotedSignIn,
  StaleUserError,
  StoreError,
  type User,
  type UserChange,
  withSignIns,
} from "../../../identity/index.ts";
import { LoginTimes, type LoginTimesOptions } from "../../../webhook/sign-in/login-times.ts";
import { account } from "../../identity/an-account.ts";
import { logLines } from "../../log-lines.ts";
import { waitFor } from "../../wait-for.ts";

const NOON = Date.UTC(2026, 10, 26, 12);
const MINUTE = 60_000;

const admitted = (at: number): NotedSignIn => ({ at, outcome: "Admitted", reason: "MappedGroup" });
const refused = (at: number): NotedSignIn => ({ at, outcome: "Refused", reason: "NoMappedGroup" });

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
      update: async (user: User, { signIns = [] }: UserChange) => {
        const failure = failures.shift();
        if (failure) throw failure;
        if (users.get(user.ref)?.version !== user.version) throw new StaleUserError("changed");
        const noted = withSignIns(user.signIns ?? [], signIns);
        if (noted === user.signIns) return user;
        const name = user.ref.replace("acme/", "");
        written.push(name);
        return put(name, { signIns: noted });
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
    times.note(put(name, { signIns: [] }), admitted(clock.now));
    await until(before + 1);
  };
  return { times, put, written, clock, failures, until, lastOf, users, lines };
}

test("the first sign-in for a minute is written, the others of that minute are one write at its end", async (t) => {
  const { times, put, written, clock, until, lastOf, users } = scene();
  times.note(put("ada", { signIns: [admitted(NOON - 12 * 3_600_000)] }), admitted(NOON));
  await until(1);
  for (let i = 1; i <= 50; i++) {
    clock.now = NOON + i * 1_000;
    const ada = users.get("acme/ada");
    if (ada) times.note(ada, i === 49 ? refused(clock.now) : admitted(clock.now));
  }
  await lastOf("ben");
  t.deepEqual(written, ["ada", "ben"]);
  clock.now = NOON + MINUTE;
  await until(3);
  t.deepEqual(written, ["ada", "ben", "ada"]);
  const kept = users.get("acme/ada")?.signIns ?? [];
  t.deepEqual(kept.slice(0, 3), [admitted(NOON + 50_000), refused(NOON + 49_000), admitted(NOON + 48_000)]);
  t.is(kept.length, 10, "the last ones");
  t.is(times.size, 0);
});

test("what was stored otherwise meanwhile isn't written again, nor is anything of another account of that name", async (t) => {
  const { times, put, written, clock, lastOf } = scene();
  for (const name of ["ada", "ben", "mia"])
    times.note(put(name, { signIns: [admitted(NOON)] }), admitted(NOON + 1_000));
  put("ada", { signIns: [admitted(NOON + 1_000), admitted(NOON)] });
  put("ben", { uid: "another" });
  clock.now = NOON + MINUTE;
  await lastOf("raj");
  t.deepEqual(written, ["mia", "raj"]);
  t.is(times.size, 0);
});

test("a sign-in waits no longer than a minute where another replica's clock is ahead", async (t) => {
  const { times, put, written, clock } = scene();
  times.note(put("ada", { signIns: [admitted(NOON + 3_600_000)] }), admitted(NOON));
  clock.now = NOON + MINUTE;
  await waitFor(() => times.size === 0 || undefined, { what: "the note to be written" });
  t.deepEqual(written, ["ada"]);
});

test("an account that others have written in between is read again; a store that fails is asked again later, and once told", async (t) => {
  const { times, put, written, clock, failures, until, lastOf, lines } = scene();
  failures.push(new StaleUserError("somebody else"));
  times.note(put("ada", { signIns: [] }), admitted(NOON));
  await until(1);
  failures.push(new StoreError("no answer"), new StoreError("no answer"));
  for (const name of ["ben", "mia"]) times.note(put(name, { signIns: [] }), admitted(NOON));
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
    times.note(put(name, { signIns: [admitted(NOON)] }), admitted(NOON + 5_000));
  t.is(times.size, 3);
  await times.flush(5_000);
  t.deepEqual(written, ["ada", "ben", "mia"]);
  t.deepEqual(lines, []);

  const late = scene();
  late.times.note(late.put("ada", { signIns: [admitted(NOON)] }), admitted(NOON + 5_000));
  late.failures.push(new StoreError("no answer"));
  await late.times.flush(5_000);
  t.like(late.lines.at(-1), { people: 1 });
});
