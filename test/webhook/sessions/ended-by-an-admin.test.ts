import test from "ava";
import { pino } from "pino";
import { type AuditRecord, StaleUserError, StoreError, type User } from "../../../identity/index.ts";
import { SignOuts } from "../../../webhook/sessions/sign-outs.ts";
import { account } from "../../identity/an-account.ts";
import { SimulatedStore } from "../../identity/simulated-store.ts";

const MIA = "mia@acme.example";

const log = pino({ enabled: false });

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
  t.like(twice?.history?.[0], { what: ["SessionsEnded"], reason: "EndedByAdmin" });
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
      throw new StaleUserError("It was changed.", { perhapsByUs: true });
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
