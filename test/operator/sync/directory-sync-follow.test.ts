import test, { type ExecutionContext } from "ava";
import type { Logger } from "pino";
import { Registry } from "prom-client";
import type { OktaHints, Organization } from "../../../crds/types.ts";
import { identityOf, resolveAccess } from "../../../identity/index.ts";
import { DirectoryForbiddenError } from "../../../okta/directory/directory-errors.ts";
import { DirectorySync, SyncMetrics } from "../../../operator/sync/directory-sync.ts";
import type { SyncState } from "../../../operator/sync/sync-state.ts";
import { withHeard, withoutDone } from "../../../organizations/hints.ts";
import { SimulatedStore } from "../../identity/simulated-store.ts";
import { fakeClock } from "../../kubernetes/fake-clock.ts";
import { organization } from "../../organizations/organization.ts";
import { ADirectory } from "./a-directory.ts";
import { PORTAL, person, WEB, webAndPortal } from "./an-organization-sync.ts";
import { ORGANIZATION, policy, readingDeps, signedInWith } from "./read-organization.ts";

const clock = fakeClock(test);
const ISSUER = "https://acme.okta.com";

/** An organization as it is applied. */
function applied(
  key: string,
  directory: object | undefined,
  { uid = key, issuer = ISSUER } = {},
): Organization {
  const made = organization(key, "acme", { uid });
  const okta = { ...made.spec.okta, issuer, ...(directory && { directory }) };
  return { ...made, spec: { ...made.spec, okta } } as Organization;
}
const DIRECTORY = { url: ISSUER, pollInterval: "30s", fullSyncInterval: "6h" };

function scene(t: ExecutionContext) {
  const organizations = new Map<string, Organization>();
  const [changes, sweeps] = [new ADirectory(), new ADirectory()];
  for (const directory of [changes, sweeps]) directory.add("00uother", [WEB, PORTAL]);
  const hints = new Map<string, OktaHints["spec"]>();
  const told = { ready: new Set<string>(), changed: new Set<string>(), lookedUp: [] as string[] };
  const store = new SimulatedStore();
  const registry = new Registry();
  const end = new AbortController();
  t.teardown(() => end.abort());
  const log = () => {};
  const { isLookedAt: _, isToBeLookedAt: _alone, ...reading } = readingDeps(store, ISSUER);
  const sync = new DirectorySync({
    ...reading,
    decide: (ref) => {
      setImmediate(async () => {
        const user = await store.fresh(ref);
        const identity = user && identityOf(user);
        if (user && identity) await store.update(user, { access: resolveAccess(identity, policy) });
      });
    },
    organizations,
    mappings: {
      by: (_index: string, key: string) => (key === ORGANIZATION ? [webAndPortal()] : []),
    } as never,
    hints: {
      of: (key) => ({ spec: hints.get(key) ?? {} }) as OktaHints,
      heard: async ({ metadata }, heard) => {
        const key = `acme/${metadata.name}`;
        hints.set(key, withHeard(hints.get(key) ?? {}, heard, Date.now()));
      },
      done: async ({ metadata }, done) => {
        const key = `acme/${metadata.name}`;
        hints.set(key, withoutDone(hints.get(key) ?? {}, done));
      },
    },
    concerned: async (_organization, all) => all,
    directories: { of: async () => changes as never },
    sweeps: { of: async () => sweeps as never },
    isReady: (key) => {
      told.ready.add(key);
      return true;
    },
    lookUpGroups: (key, ids, names) => void told.lookedUp.push(`${key} ${ids} called ${names}`),
    changed: (key) => void told.changed.add(key),
    metrics: new SyncMetrics(registry),
    log: { info: log, warn: log } as unknown as Logger,
    signal: end.signal,
  });
  return {
    ...{ sync, changes, sweeps, hints, told, store, end },
    apply: (key: string, made: Organization | undefined): void => {
      if (made) organizations.set(key, made);
      else organizations.delete(key);
      sync.follow(key);
    },
    /** What is measured, of what isn't zero. */
    measured: async (): Promise<string[]> =>
      (await registry.metrics()).split("\n").filter((line) => /^okta_role_sync.* [^0]/.test(line)),
  };
}

test.serial(
  "an organization's directory is followed for as long as it has one, and anew where it is another",
  async (t) => {
    const { apply, sync, changes } = scene(t);
    apply(ORGANIZATION, applied(ORGANIZATION, undefined));
    t.is(sync.of(ORGANIZATION), undefined);
    apply(ORGANIZATION, applied(ORGANIZATION, DIRECTORY));
    apply("acme/beta", applied("acme/beta", DIRECTORY));
    const lastRead = (): (number | undefined)[] =>
      [ORGANIZATION, "acme/beta"].map((key) => sync.of(key)?.lastFullSync);
    await clock.pass(2_000);
    const first = lastRead();
    t.false(first.includes(undefined));

    apply(ORGANIZATION, applied(ORGANIZATION, { ...DIRECTORY, fullSyncInterval: "3h" }));
    t.deepEqual(lastRead(), first, "it is the same one");
    for (const other of [
      applied(ORGANIZATION, { ...DIRECTORY, url: "https://other.okta.com" }),
      applied(ORGANIZATION, DIRECTORY),
      applied(ORGANIZATION, DIRECTORY, { uid: "made anew" }),
      applied(ORGANIZATION, DIRECTORY, { uid: "made anew", issuer: `${ISSUER}/oauth2/default` }),
    ]) {
      const lastFullSyncTime = new Date(first[0] ?? 0).toISOString();
      apply(ORGANIZATION, {
        ...other,
        status: { ...other.status, directory: { lastFullSyncTime } } as never,
      });
      t.deepEqual(lastRead(), [undefined, first[1]]);
      await clock.pass(2_000);
      t.true((lastRead()[0] ?? 0) > (first[0] ?? 0));
    }
    changes.asked.length = 0;
    await clock.pass(30_000, 1_000);
    t.is(changes.asked.filter((call) => call.startsWith("events")).length, 2, "once for each of the two");
    apply(ORGANIZATION, undefined);
    apply("acme/beta", applied("acme/beta", undefined));
    t.deepEqual(
      [sync.of(ORGANIZATION), sync.of("acme/beta"), sync.isAnswering(ORGANIZATION, 1e9)],
      [undefined, undefined, false],
    );
    changes.asked.length = 0;
    await clock.pass(60_000, 1_000);
    t.deepEqual(changes.asked, []);
  },
);

test.serial("when all is over, no directory is followed any more, and none anew", async (t) => {
  const { apply, sync, changes, end } = scene(t);
  apply(ORGANIZATION, applied(ORGANIZATION, DIRECTORY));
  await clock.pass(100);
  end.abort();
  changes.asked.length = 0;
  apply("acme/beta", applied("acme/beta", DIRECTORY));
  await clock.pass(60_000, 1_000);
  t.is(sync.of("acme/beta"), undefined);
  t.deepEqual(changes.asked, []);
});

test.serial(
  "what was heard is looked at by what somebody waits for, all members are read by what has time; each is told of its organization",
  async (t) => {
    const { apply, sync, changes, sweeps, hints, told, store, measured } = scene(t);
    changes.add("00uada", []);
    sweeps.add("00uada", []);
    await signedInWith(store, { issuer: ISSUER, subject: "00uada" }, ["web"]);
    apply(ORGANIZATION, applied(ORGANIZATION, DIRECTORY));
    hints.set(
      ORGANIZATION,
      withHeard(
        {},
        { hints: [person("00uada"), { ...person(WEB), kind: "group", name: "net" } as never] },
        Date.now(),
      ),
    );
    apply(ORGANIZATION, applied(ORGANIZATION, DIRECTORY));
    await clock.pass(2_000);
    t.true(changes.asked.includes("user 00uada"));
    t.true(sweeps.asked.includes(`members ${WEB}`));
    t.false(changes.asked.some((call) => call.startsWith("members")));
    t.deepEqual(told.lookedUp, [`${ORGANIZATION} ${WEB} called net`]);
    t.deepEqual([told.ready, told.changed], [new Set([ORGANIZATION]), new Set([ORGANIZATION])]);
    t.true(sync.isAnswering(ORGANIZATION, 10_000));
    const lines = await measured();
    t.true(lines.includes(`okta_role_sync_delay_seconds_count{organization="${ORGANIZATION}"} 1`));
    t.true(lines.includes(`okta_role_sync_hints_waiting{organization="${ORGANIZATION}"} 2`));
  },
);

test.serial(
  "failures are counted by part and reason, what was heard by source, and delays are in seconds",
  async (t) => {
    const { apply, changes, measured, store } = scene(t);
    changes.add("00uada", []);
    await signedInWith(store, { issuer: ISSUER, subject: "00uada" }, ["web"]);
    const published = new Date(Date.now() - 1_700).toISOString();
    const targets = [{ id: "00uada", type: "User" }];
    const event = { uuid: "1", published, eventType: "user.account.update_profile", targets };
    const since = new Date(Date.now() - 30_000).toISOString();
    changes.log.set(since, { events: [event], unreadable: 0, after: "c2", isEnd: true });
    apply(ORGANIZATION, applied(ORGANIZATION, DIRECTORY));
    await clock.pass(0);
    changes.failing.set("events", new DirectoryForbiddenError("okta.logs.read", "no"));
    changes.failing.set("groupsChangedSince", new DirectoryForbiddenError("okta.groups.read", "no"));
    apply(ORGANIZATION, applied(ORGANIZATION, DIRECTORY));
    await clock.pass(0);
    await clock.pass(30_000, 1_000);
    const lines = await measured();
    const of = `organization="${ORGANIZATION}"`;
    t.true(lines.includes(`okta_role_sync_heard_total{${of},source="log"} 1`));
    t.true(lines.includes(`okta_role_sync_failures_total{${of},part="poll",reason="directory-forbidden"} 1`));
    t.true(lines.includes(`okta_role_sync_delay_seconds_sum{${of}} 1.7`));
  },
);

test.serial("what was counted of a directory goes with its organization", async (t) => {
  const registry = new Registry();
  const metrics = new SyncMetrics(registry);
  for (const organization of ["a", "b"]) {
    metrics.delay.observe({ organization }, 1);
    metrics.failures.inc({ organization, part: "pass", reason: "r" });
    metrics.heard.inc({ organization, source: "log" });
  }
  const of = async (organization: string): Promise<boolean> =>
    (await registry.metrics()).includes(`organization="${organization}"`);
  await metrics.forgets("a", () => true);
  t.deepEqual([await of("a"), await of("b")], [false, true]);
});

test.serial(
  "gauges say how far each directory is followed, and nothing of one that isn't followed any more",
  async (t) => {
    const registry = new Registry();
    const metrics = new SyncMetrics(registry);
    const gauges = async (): Promise<string[]> =>
      (await registry.metrics()).split("\n").filter((line) => /^okta_role_sync_[^#]*organization/.test(line));
    t.deepEqual(await gauges(), []);
    const state: SyncState = {
      failure: { since: 3_000, error: new Error("no") },
      lastFullSync: 5_000,
      lastRequest: undefined,
      lastChange: 7_000,
      isLogReadable: true,
      notShown: [{}, {}] as never,
      groupsNotShown: [],
      waiting: 9,
      delay: undefined,
    };
    const nothing = { ...state, failure: undefined, lastFullSync: undefined, lastChange: undefined };
    const states = new Map<string, SyncState>([
      ["a", state],
      ["b", nothing],
    ]);
    metrics.read(
      (key) => states.get(key),
      () => ["a", "b", "c"].values(),
    );
    t.deepEqual(await gauges(), [
      'okta_role_sync_hints_waiting{organization="a"} 9',
      'okta_role_sync_hints_waiting{organization="b"} 9',
      'okta_role_sync_failing_since_seconds{organization="a"} 3',
      'okta_role_sync_failing_since_seconds{organization="b"} 0',
      'okta_role_sync_last_full_sync_seconds{organization="a"} 5',
      'okta_role_sync_last_change_seconds{organization="a"} 7',
      'okta_role_sync_people_not_shown{organization="a"} 2',
      'okta_role_sync_people_not_shown{organization="b"} 2',
    ]);
    states.delete("a");
    t.false((await gauges()).some((line) => line.includes('"a"')));
  },
);
