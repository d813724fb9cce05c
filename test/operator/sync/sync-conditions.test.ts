import test from "ava";
import type { OktaHints, Organization } from "../../../crds/types.ts";
import { StoreError } from "../../../identity/index.ts";
import {
  DirectoryForbiddenError,
  DirectoryRateLimitedError,
  DirectoryUnauthorizedError,
} from "../../../okta/directory/directory-errors.ts";
import {
  directoryStatus,
  directorySynced,
  eventHookVerified,
} from "../../../operator/sync/sync-conditions.ts";
import { isFollowed, type SyncState } from "../../../operator/sync/sync-state.ts";

const NOW = Date.parse("2026-11-26T12:00:00Z");
const organization = (okta: object): Organization => ({ spec: { okta } }) as unknown as Organization;
const acme = organization({ directory: { pollInterval: "30s" }, eventHook: {} });
const heard = (eventHook: object): OktaHints => ({ spec: { eventHook } }) as unknown as OktaHints;
const synced: SyncState = {
  failure: undefined,
  lastFullSync: NOW,
  lastRequest: undefined,
  lastChange: undefined,
  isLogReadable: true,
  notShown: [],
  groupsNotShown: [],
  waiting: 0,
  delay: undefined,
};

test("the condition says which bound is in force", (t) => {
  t.like(directorySynced(organization({}), undefined, undefined), {
    status: "Unknown",
    reason: "NoDirectory",
  });
  t.like(directorySynced(acme, undefined, undefined), { status: "Unknown", reason: "Reading" });
  t.like(directorySynced(acme, { ...synced, lastFullSync: undefined }, undefined), { reason: "Reading" });
  const asked = directorySynced(acme, synced, heard({}));
  t.like(asked, { status: "True", reason: "Synced" });
  t.regex(asked.message, /at worst after 30s/);
  t.notRegex(asked.message, /event hook/);
  const hooked = directorySynced(acme, synced, heard({ verifiedTime: "2026-11-26T11:00:00Z" }));
  t.regex(hooked.message, /within about 1 s, by the event hook; at worst after 30s/);
  const nothing = { spec: {} } as unknown as OktaHints;
  t.is(directorySynced(acme, synced, nothing).message, asked.message);
  t.regex(
    directorySynced(acme, { ...synced, isLogReadable: false }, undefined).message,
    /grant the app okta\.logs\.read/,
  );
});

test("it says since when the directory can't be followed, and that nothing is lost by it", (t) => {
  const failing = (error: unknown) =>
    directorySynced(acme, { ...synced, failure: { since: NOW, error } }, undefined);
  const refused = failing(new DirectoryUnauthorizedError("make another."));
  t.like(refused, { status: "False", reason: "DirectoryUnauthorized" });
  t.regex(refused.message, /since 2026-11-26T12:00:00Z.*What is stored stays/);
  t.like(failing(new DirectoryRateLimitedError(1_000)), {
    status: "Unknown",
    reason: "DirectoryRateLimited",
  });
  t.like(failing(new Error("no")), { status: "False", reason: "DirectoryUnreadable" });
});

test("what can't be known or stored of some people is told of them, and nobody else is concerned", (t) => {
  const failing = (error: unknown, people: string[]) =>
    directorySynced(acme, { ...synced, failure: { since: NOW, error, people } }, undefined);
  const forbidden = failing(new DirectoryForbiddenError("okta.users.read", "grant it."), ["00u1", "00u2"]);
  t.like(forbidden, { status: "False", reason: "DirectoryForbidden" });
  t.regex(
    forbidden.message,
    /since 2026-11-26T12:00:00Z of "00u1", "00u2" .*grant it\..*Everybody else is followed\.$/,
  );
  const unstored = failing(new StoreError("The account is refused."), ["00u1"]);
  t.like(unstored, { status: "False", reason: "AccountNotStored" });
  t.regex(unstored.message, /of "00u1" .*stored: The account is refused\./);
  t.true(isFollowed({ ...synced, failure: { since: NOW, error: new Error("no"), people: ["00u1"] } }));
});

test("of people whom Okta doesn't show, ten are named", (t) => {
  const notShown = Array.from(
    { length: 12 },
    (_, i) => ({ ref: `acme/${i}`, email: `p${i}@acme.example` }) as never,
  );
  const { status, reason, message } = directorySynced(acme, { ...synced, notShown }, undefined);
  t.deepEqual([status, reason], ["True", "SyncedInPart"]);
  t.regex(message, /p0@acme\.example, .*p9@acme\.example and 2 more/);
  t.notRegex(message, /p10@/);
});

test("of groups that Okta doesn't show, ten are named, beside people", (t) => {
  const groupsNotShown = Array.from({ length: 12 }, (_, i) => `g${i}`);
  const told = directorySynced(acme, { ...synced, groupsNotShown }, undefined);
  t.like(told, { status: "True", reason: "SyncedInPart" });
  t.regex(
    told.message,
    /pollInterval\)\. Okta doesn't show the groups "g0", .*"g9" and 2 more to these credentials/,
  );
  const ada = { ref: "acme/1", email: "ada@acme.example" } as never;
  const both = directorySynced(acme, { ...synced, groupsNotShown: ["web"], notShown: [ada] }, undefined);
  t.regex(
    both.message,
    /show ada@acme\.example to .* their accounts\. Okta doesn't show the groups "web" to/,
  );
});

test("an event hook is verified when Okta has called; whoever calls with a wrong secret makes nothing False", (t) => {
  const of = (eventHook: object | undefined) =>
    eventHookVerified(acme, "https://login/hooks/okta/acme", eventHook && heard(eventHook), found);
  const found = { kind: "found" } as const;
  const [early, late] = ["2026-11-26T11:00:00.000Z", "2026-11-26T11:30:00.000Z"];
  t.is(eventHookVerified(organization({}), "", undefined, { kind: "none" }), undefined);
  t.like(of(undefined), { status: "Unknown", reason: "NotVerified" });
  t.regex(of({})?.message ?? "", /https:\/\/login\/hooks\/okta\/acme/);
  t.like(of({ verifiedTime: early }), { status: "True", reason: "Verified" });
  t.like(of({ verifiedTime: late, refusedTime: early }), { status: "True" });
  t.like(of({ verifiedTime: late, refusedTime: late }), { status: "True" });
  t.like(of({ verifiedTime: early, refusedTime: late }), { status: "Unknown", reason: "SecretDiffers" });
  t.like(of({ refusedTime: early }), { status: "Unknown", reason: "SecretDiffers" });
});

test("an event hook that was verified at another login path isn't verified at this one", (t) => {
  const moved = { ...acme, spec: { ...acme.spec, loginPath: "shop" } };
  const verifiedTime = "2026-11-26T11:00:00.000Z";
  const of = (loginPath: string | undefined) => {
    const known = heard({ verifiedTime, ...(loginPath === undefined ? {} : { loginPath }) });
    return [
      eventHookVerified(moved, "https://login/hooks/okta/shop", known, { kind: "found" }),
      directorySynced(moved, synced, known),
    ] as const;
  };
  const [hook, sync] = of("acme");
  t.like(hook, { status: "Unknown", reason: "NotVerified" });
  t.regex(
    hook?.message ?? "",
    /login path acme: have its event hook call https:\/\/login\/hooks\/okta\/shop now/,
  );
  t.notRegex(sync.message, /by the event hook/);
  for (const here of ["shop", undefined]) {
    const [verified, bound] = of(here);
    t.like(verified, { status: "True", reason: "Verified" }, here);
    t.regex(bound.message, /by the event hook/);
  }
});

test("a secret of the event hook that isn't there is told before anything is said of Okta, whatever it has called before", (t) => {
  const verified = heard({ verifiedTime: "2026-11-26T11:00:00.000Z" });
  const of = (kind: "missing" | "forbidden" | "unreadable" | "checking") =>
    eventHookVerified(acme, "https://login/hooks/okta/acme", verified, { kind, message: "Why." });
  t.like(of("missing"), { status: "False", reason: "EventHookSecretMissing", message: "Why." });
  t.like(of("forbidden"), { status: "False", reason: "SecretForbidden", message: "Why." });
  t.like(of("unreadable"), { status: "Unknown", reason: "SecretUnreadable", message: "Why." });
  t.like(of("checking"), { status: "True", reason: "Verified" });
});

test("the status has times to a second and delays to a tenth of one, so that it is seldom written", (t) => {
  t.deepEqual(directoryStatus({ ...synced, lastFullSync: undefined }), {});
  t.deepEqual(
    directoryStatus({
      ...synced,
      lastRequest: "1",
      lastReadFor: { issuer: "https://acme.okta.com", provision: "OnLogin" },
      lastChange: NOW + 999,
      delay: { p50: 440, p99: 1_260 },
    }),
    {
      lastFullSyncTime: "2026-11-26T12:00:00Z",
      lastFullSyncRequest: "1",
      lastFullSyncIssuer: "https://acme.okta.com",
      lastFullSyncProvision: "OnLogin",
      lastChangeTime: "2026-11-26T12:00:00Z",
      delay: { p50: "0.4s", p99: "1.3s" },
    },
  );
});

test("what happens in a directory is known without asking once all was read, and while nothing fails", (t) => {
  t.true(isFollowed(synced));
  t.false(isFollowed({ ...synced, lastFullSync: undefined }));
  t.false(isFollowed({ ...synced, failure: { since: NOW, error: new Error("no") } }));
  t.false(isFollowed(undefined));
});
