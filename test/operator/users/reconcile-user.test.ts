import test from "ava";
import {
  type Access,
  type AuditRecord,
  type CompiledPolicy,
  type IdentityStore,
  noAccess,
  type Policies,
  resolveStoredAccess,
  StaleUserError,
  StoreError,
  type User,
  type UserChange,
} from "../../../identity/index.ts";
import { reconcileUser } from "../../../operator/users/reconcile-user.ts";
import { UnfinishedSignIns } from "../../../operator/users/unfinished-sign-ins.ts";
import { account, ISSUER, policy, withoutMapping } from "../../identity/an-account.ts";

/** What follows from the policy for the account. */
const resolved = (inForce: CompiledPolicy): Access =>
  resolveStoredAccess(account(), { issuer: ISSUER, policy: inForce, held: false });
const NONE = noAccess("NoMappedGroup", "");
const ADMIN = { role: "organization-admin", mapping: "services", group: "service_admin" };
const asAdmin = (): Access => ({ ...(account().access as Access), grants: [ADMIN] });

interface Scene {
  readonly inForce?: CompiledPolicy | undefined;
  readonly held?: boolean | undefined;
  readonly approval?: string;
  readonly isCurrent?: boolean;
  readonly fails?: Error;
  /** What is stored when somebody else was faster. */
  readonly stored?: User | undefined;
  /** What reading that fails with. */
  readonly unread?: Error;
  /** It was written of what Okta's directory says. */
  readonly ofDirectory?: boolean;
}

/** One reconcile of an account, and what came of it. */
async function reconciled(user: User | undefined, scene: Scene = {}) {
  const {
    inForce,
    held = false,
    approval,
    isCurrent = true,
    fails,
    ofDirectory = false,
  } = {
    inForce: policy,
    ...scene,
  };
  const written: UserChange[] = [];
  const records: AuditRecord[] = [];
  const putOff: string[] = [];
  const asked: string[] = [];
  const store = {
    read: async () => user,
    fresh: async () => {
      if (scene.unread) throw scene.unread;
      return scene.stored;
    },
    update: async (before: User, change: UserChange) => {
      if (fails) throw fails;
      written.push(change);
      return { ...before, ...(change.access ? { access: change.access } : {}), decided: true };
    },
  } as unknown as IdentityStore;
  const unfinished = new UnfinishedSignIns();
  if (ofDirectory && user) unfinished.isComplete(user);
  const outcome = reconcileUser("acme/acme-x", {
    store,
    policies: {
      of: () => inForce && { issuer: ISSUER, policy: inForce, held: false },
    } as unknown as Policies,
    pending: { putOff: ({ ref }) => void putOff.push(ref) },
    hold: {
      holds: () => {
        asked.push("held?");
        return "held" in scene ? scene.held : held;
      },
      approvalOf: () => approval,
    },
    audit: { write: (some: readonly AuditRecord[]) => void records.push(...some) } as never,
    unfinished,
    cacheLag: {
      isCurrent: (_, __, isOurs) => {
        asked.push(isOurs ? "current, ours?" : "current?");
        return isCurrent;
      },
    },
  });
  const [error, result] = await outcome.then(
    (value) => [undefined, value],
    (reason: Error) => [reason, undefined],
  );
  return {
    error,
    outcome: result,
    reasons: written.map(({ access }) => access?.reason),
    causes: written.map(({ cause }) => cause?.reason),
    actions: records.map(({ action }) => action),
    records,
    putOff,
    asked,
  };
}

const done = { kind: "done" } as const;

test("nothing is written of who is gone, nor of whom all that is stored follows from the policy", async (t) => {
  t.like(await reconciled(undefined), { outcome: done, reasons: [] });
  const same = await reconciled(account({ access: resolved(policy) }));
  t.like(same, { outcome: done, reasons: [], actions: [] });
  t.deepEqual(same.asked, [], "and nobody is asked whether it is held");
});

test("what isn't decided yet, or was written by an earlier version, is written though it is the same", async (t) => {
  const { access: _, ...never } = account();
  for (const [user, causes] of [
    [account({ decided: false, access: resolved(policy) }), 1],
    [account({ outdated: true, access: resolved(policy) }), 1],
    [never, 1],
  ] as const)
    t.is((await reconciled(user, { ...{ ofDirectory: true } })).causes.length, causes);
});

test("a sign-in whose second write is to come is waited for", async (t) => {
  t.deepEqual(await reconciled(account({ decided: false })).then(({ outcome }) => outcome), {
    kind: "again",
    afterMs: 1500,
  });
});

test("whoever the policy gives nothing is put out, with the cause, and it is recorded", async (t) => {
  const out = await reconciled(account(), { inForce: withoutMapping });
  t.like(out, { outcome: done, reasons: ["NoMappedGroup"], causes: ["MappingsChanged"] });
  t.deepEqual(out.actions, ["revoke", "deactivate"]);
  t.deepEqual(out.asked, ["held?", "current?"]);
  const approved = await reconciled(account(), { inForce: withoutMapping, approval: "0a1b2c3d" });
  t.deepEqual(approved.causes, ["Approved"]);
  t.regex(approved.records[0]?.cause.detail ?? "", /0a1b2c3d/);
  const gains = await reconciled(account({ access: NONE }), { approval: "0a1b2c3d" });
  t.not(gains.causes[0], "Approved", "that was somebody's loss");
  const seen = await reconciled(account({ decided: false }), { inForce: withoutMapping, ofDirectory: true });
  t.deepEqual(seen.causes, ["SeenInDirectory"]);
  t.deepEqual(seen.asked, ["held?", "current, ours?"]);
});

test("while it is held everything stays; while people are counted nothing is written, and they come again", async (t) => {
  t.like(await reconciled(account(), { inForce: withoutMapping, held: true }), {
    outcome: done,
    reasons: ["DeactivationHeld"],
    actions: [],
    putOff: [],
  });
  t.like(await reconciled(account(), { inForce: withoutMapping, held: undefined }), {
    outcome: done,
    reasons: [],
    putOff: ["acme/acme-x"],
  });
  const gains = await reconciled(account({ access: NONE }), { held: undefined });
  t.like(gains, { reasons: ["MappedGroup"], putOff: [], actions: ["activate", "grant"] });
});

test("an admin role isn't taken before it is known whether somebody else has it; another role is", async (t) => {
  const loses = (access: Access, held: boolean | undefined) => reconciled(account({ access }), { held });
  t.like(await loses(asAdmin(), undefined), { reasons: [], putOff: ["acme/acme-x"] });
  t.deepEqual((await loses(asAdmin(), true)).reasons, ["AdminRoleHeld"]);
  t.deepEqual((await loses(asAdmin(), false)).reasons, ["MappedGroup"]);
  const viewer = { ...asAdmin(), grants: [{ ...ADMIN, role: "viewer" }] };
  t.like(await loses(viewer, undefined), { reasons: ["MappedGroup"], asked: [] });
});

test("nobody is put out on the word of a cache that may be behind; others don't wait for it", async (t) => {
  const behind = { isCurrent: false } as const;
  t.like(await reconciled(account(), { ...behind, inForce: withoutMapping }), {
    outcome: { kind: "again", afterMs: 500 },
    reasons: [],
  });
  t.deepEqual((await reconciled(account({ access: NONE }), behind)).reasons, ["MappedGroup"]);
  t.deepEqual((await reconciled(account({ access: asAdmin() }), behind)).reasons, ["MappedGroup"]);
  const other = await reconciled(account({ access: noAccess("OrganizationNotFound", "") }), {
    ...behind,
    inForce: withoutMapping,
  });
  t.deepEqual(other.reasons, ["NoMappedGroup"]);
});

test("an organization that is gone puts people out, held or not; what another version says of that stays", async (t) => {
  t.deepEqual((await reconciled(account(), { inForce: undefined, held: undefined })).reasons, [
    "OrganizationNotFound",
  ]);
  const said = account({ access: noAccess("OrganizationNotFound", "In other words."), outdated: true });
  t.like(await reconciled(said, { inForce: undefined }), { outcome: done, reasons: [] });
  const undecided = { inForce: undefined, ofDirectory: true };
  t.is((await reconciled({ ...said, decided: false }, undecided)).reasons.length, 1);
});

test("what may have been stored is recorded as such; whoever was faster is looked at", async (t) => {
  const put = { inForce: withoutMapping };
  const after = account({ access: NONE, version: "2" });
  const lost = new StoreError("no answer", { perhaps: { before: account(), after } });
  const unknown = await reconciled(account(), { ...put, fails: lost });
  t.is(unknown.error, lost);
  t.deepEqual(unknown.actions, ["revoke", "deactivate"]);
  t.regex(unknown.records[0]?.cause.detail ?? "", /this may not be so/);
  const never = await reconciled(account(), { ...put, fails: new StoreError("down") });
  t.deepEqual(never.actions, []);

  const raced = { ...put, fails: new StaleUserError("changed") };
  t.like(await reconciled(account(), { ...raced, stored: undefined }), { outcome: done, actions: [] });
  t.like(await reconciled(account(), { ...raced, stored: account({ version: "2" }) }), {
    outcome: { kind: "again", afterMs: 0 },
    actions: [],
  });
  const ours = account({ version: "2", access: resolved(withoutMapping) });
  t.like(await reconciled(account(), { ...raced, stored: ours }), {
    outcome: done,
    actions: ["revoke", "deactivate"],
  });
});

test("where the answer was lost, and what is stored can't be read or is something else, what may be is recorded", async (t) => {
  const perhaps = { before: account(), after: account({ access: NONE, version: "2" }) };
  const lost = { inForce: withoutMapping, fails: new StaleUserError("ours?", { perhaps }) };
  const unread = await reconciled(account(), { ...lost, unread: new StoreError("It is away.") });
  t.like(unread.error, { message: "It is away." });
  const overtaken = await reconciled(account(), { ...lost, stored: account({ version: "3" }) });
  t.deepEqual(overtaken.outcome, { kind: "again", afterMs: 0 });
  const gone = await reconciled(account(), { ...lost, stored: undefined });
  t.deepEqual(gone.outcome, done);
  for (const { actions, records } of [unread, overtaken, gone]) {
    t.deepEqual(actions, ["revoke", "deactivate"]);
    t.regex(records[0]?.cause.detail ?? "", /this may not be so/);
  }
});
