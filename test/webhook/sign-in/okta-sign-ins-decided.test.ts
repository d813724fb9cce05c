import test from "ava";
import { Registry } from "prom-client";
import type { Organization } from "../../../crds/types.ts";
import {
  type AuditRecord,
  CompiledPolicy,
  type GroupsClaim,
  type IdentityStore,
  type LossDecision,
  type NotedSignIn,
  StoreError,
  type User,
} from "../../../identity/index.ts";
import { ConnectionError } from "../../../kubernetes/index.ts";
import { DirectoryRateLimitedError } from "../../../okta/directory/directory-errors.ts";
import { HttpConnectionError } from "../../../okta/http/http-errors.ts";
import type { SignedIn } from "../../../okta/oidc/oidc.ts";
import type { DirectoryClients } from "../../../organizations/directory-clients.ts";
import { WebhookMetrics } from "../../../webhook/metrics.ts";
import { UnknownOrganizationError } from "../../../webhook/organizations.ts";
import type { GroupsClaimStatus } from "../../../webhook/sign-in/groups-claim-condition.ts";
import { groupsInDirectory, OktaSignIns } from "../../../webhook/sign-in/okta-sign-ins.ts";
import { SimulatedStore } from "../../identity/simulated-store.ts";
import { organization } from "../../organizations/organization.ts";

const KEY = "team/acme";
const bare = organization(KEY, "acme");
const SEEN = {
  issuer: "https://acme.okta.com",
  clientID: "0oa1",
  claim: "groups",
  receivedTime: "2026-01-01T00:00:00Z",
};

type Ask = DirectoryClients["ask"];
/** What a directory says of a person. */
type Asked = Parameters<Parameters<Ask>[1]>[0];

function withDirectory(made: Organization): Organization {
  const directory = {
    url: "https://acme.okta.com",
    provision: "OnLogin" as const,
    pollInterval: "1m",
    fullSyncInterval: "1h",
  };
  return { ...made, spec: { ...made.spec, okta: { ...made.spec.okta, directory } } };
}

function directoryOf(groups: { id: string; name: string }[], status = "ACTIVE"): Asked {
  return { user: async () => ({ status }), userGroups: async () => groups } as unknown as Asked;
}

interface Options {
  readonly place?: Organization | undefined;
  readonly policy?: CompiledPolicy | undefined;
  readonly store?: Partial<IdentityStore>;
  readonly ask?: Ask;
  readonly decision?: LossDecision;
  readonly isClaimLost?: boolean;
}

const POLICY = new CompiledPolicy(
  [{ name: "service-admin" }],
  [{ name: "services", groups: [{ name: "service_admin" }], roles: ["service-admin"] }],
);

/** Sign-ins at acme, on a store in memory, with all that they tell. */
function scene(options: Options = {}) {
  const { decision = "take", isClaimLost = false } = options;
  const place = "place" in options ? options.place : bare;
  const policy = "policy" in options ? options.policy : POLICY;
  const stored = new SimulatedStore();
  const store: IdentityStore = Object.assign(Object.create(stored), bound(stored), options.store);
  const told = {
    audit: [] as AuditRecord[],
    written: 0,
    signedIn: [] as string[],
    failed: [] as (string | number)[][],
    claim: [] as string[],
    noted: [] as [string, NotedSignIn][],
    disposed: 0,
    asked: 0,
  };
  const registry = new Registry();
  const signIns = new OktaSignIns({
    store,
    organization: (key) => (key === KEY ? place : undefined),
    policies: {
      of: (key) =>
        key === KEY && policy
          ? { issuer: "https://acme.okta.com", policy, held: false, paused: false }
          : undefined,
    },
    directories: {
      ask: (...args) => {
        told.asked++;
        return options.ask ? options.ask(...args) : Promise.resolve(undefined);
      },
    },
    losses: {
      allow: async () =>
        isClaimLost
          ? undefined
          : {
              decide: () => decision,
              [Symbol.dispose]: () => {
                told.disposed++;
              },
            },
    },
    audit: {
      write: (records) => {
        told.written++;
        told.audit.push(...records);
      },
    },
    reporter: {
      signedIn: ({ email }) => void told.signedIn.push(email ?? ""),
      failed: (key, { subject }, grants, error) =>
        void told.failed.push([key, subject, grants.length, error.message]),
      groupsClaim: (_organization, { condition }: GroupsClaimStatus) =>
        void told.claim.push(`${condition.status} ${condition.reason}`),
    },
    times: { note: ({ ref }, signIn) => void told.noted.push([ref, signIn]) },
    metrics: new WebhookMetrics(registry),
  });
  const outcomes = async (): Promise<string[]> => {
    const text = await registry.metrics();
    return [...text.matchAll(/^okta_role_provisioning_duration_seconds_count\{outcome="(\w+)"\} (\d+)$/gm)]
      .map(([, outcome, count]) => `${outcome} ${count}`)
      .sort();
  };
  const seconds = async (): Promise<number> =>
    Number(/_duration_seconds_sum\{.*\} (\S+)/.exec(await registry.metrics())?.[1]);
  const complete = (claim: GroupsClaim, more: Partial<SignedIn> = {}) =>
    signIns.complete(KEY, {
      person: {
        issuer: "https://acme.okta.com",
        subject: "00u1",
        email: "ada@acme.example",
        emailVerified: true,
      },
      groups: claim,
      idToken: "a.b.c",
      returnTo: "",
      ...more,
    });
  return { complete, told, store: stored, signIns, outcomes, seconds };
}

/** The methods of a store, for an object that replaces some of them. */
function bound(store: SimulatedStore): Partial<IdentityStore> {
  const methods = [
    "get",
    "read",
    "fresh",
    "find",
    "freshBySubject",
    "findLocalByEmail",
    "isCurrent",
    "create",
    "update",
  ];
  return Object.fromEntries(
    methods.map((name) => [
      name,
      (...args: unknown[]) => Reflect.apply(Reflect.get(store, name), store, args),
    ]),
  );
}

const claim = (...names: string[]): GroupsClaim => ({ kind: "groups", names });
const many = (...names: string[]): GroupsClaim =>
  claim(...names, ...Array.from({ length: 100 - names.length }, (_, i) => `group-${i}`));
const MISSING: GroupsClaim = { kind: "missing" };

test("the first sign-in makes an account, and everybody concerned is told; the next is a time to be noted", async (t) => {
  const { complete, told, outcomes, seconds } = scene();
  const before = Date.now();
  const began = performance.now();
  const first = await complete(claim("service_admin"));
  t.like(first, { kind: "admitted", user: { email: "ada@acme.example" } });
  t.false("explanation" in first);
  t.true((await seconds()) <= (performance.now() - began) / 1000);
  t.deepEqual(
    told.audit.map(({ action }) => action),
    ["activate", "grant"],
  );
  t.deepEqual(told.signedIn, ["ada@acme.example"]);
  t.deepEqual(told.claim, ["True Received"]);
  t.deepEqual(told.noted, []);
  t.like(await complete(claim("service_admin")), { kind: "admitted" });
  t.is(told.audit.length, 2);
  t.is(told.signedIn.length, 2);
  t.like(told.noted, [{ 1: { outcome: "Admitted", reason: "MappedGroup" } }]);
  t.true((told.noted[0]?.[1].at ?? 0) >= before);
  t.is(told.disposed, 2);
  t.deepEqual(await outcomes(), ["admitted 2"]);
});

test("who is in no mapped group is refused, with the groups that came and why they don't do", async (t) => {
  const { complete, told, outcomes } = scene();
  const result = await complete(claim("marketing"));
  t.like(result, { kind: "refused", groups: [{ name: "marketing" }], user: undefined });
  t.true(result.kind === "refused" && result.explanation.obstacles.length > 0);
  const nearly = await complete(claim("Service_Admin"));
  t.is(nearly.kind === "refused" && nearly.explanation.misses.length, 1, "one is nearly it");
  t.is(told.written, 0, "there is no account of which anything could be recorded");
  t.deepEqual([told.signedIn, told.noted], [[], []]);
  t.deepEqual(await outcomes(), ["refused 2"]);
});

test("who has left the last mapped group is deactivated, which is recorded; when they come again it is a time", async (t) => {
  const { complete, told } = scene();
  await complete(claim("service_admin"));
  t.like(await complete(claim("marketing")), { kind: "refused", user: { access: { active: false } } });
  t.true(told.audit.some(({ action }) => action === "deactivate"));
  t.deepEqual(told.noted, []);
  await complete(claim("marketing"));
  t.like(told.noted, [{ 1: { outcome: "Refused", reason: "NoMappedGroup" } }]);
  t.is(told.signedIn.length, 1);
});

test("what a safeguard holds leaves the account as it is, and says so", async (t) => {
  const { complete, told, store } = scene({ decision: "hold" });
  await complete(claim("service_admin"));
  const result = await complete(claim("marketing"));
  t.like(result, { kind: "undecided", reason: "DeactivationsHeld" });
  t.true(result.kind === "undecided" && result.why !== "");
  const subject = { issuer: "https://acme.okta.com", subject: "00u1" };
  t.true((await store.find(KEY, subject))?.access?.active);
  t.like(told.noted, [{ 1: { outcome: "Refused", reason: "DeactivationsHeld" } }]);
});

test("a claim that can't be used decides nothing: it is told of, and noted of those who have an account", async (t) => {
  const { complete, told, store } = scene();
  const invalid = { kind: "invalid", why: "It is a number." } as const;
  t.deepEqual(await complete(invalid), { kind: "undecided", reason: "ClaimInvalid", why: "It is a number." });
  t.deepEqual(told.claim, ["False ClaimInvalid"]);
  t.deepEqual(told.noted, []);
  await complete(claim("service_admin"));
  await complete(invalid);
  const [[ref, signIn] = []] = told.noted;
  t.is(ref, (await store.find(KEY, { issuer: "https://acme.okta.com", subject: "00u1" }))?.ref);
  t.like(signIn, { outcome: "Refused", reason: "ClaimInvalid" });
  t.is(told.disposed, 1, "nobody was asked for leave");
});

test("a claim that has stopped coming is told of as lost, and takes nothing", async (t) => {
  const seen = { ...bare, status: { groupsClaim: SEEN } };
  const before = scene({ place: seen });
  await before.complete(claim("service_admin"));
  const { complete, told } = scene({
    place: seen,
    isClaimLost: true,
    store: { find: (...args) => before.store.find(...args) },
  });
  t.like(await complete(MISSING), { kind: "undecided", reason: "ClaimLost" });
  t.deepEqual(told.claim, ["False ClaimLost"]);
  t.like(told.noted, [{ 1: { outcome: "Refused", reason: "ClaimLost" } }]);
});

test("a list of a hundred groups may be cut: it gives, and where it would take the account stays as it is", async (t) => {
  const { complete, told } = scene();
  t.like(await complete(many("service_admin")), { kind: "admitted" });
  t.deepEqual(told.claim, ["True TooManyGroups"]);
  t.like(await complete(many()), { kind: "undecided", reason: "TooManyGroups" });
  t.deepEqual(told.claim, ["True TooManyGroups", "False TooManyGroups"]);
  const held = scene({ decision: "hold" });
  await held.complete(claim("service_admin"));
  await held.complete(claim("marketing"));
  t.deepEqual(held.told.claim, ["True Received", "True Received"], "held for another reason");
});

test("attributes that couldn't be read stay as they are stored, where there were some", async (t) => {
  const { complete, store } = scene();
  const person = { issuer: "https://acme.okta.com", subject: "00u1", emailVerified: false };
  const unread = new HttpConnectionError("Okta", "no");
  const named = async (more: object, isUnread = true) => {
    await complete(claim("service_admin"), {
      person: { ...person, ...more },
      ...(isUnread ? { unread } : {}),
    });
    const { email, name } = (await store.find(KEY, person)) ?? {};
    return [email, name];
  };
  t.deepEqual(await named({}), [undefined, undefined]);
  t.deepEqual(await named({ email: "ada@acme.example", name: "Ada" }), ["ada@acme.example", "Ada"]);
  t.deepEqual(await named({}), ["ada@acme.example", "Ada"]);
  t.deepEqual(await named({ name: "Ada B." }), ["ada@acme.example", "Ada B."]);
  t.deepEqual(await named({ email: "b@acme.example" }), ["b@acme.example", "Ada B."]);
  t.deepEqual(await named({}, false), [undefined, undefined], "Okta says that there are none");
});

const BY_ID = new CompiledPolicy(
  [{ name: "service-admin" }],
  [
    { name: "services", groups: [{ name: "service_admin" }], roles: ["service-admin"] },
    { name: "by-id", groups: [{ id: "00g1", currentName: "portal_admin" }], roles: ["service-admin"] },
  ],
);

const away: Ask = () => Promise.reject(new DirectoryRateLimitedError(1_000));

test("the directory is asked where the claim doesn't say enough, and where there is one", async (t) => {
  const full = withDirectory(bare);
  const said: Ask = (_organization, question) =>
    question(directoryOf([{ id: "00g9", name: "service_admin" }]));
  const missing = scene({ place: full, ask: said });
  t.like(await missing.complete(MISSING), { kind: "admitted", user: { groupsFrom: "Directory" } });
  t.deepEqual(missing.told.claim, ["Unknown ReadFromDirectory"]);
  const enough = scene({ place: full, ask: said });
  t.like(await enough.complete(claim("service_admin")), { kind: "admitted", user: { groupsFrom: "Claim" } });
  t.is(enough.told.asked, 0);
  const inactive: Ask = (_organization, question) =>
    question(directoryOf([{ id: "00g9", name: "service_admin" }], "SUSPENDED"));
  t.like(await scene({ place: full, ask: inactive }).complete(MISSING), { kind: "refused" });

  const none = scene({ policy: BY_ID });
  t.like(await none.complete(claim("service_admin")), { kind: "admitted" });
  t.is(none.told.asked, 0, "by id, and there is no directory");
  t.like(await none.complete(MISSING), { kind: "undecided", reason: "ClaimNotSetUp" });
  t.is(none.told.asked, 1);
  const byID = scene({ place: full, policy: BY_ID, ask: said });
  t.like(await byID.complete(claim("service_admin")), {
    kind: "admitted",
    user: { groupsFrom: "Directory" },
  });
});

test("while the directory can't be read, those wait whom it could concern, and nobody else", async (t) => {
  const full = withDirectory(bare);
  const groups = scene({ place: full, ask: away });
  for (const needed of [MISSING, many("service_admin")])
    t.like(await groups.complete(needed), { kind: "undecided", reason: "DirectoryUnavailable" });

  const ids = scene({ place: full, policy: BY_ID, ask: away });
  t.like(await ids.complete(claim("service_admin")), { kind: "admitted", user: { groupsFrom: "Claim" } });
  t.like(await ids.complete(claim("portal_admin")), { kind: "undecided", reason: "DirectoryUnavailable" });
  const holder = scene({
    place: full,
    policy: BY_ID,
    ask: (_organization, question) => question(directoryOf([{ id: "00g1", name: "portal_admin" }])),
  });
  await holder.complete(claim("portal_admin"));
  const later = scene({
    place: full,
    policy: BY_ID,
    ask: away,
    store: { find: (...args) => holder.store.find(...args) },
  });
  t.like(await later.complete(claim("service_admin")), { kind: "undecided", reason: "DirectoryUnavailable" });
});

test("when the account can't be written nobody is signed in, and those who would have got something by a mapping are told of", async (t) => {
  const perhaps = {
    before: undefined,
    after: { ...({} as User), organization: KEY, ref: "team/a", uid: "u" } as User,
  };
  for (const [error, recorded] of [
    [new StoreError("It is away."), 0],
    [new StoreError("No answer.", { perhaps }), 1],
  ] as const) {
    const { complete, told, outcomes } = scene({ store: { create: () => Promise.reject(error) } });
    await t.throwsAsync(complete(claim("service_admin")), { is: error });
    t.deepEqual(told.failed, [[KEY, "00u1", 1, error.message]]);
    t.is(told.written, recorded);
    t.deepEqual(await outcomes(), ["failed 1"]);
    t.deepEqual(told.signedIn, []);
    t.is(told.disposed, 1);
  }
  const unread = scene({ store: { find: () => Promise.reject(new StoreError("It is away.")) } });
  await t.throwsAsync(unread.complete(claim("service_admin")), { instanceOf: StoreError });
  t.is(unread.told.failed[0]?.[2], 1, "what the groups give is all there is to say");
  const mistaken = scene({ store: { create: () => Promise.reject(new TypeError("a mistake")) } });
  await t.throwsAsync(mistaken.complete(claim("service_admin")), { instanceOf: TypeError });
  t.deepEqual(mistaken.told.failed, []);
});

test("an organization that was deleted meanwhile signs nobody in", async (t) => {
  for (const gone of [{ place: undefined }, { policy: undefined }])
    await t.throwsAsync(scene(gone).complete(claim("service_admin")), {
      instanceOf: UnknownOrganizationError,
    });
});

test("what the directory says of a person are their groups and status; a failure of Okta's or of the cluster's is an answer", async (t) => {
  const asked = (ask: Ask) => groupsInDirectory({ ask }, bare, "00u1");
  const groups = [{ id: "00g1", name: "a", type: "OKTA_GROUP" }];
  t.deepEqual(await asked((_organization, question) => question(directoryOf(groups, "STAGED"))), {
    kind: "groups",
    groups: [{ id: "00g1", name: "a" }],
    status: "STAGED",
  });
  t.deepEqual(await asked(async () => undefined), { kind: "none" });
  const nobody = { user: async () => undefined, userGroups: async () => [] } as unknown as Asked;
  t.like(await asked((_organization, question) => question(nobody)), { kind: "failed" });
  for (const error of [new DirectoryRateLimitedError(1), new ConnectionError("refused", { sent: false })])
    t.deepEqual(await asked(() => Promise.reject(error)), { kind: "failed", why: error.message });
  await t.throwsAsync(
    asked(() => Promise.reject(new TypeError("a mistake"))),
    { instanceOf: TypeError },
  );
});
