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
import { logLines } from "../../log-lines.ts";
import { Jar, Replica } from "./session-fixtures.ts";

test("a sign-out waits for what others write, and not for a store that hangs", async (t) => {
  const { replica, jar } = signedIn();
  const session = replica.sessions.of(jar.header, undefined);
  const user = replica.with("acme").user;
  const run = (store: Partial<IdentityStore>) => {
    const written: object[] = [];
    const records: AuditRecord[] = [];
    const signOuts = new SignOuts({
      store: {
        get: () => user,
        fresh: async () => user,
        update: async (known, change) => {
          written.push(change);
          return { ...known, ...(change.endSession ? { endedSessions: [change.endSession] } : {}) };
        },
        ...store,
      },
      audit: { write: (told) => void records.push(...told) },
      log: pino({ level: "silent" }),
      waitMs: 50,
      now: () => replica.now,
    });
    return { written, records, ended: signOuts.end(session) };
  };
  const id = session[0]?.id;
  const usual = run({});
  t.true(await usual.ended);
  t.like(usual.written[0], { endSession: { id } });

  let attempts = 0;
  const conflict = run({
    update: () =>
      attempts++ < 2
        ? Promise.reject(new StaleUserError("changed"))
        : Promise.resolve({ ...user, sessionEpoch: 1 }),
  });
  t.true(await conflict.ended);
  t.is(attempts, 3);
  t.deepEqual(
    conflict.records.map(({ action, cause }) => [action, cause]),
    [["end-sessions", MANY_SIGN_OUTS]],
    "it has ended all of them",
  );
  t.deepEqual(usual.records, [], "one session is nobody's access");
  // This replica has heard of the account, and not of its status: there is nothing yet to write it into.
  const { access: _, ...begun } = user;
  attempts = 0;
  const behind = run({
    get: () => begun,
    update: async (known, { endSession }) => {
      attempts++;
      return known.access && endSession ? { ...known, endedSessions: [endSession] } : known;
    },
  });
  t.true(await behind.ended);
  t.is(attempts, 2);
  t.false(await run({ get: () => begun, fresh: async () => begun, update: async () => begun }).ended);

  t.false(await run({ update: () => Promise.reject(new StoreError("down")) }).ended);
  t.false(await run({ update: () => new Promise<User>(() => {}) }).ended);
  t.false(await run({ get: () => undefined, fresh: () => new Promise<undefined>(() => {}) }).ended);

  attempts = 0;
  const contested = run({
    update: async () => {
      attempts++;
      throw new StaleUserError("changed");
    },
  });
  t.false(await contested.ended);
  t.is(attempts, 5);
  const endedByTheAnswerThatWasLost = run({
    update: () => Promise.reject(new StaleUserError("changed", { perhapsByUs: true })),
    fresh: async () => ({ ...user, sessionEpoch: 1 }),
  });
  t.true(await endedByTheAnswerThatWasLost.ended);
  t.is(endedByTheAnswerThatWasLost.records.length, 1);
  const perhaps = { before: user, after: { ...user, sessionEpoch: 1 } };
  const unanswered = run({ update: () => Promise.reject(new StoreError("no answer", { perhaps })) });
  t.false(await unanswered.ended);
  t.regex(unanswered.records[0]?.cause.detail ?? "", /this may not be so/);
  const broken = run({ update: () => Promise.reject(new TypeError("a mistake")) });
  await t.throwsAsync(broken.ended, { instanceOf: TypeError });

  const another = { ...user, uid: "another" };
  const behindByAnAccount = run({ get: () => another });
  t.true(await behindByAnAccount.ended);
  t.is(behindByAnAccount.written.length, 1, "this replica knows an earlier account of that name");
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
  replica.now = session.expiresAt;
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
  t.like(lines, [
    { level: 40, user: user.ref, err: { message: "down" } },
    { level: 40, user: user.ref, err: { message: "still down" } },
    { level: 40, user: user.ref, err: { message: "The account is being changed all the time." } },
  ]);
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
  t.like(written, [{ id: session?.id }]);
});

function signedIn(): { replica: Replica; jar: Jar } {
  const replica = new Replica();
  const { organization, user } = replica.with("acme");
  return { replica, jar: new Jar().store(replica.sessions.start(undefined, user, organization)) };
}
