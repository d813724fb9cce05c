import test from "ava";
import { identityOf, noAccess, StaleUserError, type User } from "../../../identity/index.ts";
import {
  DirectoryForbiddenError,
  DirectoryNotFoundError,
  DirectoryUnreachableError,
} from "../../../okta/directory/directory-errors.ts";
import { GroupVanishedError } from "../../../operator/sync/group-evidence.ts";
import { lookAtPerson } from "../../../operator/sync/look-at-person.ts";
import { LAG_MS } from "../../../operator/sync/looks.ts";
import { SimulatedStore } from "../../identity/simulated-store.ts";
import { ADirectory } from "./a-directory.ts";
import { MAPPED, ORGANIZATION, readingDeps, rolesHeld, signedInWith } from "./read-organization.ts";

const ISSUER = "https://acme.okta.com";
const ADA = "00uada";

/** Ada has signed in as somebody in `web`, unless she has no account. */
async function scene({ beforeLogin = false, account = true } = {}) {
  const store = new SimulatedStore();
  const directory = new ADirectory();
  directory.add("00uother", ["00g-web"]); // so that it is there
  const mapped = { ...MAPPED, gone: new Set<string>(), notShown: new Set<string>() };
  const lookedUp: string[] = [];
  const deps = {
    ...readingDeps(store, ISSUER),
    beforeLogin,
    mapped: () => mapped,
    lookUpGroups: (ids: readonly string[]) => void lookedUp.push(...ids),
  };
  const ada = account ? await signedInWith(store, { issuer: ISSUER, subject: ADA }, ["web"]) : undefined;
  const stored = () => store.find(ORGANIZATION, { issuer: ISSUER, subject: ADA });
  return {
    store,
    directory,
    mapped,
    lookedUp,
    ada,
    stored,
    holds: async (): Promise<string> => rolesHeld(await stored(), ISSUER),
    look: (expected: Parameters<typeof lookAtPerson>[1] = {}, lookedAt = LAG_MS) =>
      lookAtPerson(ADA, expected, lookedAt, directory, deps),
  };
}

/** Somebody else writes it first, each time. */
const PORTAL = { id: "00g-portal", name: "portal" };

function overtake(store: SimulatedStore): void {
  store.update = async (): Promise<User> => {
    throw new StaleUserError("The account has changed.");
  };
}

test("what Okta says of somebody is stored, and a second look finds it stored", async (t) => {
  const { directory, look, holds, ada } = await scene();
  directory.add(ADA, ["00g-portal"]);
  const seen = { kind: "seen", agrees: true, groups: [PORTAL], ref: ada?.ref };
  t.deepEqual(await look(), { ...seen, changed: true });
  t.is(await holds(), "portal-admin");
  t.deepEqual(await look(), { ...seen, changed: false });
});

test("an answer that contradicts what was heard changes nothing, until Okta can't be behind any more", async (t) => {
  const { directory, look, stored, holds } = await scene();
  directory.add(ADA, ["00g-portal"]);
  const before = await stored();
  t.deepEqual(await look({ joined: ["00g-web"] }, LAG_MS - 1), {
    kind: "seen",
    agrees: false,
    changed: false,
    groups: [PORTAL],
  });
  t.is(await stored(), before);
  t.like(await look({ joined: ["00g-web"] }, LAG_MS), { agrees: false, changed: true });
  t.is(await holds(), "portal-admin", "Okta's word is the last");
});

test("an answer that agrees with what was heard is believed at once", async (t) => {
  const { directory, look, holds } = await scene();
  directory.add(ADA, ["00g-portal"]);
  t.like(await look({ active: true, left: ["00g-web"] }, 0), { agrees: true, changed: true });
  t.like(await look({ active: false }), { agrees: false, changed: false });
  t.is(await holds(), "portal-admin");
});

test("of somebody without an account nothing is asked, unless people get theirs before they sign in", async (t) => {
  const without = await scene({ account: false });
  without.directory.add(ADA, ["00g-web"]);
  t.deepEqual(await without.look(), { kind: "nobody" });
  t.deepEqual(without.directory.asked, []);

  const early = await scene({ account: false, beforeLogin: true });
  t.deepEqual(await early.look(), { kind: "nobody" }, "whom Okta doesn't have, either");
  early.directory.add(ADA, ["00g-web"]);
  const seen = { kind: "seen", agrees: true, changed: true, groups: [{ id: "00g-web", name: "web" }] };
  t.deepEqual(await early.look(), seen);
  t.is(await early.holds(), "service-admin");
  const unmapped = await scene({ account: false, beforeLogin: true });
  unmapped.directory.add(ADA, ["00g-other"]);
  t.like(await unmapped.look(), { kind: "seen", changed: false });
});

test("whom Okta has deleted holds nothing", async (t) => {
  const { directory, look, stored, ada } = await scene();
  directory.deleted.add(ADA);
  const seen = { kind: "seen", agrees: true, groups: [], ref: ada?.ref };
  t.deepEqual(await look(), { ...seen, changed: true });
  t.like(await stored(), { oktaStatus: "DELETED", groups: [] });
  t.deepEqual(await look(), { ...seen, changed: false });
});

test("whom Okta doesn't show keeps everything, also where nobody may know whether they were deleted", async (t) => {
  const { directory, look, ada, stored } = await scene();
  t.deepEqual(await look(), { kind: "not-shown", user: ada });
  directory.failing.set("wasDeleted", new DirectoryForbiddenError("okta.logs.read", "no"));
  t.deepEqual(await look(), { kind: "not-shown", user: ada });
  const unreachable = new DirectoryUnreachableError(new Error("no"));
  directory.failing.set("wasDeleted", unreachable);
  await t.throwsAsync(look(), { is: unreachable });
  t.is(await stored(), ada);
});

test("while their groups can't be read, nothing is known of somebody", async (t) => {
  const { directory, look, stored, ada } = await scene();
  directory.add(ADA, []);
  const unreachable = new DirectoryUnreachableError(new Error("no"));
  directory.failing.set("userGroups", unreachable);
  await t.throwsAsync(look(), { is: unreachable });
  t.is(await stored(), ada);
});

test("who may not sign in any more is out, also while it can't be known what they are in; the groups follow", async (t) => {
  const unreachable = new DirectoryUnreachableError(new Error("no"));
  for (const call of ["userGroups", "groupByID"]) {
    const { directory, look, stored, holds } = await scene();
    directory.add(ADA, ["00g-portal"], { status: "SUSPENDED", email: "new@acme.example" });
    directory.failing.set(call, unreachable);
    await t.throwsAsync(look({ active: false }, 0), { is: unreachable }, "it is tried again");
    const out = await stored();
    t.like(out, { oktaStatus: "SUSPENDED", groups: [{ name: "web" }], email: undefined }, call);
    t.is(await holds(), "");
    await t.throwsAsync(look({ active: false }, 0), { is: unreachable });
    t.is(await stored(), out, "once");
    directory.failing.clear();
    t.like(await look({ active: false }, 0), { kind: "seen", agrees: true, changed: true });
    t.like(await stored(), { oktaStatus: "SUSPENDED", groups: [PORTAL], email: "new@acme.example" });
  }

  const vanished = await scene();
  vanished.directory.add(ADA, ["00g-portal"], { status: "DEPROVISIONED" });
  vanished.directory.hiddenGroups.add("00g-web");
  await t.throwsAsync(vanished.look(), { instanceOf: GroupVanishedError });
  t.is(await vanished.holds(), "");
});

test("who is shown as out where the groups are of before is out at once, unless it was said that they aren't", async (t) => {
  const { directory, look, stored, holds, ada } = await scene();
  directory.add(ADA, ["00g-web"], { status: "SUSPENDED" });
  const seen = { kind: "seen", agrees: false, groups: [{ id: "00g-web", name: "web" }] };
  t.deepEqual(await look({ active: true, left: ["00g-web"] }, LAG_MS - 1), {
    ...seen,
    changed: false,
  } as never);
  directory.failing.set("userGroups", new DirectoryForbiddenError("okta.users.read", "no"));
  await t.throwsAsync(look({ active: true }, LAG_MS - 1), { instanceOf: DirectoryForbiddenError });
  t.is(await stored(), ada);
  directory.failing.clear();
  const expected = { active: false, left: ["00g-web"] };
  t.deepEqual(await look(expected, 0), { ...seen, changed: true, ref: ada?.ref } as never);
  t.like(await stored(), { oktaStatus: "SUSPENDED", groups: ada?.groups });
  t.is(await holds(), "");
  t.deepEqual(await look(expected, 0), { ...seen, changed: false } as never);

  const late = await scene();
  late.directory.add(ADA, [], { status: "SUSPENDED" });
  late.directory.failing.set("userGroups", new DirectoryForbiddenError("okta.users.read", "no"));
  await t.throwsAsync(late.look({ active: true }, LAG_MS), { instanceOf: DirectoryForbiddenError });
  t.is(await late.holds(), "", "Okta's word is the last");
});

test("who is shown as out, and whose groups Okta doesn't show, is out", async (t) => {
  const { directory, look, holds, ada } = await scene();
  directory.add(ADA, [], { status: "DEPROVISIONED" });
  directory.failing.set("userGroups", new DirectoryNotFoundError("user"));
  t.deepEqual(await look(), { kind: "not-shown", user: ada });
  t.is(await holds(), "");

  directory.deleted.add(ADA);
  t.like(await look(), { kind: "seen", agrees: true, changed: true });

  const other = await formerScene(OTHER_OKTA);
  other.directory.add(ADA, [], { status: "SUSPENDED" });
  other.directory.failing.set("userGroups", new DirectoryNotFoundError("user"));
  t.deepEqual(await other.look(), { kind: "nobody" });
  t.like(await other.kept(), { oktaStatus: "SUSPENDED" });
});

test("that somebody was deleted counts also while Okta can't be asked what they were in", async (t) => {
  const { directory, look, stored } = await scene();
  directory.deleted.add(ADA);
  directory.failing.set("userGroups", new DirectoryUnreachableError(new Error("no")));
  t.like(await look(), { kind: "seen", agrees: true, changed: true });
  t.like(await stored(), { oktaStatus: "DELETED" });
});

test("where somebody else has written the account meanwhile, that is told", async (t) => {
  const { directory, store, look } = await scene();
  overtake(store);
  directory.deleted.add(ADA);
  t.deepEqual(await look(), { kind: "overtaken" });
  directory.add(ADA, ["00g-portal"]);
  t.deepEqual(await look(), { kind: "overtaken" });
  directory.add(ADA, ["00g-web"], { status: "SUSPENDED" });
  t.deepEqual(await look({ left: ["00g-web"] }, 0), { kind: "overtaken" });
  for (const error of [new DirectoryUnreachableError(new Error("no")), new DirectoryNotFoundError("user")]) {
    directory.deleted.clear();
    directory.failing.set("userGroups", error);
    t.deepEqual(await look(), { kind: "overtaken" });
  }
});

test("a group that Okta doesn't show keeps whom it has, until it is shown, its deletion is logged, or an event says otherwise", async (t) => {
  const [WEB, both, one] = ["00g-web", "portal-admin,service-admin", "portal-admin"];
  const hidden = async () => {
    const found = await scene();
    found.directory.add(ADA, ["00g-portal"]);
    found.directory.hiddenGroups.add(WEB);
    found.mapped.notShown.add(WEB);
    return found;
  };
  const { directory, look, holds } = await hidden();
  t.like(await look(), { kind: "seen", changed: true, groups: [PORTAL] });
  t.is(await holds(), both);
  t.like(await look(), { changed: false });
  directory.failing.set("groupWasDeleted", new DirectoryForbiddenError("okta.logs.read", "no"));
  t.like(await look(), { changed: false });
  const unreachable = new DirectoryUnreachableError(new Error("no"));
  directory.failing.set("groupWasDeleted", unreachable);
  await t.throwsAsync(look(), { is: unreachable });
  directory.failing.clear();
  directory.deletedGroups.add(WEB);
  t.like(await look(), { changed: true });
  t.is(await holds(), one);

  const left = await hidden();
  await left.look({ left: [WEB] });
  t.is(await left.holds(), one);
  t.false(
    left.directory.asked.some((call) => call.startsWith("group")),
    "an event is evidence enough",
  );

  const shown = await hidden();
  shown.directory.hiddenGroups.clear();
  await shown.look();
  t.is(await shown.holds(), one);
});

test("who came by a name of which Okta has never shown a group keeps it; one that is gone, or that nothing is mapped to, not", async (t) => {
  const { directory, look, holds, mapped, stored, store } = await scene();
  directory.add(ADA, ["00g-portal"]);
  mapped.found = new Map();
  const ada = await stored();
  const groups = [{ name: "web" }, { name: "unmapped" }, { id: "00g-unmapped", name: "unmapped" }];
  if (ada) await store.update(ada, { identity: { ...identityOf(ada), groups } as never });
  await look();
  t.is(await holds(), "portal-admin,service-admin");
  t.deepEqual((await stored())?.groups, [PORTAL, { name: "web" }]);
  mapped.gone.add("web");
  await look();
  t.is(await holds(), "portal-admin");
});

test("a group that was shown a moment ago is looked up anew before it is known that Okta doesn't show it", async (t) => {
  const { directory, look, mapped, lookedUp, stored, ada } = await scene();
  directory.add(ADA, ["00g-portal"]);
  directory.hiddenGroups.add("00g-web");
  await t.throwsAsync(look(), { instanceOf: GroupVanishedError, message: /doesn't show the group "web"/ });
  t.is(await stored(), ada);
  t.deepEqual(lookedUp, ["00g-web"]);
  mapped.notShown.add("00g-web");
  t.like(await look(), { kind: "seen", changed: true });
  t.deepEqual(lookedUp, ["00g-web"]);
});

const OTHER_SERVER = `${ISSUER}/oauth2/default`;
const CUSTOM_DOMAIN = "https://login.acme.example";
const OTHER_OKTA = "https://former.okta.com";

/** Ada has an account of a former issuer, which she keeps while it is held that she loses it. */
async function formerScene(former: string, more: Parameters<typeof scene>[0] = { account: false }) {
  const found = await scene(more);
  const before = await signedInWith(found.store, { issuer: former, subject: ADA }, ["web"]);
  return { ...found, before, kept: () => found.store.fresh(before.ref) };
}

test("who is suspended is out with an account of a former issuer, whichever Okta's, whose groups stay as they are", async (t) => {
  for (const former of [OTHER_SERVER, OTHER_OKTA]) {
    const { directory, look, kept, before } = await formerScene(former);
    directory.add(ADA, ["00g-portal"], { status: "SUSPENDED", email: "new@acme.example" });
    t.like(await look({ active: false }, 0), { kind: "seen", agrees: true, changed: true, ref: before.ref });
    const { groups, groupsFrom } = before;
    t.like(await kept(), { oktaStatus: "SUSPENDED", groups, groupsFrom, email: undefined });
  }
});

test("who is suspended is out with an account of a former issuer while their groups can't be read, too", async (t) => {
  const unreachable = new DirectoryUnreachableError(new Error("no"));
  for (const more of [{}, { account: false }]) {
    const { directory, look, kept, before } = await formerScene(OTHER_SERVER, more);
    directory.add(ADA, ["00g-portal"], { status: "SUSPENDED" });
    directory.failing.set("userGroups", unreachable);
    await t.throwsAsync(look({ active: false }, 0), { is: unreachable });
    t.like(await kept(), { oktaStatus: "SUSPENDED", groups: before.groups });
  }
});

test("who may sign in keeps an account of a former issuer as it is, and so does whom Okta still shows as before", async (t) => {
  const { directory, look, kept, before, stored } = await formerScene(OTHER_SERVER);
  directory.add(ADA, ["00g-portal"]);
  t.like(await look({ active: false }, 0), { kind: "seen", agrees: false, changed: false });
  t.like(await look(), { kind: "seen", changed: false });
  t.deepEqual(await kept(), before);
  t.is(await stored(), undefined, "nobody gets an account by that");
  directory.people.set(ADA, { id: ADA, status: "SUSPENDED" });
  t.like(await look({ active: true }, 0), { agrees: false, changed: false }, "it may be as of before");
  t.deepEqual(await kept(), before);
});

test("who was deleted is out with an account of a former issuer, also where that has an address of its own", async (t) => {
  for (const former of [OTHER_SERVER, CUSTOM_DOMAIN]) {
    const { directory, look, kept, before } = await formerScene(former);
    directory.deleted.add(ADA);
    t.like(await look(), { kind: "seen", changed: true, ref: before.ref });
    t.like(await kept(), { oktaStatus: "DELETED", groups: before.groups });
  }
});

test("whom Okta doesn't show keeps an account of a former issuer, and is told of where that is the same Okta's", async (t) => {
  const same = await formerScene(OTHER_SERVER);
  t.deepEqual(await same.look(), { kind: "not-shown", user: same.before });
  t.deepEqual(await same.kept(), same.before);

  const other = await formerScene(OTHER_OKTA);
  t.deepEqual(await other.look(), { kind: "nobody" });
  t.deepEqual(await other.kept(), other.before);
});

test("who has an account of both issuers is out with both", async (t) => {
  for (const isDeleted of [false, true]) {
    const { directory, look, kept, stored, ada } = await formerScene(OTHER_SERVER, {});
    if (isDeleted) directory.deleted.add(ADA);
    else directory.add(ADA, ["00g-web"], { status: "SUSPENDED" });
    t.like(await look(), { kind: "seen", changed: true, ref: ada?.ref });
    const oktaStatus = isDeleted ? "DELETED" : "SUSPENDED";
    t.like(await kept(), { oktaStatus });
    t.like(await stored(), { oktaStatus });
  }
});

test("an account of a former issuer that is out is no reason to ask, and one that somebody else writes is looked at anew", async (t) => {
  const { directory, look, kept, store, before } = await formerScene(OTHER_SERVER);
  directory.add(ADA, [], { status: "SUSPENDED" });
  const { update } = store;
  overtake(store);
  t.deepEqual(await look(), { kind: "overtaken" });
  directory.people.delete(ADA);
  directory.deleted.add(ADA);
  t.deepEqual(await look(), { kind: "overtaken" });
  store.update = update;
  await store.update(before, { access: noAccess("IssuerChanged", "") });
  directory.asked.length = 0;
  t.deepEqual(await look(), { kind: "nobody" });
  t.deepEqual(directory.asked, []);
  t.is((await kept())?.oktaStatus, undefined);
});
