import test from "ava";
import type { Organization } from "../../../crds/types.ts";
import { type DesiredStatus, rfc3339 } from "../../../kubernetes/index.ts";
import { keepOrganization } from "../../../operator/releases/keep-organization.ts";
import { organization } from "../../organizations/organization.ts";
import { toldKeepers } from "../../organizations/told-keepers.ts";

const [US, THEM] = ["ops/us", "ops/them"];
const patience = {
  takeOverMs: 60_000,
  settleMs: 5_000,
  undoneMs: 30_000,
  retry: { baseMs: 1_000, maxMs: 8_000 },
  contestedMs: 900_000,
};

/** A release, and an organization in whose status these names have stood one after the other. */
function scene(...names: (string | undefined)[]) {
  const state = { now: 1_000, isThere: true, writes: true };
  const acme = organization("team/acme", "acme", { uid: "u1" });
  let object: Organization = acme;
  const { keepers, tell } = toldKeepers({ release: US, patience, now: () => state.now });
  const named = (controller: string | undefined, conditions: object[] = []): void => {
    object = { ...acme, status: { ...(controller ? { controller } : {}), conditions } } as Organization;
    tell({ kind: "added", key: "team/acme", object });
  };
  for (const name of names) named(name);
  /** One reconcile. */
  const keep = async () => {
    const came = { ours: [] as string[], warned: [] as string[], events: [] as object[], observed: 0 };
    let written: { status: DesiredStatus; owned: object; options: object | undefined } | undefined;
    const outcome = await keepOrganization("team/acme", {
      organizations: {
        get: () => (state.isThere ? object : undefined),
        observe: () => void came.observed++,
      },
      keepers,
      status: {
        apply: (async (_: unknown, __: unknown, status: DesiredStatus, owned: object, options?: object) => {
          written = { status, owned, options };
          if (!state.writes) return undefined;
          named(status.controller as string, status.conditions as object[]);
          return object;
        }) as never,
      },
      events: { record: (event) => void came.events.push(event) },
      log: { warn: (_: object, message: string) => void came.warned.push(message) } as never,
      onOurs: (key) => void came.ours.push(key),
    });
    return { ...came, outcome, written };
  };
  return { state, keep, named, keepers };
}

test("an organization that nobody keeps gets our name, on what is stored, and is ours at once", async (t) => {
  const came = await scene().keep();
  t.deepEqual(came.written, {
    status: { controller: US, conditions: [] },
    owned: { fields: ["controller"], conditionTypes: ["Contested"] },
    options: { onlyIfUnchanged: true },
  });
  t.like(came, { outcome: { kind: "done" }, ours: ["team/acme"], observed: 1, warned: [], events: [] });
  const again = scene(US);
  again.state.writes = false;
  t.like(await again.keep(), { outcome: { kind: "done" }, ours: ["team/acme"], observed: 0 });
});

test("what hung on one that is gone is looked at", async (t) => {
  const { state, keep } = scene(THEM);
  state.isThere = false;
  t.like(await keep(), { outcome: { kind: "done" }, ours: ["team/acme"], written: undefined });
});

test("another release's is left alone until it seems to be gone; then it is taken over, and ours after a while", async (t) => {
  const { state, keep } = scene(THEM);
  t.like(await keep(), { outcome: { kind: "again", afterMs: 60_000 }, written: undefined, ours: [] });
  state.now += 60_000;
  const taken = await keep();
  t.like(taken, { outcome: { kind: "again", afterMs: 5_000 }, ours: [], events: [] });
  t.deepEqual(taken.warned, ["an organization is taken over from another release, which may be gone"]);
  state.now += 5_000;
  t.like(await keep(), { outcome: { kind: "done" }, ours: ["team/acme"], warned: [] });
});

test("what another has taken from us is taken back at once, and both are told of the contest for a while", async (t) => {
  const { keep } = scene(US, THEM);
  const back = await keep();
  t.like(back.written?.status.conditions?.[0], {
    type: "Contested",
    status: "True",
    reason: "AnotherRelease",
  });
  t.regex(
    String(back.written?.status.conditions?.[0]?.message),
    /^The release ops\/them took this organization over at .*Z, .* the namespace team \(/,
  );
  t.deepEqual(back.warned, ["another release has taken an organization over, and it is taken back"]);
  t.like(back.events[0], { type: "Warning", reason: "Contested", action: "Reconcile" });
  t.deepEqual(back.ours, ["team/acme"]);
  const wait = back.outcome.kind === "again" ? back.outcome.afterMs : 0;
  t.true(wait > 890_000 && wait <= 900_000, `${wait}`);
  const later = await keep();
  t.like(later, { warned: [], events: [] }, "once");
  t.is(later.written?.status.conditions?.length, 1);
});

test("what was said of a contest before this program has started stays for a while", async (t) => {
  const said = {
    ...{ type: "Contested", status: "True", reason: "AnotherRelease", message: "Before." },
    lastTransitionTime: rfc3339(0),
  };
  const { keep, named, state } = scene();
  named(US, [{ ...said, type: "Ready" }, said]);
  const came = await keep();
  t.deepEqual(came.written?.status.conditions, [said]);
  t.is(came.outcome.kind, "again");
  named(THEM, [said]);
  named(undefined);
  named(THEM, [said]);
  state.now += 60_000;
  const taken = await keep();
  t.deepEqual(taken.outcome, { kind: "again", afterMs: 5_000 }, "whatever comes first");
});
