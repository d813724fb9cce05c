import { organizationOf } from "../../crds/organization-key.ts";
import type { OktaRoleMapping, Organization } from "../../crds/types.ts";
import { backoff, keyOf } from "../../kubernetes/index.ts";
import type { Directory } from "../../okta/directory/directory.ts";
import {
  DirectoryInvalidAnswerError,
  DirectoryNotFoundError,
  DirectoryRateLimitedError,
} from "../../okta/directory/directory-errors.ts";
import { OktaError } from "../../okta/errors.ts";
import type { DirectoryClients } from "../../organizations/directory-clients.ts";
import { NamespaceTurns } from "../namespace-turns.ts";
import { messageOf, reasonOf } from "../okta-reason.ts";
import { knownCondition, PATIENCE_MS } from "../progress.ts";
import { retryMs } from "../sync/retry.ts";
import { DirectoryOutages } from "./directory-outages.ts";
import { type FoundInDirectory, findGroup, type KnownBefore, remembering } from "./found-groups.ts";
import type { KnownGroups } from "./known-groups.ts";
import {
  type FoundGroup,
  type GroupsCheck,
  type GroupsFailure,
  type GroupsRead,
  isCurrent,
} from "./mapping-conditions.ts";

/** What is known of a mapping's groups: a verdict, what to show in its status, and when to look again. */
export interface LookedUp {
  readonly check: GroupsCheck;
  readonly groups: readonly FoundGroup[];
  /** ms; undefined: nothing that time alone would change, or Okta is being asked, and `answered` tells of its answer */
  readonly againMs?: number;
  /** ms that the first answer is still waited for, before it is worth saying that it is. */
  readonly patienceMs?: number;
}

/** Groups are renamed, made and deleted in Okta without a word: they are looked at again at this pace. */
const LOOK_AGAIN_MS = 5 * 60_000;
/** Where Okta tells of what happens to groups, this is only in case that it hasn't. */
const FOLLOWED_AGAIN_MS = 6 * 60 * 60_000;
/** With many mappings the pace is slower, since Okta's rate limits are small and shared: so long for each of them. */
const EACH_MS = 2_000;
/** A read that failed for one mapping alone is tried again at this pace. */
const AFTER_FAILURE = { baseMs: 30_000, maxMs: 5 * 60_000 };
/** Where the rate limit holds up one after the other, whatever Okta says of how soon there is room. */
const AFTER_RATE_LIMIT = { baseMs: 1_000, maxMs: 60_000 };
/** What was read of an unfinished look-up counts for so long. */
const UNFINISHED_MS = 10 * 60_000;
/** Mappings of one namespace whose groups are read at once. */
const READING = { atOnce: 8, inVainAtOnce: 4 };
/** What the status of a mapping holds (see the schema). */
const MOST_GROUPS = 500;

interface Known {
  /** What was asked: of which directory, and for which groups. */
  readonly question: string;
  /** Of the mapping, and of its organization. */
  generations: readonly [number | undefined, number | undefined];
  readonly directory: string;
  /** Whether what the status says of groups is of this directory. */
  readonly isOfDirectory: boolean;
  /** Whether what the status says can be about this question. */
  readonly isOfStatus: boolean;
  /** What was found of the first groups, where others are still to be read. */
  unfinished: { readonly at: number; readonly found: FoundInDirectory[][] };
  /** Names of groups that Okta has deleted or calls otherwise by now. */
  gone: ReadonlySet<string>;
  /** What was found at the last read that was complete. */
  read?: { readonly check: GroupsRead; readonly groups: readonly FoundGroup[] };
  /** Why it could not be read since. */
  failure?: GroupsFailure;
  failures: number;
  lookAt: number;
  /** Since when it is being read. */
  asking?: number;
  /** Something has happened since that was begun: it is read anew at once. */
  isOutdated?: boolean;
}

/**
 * Looks up the groups of mappings: in the directory where there is one, else among those people came with. What was read is
 * remembered by what was asked. Nobody waits for an answer: `answered` tells of it.
 */
export class GroupLookup {
  readonly #directories: Pick<DirectoryClients, "of">;
  readonly #knownGroups: KnownGroups;
  readonly #mappingsOf: (organization: string) => number;
  readonly #isFollowed: (organization: string) => boolean;
  readonly #answered: (mapping: string) => void;
  readonly #signal: AbortSignal;
  readonly #now: () => number;
  readonly #turns = new NamespaceTurns(READING);
  readonly #outages: DirectoryOutages;
  readonly #known = new Map<string, Known>();
  /** Mappings of whose groups something has been told before they were looked up for the first time. */
  readonly #outdated = new Set<string>();

  constructor(deps: {
    directories: Pick<DirectoryClients, "of">;
    known: KnownGroups;
    /** How many mappings an organization ("namespace/name") has. */
    mappingsOf: (organization: string) => number;
    /** Whether what happens to an organization's groups is told, so that they needn't be looked at time and again. */
    isFollowed: (organization: string) => boolean;
    /** Told whenever there is something new to look at. */
    answered: (mapping: string) => void;
    /** Nothing is read any more when it has aborted. */
    signal: AbortSignal;
    now?: () => number;
  }) {
    this.#directories = deps.directories;
    this.#knownGroups = deps.known;
    this.#mappingsOf = deps.mappingsOf;
    this.#isFollowed = deps.isFollowed;
    this.#answered = deps.answered;
    this.#signal = deps.signal;
    this.#now = deps.now ?? (() => performance.now());
    this.#outages = new DirectoryOutages(this.#now);
  }

  /** What is known by now. A directory that can't be read is one of the answers, and keeps what is known already. */
  lookUp(mapping: OktaRoleMapping, organization: Organization | undefined): LookedUp {
    if (!organization?.spec.okta.directory) {
      this.forget(keyOf(mapping));
      return this.#withoutDirectory(mapping);
    }
    const known = this.#knownOf(mapping, organization);
    if (known.asking === undefined && this.#now() >= known.lookAt) {
      known.asking = this.#now();
      void this.#look(known, mapping, organization);
    }
    const told = whatIsKnown(known, mapping);
    const now = this.#now();
    if (known.asking === undefined) return { ...told, againMs: Math.max(0, known.lookAt - now) };
    return { ...told, patienceMs: Math.max(0, known.asking + PATIENCE_MS - now) };
  }

  forget(mapping: string): void {
    this.#known.delete(mapping);
    this.#outdated.delete(mapping);
  }

  /** The directory of these mappings' organization can be read again. */
  recovered(organization: string, mappings: Iterable<string>): void {
    this.#outages.over(organization);
    for (const mapping of mappings) {
      const known = this.#known.get(mapping);
      if (known?.failure) readAnew(known);
    }
  }

  /** Something has happened to a group that may be one of theirs. */
  again(mappings: Iterable<string>): void {
    for (const mapping of mappings) {
      const known = this.#known.get(mapping);
      if (known) readAnew(known);
      else this.#outdated.add(mapping);
    }
  }

  #withoutDirectory(mapping: OktaRoleMapping): LookedUp {
    const { groups } = mapping.spec;
    const names = groups.flatMap(({ name }) => name ?? []);
    const byID = groups.flatMap(({ id }) => id ?? []);
    const hints = this.#knownGroups.hints(organizationOf(mapping), names);
    return { check: { kind: "no-directory", byID, hints }, groups: [] };
  }

  #knownOf(mapping: OktaRoleMapping, organization: Organization): Known {
    const key = keyOf(mapping);
    const { uid, generation } = mapping.metadata;
    const generations = [generation, organization.metadata.generation] as const;
    const directory = JSON.stringify([uid, organization.metadata.uid, organization.spec.okta.directory]);
    const question = JSON.stringify([directory, mapping.spec.groups]);
    const known = this.#known.get(key);
    if (known?.question === question) {
      // Who edits something while the groups can't be read wants to know now; and of another generation nothing is known.
      const [isEdited, isOther] = generations.map((each, index) => each !== known.generations[index]);
      if ((known.failure && (isEdited || isOther)) || (!known.read && isEdited)) known.lookAt = 0;
      known.generations = generations;
      return known;
    }
    // What another leader has read may be from before that.
    const isOld = this.#outdated.delete(key);
    const asked: Known = {
      question,
      generations,
      directory,
      isOfDirectory:
        known === undefined ||
        (known.directory === directory && (known.isOfDirectory || known.read !== undefined)),
      isOfStatus: known === undefined,
      unfinished: { at: 0, found: [] },
      gone: new Set(),
      failures: 0,
      lookAt: known === undefined && !isOld && isTold(mapping, organization) ? this.#sometime(mapping) : 0,
    };
    this.#known.set(key, asked);
    return asked;
  }

  /** What another leader has read isn't read anew at once: it looks again as if it had been that leader. */
  #sometime(mapping: OktaRoleMapping): number {
    return this.#now() + Math.ceil(this.#pace(mapping) * (0.5 + 0.5 * Math.random()));
  }

  #pace(mapping: OktaRoleMapping): number {
    const isFollowed = this.#isFollowed(organizationOf(mapping));
    return Math.max(isFollowed ? FOLLOWED_AGAIN_MS : LOOK_AGAIN_MS, this.#unfollowedPace(mapping));
  }

  #unfollowedPace(mapping: OktaRoleMapping): number {
    return Math.max(LOOK_AGAIN_MS, this.#mappingsOf(organizationOf(mapping)) * EACH_MS);
  }

  async #look(known: Known, mapping: OktaRoleMapping, organization: Organization): Promise<void> {
    const key = keyOf(mapping);
    const isWanted = () => !this.#signal.aborted && this.#known.get(key) === known;
    const read = async (): Promise<void> => {
      if (isWanted()) await this.#read(known, mapping, organization, isWanted);
    };
    const { namespace = "" } = mapping.metadata;
    await this.#turns.run(namespace, read, { inVain: known.failure?.kind === "failed" });
    delete known.asking;
    if (known.isOutdated) readAnew(known);
    if (isWanted()) this.#answered(key);
  }

  /** Never throws. */
  async #read(
    known: Known,
    mapping: OktaRoleMapping,
    organization: Organization,
    isWanted: () => boolean,
  ): Promise<void> {
    known.lookAt = this.#now() + this.#pace(mapping);
    let directory: Directory | undefined;
    try {
      directory = await this.#directories.of(organization);
      if (!directory) return; // it had one, or wouldn't be asked
      const outage = this.#outages.of(organization, directory);
      if (outage) return this.#fail(known, outage.error, outage.againMs);
      const found = this.#begun(known);
      for (const group of mapping.spec.groups.slice(found.length)) {
        if (!isWanted()) return;
        found.push(await findGroup(directory, group, knownBefore(known, mapping)));
      }
    } catch (error) {
      if (error instanceof DirectoryRateLimitedError)
        this.#fail(known, error, retryMs(error, known.failures + 1, AFTER_RATE_LIMIT));
      else if (isOfOneRead(error)) this.#fail(known, error, backoff(known.failures + 1, AFTER_FAILURE));
      else this.#fail(known, error, this.#outages.failed(organization, directory, error));
      return;
    }
    this.#outages.over(keyOf(organization));
    this.#finish(known, mapping);
  }

  /** Where a look-up goes on: what it finds is added to this. */
  #begun(known: Known): FoundInDirectory[][] {
    if (this.#now() - known.unfinished.at >= UNFINISHED_MS || known.unfinished.found.length === 0)
      known.unfinished = { at: this.#now(), found: [] };
    return known.unfinished.found;
  }

  #finish(known: Known, mapping: OktaRoleMapping): void {
    const all = known.unfinished.found.flat();
    known.unfinished = { at: 0, found: [] };
    known.gone = new Set(all.flatMap(({ missing, group }) => (group ? [] : (missing ?? []))));
    const notShown = [...new Set(all.flatMap((found) => found.notShown ?? []))];
    known.read = {
      check: {
        kind: "read",
        missing: all.flatMap(({ missing, near }) => (near === undefined ? (missing ?? []) : [])),
        hints: all.flatMap(({ missing: written, near: actual }) =>
          written === undefined || actual === undefined ? [] : [{ written, actual }],
        ),
        notShown,
      },
      groups: all.flatMap(({ group }) => (group ? remembering(group, mapping) : [])).slice(0, MOST_GROUPS),
    };
    known.failures = 0;
    delete known.failure;
    // Nobody tells when these credentials are let to see a group again.
    known.lookAt =
      this.#now() + (notShown.length === 0 ? this.#pace(mapping) : this.#unfollowedPace(mapping));
  }

  /** @param againMs when to try again */
  #fail(known: Known, error: unknown, againMs: number): void {
    const kind = error instanceof DirectoryRateLimitedError ? "unread" : "failed";
    const reason = error instanceof OktaError ? reasonOf(error) : "DirectoryUnreadable";
    const since = known.failure?.kind === kind ? known.failure.since : Date.now();
    known.failure = { kind, reason, message: messageOf(error), since };
    known.failures++;
    known.lookAt = this.#now() + againMs;
  }
}

/** From the first group on, at once, or as soon as what is being read has been. */
function readAnew(known: Known): void {
  known.isOutdated = known.asking !== undefined;
  if (known.isOutdated) return;
  known.lookAt = 0;
  known.unfinished = { at: 0, found: [] };
}

function knownBefore({ read, isOfDirectory, gone }: Known, { status }: OktaRoleMapping): KnownBefore {
  return { groups: read || isOfDirectory ? (status?.groups ?? []) : [], gone };
}

function whatIsKnown({ read, failure, isOfStatus }: Known, { status }: OktaRoleMapping): LookedUp {
  if (read) {
    const isStale = failure?.kind === "failed";
    return isStale ? { ...read, check: { ...read.check, notReadSince: failure.since } } : read;
  }
  // What was found before stays in the status: names of groups that are mapped by id depend on it.
  return { check: { ...(failure ?? { kind: "checking" }), isOfStatus }, groups: status?.groups ?? [] };
}

/** Whether another leader has read the groups, and could at the end. */
function isTold(mapping: OktaRoleMapping, organization: Organization): boolean {
  const known = knownCondition(mapping, "GroupsResolved");
  return (
    known !== undefined &&
    isCurrent(known) &&
    knownCondition(organization, "DirectoryReachable") !== undefined
  );
}

/** An answer that can't be used may be about one group alone; whatever else fails, fails for all of the directory. */
function isOfOneRead(error: unknown): boolean {
  return error instanceof DirectoryInvalidAnswerError || error instanceof DirectoryNotFoundError;
}
