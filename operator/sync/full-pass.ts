import { getHeapStatistics } from "node:v8";
import {
  groupsAfterReading,
  isActive,
  isActiveInOkta,
  type ReadGroup,
  type ReadGroups,
  type ReceivedGroup,
  type User,
} from "../../identity/index.ts";
import { letOthersRun } from "../../kubernetes/index.ts";
import type { Directory } from "../../okta/directory/directory.ts";
import { DirectoryInvalidAnswerError } from "../../okta/directory/directory-errors.ts";
import type { DirectoryUser } from "../../okta/directory/resources.ts";
import { Room } from "../../okta/room.ts";
import { Doubts } from "./doubts.ts";
import { isOfOkta } from "./former-accounts.ts";
import { type AskedForGroup, GroupEvidence } from "./group-evidence.ts";
import { type Looked, lookAtPerson, type PersonDeps, untilStored } from "./look-at-person.ts";
import { LAG_MS } from "./looks.ts";
import { PersonFailures } from "./person-failures.ts";
import { type Member, type Members, readMembers } from "./read-members.ts";
import { makeAccount, storeIdentity } from "./store-identity.ts";

export interface PassDeps extends PersonDeps {
  readonly directory: Pick<Directory, "members" | "user" | "userGroups" | "wasDeleted"> & AskedForGroup;
  /** Who will be looked at in Okta alone, whatever is read: nobody waits for what may fail of them. */
  readonly isToBeLookedAt: (subject: string) => boolean;
  /** Whom somebody is looking at in Okta, or has lately, so that what is known of them is newer than what a page shows. */
  readonly isLookedAt: (subject: string, since: number) => boolean;
  readonly signal: AbortSignal;
  /** Where whoever is read is kept. Default: what all passes of this process have for it */
  readonly room?: Room;
}

/**
 * Of what this process may have, beside the users that are stored. In a container of 256 MiB, half of it, which is what one
 * namespace may have, is enough for 100,000 people.
 */
const ROOM = new Room(0.5 * getHeapStatistics().heap_size_limit);

/** What a pass looks at. */
export interface PassOf {
  readonly groups: readonly ReadGroup[];
  /** Names by which mappings name groups, where Okta has said that there is none. */
  readonly gone: readonly string[];
}

/** What came of a pass. */
export interface Passed {
  /** People whom Okta showed in one of the groups. */
  readonly people: number;
  readonly changed: number;
  /** Accounts that Okta doesn't show although nothing says that they are gone. */
  readonly notShown: readonly User[];
  /** Groups that Okta doesn't show although nothing says that they were deleted. What was stored of them stands. */
  readonly groupsNotShown: readonly ReadGroup[];
  /** Groups that have more members than there is memory for now. What was stored of them stands. */
  readonly groupsTooLarge: readonly ReadGroup[];
  /** Accounts, by Okta's ids, that it had nothing to do with, since somebody looks at them alone. */
  readonly skipped: ReadonlySet<string>;
  /** Why not everything could be read; undefined: it could. What was stored of the rest stands. */
  readonly failure: unknown;
  /** Who couldn't be looked at, or stored, although others could, and why: by Okta's ids. What was stored of them stands. */
  readonly left: ReadonlyMap<string, unknown>;
}

/** What a pass goes by, once the members are read. */
interface Following {
  readonly members: Members;
  readonly evidence: GroupEvidence;
  /** In ms since 1970. */
  readonly startedAt: number;
  /** Whom it leaves to whoever looks at them alone. */
  readonly skipped: Set<string>;
}

type Lost = { readonly id: string } | { readonly name: string };

/** Somebody who would lose something by what the groups have shown, or of whom something newer may be known. */
interface Loser {
  readonly user: User;
  readonly member: Member | undefined;
  readonly groups: readonly ReceivedGroup[];
  /** What they were in and aren't any more: groups by their ids, or names that no group of theirs has. */
  readonly from: readonly Lost[];
}

/**
 * Whoever would lose something is looked at one by one, as long as these are so few; of more, the first of them are, and
 * the others where Okta's own number of members says the same as its list of them.
 */
const LOOKED_AT_EACH = 50;

/**
 * Reads the members of groups, and stores what that says of everybody. Nobody loses anything because a read failed, came
 * short, or came out of an earlier time: what takes something is asked for a second time, in another way. And nobody waits for
 * somebody of whom Okta can't tell, or whose account can't be stored.
 * @throws StoreError where the accounts can't be read, and the signal's reason
 */
export async function pass({ groups, gone }: PassOf, deps: PassDeps): Promise<Passed> {
  const startedAt = Date.now();
  const evidence = new GroupEvidence(deps.directory, deps, deps.signal);
  const { signal, room = ROOM } = deps;
  using kept = room.share(deps.organization);
  const members = await readMembers(deps.directory, { groups, gone }, evidence, { signal, kept });
  const doubts = new Doubts(members.read, evidence);
  const losers: Loser[] = [];
  const former: Loser[] = [];
  const seen = new Set<string>();
  const skipped = new Set<string>();
  const failures = new PersonFailures(deps.signal);
  let changed = 0;
  for await (const user of deps.store.users(deps.organization)) {
    deps.signal.throwIfAborted();
    if (user.source !== "Okta" || user.subject === undefined) continue;
    const member = members.byUser.get(user.subject);
    const isOfIssuer = user.issuer === deps.issuer;
    if (isOfIssuer) {
      seen.add(user.subject);
      await doubts.settle(user.groups);
    }
    if (deps.isToBeLookedAt(user.subject)) {
      skipped.add(user.subject);
      continue;
    }
    if (!isOfIssuer) {
      if (mayBeOut(user, member, members, deps)) former.push({ user, member, groups: user.groups, from: [] });
      continue;
    }
    const found = whatIsNew(user, member, members);
    if (!found) continue;
    if (isNewer(user, startedAt, deps)) losers.push({ ...found, user, member, from: [] });
    else if (found.from.length > 0 || !isActiveInOkta(member?.user.status))
      losers.push({ ...found, user, member });
    else if (member && !failures.areOfAll) {
      await failures.of(user.subject, async () => {
        const isNew = await storeIdentity(user, member.user, found.groups, deps);
        if (isNew) changed++;
        // Somebody else has just written the account: what Okta says now counts.
        if (isNew === undefined) losers.push({ ...found, user, member, from: [] });
      });
    }
  }
  const of: Following = { members, evidence, startedAt, skipped };
  const { notShown, ...taken } = await take([...losers, ...former], of, deps);
  changed += taken.changed + (deps.beforeLogin ? await makeAccounts(of, seen, failures, deps) : 0);
  return {
    people: members.byUser.size,
    changed,
    notShown,
    skipped,
    groupsNotShown: members.notShown,
    groupsTooLarge: members.tooLarge,
    failure: members.failure ?? doubts.failure ?? failures.ofAll ?? taken.failure,
    left: new Map([...failures.people, ...taken.left]),
  };
}

/** What the groups have shown of somebody that isn't stored; undefined: nothing that their access depends on. */
function whatIsNew(
  user: User,
  member: Member | undefined,
  { read }: Members,
): { groups: readonly ReceivedGroup[]; from: Lost[] } | undefined {
  const memberOf = new Set(member?.groupIDs);
  const groups = groupsAfterReading(user.groups, read, memberOf);
  const isActive = member === undefined || isActiveInOkta(member.user.status);
  const wasActive = isActiveInOkta(user.oktaStatus);
  if (groups === user.groups && (member === undefined || isActive === wasActive)) return undefined;
  return { groups, from: user.groups.flatMap((group) => lost(group, groups, read) ?? []) };
}

/**
 * Whether somebody who keeps an account of a former issuer may be suspended or deleted, so that they are to be looked at. That
 * another Okta doesn't show them says nothing.
 */
function mayBeOut(
  user: User,
  member: Member | undefined,
  { read }: Members,
  { directoryURL }: PassDeps,
): boolean {
  if (!isActive(user)) return false;
  if (member) return !isActiveInOkta(member.user.status);
  return isOfOkta(user.issuer, directoryURL) && user.groups.some((group) => read.has(group));
}

/** What is lost of a group that was received. One that was renamed is lost under its name alone. */
function lost(group: ReceivedGroup, now: readonly ReceivedGroup[], read: ReadGroups): Lost | undefined {
  const { name } = group;
  const isStill = (one: ReceivedGroup): boolean =>
    (group.id === undefined || one.id === group.id) && (name === undefined || one.name === name);
  if (now.some(isStill)) return undefined;
  const id = group.id ?? (name === undefined ? undefined : read.idOf(name));
  if (id !== undefined && (name === undefined || !now.some((one) => one.id === id))) return { id };
  return name === undefined ? undefined : { name };
}

/** Whether something newer than the pages may be stored of somebody. */
function isNewer({ subject = "", lastLoginTime = 0 }: User, startedAt: number, deps: PassDeps): boolean {
  return lastLoginTime > startedAt - LAG_MS || isLookedAt(subject, startedAt, deps);
}

/** Whether somebody has been looked at since pages may have been read. */
function isLookedAt(subject: string, startedAt: number, deps: PassDeps): boolean {
  return deps.isLookedAt(subject, startedAt - LAG_MS);
}

/** A group's list of members doesn't have somebody who is in it: then it may lack others, too. */
class ContradictedError extends DirectoryInvalidAnswerError {
  constructor() {
    super("a group's list of members doesn't have somebody whose own groups have it.");
  }
}

async function take(
  losers: readonly Loser[],
  { members, evidence, startedAt, skipped }: Following,
  deps: PassDeps,
): Promise<Pick<Passed, "changed" | "notShown" | "failure" | "left">> {
  const notShown: User[] = [];
  let changed = 0;
  let contradicted: DirectoryInvalidAnswerError | undefined;
  const count = (looked: Looked): void => {
    if (looked.kind === "not-shown") notShown.push(looked.user);
    if (looked.kind === "seen" && looked.changed) changed++;
  };
  const failures = new PersonFailures(deps.signal);
  /** Those who would lose something and were looked at, and of them those of whom Okta said the same as the groups. */
  let [asked, confirmed] = [0, 0];
  let isOtherwise = false;
  for (const [index, { user, member, groups, from: lost }] of losers.entries()) {
    if (failures.areOfAll) break;
    deps.signal.throwIfAborted();
    await letOthersRun();
    // Whoever is behind many may be looked at by now, or have been since the list was read.
    if (deps.isToBeLookedAt(idOf(user))) {
      skipped.add(idOf(user));
      continue;
    }
    const from = isLookedAt(idOf(user), startedAt, deps) ? [] : lost;
    const isFirst = asked < LOOKED_AT_EACH;
    // Where one wasn't what the groups said, nobody is what they said. Who couldn't be looked at says nothing of the others, as
    // long as most could.
    const isConfirmed = !isFirst && !isOtherwise && confirmed > asked / 2;
    if (!isConfirmed && from.length > 0) asked++;
    await failures.of(idOf(user), async () => {
      if (isConfirmed && from.length > 0 && (await areCounted(from, members, evidence))) {
        deps.signal.throwIfAborted();
        const isNew = await storeIdentity(user, member?.user ?? asStored(user), groups, deps);
        if (isNew) changed++;
        if (isNew !== undefined) return;
        // Somebody else has just written the account.
      }
      const looked = await look(idOf(user), evidence, deps);
      count(looked);
      if (isConfirmed) return;
      // Also where somebody else has just stored the same.
      const isStill =
        looked.kind === "seen" && from.some((one) => looked.groups.some((group) => isOf(group, one)));
      // Later on they may have been put into it meanwhile.
      if (isStill && index < LOOKED_AT_EACH) contradicted ??= new ContradictedError();
      if (isStill || looked.kind !== "seen") isOtherwise = true;
      else if (from.length > 0) confirmed++;
    });
  }
  return { changed, notShown, failure: failures.ofAll ?? contradicted, left: failures.people };
}

function idOf({ subject = "" }: User): string {
  return subject;
}

/** Somebody whom no page has shown, who signs in as before as far as is known. */
function asStored({ subject = "", oktaStatus = "ACTIVE" }: User): DirectoryUser {
  return { id: subject, status: oktaStatus };
}

/** Looks at one person as if that were the last look: what Okta says now counts. */
async function look(subject: string, evidence: GroupEvidence, deps: PassDeps): Promise<Looked> {
  deps.signal.throwIfAborted();
  return untilStored(() => lookAtPerson(subject, {}, LAG_MS, deps.directory, deps, evidence), deps.signal);
}

function isOf(group: ReceivedGroup, lost: Lost): boolean {
  return "id" in lost ? group.id === lost.id : group.name === lost.name;
}

/** Whether Okta's own numbers of members are those that were read. Which groups have a name, it has told when it was asked. */
async function areCounted(
  from: readonly Lost[],
  { sizes }: Members,
  evidence: GroupEvidence,
): Promise<boolean> {
  for (const lost of from) {
    if (!("id" in lost)) continue;
    const state = await evidence.of(lost.id);
    if (state === "not-shown") return false;
    if ((state === "deleted" ? 0 : state.members) !== (sizes.get(lost.id) ?? 0)) return false;
  }
  return true;
}

async function makeAccounts(
  { members: { byUser, read }, evidence, startedAt }: Following,
  seen: ReadonlySet<string>,
  failures: PersonFailures,
  deps: PassDeps,
): Promise<number> {
  let made = 0;
  for (const [subject, { user, groupIDs }] of byUser) {
    deps.signal.throwIfAborted();
    if (failures.areOfAll) break;
    await letOthersRun();
    if (seen.has(subject) || deps.isToBeLookedAt(subject)) continue;
    const groups = groupsAfterReading([], read, new Set(groupIDs));
    const isMade = async (): Promise<boolean> => {
      if (!isLookedAt(subject, startedAt, deps)) return makeAccount(deps.organization, user, groups, deps);
      const looked = await look(subject, evidence, deps);
      return looked.kind === "seen" && looked.changed;
    };
    if (await failures.of(subject, isMade)) made++;
  }
  return made;
}
