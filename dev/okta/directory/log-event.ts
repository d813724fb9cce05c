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
  /** When it happened, in milliseconds since 1970, where that is before it came into the log. */
  published?: number;
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

/** What has to be kept of an event; the rest of it is made when it is read. */
export interface StoredEvent {
  position: number;
  /** When it came into the log, which Okta calls persistence time. */
  time: number;
  uuid: string;
  entry: LogEntry;
}

/** The nulls are Okta's: see the example ListLogs in its OpenAPI document. */
export function logEvent({ entry, time, uuid }: StoredEvent): LogEvent {
  const outcome = entry.outcome ?? { result: "SUCCESS", reason: null };
  const requestId = uuid.replaceAll("-", "");
  const ipAddress = entry.ipAddress ?? null;
  return {
    uuid,
    published: new Date(entry.published ?? time).toISOString(),
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
