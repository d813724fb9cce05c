import { setTimeout as sleep } from "node:timers/promises";
import { isActive, isActiveInOkta, type ReceivedGroup, StoreError, type User } from "../../identity/index.ts";
import { backoff } from "../../kubernetes/index.ts";
import type { Directory } from "../../okta/directory/directory.ts";
import { falseWhereForbidden, orUndefined } from "../../okta/directory/directory-errors.ts";
import type { DirectoryUser } from "../../okta/directory/resources.ts";
import { OktaError } from "../../okta/errors.ts";
import { isOfOkta } from "./former-accounts.ts";
import { type AskedForGroup, GroupEvidence } from "./group-evidence.ts";
import { type GroupsDeps, groupsNotShown } from "./groups-not-shown.ts";
import { agrees, type Expected, isBelieved, statusAgrees } from "./looks.ts";
import { makeAccount, type StoringDeps, storeIdentity, storeOut } from "./store-identity.ts";

export interface PersonDeps extends StoringDeps, GroupsDeps {
  /** "namespace/name" */
  readonly organization: string;
  readonly issuer: string;
  /** The address of the Okta whose directory it is. */
  readonly directoryURL: string;
  /** Whether people get their accounts before they sign in. */
  readonly beforeLogin: boolean;
}

/** What came of looking at somebody. */
export type Looked =
  /** They have no account, and get none. */
  | { readonly kind: "nobody" }
  /**
   * Okta shows somebody; where it contradicts what was said of them, what is stored stays until it is looked at again: but for
   * that they may not sign in any more, where nothing contradicts that.
   */
  | {
      readonly kind: "seen";
      readonly agrees: boolean;
      readonly changed: boolean;
      /** Those that Okta shows them in. */
      readonly groups: readonly ReceivedGroup[];
      readonly ref?: string;
    }
  /** Okta doesn't show them, and nothing says that they were deleted: the app may not be allowed to see them. */
  | { readonly kind: "not-shown"; readonly user: User };

/** Somebody else has written the account while Okta was being asked: it is to be asked again. */
type Overtaken = { readonly kind: "overtaken" };

/** How soon is looked again then: what is known here of the account may be behind what somebody else has written. */
const OVERTAKEN = { baseMs: 100, maxMs: 2_000 };
const MOST_LOOKS = 6;

/** What Okta calls somebody whom it no longer has. It isn't one of its own statuses. */
const DELETED = "DELETED";

/**
 * Looks at one person until nobody else has written the account meanwhile, each time after a longer wait.
 * @throws StoreError where somebody always has, what looking throws, and an AbortError
 */
export async function untilStored(
  look: () => Promise<Looked | Overtaken>,
  signal: AbortSignal,
): Promise<Looked> {
  for (let looks = 1; ; looks++) {
    const looked = await look();
    if (looked.kind !== "overtaken") return looked;
    if (looks >= MOST_LOOKS) throw new StoreError("The account is being changed all the time.");
    await sleep(backoff(looks, OVERTAKEN), undefined, { signal });
  }
}

/**
 * Looks at one person in Okta, and stores what it says. Where what they are in can't be read, that they may not sign in any more
 * is stored all the same.
 * @param lookedAt ms after it was heard that there is something to look at
 * @param evidence what is known of groups already, where many people are looked at
 * @throws DirectoryError, StoreError
 */
export async function lookAtPerson(
  id: string,
  expected: Expected,
  lookedAt: number,
  directory: Pick<Directory, "user" | "userGroups" | "wasDeleted"> & AskedForGroup,
  deps: PersonDeps,
  evidence: GroupEvidence = new GroupEvidence(directory, deps),
): Promise<Looked | Overtaken> {
  const { store, organization, issuer } = deps;
  const accounts = await store.ofAnyIssuer(organization, id);
  const account = accounts.find((one) => one.issuer === issuer);
  const former = accounts.filter((one) => one.issuer !== issuer && isActive(one));
  if (!account && former.length === 0 && !deps.beforeLogin) return { kind: "nobody" };
  const [asked, listing] = [directory.user(id), orUndefined(directory.userGroups(id))];
  listing.catch(() => {}); // whoever waits for it below is told
  const user = await asked;
  if (!user) return gone(account, former, directory, deps);

  // Who may not sign in any more is out, whatever is known of what they are in: the groups can follow.
  const storeStatusAlone = async (): Promise<User | "overtaken" | undefined> =>
    isBelieved(lookedAt, statusAgrees(expected, user, isActiveInOkta))
      ? storeOut(account ? [...former, account] : former, user.status, deps)
      : undefined;
  try {
    const groups = await listing;
    if (!groups) {
      const looked = await gone(account, former, directory, deps);
      const isUnknown = looked.kind === "not-shown" || looked.kind === "nobody";
      const out = isUnknown ? await storeStatusAlone() : undefined;
      return out === "overtaken" ? { kind: out } : looked;
    }
    const groupIDs = new Set(groups.map((group) => group.id));
    const received = groups.map((group) => ({ id: group.id, name: group.name }));
    const isAgreed = agrees(expected, { user, groupIDs }, isActiveInOkta);
    if (!isBelieved(lookedAt, isAgreed)) {
      const out = await storeStatusAlone();
      if (out === "overtaken") return { kind: out };
      const written = out ? { changed: true, ref: out.ref } : { changed: false };
      return { kind: "seen", agrees: false, groups: received, ...written };
    }
    const left = expected.left ?? [];
    const kept = account ? await groupsNotShown(account, received, { evidence, left }, deps) : [];
    return await storeShown({ account, former, user, isAgreed, received, kept }, deps);
  } catch (error) {
    // Nothing follows where it is the store that fails, or when all is over.
    if (error instanceof OktaError && (await storeStatusAlone()) === "overtaken")
      return { kind: "overtaken" };
    throw error;
  }
}

/** What Okta shows of somebody, where it is believed. */
interface Shown {
  readonly account: User | undefined;
  readonly former: readonly User[];
  readonly user: DirectoryUser;
  readonly isAgreed: boolean;
  readonly received: readonly ReceivedGroup[];
  /** Groups of theirs that Okta doesn't show. */
  readonly kept: readonly ReceivedGroup[];
}

async function storeShown(
  { account, former, user, isAgreed, received, kept }: Shown,
  deps: PersonDeps,
): Promise<Looked | Overtaken> {
  const out = await storeOut(former, user.status, deps);
  if (out === "overtaken") return { kind: out };
  if (!account) {
    const made = deps.beforeLogin && (await makeAccount(deps.organization, user, received, deps));
    return {
      kind: "seen",
      agrees: isAgreed,
      changed: made || out !== undefined,
      groups: received,
      ...(out && { ref: out.ref }),
    };
  }
  const changed = await storeIdentity(account, user, [...received, ...kept], deps);
  if (changed === undefined) return { kind: "overtaken" };
  const ref = changed ? account.ref : (out?.ref ?? account.ref);
  return { kind: "seen", agrees: isAgreed, changed: changed || out !== undefined, groups: received, ref };
}

async function gone(
  account: User | undefined,
  former: readonly User[],
  directory: Pick<Directory, "wasDeleted">,
  deps: PersonDeps,
): Promise<Looked | Overtaken> {
  const shown = account ?? former[0];
  if (!shown) return { kind: "nobody" };
  const { subject = "" } = shown;
  // Without the log, nobody can say. With it, it says so of an account of whichever issuer: ids are of all Oktas together.
  if (!(await falseWhereForbidden(directory.wasDeleted(subject)))) {
    // Another Okta may never have had whom it doesn't show.
    const missing = account ?? former.find((one) => isOfOkta(one.issuer, deps.directoryURL));
    return missing ? { kind: "not-shown", user: missing } : { kind: "nobody" };
  }
  const out = await storeOut(former, DELETED, deps);
  if (out === "overtaken") return { kind: out };
  const user: DirectoryUser = { id: subject, status: DELETED };
  const changed = account ? await storeIdentity(account, user, [], deps) : false;
  if (changed === undefined) return { kind: "overtaken" };
  const { ref } = (changed ? account : out) ?? shown;
  return { kind: "seen", agrees: true, changed: changed || out !== undefined, groups: [], ref };
}
