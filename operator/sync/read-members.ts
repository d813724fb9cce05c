import { isDeepStrictEqual } from "node:util";
import { isActiveInOkta, type ReadGroup, ReadGroups } from "../../identity/index.ts";
import type { Directory } from "../../okta/directory/directory.ts";
import {
  DirectoryInvalidAnswerError,
  DirectoryNotFoundError,
} from "../../okta/directory/directory-errors.ts";
import type { DirectoryUser } from "../../okta/directory/resources.ts";
import { NoRoomError, type Share } from "../../okta/room.ts";
import type { GroupEvidence } from "./group-evidence.ts";

/** Somebody who was seen in a group, and in which. */
export interface Member {
  readonly user: DirectoryUser;
  readonly groupIDs: readonly string[];
}

/** What the groups that were asked for have shown. */
export interface Members {
  /** Those that were read to the end, and those that Okta has deleted: who is in them is known. */
  readonly read: ReadGroups;
  readonly byUser: ReadonlyMap<string, Member>;
  /** How many members each of them has, by its id: 0 where it is gone. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Those that Okta doesn't show, and doesn't say either that they were deleted. What was stored of them stands. */
  readonly notShown: readonly ReadGroup[];
  /** Those that have more members than there is memory for now. What was stored of them stands. */
  readonly tooLarge: readonly ReadGroup[];
  /** The error of the first that couldn't be read otherwise. What was stored of those stands. */
  readonly failure: unknown;
}

/** Groups that are read at once: the others of Okta's calls are for what somebody waits for. */
const AT_ONCE = 2;

/** What somebody takes up beside what they are called, as measured, and one more group of theirs, in bytes. */
const PERSON = 160;
const MEMBERSHIP = 24;

/**
 * Reads the members of these groups, page by page. A group that can't be read to the end, or kept, isn't read.
 * @param reading with the room for whoever is read, until nobody needs what is returned
 */
export async function readMembers(
  directory: Pick<Directory, "members">,
  { groups, gone }: { readonly groups: Iterable<ReadGroup>; readonly gone: Iterable<string> },
  evidence: GroupEvidence,
  { signal, kept }: { readonly signal: AbortSignal; readonly kept: Share },
): Promise<Members> {
  const byUser = new Map<string, Member>();
  const sizes = new Map<string, number>();
  const read: ReadGroup[] = [];
  const failed: ReadGroup[] = [];
  const notShown: ReadGroup[] = [];
  const tooLarge: ReadGroup[] = [];
  let failure: unknown;
  const readEach = async (left: Iterable<ReadGroup>, noRoom: ReadGroup[]): Promise<void> => {
    for (const group of left) {
      signal.throwIfAborted();
      try {
        const members = await membersOf(directory, group, evidence, { signal, kept, byUser });
        if (members === "not-shown") {
          notShown.push(group);
          continue;
        }
        // Most of them are in that one alone.
        const alone = [group.id];
        if (!kept.take(sizeOf(members, byUser))) throw new NoRoomError();
        for (const user of members) memberOf(byUser, user, alone);
        sizes.set(group.id, members.length);
        read.push(group);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof NoRoomError) {
          noRoom.push(group);
          continue;
        }
        failed.push(group);
        failure ??= error;
      }
    }
  };
  const asked = [...groups];
  if (asked.length === 1) await readEach(asked, tooLarge);
  else {
    const left = asked.values();
    const crowded: ReadGroup[] = [];
    await Promise.all(Array.from({ length: AT_ONCE }, () => readEach(left, crowded)));
    // There may be room for each of them alone.
    await readEach(crowded, tooLarge);
  }
  const others = [...failed, ...notShown, ...tooLarge];
  return { read: new ReadGroups(read, gone, others), byUser, sizes, notShown, tooLarge, failure };
}

/** @throws DirectoryError, NoRoomError */
async function membersOf(
  directory: Pick<Directory, "members">,
  { id }: ReadGroup,
  evidence: GroupEvidence,
  {
    signal,
    kept,
    byUser,
  }: { readonly signal: AbortSignal; readonly kept: Share; readonly byUser: ReadonlyMap<string, Member> },
): Promise<DirectoryUser[] | "not-shown"> {
  const members = new Map<string, DirectoryUser>();
  using reading = kept.beside();
  try {
    for await (const page of directory.members(id)) {
      signal.throwIfAborted();
      if (!reading.take(sizeOf(page, byUser))) throw new NoRoomError();
      // Pages may overlap. Who is known is kept once, unless there is something else to say of them.
      for (const user of page) members.set(user.id, theSame(user, byUser.get(user.id)?.user));
    }
  } catch (error) {
    if (!(error instanceof DirectoryNotFoundError)) throw error;
  }
  if (members.size > 0) return [...members.values()];
  // Okta says the same of a group that these credentials aren't allowed to see.
  const state = await evidence.of(id);
  if (state === "not-shown") return state;
  if (state !== "deleted" && state.members > 0)
    throw new DirectoryInvalidAnswerError(
      `the list of the members of the group ${id} is empty, and the group isn't.`,
    );
  return [];
}

/** The one that is kept, where both say the same. */
function theSame(user: DirectoryUser, kept: DirectoryUser | undefined): DirectoryUser {
  return kept && isDeepStrictEqual(user, kept) ? kept : user;
}

/** What these people take up beside those who are known already. */
function sizeOf(people: readonly DirectoryUser[], known: ReadonlyMap<string, unknown>): number {
  let size = 0;
  for (const { id, email = "", name = "" } of people)
    size += known.has(id) ? MEMBERSHIP : PERSON + 2 * (id.length + email.length + name.length);
  return size;
}

/** @param group the id of the group that somebody is in */
function memberOf(byUser: Map<string, Member>, user: DirectoryUser, group: readonly string[]): void {
  const known = byUser.get(user.id);
  if (!known) {
    byUser.set(user.id, { user, groupIDs: group });
    return;
  }
  // Read a moment later, it may be out in between: whoever is seen once as somebody who may not sign in is looked at.
  const isOut = isActiveInOkta(known.user.status) && !isActiveInOkta(user.status);
  byUser.set(user.id, { user: isOut ? user : known.user, groupIDs: known.groupIDs.concat(group) });
}
