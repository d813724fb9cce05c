import test from "ava";
import {
  DirectoryCursorError,
  DirectoryForbiddenError,
  DirectoryUnauthorizedError,
  DirectoryUnreachableError,
} from "../../../okta/directory/directory-errors.ts";
import { fakeClock } from "../../kubernetes/fake-clock.ts";
import { anOrganizationSync, PORTAL, quiet, WEB } from "./an-organization-sync.ts";

// How often Okta is asked what has changed, and what is known by that.

const clock = fakeClock(test);
const readTo = () => ({ ...quiet(), hints: { logCursor: "c1" } });
const unreachable = new DirectoryUnreachableError(new Error("no"));

/** When Okta's log is asked for, in seconds from now on. */
function polls({ directory }: ReturnType<typeof anOrganizationSync>): number[] {
  const began = Date.now();
  const times: number[] = [];
  directory.onAsked = (call) => {
    if (call === "events") times.push((Date.now() - began) / 1000);
  };
  return times;
}

test.serial(
  "Okta is asked what has changed as often as the organization says, and each half minute where it doesn't",
  async (t) => {
    const often = polls(anOrganizationSync(t, { ...readTo(), directory: { pollInterval: "10s" } }));
    const usual = polls(anOrganizationSync(t, { ...readTo(), directory: { pollInterval: undefined } }));
    await clock.pass(65_000, 1_000);
    t.deepEqual(often, [0, 10, 20, 30, 40, 50, 60]);
    t.deepEqual(usual, [0, 30, 60]);
  },
);

test.serial("another interval holds at once", async (t) => {
  const scene = anOrganizationSync(t, { ...readTo(), directory: { pollInterval: "1h" } });
  const { state, sync } = scene;
  const times = polls(scene);
  await clock.pass(100);
  sync.wake();
  await clock.pass(900);
  const { organization } = state;
  if (!organization) return t.fail();
  const { okta } = organization.spec;
  const directory = { ...okta.directory, pollInterval: "10s" } as never;
  state.organization = { ...organization, spec: { ...organization.spec, okta: { ...okta, directory } } };
  sync.wake();
  await clock.pass(21_000, 1_000);
  t.deepEqual(times, [0, 1, 11, 21]);
});

test.serial("the directory answers while it was asked lately, and not once that fails", async (t) => {
  const scene = anOrganizationSync(t, readTo());
  const { sync, directory, state } = scene;
  t.false(sync.isAnswering(60_000), "it hasn't been asked yet");
  await clock.pass(0);
  const isAnswering = [sync.isAnswering(60_000), sync.isAnswering(0)];
  t.deepEqual(isAnswering, [true, false]);
  await clock.pass(10_000);
  t.deepEqual([sync.isAnswering(10_000), sync.isAnswering(10_001)], [false, true]);
  directory.failing.set("events", unreachable);
  await clock.pass(20_000);
  t.false(sync.isAnswering(3_600_000));
  directory.failing.clear();
  await clock.pass(5_000);
  t.true(sync.isAnswering(10_000));
  state.isConnected = false;
  await clock.pass(60_000, 1_000);
  t.false(sync.isAnswering(10_000), "nobody asks any more");
  state.isConnected = true;
  await clock.pass(1_000);
  t.true(sync.isAnswering(1_000), "and somebody does as soon as that is possible");
});

test.serial("what is heard by asking is looked at, and counted", async (t) => {
  const { account, directory, hear, holds, told } = anOrganizationSync(t, readTo());
  const ada = await account("00uada", ["web"], [PORTAL]);
  const targets = [{ id: "00uada", type: "User" }];
  const published = new Date().toISOString();
  const event = { uuid: "1", published, eventType: "user.account.update_profile", targets };
  directory.log.set("c1", { events: [event], unreadable: 0, after: "c2", isEnd: true });
  await clock.pass(100);
  t.deepEqual(told.heard, ["1 of log"]);
  hear();
  await clock.pass(100);
  t.is(await holds(ada), "portal-admin");
});

test.serial(
  "what was read by a clock that was ahead is read anew, and so is the log, from now on",
  async (t) => {
    const ahead = new Date(Date.now() + 12 * 3_600_000).toISOString();
    const { directory, asked, sync } = anOrganizationSync(t, {
      status: { directory: { lastFullSyncTime: ahead } } as never,
      hints: { logCursor: "of that clock" },
    });
    await clock.pass(2_000);
    const log = directory.asked.filter((call) => call.startsWith("events"));
    t.true(log.length > 0);
    t.deepEqual(
      log.filter((call) => call.includes("of that clock")),
      [],
    );
    t.true(asked().includes(`members ${WEB}`));
    t.true((sync.state().lastFullSync ?? Number.POSITIVE_INFINITY) <= Date.now());
  },
);

test.serial("without a cursor the log is asked for from before the last complete read", async (t) => {
  const { directory } = anOrganizationSync(t, quiet());
  const since = new Date(Date.now() - 660_000).toISOString();
  await clock.pass(0);
  t.deepEqual(directory.asked, [`events ${since}`]);
});

test.serial("where what has happened can't be known, everything is read", async (t) => {
  const { asked, directory, sync } = anOrganizationSync(t, readTo());
  directory.failing.set("events c1", new DirectoryCursorError());
  await clock.pass(0);
  t.is(sync.state().lastFullSync, undefined);
  await clock.pass(2_000);
  t.deepEqual(asked(), [`members ${WEB}`, `members ${PORTAL}`]);
  t.not(sync.state().lastFullSync, undefined);
});

test.serial("that Okta's log may not be read, and that it may again, is told once", async (t) => {
  const { directory, sync, told } = anOrganizationSync(t, readTo());
  directory.failing.set("events", new DirectoryForbiddenError("okta.logs.read", "no"));
  await clock.pass(0);
  t.false(sync.state().isLogReadable);
  t.is(told.changed, 1);
  t.is(sync.state().failure, undefined, "groups tell what has changed");
  await clock.pass(90_000, 1_000);
  t.is(told.changed, 1);
  await clock.pass(900_000, 10_000);
  t.false(sync.state().isLogReadable);
  t.is(told.changed, 1, "it was asked for again, and is as before");
  directory.failing.clear();
  await clock.pass(600_000, 10_000);
  t.true(sync.state().isLogReadable);
  t.is(told.changed, 2);
});

test.serial("where Okta refuses the credentials of one who asks, those are read anew", async (t) => {
  const { directory, told, sync } = anOrganizationSync(t, readTo());
  await clock.pass(0);
  told.directories.length = 0;
  const refused = new DirectoryUnauthorizedError("make another.");
  directory.failing.set("events", refused);
  await clock.pass(30_000);
  t.is(sync.state().failure?.error, refused);
  directory.failing.set("events", unreachable);
  await clock.pass(5_000);
  t.deepEqual(told.directories, ["changes", "changes fresh", "changes"]);
  t.is(sync.state().failure, undefined, "it is one that may end by itself, and hasn't lasted");
});
