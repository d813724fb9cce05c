import type { OktaRoleMapping, Organization } from "../../crds/types.ts";
import { keyOf } from "../../kubernetes/index.ts";
import { unlessAhead } from "../../organizations/deactivation-window.ts";
import { durationMs } from "../../organizations/max-age.ts";
import type { StoringDeps } from "./store-identity.ts";
import { type ReadFor, requestedSync } from "./sync-state.ts";

export interface CompleteReadsDeps extends Pick<StoringDeps, "policies"> {
  readonly organization: () => Organization | undefined;
  readonly mappings: () => Iterable<OktaRoleMapping>;
  /** What the status says of a directory is of another one, or of another issuer. */
  readonly isAnew: boolean;
}

/** One reading of all of a directory, as it was when it began. */
export interface CompleteRead {
  /** When it began, in ms since 1970. */
  readonly at: number;
  /** See `requestedSync`. */
  readonly request: string | undefined;
  readonly outOfForce: Set<string>;
  readonly readFor: ReadFor | undefined;
}

const BEFORE_LOGIN = "BeforeLogin";
/** How soon everything is read for the first time. */
const SETTLING_MS = 1_000;

/** When all of an organization's directory was read last, by this leader or another, and when it is to be read again. */
export class CompleteReads {
  readonly #deps: CompleteReadsDeps;
  readonly #beganAt = performance.now();
  #last: number | undefined;
  #lastRequest: string | undefined;
  /** Undefined: an earlier version of this has read it, or nobody. */
  #lastFor: ReadFor | undefined;
  /** Mappings that gave nothing new when all was read last, or since, so that people may have got no account. */
  #outOfForce = new Set<string>();
  /** People got no account before they sign in: whoever is in a mapped group by then is to get one. */
  #wasOnLogin = false;

  constructor(deps: CompleteReadsDeps) {
    this.#deps = deps;
    const {
      lastFullSyncTime,
      lastFullSyncRequest,
      lastFullSyncIssuer: issuer,
      lastFullSyncProvision: provision,
    } = deps.organization()?.status?.directory ?? {};
    this.#lastRequest = lastFullSyncRequest;
    if (lastFullSyncTime === undefined || deps.isAnew) return;
    if (issuer !== undefined && issuer !== this.#readFor()?.issuer) return;
    this.#last = Date.parse(lastFullSyncTime);
    if (issuer === undefined || provision === undefined) return;
    this.#lastFor = { issuer, provision };
    this.#wasOnLogin = provision !== BEFORE_LOGIN;
  }

  /** When the last one began, in ms since 1970. */
  get last(): number | undefined {
    return this.#last;
  }

  /** For what the last one was asked for. See `requestedSync`. */
  get lastRequest(): string | undefined {
    return this.#lastRequest;
  }

  get lastFor(): ReadFor | undefined {
    return this.#last === undefined ? undefined : this.#lastFor;
  }

  /** What has happened since the last one isn't known: everything is to be read. */
  forget(): void {
    this.#last = undefined;
  }

  /**
   * Begun by a clock that was ahead, it would be read again only when that time has come: what has happened isn't known.
   * @returns whether that is so, and the last one forgotten
   */
  forgetWhatIsAhead(): boolean {
    if (this.#last === undefined || unlessAhead(this.#last, Date.now()) !== 0) return false;
    this.forget();
    return true;
  }

  /** ms until everything is to be read; 0 or less: now. */
  dueMs(): number {
    // What is applied together with the organization comes a moment later.
    if (this.#last === undefined) return Math.max(0, this.#beganAt + SETTLING_MS - performance.now());
    const organization = this.#deps.organization();
    const request = requestedSync(organization);
    if (request !== undefined && request !== this.#lastRequest) return 0;
    const isOnLogin = this.#readFor()?.provision !== BEFORE_LOGIN;
    if (this.#wasOnLogin && !isOnLogin) return 0;
    this.#wasOnLogin = isOnLogin;
    const outOfForce = this.#outOfForceNow();
    if (!isOnLogin && !this.#outOfForce.isSubsetOf(outOfForce)) return 0;
    this.#outOfForce = outOfForce;
    const interval = durationMs(organization?.spec.okta.directory?.fullSyncInterval ?? "6h");
    return this.#last + interval - Date.now();
  }

  begin(): CompleteRead {
    return {
      at: Date.now(),
      request: requestedSync(this.#deps.organization()),
      outOfForce: this.#outOfForceNow(),
      readFor: this.#readFor(),
    };
  }

  /** It has come to its end. */
  ended({ at, request, outOfForce, readFor }: CompleteRead): void {
    this.#last = at;
    this.#lastRequest = request;
    this.#outOfForce = outOfForce;
    this.#lastFor = readFor;
    this.#wasOnLogin = readFor?.provision !== BEFORE_LOGIN;
  }

  #readFor(): ReadFor | undefined {
    const { issuer, directory } = this.#deps.organization()?.spec.okta ?? {};
    return issuer === undefined ? undefined : { issuer, provision: directory?.provision ?? "OnLogin" };
  }

  /** All mappings where the organization is paused, else those that are suspended or paused; and those of before that are gone. */
  #outOfForceNow(): Set<string> {
    const organization = this.#deps.organization();
    const inForce = organization && this.#deps.policies.of(keyOf(organization));
    if (!inForce) return this.#outOfForce;
    const names = (): Set<string> => new Set([...this.#deps.mappings()].map(({ metadata }) => metadata.name));
    const now = inForce.paused ? names() : new Set(inForce.policy.namesOutOfForce());
    return this.#outOfForce.isSubsetOf(now) ? now : now.union(this.#outOfForce.difference(names()));
  }
}
