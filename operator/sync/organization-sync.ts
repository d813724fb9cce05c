import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { OktaRoleMapping, Organization, PersonHint } from "../../crds/types.ts";
import type { ReadGroup, User, UserEvent } from "../../identity/index.ts";
import { isNotLeader, keyOf } from "../../kubernetes/index.ts";
import type { Directory } from "../../okta/directory/directory.ts";
import { DirectoryUnauthorizedError } from "../../okta/directory/directory-errors.ts";
import { OktaError } from "../../okta/errors.ts";
import { type Hint, OF_NO_EVENT } from "../../okta/events/hint.ts";
import type { Room } from "../../okta/room.ts";
import { MOST_HINTS } from "../../organizations/hints.ts";
import { durationMs } from "../../organizations/max-age.ts";
import { ChangePolls } from "./change-polls.ts";
import { CompleteReads } from "./complete-reads.ts";
import { type PassDeps, type Passed, pass } from "./full-pass.ts";
import { LargeGroups } from "./large-groups.ts";
import { type Looked, lookAtPerson, untilStored } from "./look-at-person.ts";
import type { Expected } from "./looks.ts";
import { type MappedGroups, mappedGroups } from "./mapped-groups.ts";
import { MeasuredDelays } from "./measured-delays.ts";
import { NamedGroups, toRead } from "./named-groups.ts";
import type { PassScope } from "./pass-needs.ts";
import { retryMs } from "./retry.ts";
import type { StoringDeps } from "./store-identity.ts";
import { type Failing, lookAt, type Part, SyncFailures } from "./sync-failures.ts";
import type { SyncState } from "./sync-state.ts";
import { type HeardHints, TakenHints } from "./taken-hints.ts";
import { Waker } from "./waker.ts";

export interface OrganizationSyncDeps extends StoringDeps {
  readonly organization: () => Organization | undefined;
  /** What the status says of a directory is of another one, or of another issuer. */
  readonly isAnew: boolean;
  readonly mappings: () => Iterable<OktaRoleMapping>;
  readonly hints: HeardHints;
  /** Whether a hint is about anybody or anything here: nothing is asked of Okta for the others. */
  readonly concerned: (organization: Organization, hints: readonly Hint[]) => Promise<readonly Hint[]>;
  /** The directory, as those read it who wait for a change, and as what has time does. */
  readonly directory: (
    lane: "changes" | "passes",
    how: { readonly fresh: boolean },
  ) => Promise<Directory | undefined>;
  /** Whether this replica may act for the organization, and knows all that there is of it. */
  readonly isReady: () => boolean;
  /** Has groups looked up anew of mappings that may mean these, by Okta's ids of them, and what they are called by now. */
  readonly lookUpGroups: (ids: readonly string[], names?: readonly string[]) => void;
  /** Told whenever there is something new to say of it. */
  readonly changed: () => void;
  /** Told how long a change took, in ms. */
  readonly onDelay: (ms: number) => void;
  /** @param reason the code of an error of Okta's, or `other` */
  readonly onFailure: (part: Part, reason: string) => void;
  /** Told how much was heard by asking. */
  readonly onHeard: (source: "log" | "groups", count: number) => void;
  readonly log: Logger;
  /** See `PassDeps`. */
  readonly room?: Room;
}

/** How soon it is tried again where this replica may not act, or Okta can't be asked. */
const NOT_READY_MS = 1_000;
/** How long it is waited until it is known which groups mappings mean. */
const OPEN_FOR_MS = 60_000;
/** Whoever is left of a pass is asked about every minute, which is too often where it is about more than some people. */
const MOST_LEFT = 50;
const AFTER_FAILURE = { baseMs: 2_000, maxMs: 5 * 60_000 };

/**
 * Keeps one organization's accounts as Okta's directory says: looks at whom an event is about at once, asks Okta's log for
 * what no event hook has brought, and reads everything now and then. Every way gives hints only, of where to look.
 */
export class OrganizationSync {
  readonly #deps: OrganizationSyncDeps;
  readonly #signal: AbortSignal;
  readonly #hints: TakenHints;
  readonly #polls: ChangePolls;
  readonly #lookWaker: Waker;
  readonly #passWaker: Waker;
  readonly #pollWaker: Waker;
  /** Changes that are stored and not decided on yet: when they happened, by ref. */
  readonly #undecided = new Map<string, number>();
  readonly #delays = new MeasuredDelays();
  readonly #notShown = new Map<string, User>();
  /** By id. */
  readonly #groupsNotShown = new Map<string, ReadGroup>();
  readonly #large = new LargeGroups();
  readonly #failures = new SyncFailures();
  readonly #named = new NamedGroups();
  readonly #completeReads: CompleteReads;
  #openSince: number | undefined;
  /** Something has happened to nobody knows which group: with the next pass, however often that is heard while one runs. */
  #areAllToBeLookedUp = false;
  /** Okta has refused the credentials: they may have been replaced. */
  #isRefused = false;
  #polledAt: number | undefined;
  #pollInterval: string | undefined;
  readonly #lastChangeBefore: number | undefined;

  constructor(deps: OrganizationSyncDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
    this.#lookWaker = new Waker(signal);
    this.#passWaker = new Waker(signal);
    this.#pollWaker = new Waker(signal);
    this.#hints = new TakenHints(deps.hints);
    this.#completeReads = new CompleteReads(deps);
    this.#polls = new ChangePolls({
      mappings: deps.mappings,
      hints: deps.hints,
      concerned: deps.concerned,
      onHeard: deps.onHeard,
      onUnreadable: (organization, events) =>
        deps.log.warn(
          { organization: keyOf(organization), events },
          "events of Okta's System Log could not be read; everything is looked at for them, and the log is read on",
        ),
      lastFullSync: () => this.#completeReads.last,
      onGap: () => {
        this.#completeReads.forget();
        this.#passWaker.wake();
      },
    });
    const { status } = deps.organization() ?? {};
    const { lastChangeTime } = status?.directory ?? {};
    if (lastChangeTime !== undefined) this.#lastChangeBefore = Date.parse(lastChangeTime);
  }

  /** Until the signal aborts. Never throws. */
  async run(): Promise<void> {
    await Promise.all([
      this.#loop("look", this.#lookWaker, () => this.#lookAtThoseWhoAreDue()),
      this.#loop("pass", this.#passWaker, () => this.#passIfDue()),
      this.#loop("poll", this.#pollWaker, () => this.#pollIfDue()),
    ]);
  }

  /** Something has changed that it may depend on. */
  wake(): void {
    this.#lookWaker.wake();
    this.#passWaker.wake();
    if (this.#polledAt !== undefined && this.#pollInterval !== this.#interval()) this.#pollWaker.wake();
  }

  /** A user has been written: what was stored of them may be in force now. */
  told({ kind, user }: UserEvent): void {
    const happenedAt = this.#undecided.get(user.ref);
    if (happenedAt === undefined || (kind !== "deleted" && !user.decided)) return;
    this.#undecided.delete(user.ref);
    if (kind === "deleted" || user.access?.reason === "DeactivationHeld") return;
    const delay = Date.now() - happenedAt;
    this.#delays.add(delay);
    this.#deps.onDelay(delay);
  }

  /** Whether the directory has answered lately, so that nobody else has to ask whether it does. */
  isAnswering(withinMs: number): boolean {
    return (
      !this.#failures.has("poll") &&
      this.#polledAt !== undefined &&
      performance.now() - this.#polledAt < withinMs
    );
  }

  state(): SyncState {
    return {
      failure: this.#failures.told,
      lastFullSync: this.#completeReads.last,
      lastRequest: this.#completeReads.lastRequest,
      lastReadFor: this.#completeReads.lastFor,
      lastChange: this.#hints.lastChange ?? this.#lastChangeBefore,
      isLogReadable: this.#polls.isLogReadable,
      notShown: [...this.#notShown.values()],
      // Of an id that Okta has never shown the mapping's own condition tells.
      groupsNotShown: [...this.#groupsNotShown.values()].flatMap(({ name }) => name ?? []),
      waiting: this.#hints.size,
      delay: this.#delays.percentiles(),
    };
  }

  /** Runs a part over and over: as soon as it says, or is woken. What fails is tried again, ever later. */
  async #loop(part: Part, waker: Waker, run: () => Promise<number | undefined>): Promise<void> {
    let failures = 0;
    while (!this.#signal.aborted) {
      let againMs: number | undefined = NOT_READY_MS;
      if (this.#deps.isReady()) {
        try {
          againMs = await run();
          if (failures > 0) this.#succeeded(part);
          failures = 0;
        } catch (error) {
          if (this.#signal.aborted) return;
          failures++;
          this.#failed(part, error);
          // Whoever is woken in between doesn't try sooner: what fails is Okta's, as a rule.
          await sleep(retryMs(error, failures, AFTER_FAILURE), undefined, { signal: this.#signal }).catch(
            () => {},
          ); // aborted: the loop ends
          continue;
        }
      }
      await waker.sleep(againMs);
    }
  }

  #failed(part: Part, error: unknown, what: Failing = part): void {
    const { log, changed, onFailure } = this.#deps;
    const organization = this.#deps.organization();
    const fields = { err: error, organization: organization && keyOf(organization), part };
    if (isNotLeader(error)) {
      log.info(fields, "following Okta's directory stopped: not the leader");
      return;
    }
    onFailure(part, error instanceof OktaError ? error.code : "other");
    this.#isRefused = error instanceof DirectoryUnauthorizedError;
    this.#failures.failed(what, error);
    log.warn(fields, "Okta's directory could not be followed; what is stored stays, and it is tried again");
    changed();
  }

  async #directory(lane: "changes" | "passes"): Promise<Directory | undefined> {
    const directory = await this.#deps.directory(lane, { fresh: this.#isRefused });
    this.#isRefused = false;
    return directory;
  }

  #succeeded(what: Failing): void {
    if (this.#failures.succeeded(what)) this.#deps.changed();
  }

  // People, one by one.

  async #lookAtThoseWhoAreDue(): Promise<number | undefined> {
    this.#takeHints();
    if (this.#hints.looks.size === 0) this.#succeeded("noting"); // nothing is left to note
    // What has failed at one person isn't put right by looking at another.
    for (const what of this.#failures.looksLeft(this.#hints.looks)) this.#succeeded(what);
    for (const { hint, expected, lookedAt } of this.#hints.looks.due())
      void this.#look(hint, expected, lookedAt);
    return this.#hints.looks.dueMs();
  }

  #takeHints(): void {
    const organization = this.#deps.organization();
    if (!organization) return;
    const { needsPass, groupIDs } = this.#hints.take(
      organization,
      this.#large.ids.union(this.#groupsNotShown),
    );
    if (groupIDs === "all") this.#areAllToBeLookedUp = true;
    else this.#lookUp(groupIDs, organization);
    if (needsPass) this.#passWaker.wake();
  }

  #lookUp(groupIDs: readonly string[], organization: Organization): void {
    if (groupIDs.length === 0) return;
    this.#deps.lookUpGroups(groupIDs, this.#hints.namesOf(organization, groupIDs));
  }

  async #look(hint: PersonHint, expected: Expected, lookedAt: number): Promise<void> {
    const { changed } = this.#deps;
    let looked: Looked | { readonly kind: "failed"; readonly error: unknown };
    try {
      looked = await this.#lookAt(hint.id, expected, lookedAt);
      const isOfEvent = hint.eventTime !== OF_NO_EVENT;
      if (looked.kind === "seen" && looked.changed && looked.ref !== undefined && isOfEvent)
        this.#undecided.set(looked.ref, Date.parse(hint.eventTime));
      this.#notShownAre(looked.kind === "not-shown" ? [looked.user] : [], [hint.id]);
      this.#succeeded(lookAt(hint.id));
    } catch (error) {
      if (this.#signal.aborted) return;
      looked = { kind: "failed", error };
      this.#failed("look", error, lookAt(hint.id));
    }
    const isDone = this.#hints.looks.ended(hint, lookedAt, looked);
    const organization = this.#deps.organization();
    if (isDone && organization) {
      try {
        await this.#hints.takeOut(organization, { people: [hint] });
        this.#succeeded("noting");
        changed();
      } catch (error) {
        if (!this.#signal.aborted) this.#failed("look", error, "noting"); // they are looked at anew
      }
    }
    this.#lookWaker.wake();
  }

  async #lookAt(id: string, expected: Expected, lookedAt: number): Promise<Looked> {
    const directory = await this.#directory("changes");
    const deps = this.#personDeps();
    if (!directory || !deps) return { kind: "nobody" };
    return untilStored(() => lookAtPerson(id, expected, lookedAt, directory, deps), this.#signal);
  }

  // The members of groups.

  async #passIfDue(): Promise<number | undefined> {
    this.#takeHints();
    const scope = this.#dueScope();
    if (scope === undefined) return this.#passDueMs();
    const directory = await this.#directory("passes");
    const deps = this.#personDeps();
    const organization = this.#deps.organization();
    if (!directory || !deps || !organization) return NOT_READY_MS;
    if (this.#areAllToBeLookedUp) this.#deps.lookUpGroups([...this.#mapped().found.keys()]);
    this.#areAllToBeLookedUp = false;
    this.#lookUp(this.#hints.needs.dueAgain(), organization); // it may still have been called as before
    const startedAt = performance.now();
    const begun = this.#completeReads.begin();
    const { groups, gone, keys } = await toRead(scope, this.#mapped(), directory);
    const mapped = this.#mapped();
    const passDeps: PassDeps = {
      ...deps,
      directory,
      mapped: () => mapped,
      isToBeLookedAt: (subject) => this.#hints.looks.has(subject),
      isLookedAt: (subject, since) => this.#hints.looks.isLookedAt(subject, since),
      signal: this.#signal,
      ...(this.#deps.room && { room: this.#deps.room }),
    };
    using _remembering = this.#hints.looks.remembering();
    const passed = await pass({ groups, gone }, passDeps);
    const others = [...this.#notShown.keys()].filter((id) => !passed.skipped.has(id));
    this.#notShownAre(passed.notShown, scope === "all" ? others : []);
    for (const { id } of scope === "all" ? this.#groupsNotShown.values() : groups)
      this.#groupsNotShown.delete(id);
    for (const group of passed.groupsNotShown) this.#groupsNotShown.set(group.id, group);
    this.#large.keep(mapped.found);
    this.#large.read(passed.failure === undefined ? groups : [], passed.groupsTooLarge);
    const { error } = this.#large;
    if (error) this.#failed("pass", error, "large groups");
    else this.#succeeded("large groups");
    if (passed.failure !== undefined) throw passed.failure;
    await this.#noteLeft(passed, organization);
    this.#named.read(scope, keys);
    if (scope === "all") this.#completeReads.ended(begun);
    const tooLarge = idsOf(passed.groupsTooLarge);
    const unread = tooLarge.union(idsOf(passed.groupsNotShown));
    const left = { people: passed.left, groups: tooLarge, unread };
    await this.#hints.passed(organization, { scope, startedAt, left });
    this.#deps.log.info(
      {
        organization: keyOf(organization),
        groups: groups.length,
        people: passed.people,
        changed: passed.changed,
        seconds: (performance.now() - startedAt) / 1000,
      },
      scope === "all" ? "all of Okta's directory that mappings name was read" : "members of groups were read",
    );
    this.#deps.changed();
    return 0; // perhaps the next one is due
  }

  /**
   * Stores as hints who couldn't be looked at, or stored, and which groups there was no memory for: nobody else waits for them,
   * and whoever leads next knows of them.
   * @throws where they are many: then all of it is done again; and what noting them throws
   */
  async #noteLeft({ left, groupsTooLarge }: Passed, organization: Organization): Promise<void> {
    const [first] = left.values();
    if (left.size > MOST_LEFT) throw first;
    if (groupsTooLarge.length > MOST_LEFT) throw this.#large.error;
    const hints = [
      ...[...left.keys()].map((id): Hint => ({ kind: "person", id, eventTime: OF_NO_EVENT })),
      ...groupsTooLarge.map(({ id }): Hint => ({ kind: "group", id, eventTime: OF_NO_EVENT })),
    ];
    if (hints.length === 0) return;
    // One more than there may be would make all of them one, and nobody would be looked at alone any more.
    const { people = [], groups = [] } = this.#deps.hints.of(keyOf(organization))?.spec ?? {};
    const all = idsOf([...people, ...groups, ...hints]);
    if (all.size > MOST_HINTS) throw first ?? this.#large.error;
    await this.#deps.hints.heard(organization, { hints });
    this.#lookWaker.wake();
  }

  #dueScope(): PassScope | undefined {
    const due = withGroups(this.#hints.needs.due(this.#large.waiting()), this.#large.due());
    if (due === "all") return due;
    // Whatever has come to be named is read with all the rest.
    if (this.#completeReadDueMs() <= 0) return this.#isOpen() ? due : "all";
    const { last } = this.#completeReads;
    if (last === undefined) return due;
    return withGroups(due, [...this.#named.unread(this.#deps.mappings(), last)]);
  }

  /** Everything can't be read while it isn't known which groups mappings mean: unless that can't be found out. */
  #isOpen(): boolean {
    if (!this.#mapped().isOpen) {
      this.#openSince = undefined;
      return false;
    }
    this.#openSince ??= performance.now();
    return performance.now() - this.#openSince < OPEN_FOR_MS;
  }

  #passDueMs(): number | undefined {
    const dueMs = this.#completeReadDueMs();
    const full = dueMs <= 0 ? NOT_READY_MS : dueMs;
    const needs = this.#hints.needs.dueMs(this.#large.waiting()) ?? Number.POSITIVE_INFINITY;
    return Math.min(full, needs, this.#large.dueMs());
  }

  #completeReadDueMs(): number {
    this.#forgetWhatIsAhead();
    return this.#completeReads.dueMs();
  }

  #forgetWhatIsAhead(): void {
    if (!this.#completeReads.forgetWhatIsAhead()) return;
    this.#polls.startAnew();
    this.#passWaker.wake();
  }

  #mapped(): MappedGroups {
    return mappedGroups(this.#deps.mappings());
  }

  // What Okta says has changed.

  async #pollIfDue(): Promise<number | undefined> {
    const organization = this.#deps.organization();
    const directory = organization && (await this.#directory("changes"));
    if (!organization || !directory) return NOT_READY_MS;
    this.#forgetWhatIsAhead();
    const couldRead = this.#polls.isLogReadable;
    await this.#polls.poll(organization, directory);
    this.#polledAt = performance.now();
    if (this.#polls.isLogReadable !== couldRead) this.#deps.changed();
    this.#pollInterval = this.#interval();
    return durationMs(this.#pollInterval);
  }

  /** How often Okta is asked what has changed. */
  #interval(): string {
    return this.#deps.organization()?.spec.okta.directory?.pollInterval ?? "30s";
  }

  #notShownAre(users: readonly User[], others: readonly string[]): void {
    for (const subject of others) this.#notShown.delete(subject);
    for (const user of users) this.#notShown.set(user.subject ?? user.ref, user);
  }

  #personDeps() {
    const organization = this.#deps.organization();
    const { directory, issuer } = organization?.spec.okta ?? {};
    if (!organization || !directory || issuer === undefined) return undefined;
    const { store, policies, unfinished, audit, decide, lookUpGroups } = this.#deps;
    const beforeLogin = directory.provision === "BeforeLogin";
    return {
      store,
      policies,
      unfinished,
      audit,
      decide,
      organization: keyOf(organization),
      issuer,
      directoryURL: directory.url,
      beforeLogin,
      mapped: () => this.#mapped(),
      lookUpGroups,
    };
  }
}

/** What is due, and these beside it. */
function withGroups(due: PassScope | undefined, groups: readonly string[]): PassScope | undefined {
  if (due === "all" || groups.length === 0) return due;
  return new Set([...(due ?? []), ...groups]);
}

function idsOf(ones: readonly { readonly id: string }[]): Set<string> {
  return new Set(ones.map(({ id }) => id));
}
