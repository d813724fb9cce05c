import test from "ava";
import { identityOf } from "../../../identity/index.ts";
import { directoryStatus } from "../../../operator/sync/sync-conditions.ts";
import { fakeClock } from "../../kubernetes/fake-clock.ts";
import { aMapping } from "./a-mapping.ts";
import { anOrganizationSync, PORTAL, WEB, webAndPortal } from "./an-organization-sync.ts";

// When which members are read.

const clock = fakeClock(test);
const ALL = [`members ${WEB}`, `members ${PORTAL}`];
const HOUR = 3_600_000;
const hours = (count: number): Promise<void> => clock.pass(count * HOUR, count * HOUR);
const time = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
/** Everything was read an hour ago, by another leader. */
const readBefore = (more: object = {}) => ({
  status: { directory: { lastFullSyncTime: time(Date.now() - HOUR), ...more } } as never,
});

test.serial(
  "everything is read a second after the beginning, and then as often as the organization says",
  async (t) => {
    const { account, asked, holds, sync, told } = anOrganizationSync(t, {
      directory: { fullSyncInterval: "2h" },
    });
    const ada = await account("00uada", ["web"], [WEB, PORTAL]);
    await clock.pass(900);
    t.deepEqual(asked(), []);
    t.like(sync.state(), { lastFullSync: undefined, lastChange: undefined });
    const startedAt = Date.now() + 100;
    await clock.pass(100);
    t.deepEqual(asked(), ALL);
    t.is(await holds(ada), "portal-admin,service-admin");
    t.like(sync.state(), { lastFullSync: startedAt, failure: undefined, waiting: 0, notShown: [] });
    t.true(told.changed > 0);
    t.deepEqual(
      new Set(told.directories),
      new Set(["changes", "passes"]),
      "with the credentials that are known",
    );
    t.regex(
      told.logged.at(-1) ?? "",
      /"organization":"acme\/acme","groups":2,"people":2,"changed":1.* all of Okta's directory that mappings name was read$/,
    );
    await hours(2);
    t.deepEqual(
      asked().filter((call) => call.startsWith("members")),
      ALL,
    );
    await clock.pass(60_000, 10_000);
    t.deepEqual(asked(), []);
  },
);

test.serial("where it says nothing of that, every six hours, also across a restart", async (t) => {
  const { asked, sync } = anOrganizationSync(t, {
    ...readBefore({ lastFullSyncRequest: "1", lastChangeTime: time(Date.now() - 2 * HOUR) }),
    directory: { fullSyncInterval: undefined, pollInterval: "24h" },
  });
  await clock.pass(5_000);
  t.deepEqual(asked(), []);
  t.like(sync.state(), {
    lastFullSync: Date.now() - 5_000 - HOUR,
    lastRequest: "1",
    lastChange: Date.now() - 5_000 - 2 * HOUR,
  });
  await clock.pass(5 * HOUR - 10_000, 5 * HOUR - 10_000);
  t.deepEqual(asked(), []);
  await clock.pass(5_000);
  t.deepEqual(asked(), ALL);
});

test.serial("whoever asks for it has everything read at once, once for each request", async (t) => {
  const { asked, request, sync } = anOrganizationSync(t, readBefore({ lastFullSyncRequest: "1" }));
  request("1");
  await clock.pass(5_000);
  t.deepEqual(asked(), []);
  request("2");
  await clock.pass(200);
  t.deepEqual(asked(), ALL);
  t.is(sync.state().lastRequest, "2");
  await clock.pass(20_000, 1_000);
  t.deepEqual(asked(), []);
});

test.serial(
  "however long a request is, it is done once, whoever leads, and so is the next one",
  async (t) => {
    const words = "é🔑".repeat(200);
    const before = anOrganizationSync(t, readBefore());
    before.request(words);
    await clock.pass(200);
    t.deepEqual(before.asked(), ALL);
    const stored = directoryStatus(before.sync.state());
    t.true((stored.lastFullSyncRequest?.length ?? 0) <= 253, "a status may hold no more");
    before.end.abort();

    const { asked, request } = anOrganizationSync(t, { status: { directory: stored } as never });
    request(words);
    await clock.pass(5_000);
    t.deepEqual(asked(), []);
    request(`${words} once more`);
    await clock.pass(200);
    t.deepEqual(asked(), ALL);
  },
);

test.serial(
  "everything is read only when it is known which groups mappings mean, or that can't be found out for a minute",
  async (t) => {
    const { asked, state } = anOrganizationSync(t, { mappings: [webAndPortal({ resolved: "Unknown" })] });
    await clock.pass(30_000, 1_000);
    t.deepEqual(asked(), []);
    state.mappings = [webAndPortal()];
    await clock.pass(1_000);
    t.deepEqual(asked(), ALL);

    const other = anOrganizationSync(t, { mappings: [webAndPortal({ resolved: "Unknown" })] });
    await clock.pass(60_000, 1_000);
    t.deepEqual(other.asked(), []);
    await clock.pass(2_000);
    t.deepEqual(other.asked(), ALL);
  },
);

test.serial("the minute begins anew when something is open anew", async (t) => {
  const { asked, state, request } = anOrganizationSync(t, {
    mappings: [webAndPortal({ resolved: "Unknown" })],
  });
  await clock.pass(55_000, 1_000);
  state.mappings = [webAndPortal()];
  await clock.pass(2_000);
  t.deepEqual(asked(), ALL);
  state.mappings = [webAndPortal({ resolved: "Unknown" })];
  request("1");
  await clock.pass(30_000, 1_000);
  t.deepEqual(asked(), []);
  await clock.pass(32_000, 1_000);
  t.deepEqual(asked(), ALL);
});

test.serial(
  "of a mapping that comes to name a group, that one is read; who ceases to and names it again has it read anew",
  async (t) => {
    const { asked, state, sync } = anOrganizationSync(t, {
      mappings: [aMapping([{ id: WEB }], { resolved: "True" })],
    });
    const name = async (...ids: string[]): Promise<string[]> => {
      state.mappings = [
        aMapping(
          ids.map((id) => ({ id })),
          { resolved: "True" },
        ),
      ];
      sync.wake();
      await clock.pass(2_000);
      return asked();
    };
    await clock.pass(2_000);
    t.deepEqual(asked(), [`members ${WEB}`]);
    t.deepEqual(await name(WEB, PORTAL), [`members ${PORTAL}`]);
    t.deepEqual(await name(WEB, PORTAL), []);
    t.deepEqual(await name(PORTAL), []);
    t.deepEqual(await name(WEB, PORTAL), [`members ${WEB}`]);
  },
);

test.serial("what comes to be named while everything is being read is read after it", async (t) => {
  await clock.pass(700); // the reading begins within a second, and a status has whole ones
  const { asked, directory, state, sync } = anOrganizationSync(t, {
    mappings: [aMapping([{ id: WEB }], { resolved: "True" })],
  });
  const goesOn = Promise.withResolvers<void>();
  directory.onAsked = (call) => (call === "members" ? goesOn.promise : undefined);
  await clock.pass(1_100);
  t.deepEqual(asked(), [`members ${WEB}`]);
  const resolvedTime = time(Date.now());
  state.mappings = [aMapping([{ id: WEB }, { id: PORTAL }], { resolved: "True", resolvedTime })];
  goesOn.resolve();
  sync.wake();
  await clock.pass(2_000);
  t.deepEqual(asked(), [`members ${PORTAL}`]);
});

test.serial("a name that Okta has said is gone takes what was held by it, once", async (t) => {
  const { account, asked, state, sync, holds } = anOrganizationSync(t);
  const ada = await account("00uada", ["web"], []);
  state.mappings = [
    aMapping([{ name: "portal" }], { found: [{ id: PORTAL, name: "portal" }], resolved: "True" }),
  ];
  await clock.pass(2_000);
  t.is(await holds(ada), "service-admin");
  asked();
  state.mappings = [webAndPortal({ found: [{ id: PORTAL, name: "portal" }], resolved: "False" })];
  sync.wake();
  await clock.pass(2_000);
  t.is(await holds(ada), "");
  t.deepEqual(asked(), ["user 00uada", "userGroups 00uada"]);
  sync.wake();
  await clock.pass(2_000);
  t.deepEqual(asked(), []);
});

test.serial(
  "who was in a group that was renamed holds nothing by its old name, also where its id is stored",
  async (t) => {
    const { account, directory, state, store, sync, holds } = anOrganizationSync(t);
    const ada = await account("00uada", ["web"], [WEB]);
    await store.update(ada, {
      identity: { ...identityOf(ada), groups: [{ id: WEB, name: "web" }] } as never,
    });
    await clock.pass(2_000);
    t.is(await holds(ada), "service-admin");
    directory.rename(WEB, "net");
    state.mappings = [webAndPortal({ found: [{ id: PORTAL, name: "portal" }], resolved: "False" })];
    sync.wake();
    await clock.pass(2_000);
    t.is(await holds(ada), "");
    t.deepEqual((await store.fresh(ada.ref))?.groups, [{ id: WEB, name: "net" }]);
  },
);

test.serial("two groups that swap their names swap what their members hold", async (t) => {
  const { account, directory, state, sync, holds } = anOrganizationSync(t);
  const [ada, bob] = [await account("00uada", [], [WEB]), await account("00ubob", [], [PORTAL])];
  await clock.pass(2_000);
  t.deepEqual(await Promise.all([ada, bob].map(holds)), ["service-admin", "portal-admin"]);
  directory.rename(WEB, "portal");
  directory.rename(PORTAL, "web");
  const found = [
    { id: PORTAL, name: "web" },
    { id: WEB, name: "portal" },
  ];
  state.mappings = [webAndPortal({ found, resolved: "True" })];
  sync.wake();
  await clock.pass(2_000);
  t.deepEqual(await Promise.all([ada, bob].map(holds)), ["portal-admin", "service-admin"]);
});

test.serial("a name that is gone from the beginning gives nobody anything, either", async (t) => {
  const found = [{ id: PORTAL, name: "portal" }];
  const { account, holds } = anOrganizationSync(t, {
    mappings: [webAndPortal({ found, resolved: "False" })],
  });
  const ada = await account("00uada", ["web"], []);
  await clock.pass(2_000);
  t.is(await holds(ada), "");
});

test.serial(
  "after a restart, groups are read of mappings that have changed since everything was read",
  async (t) => {
    const before = time(Date.now() - 2 * HOUR);
    const since = time(Date.now() - HOUR / 2);
    const { asked, directory } = anOrganizationSync(t, {
      ...readBefore(),
      mappings: [
        aMapping([{ id: WEB }, { name: "gone" }], { resolved: "False", resolvedTime: before }),
        aMapping([{ id: PORTAL }], { resolved: "True", resolvedTime: since }),
        aMapping([{ id: "00g-new" }]),
        aMapping([{ id: "00g-edited" }], { resolved: "True", resolvedTime: before, changedTime: since }),
        aMapping([{ id: "00g-kept" }], { resolved: "True", resolvedTime: before, changedTime: before }),
        aMapping([{ id: "00g-unseen" }], { resolved: "True", resolvedTime: before, observed: 0 }),
      ],
    });
    const unread = ["00g-edited", "00g-new", "00g-unseen"];
    directory.add("00uother", [...unread, "00g-kept"]);
    await clock.pass(2_000);
    t.deepEqual(asked().sort(), [...unread, PORTAL].map((id) => `members ${id}`).sort());
  },
);

test.serial(
  "what another leader has read for another issuer, or for accounts at the sign-in, is read anew",
  async (t) => {
    const before = { lastFullSyncIssuer: "https://acme.okta.com", lastFullSyncProvision: "BeforeLogin" };
    for (const [change, provision, isRead] of [
      [{}, "BeforeLogin", false],
      [{}, "OnLogin", false],
      [{ lastFullSyncProvision: "OnLogin" }, "BeforeLogin", true],
      [{ lastFullSyncProvision: "OnLogin" }, "OnLogin", false],
      [{ lastFullSyncIssuer: "https://former.okta.com" }, "OnLogin", true],
      [{ lastFullSyncIssuer: undefined, lastFullSyncProvision: undefined }, "BeforeLogin", false],
    ] as const) {
      const { asked, sync } = anOrganizationSync(t, {
        ...readBefore({ ...before, ...change }),
        directory: { provision },
      });
      await clock.pass(2_000);
      const members = asked().filter((call) => call.startsWith("members"));
      t.deepEqual(members, isRead ? ALL : [], JSON.stringify([change, provision]));
      const { issuer, ...known } = sync.state().lastReadFor ?? {};
      if (isRead) t.deepEqual([issuer, known], ["https://acme.okta.com", { provision }]);
    }
  },
);

test.serial("what was paused or suspended is made up for when it goes on: everything is read", async (t) => {
  const { asked, state, sync } = anOrganizationSync(t, { directory: { provision: "BeforeLogin" } });
  await clock.pass(2_000);
  t.deepEqual(asked(), ALL);
  const both = ["one", "two"].map((name) => {
    const mapping = webAndPortal();
    return { ...mapping, metadata: { ...mapping.metadata, name } };
  });
  state.mappings = both;
  const become = async (isPaused: boolean, ...outOfForce: string[]): Promise<string[]> => {
    state.isPaused = isPaused;
    state.policy = { namesOutOfForce: () => outOfForce };
    sync.wake();
    await clock.pass(2_000);
    return asked();
  };
  t.deepEqual(await become(true), []);
  t.deepEqual(await become(false, "two", "one"), []);
  t.deepEqual(await become(false, "two"), ALL, "one of them is enough");
  t.deepEqual(await become(false, "two"), []);
  state.mappings = both.slice(0, 1);
  t.deepEqual(await become(false), [], "the other is gone");
  state.mappings = both;
  t.deepEqual(await become(false), ALL, "and is back");
  t.deepEqual(await become(false), []);
});

test.serial(
  "when people are to get accounts before they sign in, everything is read; not when that is over",
  async (t) => {
    const { asked, set } = anOrganizationSync(t);
    await clock.pass(2_000);
    t.deepEqual(asked(), ALL);
    for (const [provision, expected] of [
      ["BeforeLogin", ALL],
      ["OnLogin", []],
      ["OnLogin", []],
      ["BeforeLogin", ALL],
    ] as const) {
      set({ provision });
      await clock.pass(2_000);
      t.deepEqual(asked(), expected, provision);
    }
  },
);

test.serial(
  "of another directory, or another issuer's, nothing has been read, whatever the status says",
  async (t) => {
    const { asked, sync } = anOrganizationSync(t, { ...readBefore(), isAnew: true });
    t.is(sync.state().lastFullSync, undefined);
    await clock.pass(2_000);
    t.deepEqual(asked(), ALL);
  },
);

test.serial(
  "what was read while something was paused is read again when it goes on, where people get accounts by it",
  async (t) => {
    for (const provision of ["BeforeLogin", "OnLogin"]) {
      const { asked, state, sync } = anOrganizationSync(t, { directory: { provision } });
      state.isPaused = true;
      await clock.pass(2_000);
      t.deepEqual(asked(), ALL);
      state.isPaused = false;
      sync.wake();
      await clock.pass(2_000);
      t.deepEqual(asked(), provision === "BeforeLogin" ? ALL : []);
    }
  },
);

test.serial(
  "while this replica may not act, or Okta can't be asked, nothing is; a second later it is tried again",
  async (t) => {
    const { asked, state, told } = anOrganizationSync(t);
    state.isReady = false;
    await clock.pass(0);
    told.directories.length = 0; // it had begun already
    await clock.pass(5_000);
    t.deepEqual([asked(), told.directories], [[], []]);
    state.isReady = true;
    state.isConnected = false;
    await clock.pass(2_000);
    t.deepEqual(asked(), []);
    t.deepEqual(told.directories.slice(0, 2), ["passes", "passes"]);
    const { organization } = state;
    state.organization = undefined;
    state.isConnected = true;
    await clock.pass(2_000);
    t.deepEqual(asked(), []);
    state.organization = organization;
    await clock.pass(1_000);
    t.deepEqual(asked(), ALL, "nobody has woken it");
  },
);

test.serial("people get accounts before they sign in where the organization says so", async (t) => {
  const { store } = anOrganizationSync(t, { directory: { provision: "BeforeLogin" } });
  const without = anOrganizationSync(t);
  await clock.pass(2_000);
  const accounts = async (of: typeof store): Promise<(string | undefined)[]> => {
    const subjects: (string | undefined)[] = [];
    for await (const { subject } of of.users("acme/acme")) subjects.push(subject);
    return subjects;
  };
  t.deepEqual(await accounts(store), ["00uother"]);
  t.deepEqual(await accounts(without.store), []);
});

test.serial("when all is over, nothing is asked any more", async (t) => {
  const { asked, end, running, request, directory } = anOrganizationSync(t);
  await clock.pass(2_000);
  asked();
  end.abort();
  await running;
  request("1");
  await hours(7);
  t.deepEqual(directory.asked, []);
});

test.serial(
  "a mapped group that isn't shown any more is told, and read as soon as it is shown again",
  async (t) => {
    const { account, asked, directory, holds, state, sync, told } = anOrganizationSync(t);
    const ada = await account("00uada", ["web"], [WEB]);
    const of = (shown: boolean) =>
      webAndPortal({
        found: [
          { id: WEB, name: "web", ...(shown ? {} : { shown }) },
          { id: PORTAL, name: "portal" },
        ],
        resolved: shown ? "True" : "False",
      });
    directory.hiddenGroups.add(WEB);
    await clock.pass(2_000);
    t.deepEqual(told.lookedUp, [WEB]);
    t.is(sync.state().lastFullSync, undefined);
    state.mappings = [of(false)];
    sync.wake();
    await clock.pass(3_000);
    t.like(sync.state(), { groupsNotShown: ["web"], failure: undefined });
    t.not(sync.state().lastFullSync, undefined);
    t.is(await holds(ada), "service-admin");
    asked();
    await clock.pass(60_000, 10_000);
    t.deepEqual(asked(), [], "nothing is asked over and over");
    directory.hiddenGroups.delete(WEB);
    directory.remove("00uada", WEB);
    state.mappings = [of(true)];
    sync.wake();
    await clock.pass(2_000);
    t.deepEqual(sync.state().groupsNotShown, []);
    t.is(await holds(ada), "");
  },
);
