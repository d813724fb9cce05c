import { randomUUID } from "node:crypto";
import type { Clock } from "./clock.ts";
import { errors } from "./okta-error.ts";

/** Who did something, or to whom it was done. */
export interface LogParty {
  id: string;
  type: "User" | "UserGroup" | "AppInstance" | "PublicClientApp" | "SystemPrincipal" | "EventHook";
  alternateId: string;
  displayName: string;
}

export interface LogEntry {
  eventType: string;
  displayMessage: string;
  actor: LogParty;
  target?: LogParty[];
  outcome?: { result: "SUCCESS" | "FAILURE"; reason: string | null };
  ipAddress?: string | null;
  userAgent?: string | null;
}

export interface LogEvent {
  uuid: string;
  published: string;
  eventType: string;
  version: string;
  severity: "INFO" | "WARN";
  displayMessage: string;
  actor: LogParty & { detailEntry: null };
  target: (LogParty & { detailEntry: null })[];
  outcome: { result: "SUCCESS" | "FAILURE"; reason: string | null };
  [other: string]: unknown;
}

export interface LogQuery {
  since?: number | undefined;
  until?: number | undefined;
  after?: string | undefined;
  order: "ASCENDING" | "DESCENDING";
  limit: number;
  matches: (event: LogEvent) => boolean;
}

/** What has to be kept of an event; the rest of it is made when it is read. */
interface Stored {
  position: number;
  time: number;
  uuid: string;
  entry: LogEntry;
}

const capacity = 200_000;

/** Okta's System Log: what happened, in order, with cursors that miss nothing. */
export class SystemLog {
  /** Is told of every event when it is written. */
  onEvent: ((event: LogEvent) => void) | undefined;
  readonly #now: Clock;
  #stored: Stored[] = [];
  #next = 1;

  constructor(now: Clock) {
    this.#now = now;
  }

  /** Every event, oldest first. */
  get events(): readonly LogEvent[] {
    return this.#stored.map(logEvent);
  }

  append(entry: LogEntry): void {
    const stored = { position: this.#next++, time: this.#now(), uuid: randomUUID(), entry };
    this.#stored.push(stored);
    if (this.#stored.length > capacity) this.#stored = this.#stored.slice(capacity / 10);
    this.onEvent?.(logEvent(stored));
  }

  /**
   * One page, and the cursor of the next one. An ascending read without `until` is a polling query: it always has
   * a next cursor, which goes on from the last event returned, or from where it stood when there was none
   * (Okta: "System Log query", polling requests). A bounded one has a cursor only while there is more.
   */
  read({ since, until, after, order, limit, matches }: LogQuery): {
    events: LogEvent[];
    next: string | undefined;
  } {
    const polling = order === "ASCENDING" && until === undefined;
    const start = after === undefined ? undefined : positionOf(after);
    const found: { position: number; event: LogEvent }[] = [];
    for (const stored of order === "ASCENDING" ? this.#stored : this.#stored.toReversed()) {
      const { position, time } = stored;
      if (start !== undefined && (order === "ASCENDING" ? position <= start : position >= start)) continue;
      if ((since !== undefined && time < since) || (until !== undefined && time >= until)) continue;
      const event = logEvent(stored);
      if (matches(event)) found.push({ position, event });
      if (found.length > limit) break;
    }
    const page = found.slice(0, limit);
    const last = page.at(-1)?.position ?? start ?? (polling ? this.#next - 1 : 0);
    return {
      events: page.map(({ event }) => event),
      next: polling || found.length > page.length ? cursor(last) : undefined,
    };
  }
}

function cursor(position: number): string {
  return Buffer.from(`p_${position}`).toString("base64url");
}

function positionOf(after: string): number {
  const match = /^p_(\d+)$/.exec(Buffer.from(after, "base64url").toString());
  if (!match)
    throw errors.validation("after", "after: not a cursor of this log; follow the next link as it is");
  return Number(match[1]);
}

/** The nulls are Okta's: see the example ListLogs in its OpenAPI document. */
function logEvent({ entry, time, uuid }: Stored): LogEvent {
  const outcome = entry.outcome ?? { result: "SUCCESS", reason: null };
  const requestId = uuid.replaceAll("-", "");
  const ipAddress = entry.ipAddress ?? null;
  return {
    uuid,
    published: new Date(time).toISOString(),
    eventType: entry.eventType,
    version: "0",
    severity: outcome.result === "SUCCESS" ? "INFO" : "WARN",
    legacyEventType: null,
    displayMessage: entry.displayMessage,
    actor: { ...entry.actor, detailEntry: null },
    client: {
      userAgent: entry.userAgent
        ? { rawUserAgent: entry.userAgent, os: "Unknown", browser: "UNKNOWN" }
        : null,
      zone: null,
      device: "Unknown",
      id: null,
      ipAddress,
      geographicalContext: null,
    },
    authenticationContext: {
      authenticationProvider: null,
      credentialProvider: null,
      credentialType: null,
      issuer: null,
      interface: null,
      authenticationStep: 0,
      externalSessionId: requestId,
    },
    outcome,
    target: (entry.target ?? []).map((party) => ({ ...party, detailEntry: null })),
    transaction: { type: "WEB", id: requestId, detail: {} },
    debugContext: { debugData: { requestId } },
    securityContext: { asNumber: null, asOrg: null, isp: null, domain: null, isProxy: null },
    request: {
      ipChain: ipAddress ? [{ ip: ipAddress, geographicalContext: null, version: "V4", source: null }] : [],
    },
  };
}
