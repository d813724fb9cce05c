import type { Misbehaviour } from "./faults.ts";

const json = { "Content-Type": "application/json" };
const refusal = (errorCode: string, errorSummary: string) =>
  JSON.stringify({ errorCode, errorSummary, errorLink: errorCode, errorId: "oae", errorCauses: [] });

const faults = {
  "rate limited": { kind: "rate-limited" },
  "too many at once": { kind: "rate-limited", concurrency: true },
  "internal error": {
    kind: "status",
    status: 500,
    headers: json,
    body: refusal("E0000009", "Internal Server Error"),
  },
  "bad gateway": { kind: "html", status: 502 },
  "service unavailable": { kind: "html", status: 503 },
  unauthorized: {
    kind: "status",
    status: 401,
    headers: json,
    body: refusal("E0000011", "Invalid token provided"),
  },
  forbidden: {
    kind: "status",
    status: 403,
    headers: json,
    body: refusal("E0000006", "You do not have permission to perform the requested action"),
  },
  "a proxy's not found": { kind: "html", status: 404 },
  "empty list": { kind: "empty-list" },
  "empty body": { kind: "status", status: 200, headers: json },
  "HTML instead of JSON": { kind: "html" },
  "broken JSON": { kind: "broken-json" },
  "far too long": { kind: "oversized", bytes: 500_000_000 },
  "cut off": { kind: "cut-off" },
  "slow drip": { kind: "drip" },
  hang: { kind: "hang" },
  disconnect: { kind: "disconnect" },
  "foreign next link": { kind: "next-link", url: "https://evil.example/api/v1/groups" },
  "circular next link": { kind: "next-link", url: "same" },
} as const satisfies Record<string, Misbehaviour["fault"]>;

export type ManagementFault = keyof typeof faults;

/**
 * All that may go wrong with one answer of the Management API, for tests that go through all of it: by name, the
 * misbehaviour of the nth request (from 1) whose path with its query matches. Next links are of lists alone, and count
 * those. When a misbehaviour has no `hits`, there was no nth request.
 */
export const managementFaults = Object.fromEntries(
  Object.entries(faults).map(([name, fault]) => [
    name,
    (nth: number, path?: string): Misbehaviour => ({
      fault,
      on: ["management"],
      skip: nth - 1,
      times: 1,
      ...(path === undefined ? {} : { path }),
    }),
  ]),
) as Record<ManagementFault, (nth: number, path?: string) => Misbehaviour>;
