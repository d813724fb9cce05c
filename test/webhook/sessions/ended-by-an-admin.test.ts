import test from "ava";
import { pino } from "pino";
import { type AuditRecord, StaleUserError, StoreError, type User } from "../../../identity/index.ts";
import { SignOuts } from "../../../webhook/sessions/sign-outs.ts";
import { exactly } from "../../exactly.ts";
import { account } from "../../identity/an-account.ts";
import { SimulatedStore } from "../../identity/simulated-store.ts";

const MIA = "mia@acme.example";

const log = pino({ enabled: false });

const perhaps = (before: User) => ({ before, after: { ...before, sessionEpoch: before.sessionEpoch + 1 } });

async function scene() {
  const store = new SimulatedStore();
  const { organization, access } = account();
  if (!access) throw new Error("The account has access.");
  const identity = {
    issuer: "https://acme.okta.com",
    subject: "00u1",
    emailVerified: true,
    groups: [{ name: "service_admin" }],
    groupsFrom: "Claim" as const,
  };
  const ada = await store.create({ organization, identity, access });
  const records: AuditRecord[] = [];
  const audit = { write: (some: readonly AuditRecord[]) => void records.push(...some) };
  return { store, ada, audit, records };
}

test("an admin ends all sessions of a person, each time: the account and the audit log say who has done it", async (t) => {
  const { store, ada, audit, records } = await scene();
  const once = await new SignOuts({ store, audit, log }).endAll(ada.ref, MIA);
  const twice = await new SignOuts({ store, audit, log }).endAll(ada.ref, MIA);
  t.deepEqual(
    [ada, once, twice].map((user) => user?.sessionEpoch),
    [0, 1, 2],
  );
  t.true(twice?.access?.active);
  t.like(twice?.history?.[0], { what: exactly("SessionsEnded"), reason: "EndedByAdmin" });
  t.true(twice?.history?.[0]?.message.startsWith(`${MIA} has ended them`));
  t.deepEqual(
    records.map(({ action, cause }) => [action, cause.reason]),
    [
      ["end-sessions", "EndedByAdmin"],
      ["end-sessions", "EndedByAdmin"],
    ],
  );
  t.is(await new SignOuts({ store, audit, log }).endAll("acme/nobody", MIA), undefined);
});

test("who writes in between is waited for; a lost answer ends them once and is recorded", async (t) => {
  const { store, ada, audit, records } = await scene();
  const failures = [new StaleUserError("Somebody else was first.")];
  const first = {
    get: (ref: string) => store.get(ref),
    fresh: (ref: string) => store.fresh(ref),
    update: async (user: User, change: Parameters<typeof store.update>[1]) => {
      const failure = failures.shift();
      if (failure) throw failure;
      return store.update(user, change);
    },
  };
  t.is((await new SignOuts({ store: first, audit, log }).endAll(ada.ref, MIA))?.sessionEpoch, 1);
  t.is(records.length, 1);

  const lost = {
    ...first,
    update: async (user: User, change: Parameters<typeof store.update>[1]) => {
      await store.update(user, change);
      throw new StaleUserError("It was changed.", { perhaps: perhaps(user) });
    },
  };
  t.is((await new SignOuts({ store: lost, audit, log }).endAll(ada.ref, MIA))?.sessionEpoch, 2);
  t.is(records.length, 2);
  const away = { ...first, update: () => Promise.reject(new StoreError("No answer.")) };
  await t.throwsAsync(new SignOuts({ store: away, audit, log }).endAll(ada.ref, MIA), {
    instanceOf: StoreError,
  });
  t.is(records.length, 2);
});

/** An account in a store of which the test says what each write does; what is written counts up. */
async function contested(outcomes: ((user: User) => User | Error)[]) {
  const { ada, audit, records } = await scene();
  let stored: User | Error | undefined = ada;
  const updated: number[] = [];
  const signOuts = new SignOuts({
    store: {
      get: () => undefined, // this replica hasn't heard of the account
      fresh: async () => {
        if (stored instanceof Error) throw stored;
        return stored;
      },
      update: async (user) => {
        updated.push(user.sessionEpoch);
        const next = outcomes.shift();
        const outcome = next ? next(user) : { ...user, sessionEpoch: user.sessionEpoch + 1 };
        if (outcome instanceof Error) throw outcome;
        stored = outcome;
        return outcome;
      },
    },
    audit,
    log,
  });
  const put = (user: User | Error | undefined) => {
    stored = user;
  };
  return { end: () => signOuts.endAll(ada.ref, MIA), ada, records, updated, put };
}

test("who signs out somewhere in between hasn't done what the admin has asked for", async (t) => {
  const others = await contested([
    (user) => {
      others.put({ ...user, sessionEpoch: user.sessionEpoch + 1 });
      return new StaleUserError("They have ended theirs.");
    },
  ]);
  t.is((await others.end())?.sessionEpoch, 2);
  t.deepEqual(others.updated, [0, 1]);
  t.is(others.records.length, 1);
});

test("a lost answer to a write that wasn't carried out is no answer: it is written again", async (t) => {
  const lost = await contested([(user) => new StaleUserError("Somebody wrote.", { perhaps: perhaps(user) })]);
  t.is((await lost.end())?.sessionEpoch, 1);
  t.deepEqual(lost.updated, [0, 0]);
  t.is(lost.records.length, 1);
});

test("what may be stored without an answer is recorded as that, and the admin is told that it failed", async (t) => {
  const unanswered = await contested([(user) => new StoreError("No answer.", { perhaps: perhaps(user) })]);
  await t.throwsAsync(unanswered.end(), { instanceOf: StoreError, message: "No answer." });
  t.regex(unanswered.records[0]?.cause.detail ?? "", /this may not be so/);
  t.is(unanswered.updated.length, 1);

  for (const [stored, outcome] of [
    [new StoreError("It is away."), "It is away."],
    [undefined, "gone"],
  ] as const) {
    const unread = await contested([
      (user) => {
        unread.put(stored);
        return new StaleUserError("Ours?", { perhaps: perhaps(user) });
      },
    ]);
    const ended = unread.end().then(
      (user) => user ?? "gone",
      ({ message }: Error) => message,
    );
    t.is(await ended, outcome);
    t.like(unread.records, exactly({ action: "end-sessions", user: unread.ada.ref }));
    t.regex(unread.records[0]?.cause.detail ?? "", /mia@acme\.example.*this may not be so/);
  }
});

test("an account that is changed all the time is given up after five times; one that goes meanwhile is gone", async (t) => {
  const stale = () => new StaleUserError("It was changed.");
  const never = await contested(Array.from({ length: 9 }, () => stale));
  await t.throwsAsync(never.end(), { instanceOf: StoreError, message: /changed all the time/ });
  t.is(never.updated.length, 5);
  const gone = await contested([
    () => {
      gone.put(undefined);
      return stale();
    },
  ]);
  t.is(await gone.end(), undefined);
});
