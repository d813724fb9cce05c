import test from "ava";
import type { Organization } from "../../../crds/types.ts";
import type { DesiredCondition, DesiredStatus } from "../../../kubernetes/index.ts";
import type { LoginPathVerdict } from "../../../operator/organizations/login-paths.ts";
import type { Looked } from "../../../operator/organizations/okta-checks.ts";
import {
  OWNED_STATUS,
  reconcileOrganization,
} from "../../../operator/organizations/reconcile-organization.ts";
import { PendingSet } from "../../../operator/users/pending-set.ts";
import { organization } from "../../organizations/organization.ts";

const acme = organization("team/acme", "shop");
const HOLDS: Looked = {
  issuer: { kind: "discovered" },
  credentials: { kind: "resolved", by: "secret", accepted: true },
  directory: { kind: "none" },
  eventHook: { kind: "found" },
  againMs: 60_000,
};
const CHECKING: Looked = { ...HOLDS, issuer: { kind: "checking" } };
const NOT_HELD = {
  ...{ pending: 0, recent: 0, active: 3, exceeds: false, lastAdminRoles: [], held: false, approval: "" },
};
const HELD = { ...NOT_HELD, pending: 3, exceeds: true, held: true, approval: "0a1b2c3d" };

interface Scene {
  readonly object?: Organization | undefined;
  readonly looked?: Looked;
  readonly deactivations?: typeof NOT_HELD | undefined;
  readonly settled?: number;
  readonly loginPath?: LoginPathVerdict;
  readonly followed?: object;
  readonly writes?: boolean;
}

/** One reconcile, and what came of it. */
async function reconciled(scene: Scene = {}) {
  const { object, looked, deactivations, settled, loginPath, followed, writes } = {
    object: acme,
    looked: HOLDS,
    deactivations: NOT_HELD,
    settled: 0,
    loginPath: { kind: "accepted" } as LoginPathVerdict,
    writes: true,
    ...scene,
  };
  const pending = new PendingSet();
  for (const who of ["ada", "ben", "cy"])
    pending.set(`team/${who}`, {
      cause: "MappingsChanged",
      isDeactivated: true,
      adminRoles: [],
      missing: [],
      who,
    });
  const came = {
    did: [] as string[],
    held: [] as unknown[],
    events: [] as string[],
    observed: 0,
    callback: "",
  };
  let written: DesiredStatus | undefined;
  const outcome = await reconcileOrganization("team/acme", {
    organizations: { get: () => object, observe: () => void came.observed++ } as never,
    okta: {
      look: (_: unknown, callback: string) => {
        came.callback = callback;
        return looked;
      },
      forget: (key: string) => void came.did.push(`forget ${key}`),
    } as never,
    sync: { of: () => followed as never, follow: (key: string) => void came.did.push(`follow ${key}`) },
    hints: { get: () => undefined },
    loginPaths: { settle: async () => void came.did.push("settle"), of: () => loginPath } as never,
    mappings: { by: () => [] } as never,
    hold: { offer: () => deactivations, settled: () => settled } as never,
    held: { tell: (_, causes) => void came.held.push(causes && [...causes]) },
    pending: { of: () => pending },
    counts: { of: () => ({ registered: 5, active: 3 }) },
    lookAgain: (refs) => void came.did.push(`look ${[...refs]}`),
    status: {
      apply: async (_: unknown, __: unknown, status: DesiredStatus, owned: unknown) => {
        if (owned !== OWNED_STATUS) throw new Error("it owns something else");
        written = status;
        return writes ? object : undefined;
      },
    } as never,
    events: { record: ({ reason }: { reason: string }) => void came.events.push(reason) } as never,
    baseURL: "https://login.example.com",
  });
  const conditions = (written?.conditions ?? []).map(
    ({ type, status, reason }: DesiredCondition) => `${type} ${status} ${reason}`,
  );
  const messages = (written?.conditions ?? []).map(({ message }) => message);
  const { conditions: _, ...fields } = written ?? {};
  return { ...came, outcome, isWritten: written !== undefined, conditions, messages, fields };
}

const done = { kind: "done" } as const;
const URI = "https://login.example.com";

test("of one that is gone nobody is held any more, its Okta is forgotten, and its path is kept", async (t) => {
  const gone = await reconciled({ object: undefined });
  t.like(gone, { outcome: done, isWritten: false });
  t.deepEqual(gone.did, ["settle", "forget team/acme", "follow team/acme"]);
  t.deepEqual(gone.held, [undefined]);
});

test("where all holds, people can sign in, and it is told where", async (t) => {
  const came = await reconciled({ settled: Date.UTC(2026, 10, 27, 12), followed: { notShown: [] } });
  t.deepEqual(came.conditions, [
    "Ready True Ready",
    "LoginPathAccepted True Accepted",
    "IssuerDiscovered True Discovered",
    "CredentialsResolved True Accepted",
    "DirectoryReachable Unknown NoDirectory",
    "DirectorySynced Unknown NoDirectory",
    "DeactivationsWithinLimit True WithinLimit",
  ]);
  t.deepEqual(came.fields, {
    observedGeneration: undefined,
    users: { registered: 5, active: 3 },
    deactivationsSettledTime: "2026-11-27T12:00:00Z",
    loginURI: `${URI}/login/shop`,
    callbackURI: `${URI}/callback/shop`,
    directory: {},
  });
  t.is(came.callback, `${URI}/callback/shop`);
  t.deepEqual(came.did, ["settle", "follow team/acme", "look team/ada,team/ben,team/cy"]);
  t.deepEqual(came.held, [undefined]);
  t.deepEqual(came.events, ["Ready"]);
  t.like(came, { outcome: { kind: "again", afterMs: 60_000 }, observed: 1 });
  t.is((await reconciled({ writes: false })).observed, 0);
});

test("an event hook is told of where there is one, and where to call only at a path of its own", async (t) => {
  const secretRef = { name: "s", key: "k" };
  const object = { ...acme, spec: { ...acme.spec, okta: { ...acme.spec.okta, eventHook: { secretRef } } } };
  const came = await reconciled({ object });
  t.is(came.fields.eventHookURI, `${URI}/hooks/okta/shop`);
  t.true(came.conditions.includes("EventHookVerified Unknown NotVerified"));
  t.true(came.messages.some((message) => message.includes(`calls ${URI}/hooks/okta/shop, `)));
  const eventHook = {
    kind: "missing",
    message: "There is no Secret s in this namespace: create it.",
  } as const;
  const missing = await reconciled({ object, looked: { ...HOLDS, eventHook } });
  t.is(missing.conditions[0], "Ready False EventHookSecretMissing");
  t.true(missing.conditions.includes("EventHookVerified False EventHookSecretMissing"));
  t.true(missing.messages.includes(eventHook.message), "and which Secret that is");
  for (const [loginPath, ready] of [
    [{ kind: "taken", by: "other/shop" }, "Ready False LoginPathTaken"],
    [{ kind: "not-allowed", prefixes: ["team-"] }, "Ready False LoginPathNotAllowed"],
    [{ kind: "unreserved", why: "forbidden" }, "Ready Unknown LoginPathUnreserved"],
  ] as const) {
    const without = await reconciled({ object, loginPath });
    t.deepEqual(Object.keys(without.fields), ["observedGeneration", "users"]);
    t.is(without.conditions[0], ready);
    t.true(without.conditions.includes("EventHookVerified Unknown NotVerified"));
    t.true(
      without.messages.includes(
        "There is no address yet for Okta's event hook to call: see the condition LoginPathAccepted.",
      ),
    );
    t.false(without.messages.some((message) => message.includes(URI)));
  }
});

test("while people are counted nothing is said; who is held is told, and nobody is looked at again", async (t) => {
  t.like(await reconciled({ deactivations: undefined }), { outcome: done, isWritten: false, held: [] });
  const held = await reconciled({ deactivations: HELD as never });
  t.deepEqual(held.did, ["settle", "follow team/acme"]);
  t.deepEqual(held.held, [[["MappingsChanged", 3]]]);
  t.is(held.conditions[0], "Ready False DeactivationsHeld");
  t.deepEqual(held.events, ["DeactivationsHeld"], "once, though two conditions say so");
  const both = await reconciled({
    deactivations: HELD as never,
    loginPath: { kind: "taken", by: "other/x" },
  });
  t.deepEqual(both.events, ["LoginPathTaken", "DeactivationsHeld"], "what Ready doesn't say");
});

test("an answer that comes in a moment is waited for; then that it is being asked is said", async (t) => {
  const { againMs: _, ...asking } = CHECKING;
  t.like(await reconciled({ looked: { ...asking, patienceMs: 200 } }), {
    outcome: { kind: "again", afterMs: 200 },
    isWritten: false,
  });
  const slow = await reconciled({ looked: { ...asking, patienceMs: 0 } });
  t.deepEqual(slow.conditions.slice(0, 2), ["Ready Unknown Checking", "Reconciling True Checking"]);
  t.deepEqual(slow.outcome, done);
  const known = await reconciled({ looked: { ...HOLDS, patienceMs: 200 } });
  t.true(known.isWritten);
});

test("what was said of the same generation stays until Okta says something else", async (t) => {
  const said = (observedGeneration: number | undefined) => ({
    ...{ type: "IssuerDiscovered", status: "False", reason: "WrongIssuer", message: "Why." },
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
  });
  const object = (generation: number, observed: number | undefined) =>
    ({
      ...acme,
      metadata: { ...acme.metadata, generation },
      status: { conditions: [said(observed)] },
    }) as Organization;
  const issuer = async (of: Organization, looked: Looked) =>
    (await reconciled({ object: of, looked })).conditions.find((each) => each.startsWith("IssuerDiscovered"));
  t.is(await issuer(object(1, 1), CHECKING), "IssuerDiscovered False WrongIssuer");
  t.is(await issuer(object(2, 1), CHECKING), "IssuerDiscovered Unknown Checking");
  t.is(await issuer(object(1, 1), HOLDS), "IssuerDiscovered True Discovered");
});

test("where sign-ins have shown no groups claim nobody can sign in, and Ready says so", async (t) => {
  const claim = { type: "GroupsClaimReceived", status: "False", reason: "ClaimNotSetUp", message: "Why." };
  const object = { ...acme, status: { conditions: [claim] } } as unknown as Organization;
  const { conditions } = await reconciled({ object });
  t.is(conditions[0], "Ready False ClaimNotSetUp");
  t.false(
    conditions.some((each) => each.startsWith("GroupsClaimReceived")),
    "that is the webhook's to write",
  );
});

test("a paused organization says so", async (t) => {
  const annotations = { "rolemapping.dev/pause": "" };
  const object = { ...acme, metadata: { ...acme.metadata, annotations } };
  const { conditions } = await reconciled({ object });
  t.deepEqual(conditions.slice(0, 2), ["Ready True Paused", "Paused True Paused"]);
});

test("a path that could not be reserved is tried again soon, whatever Okta says", async (t) => {
  const loginPath = { kind: "unreserved", why: "forbidden" } as const;
  const again = async (looked: Looked) => (await reconciled({ loginPath, looked })).outcome;
  const { againMs: _, ...asking } = HOLDS;
  t.deepEqual(await again(HOLDS), { kind: "again", afterMs: 5_000 });
  t.deepEqual(await again({ ...HOLDS, againMs: 1_000 }), { kind: "again", afterMs: 1_000 });
  t.deepEqual(await again({ ...asking, patienceMs: 0 }), { kind: "again", afterMs: 5_000 });
});
