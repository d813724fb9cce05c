import test from "ava";
import { StaleUserError, StoreError } from "../../../identity/index.ts";
import {
  DirectoryForbiddenError,
  DirectoryRateLimitedError,
  DirectoryUnauthorizedError,
  DirectoryUnreachableError,
} from "../../../okta/directory/directory-errors.ts";
import { Room } from "../../../okta/room.ts";
import { withHeard } from "../../../organizations/hints.ts";
import { fakeClock } from "../../kubernetes/fake-clock.ts";
import { aMapping } from "./a-mapping.ts";
import { anOrganizationSync, PORTAL, person, quiet, WEB, webAndPortal } from "./an-organization-sync.ts";

// What is told when Okta can't be asked, and when it is asked again.

const clock = fakeClock(test);
const unreachable = new DirectoryUnreachableError(new Error("no"));

test.serial(
  "refused credentials are told at once, and are read anew each time until Okta takes them",
  async (t) => {
    const { account, directory, hear, sync, told } = anOrganizationSync(t, quiet());
    await account("00uada", ["web"], [PORTAL]);
    await clock.pass(100);
    told.directories.length = 0;
    const refused = new DirectoryUnauthorizedError("make another.");
    directory.failing.set("user", refused);
    const since = Date.now();
    hear(person("00uada"));
    await clock.pass(0);
    t.deepEqual(told.failures, ["look directory-unauthorized"]);
    t.deepEqual(sync.state().failure, { since, error: refused });
    await clock.pass(800);
    t.deepEqual(told.directories, ["changes", "changes fresh"]);
    t.is(sync.state().failure?.since, since);
    t.regex(told.logged.at(-1) ?? "", /"organization":"acme\/acme","part":"look".*what is stored stays/);
    directory.failing.clear();
    told.changed = 0;
    await clock.pass(1_600);
    t.is(sync.state().failure, undefined);
    t.is(told.changed, 1);
    await clock.pass(6_000);
    t.is(told.directories.at(-1), "changes");
  },
);

test.serial(
  "what may end by itself is told when it has lasted twenty seconds, the eldest of all parts",
  async (t) => {
    const { directory, sync, told, request } = anOrganizationSync(t, quiet());
    await clock.pass(100);
    directory.failing.set("members", unreachable);
    request("1");
    await clock.pass(0);
    const since = Date.now();
    directory.failing.set("events", new DirectoryRateLimitedError(7_000));
    await clock.pass(19_900);
    t.is(sync.state().failure, undefined);
    await clock.pass(100);
    t.deepEqual(sync.state().failure, { since, error: unreachable });
    t.deepEqual(
      told.failures.filter((failure) => failure.startsWith("pass")),
      Array.from({ length: 4 }, () => "pass directory-unreachable"),
      "and again after 1.5, 3 and 6 s",
    );
    await clock.pass(35_000, 1_000);
    t.is(sync.state().failure?.since, since);
    directory.failing.delete("members");
    await clock.pass(45_000, 1_000);
    t.true((sync.state().failure?.since ?? 0) > since, "asking for changes fails since a later time");
    directory.failing.clear();
    await clock.pass(30_000, 1_000);
    t.is(sync.state().failure, undefined);
  },
);

test.serial(
  "a failure that isn't Okta's counts as another, and after a success it begins anew",
  async (t) => {
    const { directory, told, request } = anOrganizationSync(t, quiet());
    await clock.pass(100);
    const fail = async (error: Error, ms: number): Promise<number> => {
      told.failures.length = 0;
      directory.failing.set("members", error);
      request(error.message + Date.now());
      await clock.pass(ms);
      return told.failures.length;
    };
    t.is(await fail(new Error("no"), 1_400), 1);
    t.deepEqual(told.failures, ["pass other"]);
    directory.failing.clear();
    await clock.pass(1_000);
    t.is(await fail(unreachable, 1_600), 2, "it is tried again after 1.5 s, not after 3");
    t.is(
      await fail(new DirectoryForbiddenError("okta.groups.read", "no"), 0),
      0,
      "whoever asks in between has to wait",
    );
  },
);

test.serial(
  "when it can't be noted that something is done, it is done again, and told until it can",
  async (t) => {
    const { account, hear, state, told, sync } = anOrganizationSync(t, quiet());
    await account("00uada", ["web"], [WEB]);
    const refused = new Error("no");
    state.error = refused;
    hear(person("00uada"));
    await clock.pass(31_000, 1_000);
    t.deepEqual(told.failures, ["look other"]);
    t.is(state.hints.people?.length, 1);
    t.is(sync.state().waiting, 1);
    await clock.pass(35_000, 1_000);
    t.deepEqual(told.failures, ["look other", "look other"]);
    t.is(sync.state().failure?.error, refused, "although Okta could be asked meanwhile");
    state.error = undefined;
    await clock.pass(35_000, 1_000);
    t.deepEqual([state.hints.people, sync.state().failure], [undefined, undefined]);

    state.error = refused;
    hear(person("00uada"));
    await clock.pass(65_000, 1_000);
    t.is(sync.state().failure?.error, refused);
    state.hints = {};
    sync.wake();
    await clock.pass(100);
    t.is(sync.state().failure, undefined, "nothing is left to note");
  },
);

test.serial(
  "that somebody couldn't be looked at is told for as long as they are to be looked at",
  async (t) => {
    const { account, directory, hear, state, sync } = anOrganizationSync(t, quiet());
    await account("00uada", ["web"], [WEB]);
    await account("00ubob", ["web"], [WEB]);
    directory.failing.set("userGroups 00uada", new DirectoryForbiddenError("okta.groups.read", "grant it."));
    hear(person("00uada"), person("00ubob"));
    const since = Date.now();
    for (let i = 0; i < 3; i++) {
      await clock.pass(10_000, 1_000);
      sync.wake();
      t.true(
        sync.state().failure?.error instanceof DirectoryForbiddenError,
        "whoever else could be looked at",
      );
      t.is(sync.state().failure?.since, since);
    }
    state.hints = {};
    sync.wake();
    await clock.pass(100);
    t.is(sync.state().failure, undefined, "nobody is to be looked at any more");
  },
);

test.serial(
  "who can't be looked at in a pass is looked at alone from then on, and the pass is at its end for everybody else",
  async (t) => {
    const { account, asked, directory, holds, request, state, sync, told } = anOrganizationSync(t, quiet());
    const [ada, bob] = [await account("00uada", ["web"], []), await account("00ubob", ["web"], [])];
    await clock.pass(100);
    directory.failing.set("user 00uada", new DirectoryForbiddenError("okta.users.read", "grant it."));
    const since = Date.now();
    request("1");
    await clock.pass(1_000, 100);
    t.like(sync.state(), { lastRequest: "1", lastFullSync: since, failure: { people: ["00uada"] } });
    t.is(await holds(bob), "");
    t.false(told.failures.some((failure) => failure.startsWith("pass")));
    t.deepEqual(
      state.hints.people?.map(({ id }) => id),
      ["00uada"],
      "also by whoever leads next",
    );
    t.is(sync.state().lastChange, undefined, "that is no change of Okta's");
    asked();
    await clock.pass(300_000, 1_000);
    t.deepEqual(
      new Set(asked()),
      new Set(["user 00uada", "userGroups 00uada"]),
      "nothing else is read again for it",
    );
    t.is(await holds(ada), "service-admin");
    directory.failing.clear();
    await clock.pass(120_000, 1_000);
    t.is(await holds(ada), "");
    t.deepEqual([state.hints.people, sync.state().failure], [undefined, undefined]);
    t.deepEqual(told.delays, [], "nor does it say how long one takes");
  },
);

test.serial(
  "people of whom one reading after the other fails are looked at alone, and the next reading takes from others what it has to",
  async (t) => {
    const { account, directory, holds, request, state, store, sync } = anOrganizationSync(t, quiet());
    const refused = new Set<string>();
    const { update } = store;
    store.update = async (...change) => {
      if (refused.has(change[0].subject ?? "")) throw new StoreError("a policy of the cluster's");
      return update.apply(store, change);
    };
    await clock.pass(100);
    for (const day of ["mon", "tue"]) {
      for (let i = 0; i < 12; i++) {
        await account(`00u${day}${i}`, [], [WEB]);
        refused.add(`00u${day}${i}`);
      }
      request(day);
      await clock.pass(1_000, 100);
      t.is(sync.state().lastRequest, day);
    }
    t.is(state.hints.people?.length, 24);
    const ada = await account("00uada", ["web"], []);
    request("wed");
    await clock.pass(1_000, 100);
    t.is(sync.state().lastRequest, "wed");
    t.is(await holds(ada), "");
    refused.clear();
    directory.failing.clear();
    await clock.pass(120_000, 1_000);
    t.is(state.hints.people, undefined);
  },
);

test.serial(
  "a group for whose members there is no memory is told, and read again every ten minutes; others are followed meanwhile",
  async (t) => {
    const room = new Room(40_000);
    const first = anOrganizationSync(t, { ...quiet(), room });
    const { account, asked, directory, hear, holds, request, state, sync, told } = first;
    const cy = await account("00ucy", ["web"], [PORTAL]);
    for (let i = 0; i < 200; i++) directory.add(`00u${i}`, [WEB]);
    await clock.pass(100);
    const since = Date.now();
    request("1");
    await clock.pass(1_000, 100);
    t.like(sync.state(), { lastRequest: "1", lastFullSync: since, failure: undefined });
    t.is(await holds(cy), "portal-admin,service-admin", "of the other group nothing is known");
    await clock.pass(20_000, 1_000);
    const { error, people } = sync.state().failure ?? {};
    t.regex(String(error), /"web" can't be read, since there is no memory for so many members: map smaller/);
    t.is(people, undefined);
    asked();
    hear({ kind: "group", id: PORTAL, eventTime: new Date().toISOString() });
    await clock.pass(60_000, 1_000);
    t.deepEqual(new Set(asked()), new Set([`members ${PORTAL}`]), "nobody waits for it");
    t.deepEqual(
      state.hints.groups?.map(({ id }) => id),
      [WEB],
    );
    told.rounds = 0;
    await clock.pass(510_000, 1_000);
    t.deepEqual(asked(), []);
    t.true(told.rounds < 50, `it isn't looked all the time whether it is due: ${told.rounds}`);
    await clock.pass(30_000, 1_000);
    t.is(state.hints.groups?.length, 1);
    t.deepEqual(new Set(asked()), new Set([`members ${WEB}`]));
    t.true(sync.state().failure !== undefined);

    for (let i = 0; i < 200; i++) directory.remove(`00u${i}`, WEB);
    await clock.pass(610_000, 1_000);
    t.is(sync.state().failure, undefined);
    t.is(await holds(cy), "portal-admin");
    await clock.pass(60_000, 1_000);
    t.is(state.hints.groups, undefined);
  },
);

test.serial("whoever leads next reads the groups for which there was no memory", async (t) => {
  const before = anOrganizationSync(t, { ...quiet(), room: new Room(40_000) });
  for (let i = 0; i < 200; i++) before.directory.add(`00u${i}`, [WEB]);
  await clock.pass(100);
  before.request("1");
  await clock.pass(1_000, 100);
  const { lastFullSync } = before.sync.state();
  before.end.abort();

  const lastFullSyncTime = new Date(lastFullSync ?? 0).toISOString();
  const status = { directory: { lastFullSyncTime, lastFullSyncRequest: "1" } } as never;
  const { account, asked, holds, state } = anOrganizationSync(t, { status, hints: before.state.hints });
  const ada = await account("00uada", ["web"], []);
  await clock.pass(60_000, 1_000);
  t.true(asked().includes(`members ${WEB}`));
  t.is(await holds(ada), "");
  t.is(state.hints.groups, undefined);
});

test.serial("who leaves a group that is too large loses it at once, however many do", async (t) => {
  const room = new Room(40_000);
  const { account, directory, hear, holds, request, state, sync } = anOrganizationSync(t, {
    ...quiet(),
    room,
  });
  const many = Array.from({ length: 220 }, (_, i) => `00u${i}`);
  const [ada] = [await account("00uada", ["web"], [])];
  for (const id of many) directory.add(id, [WEB]);
  await clock.pass(100);
  request("1");
  await clock.pass(1_000, 100);
  hear(...[...many, "00uada"].map((id) => person(id, { left: [WEB] })));
  await clock.pass(5_000, 100);
  t.is(await holds(ada), "");
  await clock.pass(60_000, 1_000);
  t.is(state.hints.people, undefined);
  t.regex(String(sync.state().failure?.error), /no memory/);
});

test.serial("who leaves a group that Okta doesn't show loses it, however many do", async (t) => {
  const found = [
    { id: WEB, name: "web", shown: false },
    { id: PORTAL, name: "portal" },
  ];
  const mappings = [webAndPortal({ found, resolved: "False" })];
  const { account, directory, hear, holds, request, state, sync } = anOrganizationSync(t, {
    ...quiet(),
    mappings,
  });
  const many = Array.from({ length: 220 }, (_, i) => `00u${i}`);
  const ada = await account("00uada", ["web"], []);
  for (const id of many) await account(id, ["web"], [PORTAL]);
  await clock.pass(100);
  directory.hiddenGroups.add(WEB);
  request("1");
  await clock.pass(1_000, 100);
  t.deepEqual(sync.state().groupsNotShown, ["web"]);
  t.is(await holds(ada), "service-admin");
  hear(...[...many, "00uada"].map((id) => person(id, { left: [WEB] })));
  await clock.pass(60_000, 1_000);
  t.is(await holds(ada), "");
  t.is(state.hints.people, undefined);
});

test.serial("what a reading leaves doesn't push out what is there: then all is read again", async (t) => {
  const { account, directory, request, state, sync } = anOrganizationSync(t, quiet());
  for (let i = 0; i < 3; i++) {
    await account(`00u${i}`, ["web"], []);
    directory.failing.set(`user 00u${i}`, new DirectoryForbiddenError("okta.users.read", "grant it."));
  }
  await clock.pass(100);
  directory.onAsked = (call) => {
    if (call !== "members" || state.hints.people) return;
    const others = Array.from({ length: 498 }, (_, i) => person(`00uother${i}`));
    state.hints = withHeard(state.hints, { hints: others }, Date.now());
  };
  request("1");
  await clock.pass(500, 100);
  t.deepEqual([state.hints.people?.length, state.hints.everything], [498, undefined]);
  t.is(sync.state().lastRequest, undefined);
});

test.serial("where too many groups are too large to be noted, all is read again", async (t) => {
  for (const many of [50, 51]) {
    const names = Array.from({ length: many }, (_, i) => `large${i}`);
    const found = names.map((name) => ({ id: `00g-${name}`, name }));
    const mappings = [
      aMapping(
        names.map((name) => ({ name })),
        { found, resolved: "True" },
      ),
    ];
    const { directory, request, sync, state, end } = anOrganizationSync(t, {
      ...quiet(),
      mappings,
      room: new Room(40_000),
    });
    for (const { id, name } of found) {
      const pages = [Array.from({ length: 200 }, (_, i) => `00u-${name}-${i}`)];
      directory.groups.set(id, { name, pages });
      for (const id of pages.flat()) directory.people.set(id, { id, status: "ACTIVE" });
    }
    await clock.pass(100);
    request("1");
    await clock.pass(5_000, 100);
    t.is(sync.state().lastRequest, many === 50 ? "1" : undefined);
    t.is(state.hints.groups?.length, many === 50 ? 50 : undefined);
    t.is(state.hints.everything, undefined);
    end.abort();
  }
});

test.serial("an outage is told before groups that are too large", async (t) => {
  const room = new Room(40_000);
  const { directory, request, sync } = anOrganizationSync(t, { ...quiet(), room });
  for (let i = 0; i < 200; i++) directory.add(`00u${i}`, [WEB]);
  await clock.pass(100);
  request("1");
  await clock.pass(30_000, 1_000);
  const before = sync.state().failure;
  t.regex(String(before?.error), /no memory/);
  directory.failing.set("members", unreachable);
  const since = Date.now();
  request("2");
  await clock.pass(30_000, 1_000);
  t.like(sync.state().failure, { error: unreachable, since });
  directory.failing.clear();
  await clock.pass(120_000, 1_000);
  t.regex(String(sync.state().failure?.error), /no memory/);
  t.is(sync.state().failure?.since, before?.since);
});

test.serial(
  "of so many that all are read, who can't be looked at then is looked at alone, also by whoever leads next",
  async (t) => {
    const { account, directory, hear, holds, state } = anOrganizationSync(t, quiet());
    const many = Array.from({ length: 220 }, (_, i) => `00u${i}`);
    for (const id of many) await account(id, ["web"], [WEB]);
    const bad = await account("00ubad", ["web"], []);
    directory.failing.set("user 00ubad", new DirectoryForbiddenError("okta.users.read", "grant it."));
    hear(...many.map((id) => person(id)), person("00ubad"));
    await clock.pass(60_000, 1_000);
    t.deepEqual(
      state.hints.people?.map(({ id }) => id),
      ["00ubad"],
    );
    directory.failing.clear();
    await clock.pass(120_000, 1_000);
    t.is(await holds(bad), "");
  },
);

test.serial("where it fails of more than fifty, all of it is done again", async (t) => {
  for (const many of [50, 51]) {
    const { account, directory, request, state, sync, end } = anOrganizationSync(t, quiet());
    for (let i = 0; i < many; i++) {
      await account(`00u${i}`, ["web"], []);
      const error = new DirectoryForbiddenError("okta.users.read", "grant it.");
      directory.failing.set(`user 00u${i}`, error);
    }
    await clock.pass(100);
    request("1");
    await clock.pass(100);
    t.is(sync.state().lastRequest, many === 50 ? "1" : undefined);
    t.is(state.hints.people?.length, many === 50 ? 50 : undefined);
    end.abort();
  }
});

test.serial("what fails of all is told before what fails of somebody", async (t) => {
  const { account, directory, hear, request, sync } = anOrganizationSync(t, quiet());
  await account("00uada", ["web"], []);
  await clock.pass(100);
  directory.failing.set("user 00uada", new DirectoryForbiddenError("okta.users.read", "grant it."));
  hear(person("00uada"));
  await clock.pass(1_000, 100);
  t.deepEqual(sync.state().failure?.people, ["00uada"]);
  const refused = new DirectoryUnauthorizedError("make another.");
  directory.failing.set("members", refused);
  request("1");
  await clock.pass(1_000, 100);
  t.like(sync.state().failure, { error: refused, people: undefined });
});

test.serial(
  "while somebody's account is written all the time, Okta is asked of them ever later, and that is told",
  async (t) => {
    for (const how of ["look", "pass"]) {
      const { account, asked, hear, request, store, sync, told, holds, end } = anOrganizationSync(t, quiet());
      const [ada, bob] = [await account("00uada", ["web"], []), await account("00ubob", ["web"], [])];
      await clock.pass(100);
      const { update } = store;
      store.update = async (...change) => {
        if (change[0].ref === ada.ref) throw new StaleUserError("The account has changed.");
        return update.apply(store, change);
      };
      const looks = () => asked().filter((call) => call === "user 00uada").length;
      if (how === "look") hear(person("00uada"), person("00ubob"));
      else request("1");
      await clock.pass(0);
      t.is(looks(), 1);
      await clock.pass(300, 25);
      t.is(looks(), 2, "after 75 and 225 ms");
      await clock.pass(5_000);
      t.true(looks() < 10);
      t.deepEqual(told.failures[0], "look other", `${how}: it is about that one person`);
      t.is(await holds(bob), "", "others don't wait for that");
      await clock.pass(25_000);
      t.regex(String(sync.state().failure?.error), /being changed all the time/);
      store.update = update;
      await clock.pass(60_000, 1_000);
      t.is(sync.state().failure, undefined);
      t.is(await holds(ada), "");
      end.abort();
    }
  },
);
