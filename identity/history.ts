import { type Grant, roleNames } from "./access.ts";
import { cut } from "./shown-names.ts";

/** What a change has done. CausesChanged: the roles are the same, but held for something else. */
export type ChangeKind =
  | "Deactivated"
  | "Activated"
  | "Linked"
  | "RolesChanged"
  | "CausesChanged"
  | "SessionsEnded";

/** One change of an account's access, as people read of it later. Names are as they can be shown. */
export interface AccessChange {
  /** ms since 1970, in whole seconds */
  readonly at: number;
  /** At least one, what matters most first. */
  readonly what: readonly ChangeKind[];
  /** What came and what went, each role first through one group, as many as are kept. */
  readonly granted: readonly Grant[];
  readonly revoked: readonly Grant[];
  /** How many more there were. */
  readonly moreGranted: number;
  readonly moreRevoked: number;
  /** Why: a `CauseReason`, of whatever version has written it. */
  readonly reason: string;
  /** The same in a sentence for a person. */
  readonly message: string;
}

/** A sign-in of somebody who had an account, or got one by it. */
export interface NotedSignIn {
  /** ms since 1970 */
  readonly at: number;
  readonly outcome: "Admitted" | "Refused";
  /** Why, CamelCase: of whoever was admitted the reason of their access. */
  readonly reason: string;
}

/** What changes are told by. */
export interface ChangingAccount {
  readonly source: "Okta" | "Local";
  readonly sessionEpoch: number;
  /** What it has, as in `Access`. */
  readonly active: boolean;
  readonly grants: readonly Grant[];
  readonly message: string;
}

/** How many changes and sign-ins an account remembers: a page's worth. */
const MOST_CHANGES = 20;
const MOST_SIGN_INS = 10;
/** Of a history as JSON: where changes are long, fewer are kept. */
const MOST_CHARACTERS = 16_384;
/** Roles that a change names, of those that came and of those that went. */
const MOST_NAMED = 10;
const NAME_LENGTH = 128;
const MESSAGE_LENGTH = 512;

const LINKED = "The local account with the same verified email follows Okta's groups from now on.";

/**
 * What has changed between two states of an account; undefined: nothing that people would look for. The id of a group is
 * none of that: a claim brings none, the directory does, and each is asked in turn.
 * @param before undefined: there was no account
 * @param at ms since 1970
 */
export function accessChange(
  before: ChangingAccount | undefined,
  after: ChangingAccount,
  { reason, detail }: { readonly reason: string; readonly detail: string },
  at: number,
): AccessChange | undefined {
  const [had, has] = [before?.grants ?? [], after.grants];
  const [granted, revoked] = [without(has, had), without(had, has)];
  const rolesBefore = new Set(roleNames(had));
  const rolesAfter = new Set(roleNames(has));
  const [was, is] = [before?.active === true, after.active];
  const what: ChangeKind[] = [];
  const isDeactivated = was && !is;
  if (isDeactivated) what.push("Deactivated");
  if (is && !was) what.push("Activated");
  const isLinked = before?.source === "Local" && after.source === "Okta";
  if (isLinked) what.push("Linked");
  if (was && is) {
    if (rolesBefore.symmetricDifference(rolesAfter).size > 0) what.push("RolesChanged");
    else if (granted.length > 0 || revoked.length > 0) what.push("CausesChanged");
  }
  if (!isDeactivated && after.sessionEpoch > (before?.sessionEpoch ?? 0)) what.push("SessionsEnded");
  if (what.length === 0) return undefined;
  const why = [isDeactivated && after.message, isLinked && LINKED, detail];
  return {
    at: Math.floor(at / 1000) * 1000,
    what,
    granted: named(granted, rolesBefore),
    revoked: named(revoked, rolesAfter),
    moreGranted: Math.max(0, granted.length - MOST_NAMED),
    moreRevoked: Math.max(0, revoked.length - MOST_NAMED),
    reason,
    message: cut(why.filter(Boolean).join(" "), MESSAGE_LENGTH),
  };
}

/** A history with one more change; of the oldest, what there is no room for is left out. */
export function withChange(history: readonly AccessChange[], change: AccessChange): readonly AccessChange[] {
  const kept = [change];
  let size = JSON.stringify(change).length;
  for (const older of history.slice(0, MOST_CHANGES - 1)) {
    size += JSON.stringify(older).length;
    if (size > MOST_CHARACTERS) break;
    kept.push(older);
  }
  return kept;
}

/** The same list where none of the sign-ins is new to it. */
export function withSignIns(
  known: readonly NotedSignIn[],
  signIns: readonly NotedSignIn[],
): readonly NotedSignIn[] {
  const before = new Set(known.map(keyOf));
  const added = new Map<string, NotedSignIn>();
  for (const { at, outcome, reason } of signIns) {
    const signIn = { at: Math.floor(at / 1000) * 1000, outcome, reason };
    if (!before.has(keyOf(signIn))) added.set(keyOf(signIn), signIn);
  }
  // Of one second, what is noted later happened later: the order of equal ones stays.
  const newest = [...added.values(), ...known].sort((a, b) => b.at - a.at).slice(0, MOST_SIGN_INS);
  const isSame = newest.length === known.length && newest.every((signIn, i) => signIn === known[i]);
  return isSame ? known : newest;
}

function keyOf({ at, outcome, reason }: NotedSignIn): string {
  return `${at} ${outcome} ${reason}`;
}

/** Those grants that aren't among the others. */
function without(grants: readonly Grant[], others: readonly Grant[]): Grant[] {
  const known = new Set(others.map(causeKey));
  const left = new Map<string, Grant>();
  for (const grant of grants) if (!known.has(causeKey(grant))) left.set(causeKey(grant), grant);
  return [...left.values()];
}

function causeKey({ role, mapping = "", group = "" }: Grant): string {
  return JSON.stringify([role, mapping, group]);
}

/** As many as are kept: first the roles that are on one side only, then the others, and only then what a role has beside. */
function named(grants: readonly Grant[], onOtherSide: ReadonlySet<string>): Grant[] {
  const seen = new Set<string>();
  const ranked = grants.map((grant) => {
    const isFirst = !seen.has(grant.role);
    seen.add(grant.role);
    return { grant, rank: isFirst ? (onOtherSide.has(grant.role) ? 1 : 0) : 2 };
  });
  return ranked
    .sort((a, b) => a.rank - b.rank)
    .slice(0, MOST_NAMED)
    .map(({ grant: { role, mapping, group } }) => ({
      role,
      ...(mapping === undefined ? {} : { mapping }),
      ...(group === undefined ? {} : { group: cut(group, NAME_LENGTH) }),
    }));
}
