import test from "ava";
import { pino } from "pino";
import {
  type AuditRecord,
  type IdentityStore,
  MANY_SIGN_OUTS,
  StaleUserError,
  StoreError,
  type User,
} from "../../../identity/index.ts";
import { SignOuts } from "../../../webhook/sessions/sign-outs.ts";
import { exactly } from "../../exactly.ts";
import { logLines } from "../../log-lines.ts";
import { Jar, Replica } from "./session-fixtures.ts";

/** Somebody who signs out, from a store of which the test says what is otherwise than usual. */
function signingOut() {
  const { replica, jar } = signedIn();
  const session = replica.sessions.of(jar.header, undefined);
  const user = replica.with("acme").user;
  const run = (store: Partial<IdentityStore> = {}) => {
    const written: object[] = [];
    const records: AuditRecord[] = [];
    const signOuts = new SignOuts({
      store: {
        get: () => user,
        fresh: async () => user,
        ...store,
        update: (known, change) => {
          written.push(change);
          if (store.update) return store.update(known, change);
          return Promise.resolve({
            ...known,
            ...(change.endSession ? { endedSessions: [change.endSession] } : {}),
          });
        },
      },
      audit: { write: (told) => void records.push(...told) },
      log: pino({ level: "silent" }),
      waitMs: 50,
      now: () => replica.now,
    });
    return { written, records, ended: signOuts.end(session) };
  };
  return { id: session[0]?.id, user, run };
}

test("a sign-out is stored, and is nobody's access to be recorded", async (t) => {
  const { run, id } = signingOut();
  const { ended, written, records } = run();
  t.true(await ended);
  t.like(written, exactly({ endSession: { id } }));
  t.deepEqual(records, []);
});

test("a sign-out waits for what others write, and for the account's status; an account that is changed all the time is given up", async (t) => {
  const { run, user } = signingOut();
  const failures = [new StaleUserError("changed"), new StaleUserError("changed")];
  const conflict = run({
    update: async () => {
      const failure = failures.shift();
      if (failure) throw failure;
      return { ...user, sessionEpoch: 1 };
    },
  });
  t.true(await conflict.ended);
  t.is(conflict.written.length, 3);
  t.deepEqual(
    conflict.records.map(({ action, cause }) => [action, cause]),
    [["end-sessions", MANY_SIGN_OUTS]],
    "it has ended all of them",
  );
  // This replica has heard of the account, and not of its status: there is nothing yet to write it into.
  const { access: _, ...begun } = user;
  const behind = run({
    get: () => begun,
    update: async (known, { endSession }) =>
      known.access && endSession ? { ...known, endedSessions: [endSession] } : known,
  });
  t.true(await behind.ended);
  t.is(behind.written.length, 2);
  t.false(await run({ get: () => begun, fresh: async () => begun, update: async () => begun }).ended);
  const contested = run({ update: () => Promise.reject(new StaleUserError("changed")) });
  t.false(await contested.ended);
  t.is(contested.written.length, 5);
});

test("nobody waits for a store that hangs, and a sign-out that it fails isn't called complete", async (t) => {
  const { run } = signingOut();
  t.false(await run({ update: () => Promise.reject(new StoreError("down")) }).ended);
  t.false(await run({ update: () => new Promise<User>(() => {}) }).ended);
  t.false(await run({ get: () => undefined, fresh: () => new Promise<undefined>(() => {}) }).ended);
  const broken = run({ update: () => Promise.reject(new TypeError("a mistake")) });
  await t.throwsAsync(broken.ended, { instanceOf: TypeError });
});

test("what an answer that was lost may have ended is recorded", async (t) => {
  const { run, user } = signingOut();
  const perhaps = { before: user, after: { ...user, sessionEpoch: 1 } };
  const done = run({
    update: () => Promise.reject(new StaleUserError("changed", { perhaps })),
    fresh: async () => ({ ...user, sessionEpoch: 1 }),
  });
  t.true(await done.ended);
  t.is(done.records.length, 1);
  for (const store of [
    { update: () => Promise.reject(new StoreError("no answer", { perhaps })) },
    {
      update: () => Promise.reject(new StaleUserError("changed", { perhaps })),
      fresh: () => Promise.reject(new StoreError("can't be read either")),
    },
  ]) {
    const unanswered = run(store);
    t.false(await unanswered.ended);
    t.is(unanswered.records.length, 1);
    t.regex(unanswered.records[0]?.cause.detail ?? "", /this may not be so/);
  }
});

test("what has ended already isn't written; what this replica knows of an earlier account doesn't count", async (t) => {
  const { run, user } = signingOut();
  const another = { ...user, uid: "another" };
  const endedBefore: [string, Partial<IdentityStore>][] = [
    ["the account is gone", { get: () => undefined, fresh: async () => undefined }],
    ["another account of that name", { get: () => another, fresh: async () => another }],
    ["all of its sessions have ended", { get: () => ({ ...user, sessionEpoch: 1 }) }],
  ];
  for (const [what, store] of endedBefore) {
    const { written, ended } = run(store);
    t.true(await ended, what);
    t.deepEqual(written, [], what);
  }
  const behind = run({ get: () => another });
  t.true(await behind.ended);
  t.is(behind.written.length, 1, "there is a new one by now");
});

test("a sign-out of several sessions is complete when each has ended; of none, and of those that are over, at once", async (t) => {
  const { replica, jar } = signedIn();
  const [session] = replica.sessions.of(jar.header, undefined);
  const { user } = replica.with("acme");
  if (!session) return t.fail();
  const failing = new Set<string>();
  const signOuts = new SignOuts({
    store: {
      get: () => user,
      fresh: async () => user,
      update: async (known, { endSession }) => {
        if (endSession && failing.has(endSession.id)) throw new StoreError("down");
        return { ...known, endedSessions: endSession ? [endSession] : [] };
      },
    },
    audit: { write: () => {} },
    log: pino({ level: "silent" }),
    now: () => replica.now,
  });
  const two = [session, { ...session, id: "another" }];
  t.true(await signOuts.end([]));
  t.true(await signOuts.end(two));
  failing.add("another");
  t.false(await signOuts.end(two));
  replica.now = session.expiresAt + 3_599_999;
  t.false(await signOuts.end(two), "this clock may be ahead, and others' not");
  replica.now++;
  t.true(await signOuts.end(two), "they count nowhere any more");
});

test("an ended session is refused by its id, and the cookie is taken away", (t) => {
  const { replica, jar } = signedIn();
  const { organization, user } = replica.with("acme");
  const other = new Jar().store(replica.sessions.start(undefined, user, organization));
  const [ended] = replica.sessions.of(jar.header, organization);
  replica.user(user.ref, { ...user, endedSessions: [{ id: ended?.id ?? "", expiresAt: replica.now + 1 }] });
  const check = replica.sessions.check(jar.header);
  t.like(check, { kind: "refused", reason: "session-ended" });
  t.is(check.kind === "refused" && check.clear.length, 1);
  t.is(replica.who(other), user.ref);
});

test("why a sign-out could not be stored is in the log, once for each session", async (t) => {
  const { replica, jar } = signedIn();
  const { user } = replica.with("acme");
  const [session] = replica.sessions.of(jar.header, undefined);
  if (!session) return t.fail();
  const { log, lines } = logLines();
  const errors = [new StoreError("down"), new StoreError("still down")];
  const signOuts = new SignOuts({
    store: {
      get: () => user,
      fresh: async () => user,
      update: () => Promise.reject(errors.shift() ?? new StaleUserError("changed")),
    },
    audit: { write: () => {} },
    log,
    now: () => replica.now,
  });
  t.false(await signOuts.end([session, { ...session, id: "another" }]));
  t.false(await signOuts.end([session]));
  t.like(
    lines,
    exactly(
      { level: 40, user: user.ref, err: { message: "down" } },
      { level: 40, user: user.ref, err: { message: "still down" } },
      { level: 40, user: user.ref, err: { message: "The account is being changed all the time." } },
    ),
  );
  t.is(lines.length, 3);
});

test("that another session of theirs has ended isn't that this one has", async (t) => {
  const { replica, jar } = signedIn();
  const { user } = replica.with("acme");
  const elsewhere = { ...user, endedSessions: [{ id: "another", expiresAt: replica.now + 1 }] };
  const written: object[] = [];
  const signOuts = new SignOuts({
    store: {
      get: () => elsewhere,
      fresh: async () => elsewhere,
      update: async (known, { endSession }) => {
        if (endSession) written.push(endSession);
        return { ...known, endedSessions: endSession ? [endSession] : [] };
      },
    },
    audit: { write: () => {} },
    log: pino({ level: "silent" }),
    now: () => replica.now,
  });
  const [session] = replica.sessions.of(jar.header, undefined);
  t.true(await signOuts.end(session ? [session] : []));
  t.like(written, exactly({ id: session?.id }));
});

function signedIn(): { replica: Replica; jar: Jar } {
  const replica = new Replica();
  const { organization, user } = replica.with("acme");
  return { replica, jar: new Jar().store(replica.sessions.start(undefined, user, organization)) };
}
