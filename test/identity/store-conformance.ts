import { randomUUID } from "node:crypto";
import type { TestFn } from "ava";
import {
  type Access,
  adminCause,
  type Cause,
  type Grant,
  type Identity,
  type IdentityStore,
  isActive,
  type NotedSignIn,
  noAccess,
  roleNames,
  SEEN_IN_DIRECTORY,
  StaleUserError,
  sortGrants,
  type User,
  UserExistsError,
} from "../../identity/index.ts";

/** A store under test. */
export interface StoreUnderTest {
  /** Two writers on the same users, as two replicas have them. */
  readonly store: IdentityStore;
  readonly other: IdentityStore;
  /** "namespace/name" of an organization without users, a new one at every call. */
  organization(): Promise<string>;
  /** Makes a local account, as people do it. */
  makeLocal(
    organization: string,
    local: { email: string; roles?: string[]; serviceAccountName?: string },
  ): Promise<User>;
  /** Asks in these words for the end of a user's sessions, as people do it. */
  askToEndSessions(user: User, words: string): Promise<void>;
  /** Resolves when it is a second later, by the clock of the store. */
  secondLater(): Promise<void>;
  /** Resolves as soon as `store` has seen it. */
  until<T>(
    store: IdentityStore,
    condition: () => T | undefined | false | Promise<T | undefined | false>,
  ): Promise<T>;
}

const identity = (changes: Partial<Identity> = {}): Identity => ({
  issuer: "https://acme.okta.com",
  subject: `00u${randomUUID().slice(0, 8)}`,
  email: "ada@acme.example",
  emailVerified: true,
  name: "Ada",
  groups: [{ name: "service_admin" }, { name: "Everyone" }],
  groupsFrom: "Claim",
  ...changes,
});
const grant = (role: string): Grant => ({ role, mapping: "services", group: "service_admin" });
const access = (...roles: string[]): Access => ({
  active: true,
  grants: sortGrants(roles.map(grant)),
  groups: ["service_admin"],
  reason: "MappedGroup",
  message: "In mapped groups: service_admin.",
});
const none = noAccess("NoMappedGroup", "Okta reports no groups for this person.");

const admitted = (at: number): NotedSignIn => ({ at, outcome: "Admitted", reason: "MappedGroup" });

/** All users of an iteration. */
export async function listed(users: AsyncIterable<User>): Promise<User[]> {
  const list: User[] = [];
  for await (const user of users) list.push(user);
  return list;
}

/** A user who is as they were written. Another writer hears of it a moment later. */
function sameVersion(user: User | undefined, written: User): User | undefined {
  return user?.version === written.version ? user : undefined;
}

/** What every identity store has to do. Call it in a test file with a way to make the store. */
export function storeConformance(test: TestFn, name: string, setUp: () => Promise<StoreUnderTest>): void {
  let under: Promise<StoreUnderTest> | undefined;
  const given = (): Promise<StoreUnderTest> => {
    under ??= setUp();
    return under;
  };
  const title = (what: string) => `${name}: ${what}`;

  test(
    title("an account is made with what Okta said and what was decided, and is found again"),
    async (t) => {
      const { store, other, organization, until } = await given();
      const key = await organization();
      const ada = identity();
      await until(store, () => store.isCurrent(key));
      const made = await store.create({
        organization: key,
        identity: ada,
        access: access("service-admin"),
        signedInAt: 1_764_000_000_000,
      });
      t.like(made, {
        organization: key,
        source: "Okta",
        email: "ada@acme.example",
        name: "Ada",
        groupsFrom: "Claim",
        decided: true,
        sessionEpoch: 0,
        lastLoginTime: 1_764_000_000_000,
      });
      t.deepEqual(made.groups, ada.groups);
      t.deepEqual(made.access, access("service-admin"));
      t.deepEqual(await store.find(key, ada), made, "the writer sees its own write at once");
      const seen = await until(other, () => other.find(key, ada));
      t.is(seen.uid, made.uid);
      t.deepEqual(await until(other, async () => sameVersion(await other.read(made.ref), made)), made);
      t.deepEqual(await until(other, () => sameVersion(other.get(made.ref), made)), made);
      t.deepEqual(await other.fresh(made.ref), made);
      t.deepEqual(await other.freshBySubject(key, ada), made);
      t.deepEqual(await listed(store.users(key)), [made]);
      t.deepEqual(await listed(store.usersInGroups(key, ["Everyone"])), [made]);
      t.deepEqual(await listed(store.usersOfMapping(key, "services")), [made]);
      t.deepEqual(await listed(store.usersOfMapping(key, "other")), []);
    },
  );

  test(title("somebody who isn't there is not found"), async (t) => {
    const { store, organization } = await given();
    const key = await organization();
    t.is(await store.find(key, identity()), undefined);
    t.is(await store.freshBySubject(key, identity()), undefined);
    t.deepEqual(await store.ofAnyIssuer(key, "nobody"), []);
    t.is(store.get(`${key}-nobody`), undefined);
    t.is(await store.read(`${key}-nobody`), undefined);
    t.is(await store.fresh(`${key}-nobody`), undefined);
  });

  test(title("the same person in two organizations is two accounts"), async (t) => {
    const { store, organization } = await given();
    const [one, two] = [await organization(), await organization()];
    const ada = identity();
    const first = await store.create({ organization: one, identity: ada, access: access("service-admin") });
    const second = await store.create({ organization: two, identity: ada, access: access("viewer") });
    t.not(first.ref, second.ref);
    t.is((await store.find(one, ada))?.ref, first.ref);
    t.is((await store.find(two, ada))?.ref, second.ref);
  });

  test(
    title("the same person has an account of each issuer, which are found together and apart"),
    async (t) => {
      const { store, other, organization, until } = await given();
      const [key, elsewhere] = [await organization(), await organization()];
      const ada = identity();
      const anew = identity({ ...ada, issuer: `${ada.issuer}/oauth2/default` });
      const made = [];
      for (const each of [ada, anew])
        made.push(await store.create({ organization: key, identity: each, access: access("service-admin") }));
      await store.create({ organization: elsewhere, identity: ada, access: access("viewer") });
      const refs = (users: readonly { ref: string }[]) => users.map(({ ref }) => ref).sort();
      t.deepEqual(refs(await store.ofAnyIssuer(key, ada.subject)), refs(made));
      for (const each of [ada, anew]) await until(other, () => other.find(key, each));
      t.deepEqual(refs(await other.ofAnyIssuer(key, ada.subject)), refs(made));
      t.deepEqual(
        refs([await store.find(key, ada), await store.find(key, anew)].flatMap((u) => u ?? [])),
        refs(made),
      );
      t.is((await other.find(key, anew))?.issuer, anew.issuer);
      t.is((await other.find(key, ada))?.issuer, ada.issuer);
      t.is(await store.find(key, { ...ada, issuer: "https://another.okta.com" }), undefined);
    },
  );

  test(
    title("of two who make the same account at once, one succeeds and one is told that it exists"),
    async (t) => {
      const { store, other, organization } = await given();
      const key = await organization();
      const ada = identity();
      const outcomes = await Promise.allSettled(
        [store, other].map((writer) =>
          writer.create({ organization: key, identity: ada, access: access("service-admin") }),
        ),
      );
      t.is(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
      for (const outcome of outcomes)
        if (outcome.status === "rejected") t.true(outcome.reason instanceof UserExistsError);
    },
  );

  test(title("a decision on old facts is refused, and nothing of it is written"), async (t) => {
    const { store, other, organization, until } = await given();
    const key = await organization();
    const ada = identity();
    const made = await store.create({ organization: key, identity: ada, access: access("service-admin") });
    const old = await until(other, () => other.get(made.ref));
    await store.update(made, { access: access("viewer") });
    const error = await t.throwsAsync(
      other.update(old, { identity: identity({ ...ada, groups: [] }), access: none }),
    );
    t.true(error instanceof StaleUserError);
    const now = await other.fresh(made.ref);
    t.deepEqual(now?.access, access("viewer"));
    t.deepEqual(now?.groups, ada.groups);
  });

  test(
    title("many writers at once: each either wins on the newest facts or is told, and no grant is lost"),
    async (t) => {
      const { store, other, organization } = await given();
      const key = await organization();
      const made = await store.create({ organization: key, identity: identity(), access: access("r0") });
      const add = async (writer: IdentityStore, role: string): Promise<void> => {
        for (;;) {
          const user = await writer.fresh(made.ref);
          if (!user?.access) throw new Error("the account is gone");
          const roles = [...user.access.grants.map((held) => held.role), role];
          try {
            await writer.update(user, { access: access(...roles) });
            return;
          } catch (error) {
            if (!(error instanceof StaleUserError)) throw error;
          }
        }
      };
      const roles = Array.from({ length: 12 }, (_, i) => `r${i + 1}`);
      await Promise.all(roles.map((role, i) => add(i % 2 ? store : other, role)));
      const after = await store.fresh(made.ref);
      t.deepEqual(after?.access?.grants, sortGrants(["r0", ...roles].map(grant)));
    },
  );

  test(title("a write that repeats what is stored makes no new version"), async (t) => {
    const { store, organization } = await given();
    const key = await organization();
    const ada = identity();
    const made = await store.create({
      organization: key,
      identity: ada,
      access: access("service-admin"),
      signedInAt: 1_764_000_000_000,
    });
    const again = await store.update(made, {
      identity: { ...ada, groups: [...ada.groups].reverse() },
      access: access("service-admin"),
      signIns: [admitted(1_764_000_000_000)],
    });
    t.is(again.version, made.version);
  });

  test(title("what Okta says now replaces what it said, attribute by attribute"), async (t) => {
    const { store, organization } = await given();
    const key = await organization();
    const ada = identity();
    const made = await store.create({ organization: key, identity: ada, access: access("service-admin") });
    const { email: _, ...withoutEmail } = ada;
    const after = await store.update(made, {
      identity: {
        ...withoutEmail,
        name: "Ada L.",
        groups: [{ name: "web", id: "00g1" }],
        groupsFrom: "Directory",
        status: "ACTIVE",
      },
      access: access("viewer"),
    });
    t.is(after.email, undefined);
    t.like(after, { name: "Ada L.", groupsFrom: "Directory", oktaStatus: "ACTIVE", uid: made.uid });
    t.deepEqual(after.groups, [{ name: "web", id: "00g1" }]);
    t.deepEqual(
      (await listed(store.usersInGroups(key, ["00g1"]))).map(({ ref }) => ref),
      [made.ref],
    );
    t.deepEqual(await listed(store.usersInGroups(key, ["Everyone"])), []);
  });

  test(title("each change is in the history by the write that makes it, once, with its cause"), async (t) => {
    const { store, other, organization } = await given();
    const key = await organization();
    const made = await store.create({
      organization: key,
      identity: identity(),
      access: access("viewer"),
      signedInAt: 1_764_000_000_000,
    });
    const cause: Cause = { by: "policy", reason: "MappingsChanged", detail: "The mappings have changed." };
    const more = await store.update(made, { access: access("admin", "viewer"), cause });
    t.is((await store.update(more, { access: access("admin", "viewer"), cause })).version, more.version);
    const out = await store.update(more, { access: none, cause: SEEN_IN_DIRECTORY });
    const back = await store.update(out, { access: access("viewer") });
    const ended = await store.update(back, { endAllSessions: true, cause: adminCause("mia@acme.example") });
    t.is(ended.sessionEpoch, 2);
    t.deepEqual(
      ended.history?.map(({ what, reason, granted, revoked }) => [
        what.join(),
        reason,
        ...granted.map(({ role }) => `+${role}`),
        ...revoked.map(({ role }) => `-${role}`),
      ]),
      [
        ["SessionsEnded", "EndedByAdmin"],
        ["Activated", "MappingsChanged", "+viewer"],
        ["Deactivated", "SeenInDirectory", "-admin", "-viewer"],
        ["RolesChanged", "MappingsChanged", "+admin"],
        ["Activated", "SignIn", "+viewer"],
      ],
    );
    t.deepEqual(ended.history?.at(-1)?.granted, [grant("viewer")]);
    t.regex(ended.history?.[0]?.message ?? "", /^mia@acme.example /);
    t.is(ended.history?.[2]?.message, `${none.message} ${SEEN_IN_DIRECTORY.detail}`);
    const seen = await other.fresh(made.ref);
    t.deepEqual(seen?.history, ended.history, "for everybody");
    t.deepEqual(store.get(made.ref)?.history, ended.history);
    const whatever = await store.update(ended, {
      identity: identity({ subject: made.subject ?? "", groups: [] }),
      access: access("viewer"),
      signIns: [admitted(Date.now())],
    });
    t.deepEqual(whatever.history, ended.history, "whatever else is written");
  });

  test(title("of changes the last twenty are kept"), async (t) => {
    const { store, organization } = await given();
    const key = await organization();
    let user = await store.create({ organization: key, identity: identity(), access: access("r0") });
    for (let i = 1; i <= 22; i++) user = await store.update(user, { access: access(`r${i}`) });
    t.is(user.history?.length, 20);
    t.is(user.history?.[0]?.granted[0]?.role, "r22");
    t.is(user.history?.at(-1)?.granted[0]?.role, "r3");
  });

  test(title("since when somebody has their roles tells when these or the state have changed"), async (t) => {
    const { store, organization, secondLater } = await given();
    const key = await organization();
    const made = await store.create({ organization: key, identity: identity(), access: access("viewer") });
    const since = made.accessSince ?? 0;
    t.true(since > Date.now() - 60_000);
    await secondLater();
    const same = await store.update(made, {
      access: { ...access("viewer"), message: "In mapped groups: service_admin, others." },
    });
    t.is(same.accessSince, since);
    const more = await store.update(same, { access: access("viewer", "admin") });
    t.true((more.accessSince ?? 0) > since);
  });

  test(
    title("sign-ins are noted, the last ten, each once, and the last one that let somebody in"),
    async (t) => {
      const { store, other, organization } = await given();
      const key = await organization();
      const at = (minute: number): number => 1_764_000_000_000 + minute * 60_000;
      const made = await store.create({
        organization: key,
        identity: identity(),
        access: access("viewer"),
        signedInAt: at(0),
      });
      t.deepEqual(made.signIns, [admitted(at(0))]);
      const refused: NotedSignIn = { at: at(2), outcome: "Refused", reason: "GroupsMissing" };
      const noted = await store.update(made, { signIns: [refused, admitted(at(1))] });
      t.deepEqual(noted.signIns, [refused, admitted(at(1)), admitted(at(0))]);
      t.is(noted.lastLoginTime, at(1));
      t.deepEqual(noted.history, made.history);
      t.is((await store.update(noted, { signIns: [admitted(at(1) + 1), refused] })).version, noted.version);
      const late = await store.update(noted, {
        signIns: Array.from({ length: 12 }, (_, i) => admitted(at(20 - i))),
      });
      t.deepEqual(
        late.signIns,
        Array.from({ length: 10 }, (_, i) => admitted(at(20 - i))),
      );
      t.is((await store.update(late, { signIns: [admitted(at(3))] })).version, late.version, "too long ago");
      t.is(late.lastLoginTime, at(20));
      t.deepEqual((await other.fresh(made.ref))?.signIns, late.signIns);
    },
  );

  test(title("deactivation raises the session epoch, once; coming back doesn't lower it"), async (t) => {
    const { store, organization } = await given();
    const key = await organization();
    const made = await store.create({
      organization: key,
      identity: identity(),
      access: access("service-admin"),
    });
    const out = await store.update(made, { access: none });
    t.false(isActive(out));
    t.is(out.sessionEpoch, 1);
    t.deepEqual(out.access, none);
    const still = await store.update(out, {
      access: noAccess("NotActiveInOkta", "Okta reports the status SUSPENDED."),
    });
    t.is(still.sessionEpoch, 1);
    t.is(still.activeSince, out.activeSince, "since when tells when access changed, not its reason");
    const back = await store.update(still, { access: access("service-admin") });
    t.true(isActive(back));
    t.is(back.sessionEpoch, 1);
  });

  test(title("a session that has ended by itself is remembered, beside those that go on"), async (t) => {
    const { store, other, organization } = await given();
    const key = await organization();
    const made = await store.create({ organization: key, identity: identity(), access: access("viewer") });
    const inAnHour = Math.ceil(Date.now() / 1000) * 1000 + 3_600_000;
    const endSession = { id: "AAAAAAAAAAA", expiresAt: inAnHour };
    const once = await store.update(made, { endSession });
    t.deepEqual(once.endedSessions, [endSession]);
    t.is(once.sessionEpoch, 0, "the others go on");
    t.is((await store.update(once, { endSession })).version, once.version, "once is enough");
    const seen = await other.fresh(made.ref);
    t.deepEqual(seen?.endedSessions, [endSession]);
    const more = await store.update(once, {
      access: access("admin"),
      signIns: [admitted(1_764_000_000_000)],
    });
    t.deepEqual(more.endedSessions, [endSession], "whatever else is written");
  });

  test(title("more ended sessions than are remembered one by one end all of them"), async (t) => {
    const { store, organization } = await given();
    const key = await organization();
    let user = await store.create({ organization: key, identity: identity(), access: access("viewer") });
    const expiresAt = Math.ceil(Date.now() / 1000) * 1000 + 3_600_000;
    const ids = new Set<string>();
    while (user.sessionEpoch === 0 && ids.size < 100) {
      const id = `session-${ids.size}`;
      ids.add(id);
      user = await store.update(user, { endSession: { id, expiresAt } });
      const known = new Set(user.endedSessions?.map((ended) => ended.id));
      t.true(user.sessionEpoch > 0 || ids.isSubsetOf(known), "none is forgotten");
    }
    t.is(user.sessionEpoch, 1);
    t.is(user.endedSessions, undefined, "of the new epoch none has ended");
    t.true(isActive(user));
  });

  test(title("somebody's sessions end once for each time that people ask for it"), async (t) => {
    const { store, other, organization, until, askToEndSessions } = await given();
    const key = await organization();
    const made = await store.create({ organization: key, identity: identity(), access: access("viewer") });
    t.is(made.endRequest, undefined);
    for (const [i, words] of ["stolen laptop", "stolen  again,\nmia", "x".repeat(1_000)].entries()) {
      await askToEndSessions(made, words);
      const asked = await until(store, () => {
        const user = store.get(made.ref);
        return user?.endRequest !== undefined && user;
      });
      t.true((asked.endRequest ?? "").length <= 253);
      if (i === 1) t.is(asked.endRequest, "stolen again, mia", "in one line");
      const ended = await store.update(asked, { endSessions: asked.endRequest ?? "" });
      t.is(ended.sessionEpoch, i + 1);
      t.is(ended.endRequest, undefined, "it is done");
      t.is((await other.fresh(made.ref))?.endRequest, undefined, "for everybody");
      const again = await store.update(ended, { endSessions: asked.endRequest ?? "" });
      t.is(again.version, ended.version);
      const later = await store.update(again, {
        access: access(`viewer-${i}`),
        signIns: [admitted(Date.now())],
      });
      t.is(later.endRequest, undefined, "whatever else is written");
    }
  });

  test(
    title("a local account is found by its address in any case, and by its service account"),
    async (t) => {
      const { store, organization, makeLocal, until } = await given();
      const key = await organization();
      const ben = await makeLocal(key, { email: "Ben@Acme.example", roles: ["viewer"] });
      const mia = await makeLocal(key, {
        email: "mia@acme.example",
        roles: ["admin"],
        serviceAccountName: "mia",
      });
      await until(store, () => store.get(ben.ref) && store.get(mia.ref));
      t.deepEqual(
        (await store.findLocalByEmail(key, "ben@acme.EXAMPLE")).map(({ ref }) => ref),
        [ben.ref],
      );
      t.deepEqual(
        (await store.findByServiceAccount(key, "mia")).map(({ ref }) => ref),
        [mia.ref],
      );
      t.deepEqual(await store.findByServiceAccount(key, "ben"), []);
      t.like(store.get(mia.ref), { source: "Local", localRoles: ["admin"], serviceAccountName: "mia" });
    },
  );

  test(
    title("a linked account keeps its name, follows Okta, and is no longer found as a local one"),
    async (t) => {
      const { store, organization, makeLocal, until } = await given();
      const key = await organization();
      const made = await makeLocal(key, { email: "ben@acme.example", roles: ["viewer"] });
      const local = await until(store, () => store.get(made.ref));
      const ben = identity({ email: "ben@acme.example" });
      const linked = await store.update(local, { identity: ben, access: access("viewer") });
      t.is(linked.ref, local.ref);
      t.like(linked, { source: "Okta", issuer: ben.issuer, subject: ben.subject });
      t.deepEqual(linked.localRoles, []);
      t.true(linked.history?.[0]?.what.includes("Linked"));
      t.deepEqual(await store.findLocalByEmail(key, "ben@acme.example"), []);
      t.is((await store.find(key, ben))?.ref, local.ref);
      t.is((await store.freshBySubject(key, ben))?.ref, local.ref);
    },
  );

  test(title("while others write, everybody who stays comes once"), async (t) => {
    const { store, organization } = await given();
    const key = await organization();
    const people = await Promise.all(
      Array.from({ length: 12 }, () =>
        store.create({ organization: key, identity: identity(), access: access("service-admin") }),
      ),
    );
    const refs = people.map(({ ref }) => ref).sort();
    const ways: (() => AsyncIterable<User>)[] = [
      () => store.users(key),
      () => store.usersInGroups(key, ["service_admin", "Everyone"]),
      () => store.usersOfMapping(key, "services"),
      () => store.all(),
    ];
    for (const [i, way] of ways.entries()) {
      const role = `role-${i}`;
      const came: string[] = [];
      for await (const user of way()) {
        if (user.organization !== key || !refs.includes(user.ref)) continue;
        if (came.length === 0) {
          // All of them, those who have come already and those who are still to come.
          await store.create({ organization: key, identity: identity(), access: access(role) });
          for (const { ref } of people) {
            const now = await store.fresh(ref);
            if (now) await store.update(now, { access: access(role) });
          }
        }
        came.push(user.ref);
      }
      t.deepEqual(came.sort(), refs);
      const after = (await listed(way())).filter((user) => refs.includes(user.ref));
      t.deepEqual(new Set(after.flatMap((user) => roleNames(user.access?.grants ?? []))), new Set([role]));
    }
  });

  test(title("an iteration that nobody ends keeps nobody from writing"), async (t) => {
    const { store, organization } = await given();
    const key = await organization();
    const made = await store.create({ organization: key, identity: identity(), access: access("viewer") });
    const begun = store.users(key)[Symbol.asyncIterator]();
    t.is((await begun.next()).value?.ref, made.ref);
    t.false(isActive(await store.update(made, { access: none })));
  });

  test(title("subscribers are told what was before and what is now"), async (t) => {
    const { store, other, organization, until } = await given();
    const key = await organization();
    const events: string[] = [];
    const stop = store.subscribe(({ kind, user, previous }) => {
      if (user.organization === key)
        events.push(`${kind} ${previous?.access?.active ?? "-"} -> ${user.access?.active ?? "-"}`);
    });
    const made = await store.create({
      organization: key,
      identity: identity(),
      access: access("service-admin"),
    });
    await store.update(made, { access: none });
    await until(store, () => events.includes("updated true -> false"));
    // What the store hears of itself comes before what somebody else writes later.
    await until(other, () => other.get(made.ref)?.access?.active === false);
    const there = other.get(made.ref);
    if (there) await other.update(there, { access: access("viewer") });
    await until(store, () => events.includes("updated false -> true"));
    stop();
    t.is(events.filter((event) => event === "updated true -> false").length, 1, "and each thing once");
  });
}
