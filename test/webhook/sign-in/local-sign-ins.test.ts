import test from "ava";
import { pino } from "pino";
import {
  type Access,
  type AuditRecord,
  type IdentityStore,
  noAccess,
  StaleUserError,
  StoreError,
  type User,
  type UserChange,
} from "../../../identity/index.ts";
import type { TokenReview } from "../../../kubernetes/index.ts";
import { LocalSignIns, type LocalSignInsOptions } from "../../../webhook/sign-in/local-sign-ins.ts";
import { policy } from "../../identity/an-account.ts";
import { user } from "../sessions/session-fixtures.ts";

const AUDIENCE = "https://login.example.com/login/acme";
const MIA = user("team/mia", { source: "Local", serviceAccountName: "mia" });
const CLAIMS = { aud: [AUDIENCE], exp: Date.now() / 1000 + 3600, sub: "system:serviceaccount:own:mia" };
const TOKEN = `e30.${Buffer.from(JSON.stringify(CLAIMS)).toString("base64url")}.AAAA`;

type Status = NonNullable<TokenReview["status"]>;

/** A local sign-in with a token of which the API server says this. */
async function signIn(status: Status, more: Partial<LocalSignInsOptions> = {}, times = 1) {
  const logged: object[] = [];
  const localSignIns = new LocalSignIns({
    client: { create: async (_type, object) => ({ ...object, status }) as never },
    keys: { verify: async () => "signed" },
    store: {
      findByServiceAccount: async () => [MIA],
      update: async (known) => known,
      fresh: async () => MIA,
    },
    policies: { of: () => undefined },
    audit: { write: () => {} },
    events: { record: () => {} },
    log: pino({ level: "info" }, { write: (line: string) => void logged.push(JSON.parse(line)) }),
    namespace: "own",
    failuresPerMinute: 3,
    ...more,
  });
  const complete = () =>
    localSignIns.complete("team/acme", TOKEN, { audience: AUDIENCE, address: "192.0.2.1" });
  for (let i = 1; i < times; i++) await complete();
  return { result: await complete(), logged };
}

const ACCEPTED: Status = {
  authenticated: true,
  audiences: [AUDIENCE],
  user: { username: "system:serviceaccount:own:mia" },
};

test("what the API server says of a token counts, not what the token says of itself", async (t) => {
  t.is((await signIn(ACCEPTED)).result.kind, "admitted");
  const pod = { "authentication.kubernetes.io/pod-name": ["theirs"] };
  const cases: [Status, string][] = [
    [{ ...ACCEPTED, user: { ...ACCEPTED.user, extra: pod } }, "pod-token"],
    [{ ...ACCEPTED, authenticated: false }, "not-valid"],
    [{ ...ACCEPTED, audiences: [] }, "not-valid"],
    [{ authenticated: true, user: ACCEPTED.user ?? {} }, "not-valid"],
    [{ ...ACCEPTED, user: { username: "ada" } }, "not-a-service-account"],
    [{ ...ACCEPTED, user: { username: "system:serviceaccount:other:mia" } }, "other-namespace"],
    [{ ...ACCEPTED, user: { username: "system:serviceaccount:own:somebody" } }, "no-account"],
  ];
  for (const [status, why] of cases) t.like((await signIn(status)).result, { kind: "refused", why }, why);
});

test("an account is opened by a service account of the program's own namespace, or of the one that it names", async (t) => {
  const there = { ...MIA, serviceAccountNamespace: "there" };
  const store = {
    findByServiceAccount: async () => [there],
    update: async () => there,
    fresh: async () => there,
  };
  t.like((await signIn(ACCEPTED, { store })).result, {
    why: "other-namespace",
    wanted: "there",
    user: "team/mia",
  });
  const theirs = { ...ACCEPTED, user: { username: "system:serviceaccount:there:mia" } };
  const keys = { verify: async () => "unknown" as const };
  t.is((await signIn(theirs, { store, keys })).result.kind, "admitted");
  const both = { ...store, findByServiceAccount: async () => [MIA, there] };
  t.is((await signIn(ACCEPTED, { store: { ...both, update: async () => MIA } })).result.kind, "admitted");
});

test("a true token of another namespace's service account of that name is asked about nowhere: it holds nobody up", async (t) => {
  const there = { ...MIA, serviceAccountNamespace: "there" };
  const store = {
    findByServiceAccount: async () => [there],
    update: async () => there,
    fresh: async () => there,
  };
  const client = { create: () => t.fail("asked") as never };
  t.like((await signIn(ACCEPTED, { store, client })).result, { why: "other-namespace", wanted: "there" });
  const keys = { verify: async () => "unknown" as const };
  t.like(
    (await signIn(ACCEPTED, { store, keys })).result,
    { why: "other-namespace" },
    "where the keys can't be read",
  );
});

test("failures are logged with their reason, as many as are allowed; successes don't count", async (t) => {
  const failed = await signIn({ ...ACCEPTED, authenticated: false }, {}, 10);
  t.like(failed.result, { kind: "refused", why: "too-many-failures" });
  t.is(failed.logged.length, 3);
  t.like(failed.logged[0], { organization: "team/acme", reason: "not-valid", serviceAccount: "own/mia" });
  t.is((await signIn(ACCEPTED, {}, 10)).result.kind, "admitted");
});

function tokenOf(claims: object): string {
  return `e30.${Buffer.from(JSON.stringify({ ...CLAIMS, ...claims })).toString("base64url")}.AAAA`;
}

/** Sign-ins with all that they ask, write and tell. */
function counting(more: Partial<LocalSignInsOptions> = {}, store: Partial<IdentityStore> = {}) {
  const told = {
    reviews: 0,
    verified: 0,
    changes: [] as UserChange[],
    audit: [] as AuditRecord[],
    lines: [] as Record<string, unknown>[],
    events: [] as object[],
  };
  const signIns = new LocalSignIns({
    client: {
      create: async (_type, object) => {
        told.reviews++;
        return { ...object, status: ACCEPTED } as never;
      },
    },
    keys: {
      verify: async () => {
        told.verified++;
        return "signed";
      },
    },
    store: {
      findByServiceAccount: async () => [MIA],
      update: async (known, change) => {
        told.changes.push(change);
        return { ...known, ...(change.access ? { access: change.access } : {}) };
      },
      fresh: async () => MIA,
      ...store,
    },
    policies: { of: () => undefined },
    audit: { write: (records) => void told.audit.push(...records) },
    events: { record: (event) => void told.events.push(event) },
    log: pino({ level: "info" }, { write: (line: string) => void told.lines.push(JSON.parse(line)) }),
    namespace: "own",
    failuresPerMinute: 3,
    ...more,
  });
  const complete = (token = TOKEN, address = "192.0.2.1") =>
    signIns.complete("team/acme", token, { audience: AUDIENCE, address });
  return { complete, told };
}

test("what can't be a token of anybody's here is refused without asking anybody", async (t) => {
  const { complete, told } = counting();
  t.like(await complete("nonsense"), { why: "not-valid" });
  t.like(await complete(tokenOf({ sub: "ada@acme.example" })), { why: "not-a-service-account" });
  t.like(await complete(tokenOf({ "kubernetes.io": { pod: { name: "x" } } })), { why: "pod-token" });
  t.deepEqual([told.verified, told.reviews], [0, 0]);
  t.like(told.lines[0], { organization: "team/acme", reason: "not-valid" });
  t.false("serviceAccount" in (told.lines[0] ?? {}));

  const nobody = counting({}, { findByServiceAccount: async () => [] });
  t.like(await nobody.complete(), { why: "not-valid" }, "nobody learns that there is no account");
  t.deepEqual([nobody.told.verified, nobody.told.reviews], [0, 0]);
  const forged = counting({ keys: { verify: async () => "forged" } });
  t.like(await forged.complete(), { why: "not-valid" });
  t.is(forged.told.reviews, 0);
});

test("two accounts of one service account open neither; an account that follows Okta isn't opened by any", async (t) => {
  const two = counting({}, { findByServiceAccount: async () => [MIA, { ...MIA, ref: "team/mia-2" }] });
  t.like(await two.complete(), { kind: "refused", why: "several-accounts" });
  t.deepEqual(two.told.changes, []);
  const linked = counting({}, { findByServiceAccount: async () => [{ ...MIA, source: "Okta" }] });
  t.like(await linked.complete(), { kind: "refused" });
  t.deepEqual(linked.told.changes, []);
});

test("each use is recorded, as a warning and at the account, and when it was is stored", async (t) => {
  const { complete, told } = counting();
  const before = Date.now();
  t.like(await complete(), { kind: "admitted", user: { ref: "team/mia" } });
  t.like(told.lines, [
    {
      level: 40,
      audit: true,
      action: "local-sign-in",
      organization: "team/acme",
      user: "team/mia",
      serviceAccount: "own/mia",
    },
  ]);
  t.like(told.events, [
    {
      regarding: {
        apiVersion: "rolemapping.dev/v1alpha1",
        kind: "OrganizationUser",
        metadata: { namespace: "team", name: "mia", uid: MIA.uid },
      },
      type: "Warning",
      reason: "LocalSignIn",
      action: "SignIn",
    },
  ]);
  const [change] = told.changes;
  t.like(change?.signIns, [{ outcome: "Admitted", reason: "LocalAccount" }]);
  t.true((change?.signIns?.[0]?.at ?? 0) >= before);
  t.false("access" in (change ?? {}), "it was decided, and there is no organization to decide it by anew");
});

test("what follows from the account is stored with it where nobody has decided that yet, and anew where it can be", async (t) => {
  const roles = { ...MIA, localRoles: ["service-admin"] };
  const { access: _, ...undecided } = { ...roles, decided: false };
  const inForce = { issuer: "https://acme.okta.com", policy, held: false, paused: false };
  for (const [known, of] of [
    [undecided, undefined],
    [undecided, inForce],
    [{ ...roles, access: noAccess("OrganizationNotFound", "") }, inForce],
  ] as const) {
    const { complete, told } = counting(
      { policies: { of: () => of } },
      { findByServiceAccount: async () => [known] },
    );
    const result = await complete();
    t.like(told.changes[0], { cause: { reason: "LocalAccountWritten" } });
    t.is(result.kind, told.changes[0]?.access?.active ? "admitted" : "refused");
    t.is(told.changes[0]?.access?.active, of !== undefined);
    t.is(told.audit.length > 0, of !== undefined, "what it has given is recorded");
  }
});

test("an account that gives no access opens nothing", async (t) => {
  const { complete, told } = counting(
    {},
    {
      findByServiceAccount: async () => [{ ...MIA, access: noAccess("OrganizationNotFound", "") }],
    },
  );
  t.like(await complete(), { kind: "refused", why: "no-account" });
  t.deepEqual(told.events, []);
});

const GIVEN: Access = { active: true, grants: [], groups: [], reason: "LocalAccount", message: "" };

/** The store's answers, one after the other: what fails is an error. */
function answering(outcomes: ((user: User) => User | Error)[], fresh: () => User | undefined = () => MIA) {
  let updates = 0;
  const made = counting(
    {},
    {
      fresh: async () => fresh(),
      update: async (user) => {
        updates++;
        const outcome = outcomes.shift()?.(user) ?? user;
        if (outcome instanceof Error) throw outcome;
        return outcome;
      },
    },
  );
  return { ...made, updates: () => updates };
}

test("who writes in between is waited for, five times; what has meanwhile ceased to be this service account's opens nothing", async (t) => {
  const stale = () => new StaleUserError("It was changed.");
  const once = answering([stale]);
  t.is((await once.complete()).kind, "admitted");
  t.is(once.updates(), 2);
  const never = answering(Array.from({ length: 9 }, () => stale));
  await t.throwsAsync(never.complete(), { instanceOf: StoreError, message: /changed all the time/ });
  t.is(never.updates(), 5);
  for (const now of [undefined, { ...MIA, serviceAccountName: "other" }]) {
    const gone = answering([stale], () => now);
    t.like(await gone.complete(), { kind: "refused", why: "no-account" });
    t.is(gone.updates(), 1);
  }
});

test("what may have been stored is recorded, and a store that can't be written signs nobody in", async (t) => {
  const active = { ...MIA, access: GIVEN };
  const inactive = { ...MIA, access: noAccess("OrganizationNotFound", "") };
  const lost = answering([() => new StaleUserError("It was changed.", { perhapsByUs: true })], () => active);
  t.is((await lost.complete()).kind, "admitted");
  t.deepEqual(lost.told.audit, [], "it was active before");

  const perhaps = { before: inactive, after: active };
  const unanswered = answering([() => new StoreError("No answer.", { perhaps })]);
  await t.throwsAsync(unanswered.complete(), { instanceOf: StoreError, message: "No answer." });
  t.is(unanswered.updates(), 1);
  t.like(unanswered.told.audit, [{ action: "activate" }]);
  const mistaken = answering([() => new TypeError("a mistake")]);
  await t.throwsAsync(mistaken.complete(), { instanceOf: TypeError });
});

test("a change whose answer was lost is recorded from before it", async (t) => {
  const inactive = { ...MIA, access: noAccess("OrganizationNotFound", "") };
  const active = { ...MIA, access: GIVEN };
  let known = inactive;
  const { complete, told } = counting(
    {},
    {
      findByServiceAccount: async () => [inactive],
      fresh: async () => known,
      update: async (user) => {
        if (user.access?.active) return user;
        known = active;
        throw new StaleUserError("It was changed.", { perhapsByUs: true });
      },
    },
  );
  t.is((await complete()).kind, "admitted");
  t.like(told.audit, [{ action: "activate" }]);
});

test("failures of one account count together whatever address they come from, and those of one address whatever account", async (t) => {
  const { complete } = counting({ keys: { verify: async () => "forged" } });
  const whys = [];
  for (let i = 0; i < 4; i++) {
    const result = await complete(TOKEN, `192.0.2.${i}`);
    whys.push(result.kind === "refused" && result.why);
  }
  t.deepEqual(whys, ["not-valid", "not-valid", "not-valid", "too-many-failures"]);
  const ben = { ...MIA, ref: "team/ben", serviceAccountName: "ben" };
  const two = counting(
    { keys: { verify: async () => "forged" } },
    { findByServiceAccount: async (_organization, name) => (name === "ben" ? [ben] : [MIA]) },
  );
  for (let i = 0; i < 4; i++) await two.complete(TOKEN, `192.0.2.${i}`);
  const bens = await two.complete(tokenOf({ sub: "system:serviceaccount:own:ben" }), "192.0.2.9");
  t.is(bens.kind === "refused" && bens.why, "not-valid", "another account's failures are another matter");
  const address = counting();
  const others = [];
  for (let i = 0; i < 4; i++) {
    const result = await address.complete("nonsense");
    others.push(result.kind === "refused" && result.why);
  }
  t.deepEqual(others, ["not-valid", "not-valid", "not-valid", "too-many-failures"]);
});

test("tokens of which nobody can say whether they are true wait apart from those that are", async (t) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let asked = 0;
  let signed: "signed" | "unknown" = "unknown";
  const { complete } = counting({
    keys: { verify: async () => signed },
    client: {
      create: async (_type, object) => {
        asked++;
        if (signed === "unknown") await promise;
        return { ...object, status: ACCEPTED } as never;
      },
    },
  });
  const crowd = Array.from({ length: 9 }, () => complete());
  await new Promise(setImmediate);
  t.is(asked, 4, "at once");
  signed = "signed";
  t.is((await complete()).kind, "admitted");
  resolve();
  await Promise.all(crowd);
  t.is(asked, 10);
});
