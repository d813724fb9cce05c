import test from "ava";
import {
  type IdentityStore,
  noAccess,
  StaleUserError,
  StoreError,
  type User,
  type UserChange,
} from "../../../identity/index.ts";
import { clusterOfFile } from "../../cluster-of-file.ts";
import { exactly } from "../../exactly.ts";
import type { SimulatedStore } from "../../identity/simulated-store.ts";
import { LocalSignInsUnderTest, tokenOf } from "./local-sign-ins-under-test.ts";

const shared = clusterOfFile(test);
const GONE = noAccess("OrganizationNotFound", "The organization does not exist.");
const NO_POLICIES = { policies: { of: () => undefined } };

test("each use is recorded, as a warning and at the account, and when it was is stored", async (t) => {
  const signIns = new LocalSignInsUnderTest(shared());
  const mia = await signIns.account("mia");
  const before = Math.floor(Date.now() / 1000) * 1000;
  t.is(await signIns.why(await tokenOf(shared())), "admitted");
  t.like(
    signIns.lines,
    exactly({
      ...{ level: 40, audit: true, action: "local-sign-in" },
      ...{ organization: "team/acme", user: "team/mia" },
      serviceAccount: `${shared().cluster.namespace}/mia`,
    }),
  );
  t.is(signIns.lines.length, 1);
  t.like(
    signIns.events,
    exactly({
      regarding: {
        apiVersion: "rolemapping.dev/v1alpha1",
        kind: "OrganizationUser",
        metadata: { namespace: "team", name: "mia", uid: mia.uid },
      },
      type: "Warning",
      reason: "LocalSignIn",
      action: "SignIn",
    }),
  );
  const { signIns: noted, lastLoginTime = 0, history } = signIns.store.get(mia.ref) ?? {};
  t.like(noted, exactly({ outcome: "Admitted", reason: "LocalAccount" }));
  t.true(lastLoginTime >= before);
  t.is(history?.length, 1, "its access is as it was");
  t.deepEqual(signIns.audit, []);
});

test("who was decided on comes in also where there is no policy to decide by anew", async (t) => {
  const signIns = new LocalSignInsUnderTest(shared(), NO_POLICIES);
  await signIns.account("mia");
  t.is(await signIns.why(await tokenOf(shared())), "admitted");
});

test("an account on which nobody has decided, or that was put aside with its organization, is decided on by its sign-in", async (t) => {
  for (const isPutAside of [false, true]) {
    const signIns = new LocalSignInsUnderTest(shared());
    const mia = signIns.written("mia");
    if (isPutAside) await signIns.store.update(mia, { access: GONE });
    t.is(await signIns.why(await tokenOf(shared())), "admitted");
    const stored = signIns.store.get(mia.ref);
    t.like(stored, { access: { active: true }, history: { 0: { reason: "LocalAccountWritten" } } });
    t.like(signIns.audit, exactly({ action: "activate" }, { action: "grant" }));
  }
});

test("an account that gives no access opens nothing, and its history says that it was refused", async (t) => {
  for (const isDecided of [false, true]) {
    const signIns = new LocalSignInsUnderTest(shared(), NO_POLICIES);
    const mia = signIns.written("mia");
    if (isDecided) await signIns.store.update(mia, { access: GONE });
    t.is(await signIns.why(await tokenOf(shared())), "no-account");
    t.deepEqual(signIns.events, []);
    const stored = signIns.store.get(mia.ref);
    t.like(stored?.signIns, exactly({ outcome: "Refused", reason: "OrganizationNotFound" }));
    t.is(stored?.lastLoginTime, undefined, "nobody has signed in");
  }
});

type Update = IdentityStore["update"];

/** Mia's sign-ins at a store that has these before each write: what it throws, the write fails with. */
async function contested(
  before: ((store: SimulatedStore, ...write: Parameters<Update>) => unknown)[],
  fresh?: (user: User | undefined) => User | undefined | Promise<never>,
) {
  let writes = 0;
  const signIns = new LocalSignInsUnderTest(shared(), {}, (store) => ({
    update: async (...write) => {
      writes++;
      await before.shift()?.(store, ...write);
      return store.update(...write);
    },
    ...(fresh ? { fresh: async (ref: string) => fresh(await store.fresh(ref)) } : {}),
  }));
  const mia = await signIns.account("mia");
  const token = await tokenOf(shared());
  return { signIns, mia, why: () => signIns.why(token), writes: () => writes };
}

/** Another writer comes first. */
const overtaken = (store: SimulatedStore, { ref }: User) => {
  const user = store.get(ref);
  return user && store.update(user, { endAllSessions: true });
};

/** It is carried out, and nobody hears of that. */
const lost = async (store: SimulatedStore, user: User, change: UserChange) => {
  const after = await store.update(user, change);
  throw new StaleUserError("It was changed.", { perhaps: { before: user, after } });
};

test("who writes in between is waited for, five times", async (t) => {
  const once = await contested([overtaken]);
  t.is(await once.why(), "admitted");
  t.is(once.writes(), 2);
  const never = await contested(Array.from({ length: 9 }, () => overtaken));
  await t.throwsAsync(never.why(), { instanceOf: StoreError, message: /changed all the time/ });
  t.is(never.writes(), 5);
});

test("what has meanwhile ceased to be this service account's account opens nothing", async (t) => {
  for (const [what, now] of [
    ["deleted", () => undefined],
    ["given another service account", (user) => user && { ...user, serviceAccountName: "other" }],
    ["linked to Okta", (user) => user && { ...user, source: "Okta" }],
  ] satisfies [string, (user: User | undefined) => User | undefined][]) {
    const { why, writes, signIns } = await contested([overtaken], now);
    t.is(await why(), "no-account", what);
    t.is(writes(), 1);
    t.deepEqual(signIns.events, []);
  }
});

test("a change whose answer was lost is recorded from before it, and one that changed nothing isn't", async (t) => {
  const { signIns, why } = await contested([lost]);
  t.is(await why(), "admitted");
  t.deepEqual(signIns.audit, [], "it was active before");

  const changing = await contested([lost]);
  const user = changing.signIns.store.get(changing.mia.ref);
  if (user) await changing.signIns.store.update(user, { access: GONE });
  t.is(await changing.why(), "admitted");
  t.like(changing.signIns.audit, exactly({ action: "activate" }, { action: "grant" }));
});

test("where the answer was lost, and what is stored can't be read or is another's, what may be is recorded", async (t) => {
  for (const [fresh, outcome] of [
    [() => Promise.reject(new StoreError("It is away.")), "It is away."],
    [() => undefined, "no-account"],
  ] as const) {
    const { signIns, mia, why } = await contested([lost], fresh);
    const user = signIns.store.get(mia.ref);
    if (user) await signIns.store.update(user, { access: GONE });
    t.is(await why().catch(({ message }: Error) => message), outcome);
    t.like(signIns.audit, exactly({ action: "activate" }, { action: "grant" }));
    t.regex(signIns.audit[0]?.cause.detail ?? "", /this may not be so/);
    t.deepEqual(signIns.events, []);
  }
});

test("what may have been stored is recorded, and a store that can't be written signs nobody in", async (t) => {
  const unanswered = await contested([
    (_store, before, { access }) => {
      const perhaps = {
        before: { ...before, access: GONE },
        after: { ...before, ...(access && { access }) },
      };
      throw new StoreError("No answer.", { perhaps });
    },
  ]);
  await t.throwsAsync(unanswered.why(), { instanceOf: StoreError, message: "No answer." });
  t.is(unanswered.writes(), 1);
  t.like(unanswered.signIns.audit, exactly({ action: "activate" }, { action: "grant" }));
  t.deepEqual(unanswered.signIns.events, []);
  const mistaken = await contested([
    () => {
      throw new TypeError("a mistake");
    },
  ]);
  await t.throwsAsync(mistaken.why(), { instanceOf: TypeError });
});
