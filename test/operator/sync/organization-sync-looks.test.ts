import test from "ava";
import { identityOf } from "../../../identity/index.ts";
import { fakeClock } from "../../kubernetes/fake-clock.ts";
import { aMapping } from "./a-mapping.ts";
import { anOrganizationSync, PORTAL, person, quiet, WEB, webAndPortal } from "./an-organization-sync.ts";

// What is done about what was heard of people and groups.

const clock = fakeClock(test);
const now = (): string => new Date().toISOString();
const group = (id: string) => ({ kind: "group", id, eventTime: now() }) as const;
const looksAt = (id: string): string[] => [`user ${id}`, `userGroups ${id}`];

test.serial(
  "who is heard of is looked at at once and twice more, and then done; what it took is measured",
  async (t) => {
    const { account, asked, hear, holds, state, sync, told, directory } = anOrganizationSync(t, quiet());
    const ada = await account("00uada", ["web"], [PORTAL]);
    const eventTime = now();
    await clock.pass(300);
    told.changed = 0;
    told.directories.length = 0;
    hear({ kind: "person", id: "00uada", eventTime });
    await clock.pass(0);
    t.deepEqual(asked(), [...looksAt("00uada"), `groupByID ${WEB}`], "that group may just not be shown");
    t.deepEqual(told.directories, ["changes"]);
    t.is(await holds(ada), "portal-admin");
    t.deepEqual(told.delays, [300]);
    t.like(sync.state(), { waiting: 1, delay: { p50: 300, p99: 300 }, lastChange: Date.parse(eventTime) });
    await clock.pass(5_000);
    t.deepEqual(asked(), looksAt("00uada"));
    await clock.pass(24_900);
    t.deepEqual([asked(), state.hints.people?.length, told.changed], [[], 1, 0]);
    await clock.pass(200);
    t.deepEqual(asked(), looksAt("00uada"));
    t.is(state.hints.people, undefined);
    t.true(told.changed > 0);
    t.is(sync.state().waiting, 0);
    t.deepEqual(told.delays, [300], "the later looks have found nothing new");
    t.true(directory.people.has("00uada"));
  },
);

test.serial("what isn't in force isn't measured: who is deleted, is held, or isn't decided on", async (t) => {
  const { account, sync, hear, told, store } = anOrganizationSync(t, quiet());
  const ada = await account("00uada", ["web"], [PORTAL]);
  const { update } = store;
  /** Nobody decides. */
  store.update = async (user, change) => {
    if (change.access) return user;
    return update.call(store, user, change);
  };
  const event = (user: object) => ({ kind: "updated", user: { ...ada, ...user }, previous: ada }) as const;
  const changes = async (groups: string): Promise<void> => {
    const stored = await store.fresh(ada.ref);
    const identity = stored && identityOf(stored);
    if (stored && identity)
      await update.call(store, stored, { identity: { ...identity, groups: [{ name: groups }] } });
    hear(person("00uada"));
    await clock.pass(100);
  };
  await changes("a");
  sync.told(event({ decided: false }));
  sync.told(event({ ref: "acme/other", decided: true }));
  t.deepEqual(told.delays, []);
  sync.told(event({ decided: true, access: { reason: "DeactivationHeld" } }));
  sync.told(event({ decided: true }));
  t.deepEqual(told.delays, []);
  await changes("b");
  sync.told({ kind: "deleted", user: { ...ada, decided: true } });
  sync.told(event({ decided: true }));
  t.deepEqual(told.delays, []);
  await changes("c");
  sync.told(event({ decided: true }));
  t.is(told.delays.length, 1);
  hear(person("00uada"));
  await clock.pass(100);
  sync.told(event({ decided: true }));
  t.is(told.delays.length, 1, "Okta has said nothing new");
});

test.serial("while Okta is behind what was heard, nothing changes and it is asked again soon", async (t) => {
  const { account, asked, hear, holds, directory } = anOrganizationSync(t, quiet());
  const ada = await account("00uada", ["web"], [WEB]);
  hear(person("00uada", { left: [WEB] }));
  await clock.pass(1_000);
  t.is(asked().length, 3 * 2);
  t.is(await holds(ada), "service-admin");
  directory.remove("00uada", WEB);
  await clock.pass(500);
  t.is(await holds(ada), "");
});

test.serial(
  "of a group that is heard of the members are read, and mappings that may mean it look it up",
  async (t) => {
    const { account, asked, hear, holds, state, sync, told } = anOrganizationSync(t, quiet());
    const ada = await account("00uada", ["web"], [WEB, PORTAL]);
    await clock.pass(100);
    hear(group(PORTAL));
    await clock.pass(100);
    t.deepEqual(asked(), [`members ${PORTAL}`]);
    t.deepEqual(told.lookedUp, [PORTAL]);
    t.is(await holds(ada), "portal-admin,service-admin");
    t.regex(told.logged.at(-1) ?? "", /"groups":1,"people":2.* members of groups were read$/);
    await clock.pass(30_000, 1_000);
    t.deepEqual(asked(), [`members ${PORTAL}`, `members ${PORTAL}`]);
    t.deepEqual(told.lookedUp, [PORTAL, PORTAL, PORTAL], "Okta may still have called it as before");
    t.is(state.hints.groups, undefined);
    t.true((sync.state().lastFullSync ?? 0) < Date.now() - 60_000, "all was read before");
  },
);

test.serial(
  "a group that no mapping names is read only where Okta no longer has it: then nobody is in it",
  async (t) => {
    const { asked, hear, directory } = anOrganizationSync(t, quiet());
    directory.add("00uother", ["00g-foreign"]);
    directory.deletedGroups.add("00g-deleted");
    await clock.pass(100);
    hear(group("00g-foreign"), group("00g-deleted"));
    await clock.pass(100);
    t.deepEqual([...new Set(asked())].sort(), [
      "groupByID 00g-deleted",
      "groupByID 00g-foreign",
      "groupWasDeleted 00g-deleted",
      "members 00g-deleted",
    ]);
  },
);

test.serial("when so much is heard that everything is to be looked at, everything is read", async (t) => {
  const { asked, state, sync, told } = anOrganizationSync(t, quiet());
  await clock.pass(100);
  const before = sync.state().lastFullSync ?? 0;
  state.hints = { everything: { heardTime: now(), eventTime: now() } };
  sync.wake();
  await clock.pass(100);
  t.deepEqual(asked(), [`members ${WEB}`, `members ${PORTAL}`]);
  t.deepEqual(told.lookedUp, [WEB, PORTAL]);
  t.true((sync.state().lastFullSync ?? 0) > before);
  await clock.pass(30_000, 1_000);
  t.is(state.hints.everything, undefined);
});

test.serial(
  "however often that is heard while everything is read, groups are looked up once more for it",
  async (t) => {
    const { asked, directory, state, sync, told } = anOrganizationSync(t, quiet());
    await clock.pass(2_000);
    const goesOn = Promise.withResolvers<void>();
    directory.onAsked = (call) => (call === "members" ? goesOn.promise : undefined);
    const now = (): string => new Date().toISOString();
    for (let times = 0; times < 4; times++) {
      state.hints = { everything: { heardTime: now(), eventTime: now() } };
      sync.wake();
      await clock.pass(500);
    }
    t.deepEqual(told.lookedUp, [WEB, PORTAL]);
    goesOn.resolve();
    await clock.pass(1_000);
    t.deepEqual(told.lookedUp, [WEB, PORTAL, WEB, PORTAL]);
    t.is(asked().filter((call) => call === `members ${WEB}`).length, 2);
  },
);

test.serial(
  "of a group that is heard of before everything was read, the members are read where it is known",
  async (t) => {
    const { asked, hear } = anOrganizationSync(t, { mappings: [webAndPortal({ resolved: "Unknown" })] });
    await clock.pass(100);
    hear(group(WEB));
    await clock.pass(100);
    t.deepEqual(asked(), [`members ${WEB}`], "and nothing else yet");
  },
);

test.serial(
  "a mapping that comes to name a group while another is heard of has both read at once",
  async (t) => {
    const { asked, hear, state } = anOrganizationSync(t, {
      mappings: [aMapping([{ id: WEB }], { resolved: "True" })],
    });
    await clock.pass(2_000);
    asked();
    state.mappings = [aMapping([{ id: WEB }, { id: PORTAL }], { resolved: "True" })];
    hear(group(WEB));
    await clock.pass(100);
    t.deepEqual(asked().sort(), [`members ${PORTAL}`, `members ${WEB}`]);
  },
);

test.serial(
  "who is looked at while everything is read, however long that takes, isn't given back what a page still had",
  async (t) => {
    const { account, directory, hear, holds, request } = anOrganizationSync(t, quiet());
    const ada = await account("00uada", ["web"], [WEB]);
    await account("00ubob", ["portal"], [PORTAL]);
    await clock.pass(100);
    const slow = Promise.withResolvers<void>();
    let lists = 0;
    directory.onAsked = (call) => (call === "members" && ++lists === 2 ? slow.promise : undefined);
    request("1");
    await clock.pass(100);
    directory.people.set("00uada", { id: "00uada", status: "SUSPENDED" });
    hear(person("00uada", { active: false }));
    await clock.pass(40_000, 1_000);
    t.is(await holds(ada), "");
    await clock.pass(40 * 60_000, 60_000);
    hear(person("00ubob"));
    await clock.pass(40_000, 1_000);
    slow.resolve();
    await clock.pass(1_000, 100);
    t.is(await holds(ada), "");
  },
);

test.serial("whom Okta doesn't show is told, until it shows them", async (t) => {
  const { account, directory, hear, sync, request } = anOrganizationSync(t, quiet());
  const [ada, bob] = [await account("00uada", ["web"], [WEB]), await account("00ubob", ["web"], [WEB])];
  await clock.pass(100);
  for (const id of ["00uada", "00ubob"]) {
    directory.remove(id, WEB);
    directory.people.delete(id);
    hear(person(id));
  }
  const notShown = async (): Promise<(string | undefined)[]> => {
    await clock.pass(200);
    return sync.state().notShown.map(({ ref }) => ref);
  };
  t.deepEqual(await notShown(), [ada.ref, bob.ref]);
  directory.add("00uada", [WEB]);
  hear(person("00uada"));
  t.deepEqual(await notShown(), [bob.ref]);
  request("1");
  t.deepEqual(await notShown(), [bob.ref]);
  await clock.pass(40_000, 1_000);
  request("once more");
  t.deepEqual(await notShown(), [bob.ref]);
  directory.add("00ubob", [WEB]);
  request("2");
  t.deepEqual(await notShown(), []);
});

test.serial(
  "of whom nobody knows here nothing is asked, and what was heard is done in the end",
  async (t) => {
    const { asked, hear, state } = anOrganizationSync(t, quiet());
    hear(person("00unobody"));
    await clock.pass(29_000, 1_000);
    t.is(state.hints.people?.length, 1);
    await clock.pass(2_000);
    t.deepEqual([asked(), state.hints.people], [[], undefined]);
  },
);

test.serial("who signs in for the first time just when they leave a group loses it again", async (t) => {
  const { account, directory, hear, holds } = anOrganizationSync(t, quiet());
  hear(person("00uada", { left: [WEB] }));
  await clock.pass(2_000);
  const ada = await account("00uada", ["web"], [WEB]);
  t.is(await holds(ada), "service-admin");
  await clock.pass(3_500);
  directory.remove("00uada", WEB); // Okta's reads trail its events
  await clock.pass(1_500);
  t.is(await holds(ada), "");
});
