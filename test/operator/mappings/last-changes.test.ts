import test from "ava";
import type { MappingChange, OktaRoleMapping } from "../../../crds/types.ts";
import { type Access, noAccess, type User, type UserEvent } from "../../../identity/index.ts";
import type { Change } from "../../../kubernetes/index.ts";
import { LastChanges } from "../../../operator/mappings/last-changes.ts";
import { account } from "../../identity/an-account.ts";

const KEY = "acme/services";
const NOON = Date.UTC(2026, 10, 26, 12);
const TIME = "2026-11-26T12:00:00Z";
const NONE = noAccess("NoMappedGroup", "");
const through = (...mappings: string[]): Access => ({
  active: true,
  grants: mappings.map((mapping) => ({ role: "viewer", mapping, group: "a" })),
  groups: ["a"],
  reason: "MappedGroup",
  message: "",
});

/** A mapping whose status says what was written last, and an operator's part that counts. */
function scene() {
  const clock = { now: NOON };
  let tell = (_: UserEvent): void => {};
  let see = (_: Change<OktaRoleMapping>): void => {};
  const changes = new LastChanges(
    {
      store: {
        subscribe: (listener) => {
          tell = listener;
          return () => {};
        },
      },
      mappings: {
        subscribe: (listener) => {
          see = listener;
          return () => {};
        },
      },
    },
    () => clock.now,
  );
  let mapping: OktaRoleMapping = {
    apiVersion: "rolemapping.dev/v1alpha1",
    kind: "OktaRoleMapping",
    metadata: { namespace: "acme", name: "services", generation: 1 },
    spec: { organizationRef: { name: "acme" }, groups: [{ name: "a" }], roles: ["viewer"] },
    status: { observedGeneration: -1 },
  };
  see({ kind: "added", key: KEY, object: mapping });
  const put = (next: OktaRoleMapping): void => {
    const previous = mapping;
    mapping = next;
    see({ kind: "updated", key: KEY, object: mapping, previous });
  };
  const store = (lastChange: MappingChange | undefined): void =>
    put({
      ...mapping,
      status: { observedGeneration: mapping.metadata.generation ?? 0, ...(lastChange ? { lastChange } : {}) },
    });
  return {
    changes,
    clock,
    /** The mapping as it is now, and what the cache tells of it. */
    now: () => mapping,
    see: (change: Change<OktaRoleMapping>) => see(change),
    store,
    edit: () =>
      put({
        ...mapping,
        metadata: { ...mapping.metadata, generation: (mapping.metadata.generation ?? 0) + 1 },
      }),
    /** Somebody whose access changes. */
    becomes: (name: string, before: Access, after: Access): void => {
      const user = (access: Access): User => account({ ref: `acme/${name}`, access });
      tell({ kind: "updated", user: user(after), previous: user(before) });
    },
    is: (kind: "added" | "deleted", access: Access): void =>
      tell({ kind, user: account({ ref: "acme/x", access }) }),
    /** What a reconcile writes. */
    reconcile: async (write: (status: MappingChange | undefined) => void = store) => {
      const status = changes.statusOf(KEY, mapping);
      await changes.written(KEY, status, async () => write(status));
      return { status, told: changes.told(KEY, status) };
    },
    said: () => changes.statusOf(KEY, mapping),
  };
}

test("who comes to hold something through a mapping and who ceases to is counted from a change of its spec to the next", async (t) => {
  const { becomes, reconcile, edit, is, clock } = scene();
  t.deepEqual((await reconcile()).status, { generation: 1, time: TIME, gained: 0, lost: 0 });
  clock.now += 60_000;
  becomes("ada", NONE, through("services", "portals"));
  becomes("ben", through("portals"), through("services"));
  becomes("mia", through("services"), NONE);
  becomes("raj", through("services"), through("services", "portals"));
  is("added", through("services"));
  is("deleted", through("services"));
  t.deepEqual((await reconcile()).status, { generation: 1, time: TIME, gained: 2, lost: 1 });
  t.deepEqual((await reconcile()).status, { generation: 1, time: TIME, gained: 2, lost: 1 }, "nothing new");
  becomes("mia", NONE, through("services"));
  t.deepEqual((await reconcile()).status, { generation: 1, time: TIME, gained: 3, lost: 1 });
  becomes("mia", through("services"), NONE);
  edit();
  becomes("ada", through("services"), NONE);
  t.deepEqual((await reconcile()).status, {
    generation: 2,
    time: "2026-11-26T12:01:00Z",
    gained: 0,
    lost: 1,
  });
});

test("what couldn't be written is written the next time; where only the answer was lost, it isn't counted twice", async (t) => {
  const { becomes, reconcile, store, said } = scene();
  await reconcile();
  becomes("ada", NONE, through("services"));
  const fails = (): never => {
    throw new Error("no answer");
  };
  await t.throwsAsync(reconcile(fails));
  becomes("ben", NONE, through("services"));
  t.is(said()?.gained, 2);
  await t.throwsAsync(
    reconcile((status) => {
      store(status);
      fails();
    }),
  );
  becomes("mia", NONE, through("services"));
  t.is((await reconcile()).status?.gained, 3);
});

test("of a mapping that an earlier version has looked at nothing is said before something has changed", async (t) => {
  const { becomes, reconcile, store } = scene();
  store(undefined);
  t.is((await reconcile()).status, undefined);
  becomes("ada", NONE, through("services"));
  t.like((await reconcile()).status, { generation: 1, gained: 1 });
});

test("a replica that takes the lead goes on from the status, and leaves out what others have counted", async (t) => {
  const { becomes, reconcile, changes, store } = scene();
  becomes("ada", NONE, through("services"));
  store({ generation: 1, time: TIME, gained: 1, lost: 0 });
  changes.clear();
  t.is((await reconcile()).status?.gained, 1);
});

test("what a change has done is told once, when nobody has gained or lost anything by it for a while", async (t) => {
  const { becomes, reconcile, edit, clock } = scene();
  await reconcile();
  t.is((await reconcile()).told, undefined, "nobody has");
  becomes("ada", NONE, through("services"));
  becomes("ben", NONE, through("services"));
  t.deepEqual((await reconcile()).told, { kind: "later", inMs: 10_000 });
  clock.now += 9_000;
  becomes("mia", through("services"), NONE);
  t.deepEqual((await reconcile()).told, { kind: "later", inMs: 10_000 });
  clock.now += 10_000;
  t.deepEqual((await reconcile()).told, {
    kind: "told",
    note: "Since the mapping was changed, 2 people have come to hold something through it, and 1 person has ceased to.",
  });
  becomes("raj", NONE, through("services"));
  t.is((await reconcile()).told, undefined, "those of later aren't of the change");
  edit();
  becomes("raj", through("services"), NONE);
  await reconcile();
  clock.now += 10_000;
  const { told } = await reconcile();
  t.regex(
    told?.kind === "told" ? told.note : "",
    /nobody has come to hold something through it, and 1 person/,
  );
});

test("of a mapping that is gone nothing is counted on; one that was made again is new", async (t) => {
  const { becomes, reconcile, see, now, clock, said } = scene();
  await reconcile();
  becomes("ada", NONE, through("services"));
  see({ kind: "deleted", key: KEY, object: now() });
  t.is(said()?.gained, 0);
  becomes("ben", NONE, through("services"));
  await reconcile();
  clock.now += 10_000;
  t.is((await reconcile()).told, undefined, "nobody has changed it");
});

test("a mapping that is seen for the first time is told of where nobody has looked at it yet", async (t) => {
  const told = async (status: OktaRoleMapping["status"] | undefined) => {
    const { becomes, see, changes, clock, now } = scene();
    changes.clear();
    const { status: _, ...bare } = now();
    const object = { ...bare, ...(status && { status }) } as OktaRoleMapping;
    see({ kind: "added", key: KEY, object });
    becomes("ada", NONE, through("services"));
    const change = changes.statusOf(KEY, object);
    await changes.written(KEY, change, async () => {});
    clock.now += 10_000;
    return changes.told(KEY, change)?.kind;
  };
  t.is(await told(undefined), "told");
  t.is(await told({}), "told");
  t.is(await told({ observedGeneration: -1 }), "told");
  t.is(await told({ observedGeneration: 0 }), undefined);
  t.is(await told({ observedGeneration: 1 }), undefined);
});

test("what others lead to from now on isn't told, nor what isn't of the changed spec", async (t) => {
  const { becomes, reconcile, changes, clock } = scene();
  await reconcile();
  becomes("ada", NONE, through("services"));
  const { status } = await reconcile();
  clock.now += 10_000;
  t.is(changes.told(KEY, undefined), undefined);
  if (!status) throw new Error("it says nothing");
  t.is(changes.told(KEY, { ...status, generation: 2 }), undefined);
  changes.clear();
  t.is(changes.told(KEY, status), undefined);
});

test("that as many have come as have gone is worth saying where nothing was said before", async (t) => {
  const { becomes, reconcile, store } = scene();
  store(undefined);
  becomes("ada", NONE, through("services"));
  becomes("ben", through("services"), NONE);
  t.like((await reconcile()).status, { gained: 1, lost: 1 });
});

test("what was tried is stored only where the status says all of it", async (t) => {
  const tried = async (change: Partial<MappingChange>) => {
    const { becomes, reconcile, store, said } = scene();
    await reconcile();
    becomes("ada", NONE, through("services"));
    becomes("ben", through("services"), NONE);
    await t.throwsAsync(
      reconcile((status) => {
        if (status) store({ ...status, ...change });
        throw new Error("no answer");
      }),
    );
    const { gained = 0, lost = 0 } = said() ?? {};
    return [gained, lost];
  };
  t.deepEqual(await tried({}), [1, 1]);
  t.deepEqual(await tried({ gained: 0 }), [1, 2], "another has written it");
  t.deepEqual(await tried({ lost: 0 }), [2, 1]);
});
